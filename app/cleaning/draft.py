"""What the steps of cleaning hand on: the article as far as it is known.

A draft is never changed. Each step answers with a new one, so that a step can be run, tested and read alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal

from app.cleaning.article import Article, Cleaned, Media, Precision
from app.cleaning.elements import Mark
from app.cleaning.leads import Reading
from app.cleaning.ledger import Edit, EditReason, Line, Role, Warning_
from app.cleaning.measures import WIDE, is_wide

_BETWEEN_WIDE = re.compile(rf"(?<={WIDE.pattern}) (?={WIDE.pattern})")

Paragraph = tuple[int, ...]
"""The numbers of the lines that make one paragraph: one line, unless the text was wrapped by hand."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What the caller knows about the page; none of it is needed."""

    content_type: Literal["text/plain", "text/html"] = "text/plain"
    received_at: datetime | None = None
    language: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    url: str | None = None
    source: str | None = None


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the markup of a page says of its article; the likeliest value of each kind comes first."""

    headlines: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()  # h1
    summaries: tuple[str, ...] = ()
    standfirsts: tuple[str, ...] = ()  # elements whose class names them so
    authors: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()  # elements whose class names them so
    published: tuple[str, Precision] | None = None
    modified: tuple[str, Precision] | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    site: str | None = None
    language: str | None = None
    figures: tuple[Media, ...] = ()
    body: str = ""  # of the article, as JSON-LD states it


NO_METADATA = Metadata()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Article):
    """An article on its way: the raw text, its lines so far, and the fields found so far."""

    raw: str
    hints: Hints = NO_HINTS
    metadata: Metadata = NO_METADATA
    text: str = ""
    marks: tuple[Mark | None, ...] = ()  # of each line of a page in HTML that is not empty
    lines: tuple[Line, ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()
    readings: tuple[Reading, ...] = ()  # of each paragraph
    besides: frozenset[Paragraph] = frozenset()  # no part of the body: kept for what they say of the article
    edits: tuple[Edit, ...] = ()
    warnings: tuple[Warning_, ...] = ()

    def line(self, number: int) -> Line:
        """Return the line with this number."""
        return self.lines[number - 1]

    def text_of(self, paragraph: Paragraph) -> str:
        """Return the text of a paragraph, its lines joined by spaces, or by nothing where words have none."""
        if len(paragraph) == 1:
            return self.lines[paragraph[0] - 1].text
        text = " ".join(self.lines[number - 1].text for number in paragraph)
        return _BETWEEN_WIDE.sub("", text) if is_wide(text) else text

    def with_roles(self, roles: Mapping[int, Role]) -> Draft:
        """Give lines, by number, their roles."""
        return self.with_lines([Line(number, self.line(number).text, role) for number, role in roles.items()])

    def with_role(self, paragraph: Paragraph, role: Role) -> Draft:
        """Give every line of a paragraph this role."""
        return self.with_roles(dict.fromkeys(paragraph, role))

    def with_lines(self, changed: list[Line]) -> Draft:
        """Put changed lines in the place of the old ones."""
        if not changed:
            return self
        lines = list(self.lines)
        for line in changed:
            lines[line.number - 1] = line
        return replace(self, lines=tuple(lines))

    def with_edit(self, number: int, after: str, reason: EditReason) -> Draft:
        """Change the text of a line and record it."""
        line = self.line(number)
        edited = self.with_lines([line._replace(text=after)])
        return replace(edited, edits=(*self.edits, Edit(number, line.text, after, reason)))

    def with_warning(self, warning: Warning_) -> Draft:
        """Add a warning, once."""
        return self if warning in self.warnings else replace(self, warnings=(*self.warnings, warning))

    def undecided(self) -> list[Paragraph]:
        """List the paragraphs that belong to the article and have no role yet."""
        return [each for each in self.paragraphs if self.lines[each[0] - 1].role is Role.UNDECIDED]

    def cleaned(self, version: int) -> Cleaned:
        """Close the draft."""
        found = {field.name: getattr(self, field.name) for field in fields(Article)}
        return Cleaned(
            **found,
            text=self.text,
            lines=self.lines,
            edits=self.edits,
            warnings=self.warnings,
            version=version,
        )


Step = Callable[[Draft], Draft]
