"""What differs between two versions of an article: field by field, long texts paragraph by paragraph."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from app.articles.shapes import ArticleContent

BREAK = "\n\n"
LONG_TEXTS = ("standfirst", "body")
# Paragraphs, between the first and the last difference, that are compared with each other. Measured: difflib
# takes 0.1 s for the worst case found of this length, and its time grows with the square. Where there are
# more, all are removed and added.
MAX_COMPARED = 1000


class Op(StrEnum):
    """What became of a part of a text."""

    EQUAL = "equal"
    REMOVED = "removed"
    ADDED = "added"


class TextPart(BaseModel):
    """Neighbouring paragraphs, joined by a blank line, that share one fate."""

    op: Op
    text: str


class FieldDiff(BaseModel):
    """A field that differs. `body` and `standfirst` have `parts`, all others `before` and `after`."""

    field: str
    before: Any = Field(description="The value in `from`; null for a long text.")
    after: Any = Field(description="The value in `to`; null for a long text.")
    parts: list[TextPart] | None = Field(
        description="Equal and removed parts, joined by blank lines, are the text in `from`; equal and added "
        "ones that in `to`. Null for all fields but long texts."
    )


class VersionDiff(BaseModel):
    """What differs between two versions of an article; fields that are equal are left out."""

    article_id: int
    from_: int = Field(alias="from")
    to: int
    fields: list[FieldDiff]


def diff_contents(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the fields that differ between two contents in JSON, each as a FieldDiff in JSON.

    Plain dicts: to validate megabytes of our own text again would be lost time.
    """
    return [
        _diff_field(name, before.get(name), after.get(name))
        for name in ArticleContent.model_fields
        if before.get(name) != after.get(name)
    ]


def _diff_field(name: str, before: Any, after: Any) -> dict[str, Any]:
    if name in LONG_TEXTS:
        parts = [{"op": op, "text": text} for op, text in diff_texts(before, after)]
        return {"field": name, "before": None, "after": None, "parts": parts}
    return {"field": name, "before": before, "after": after, "parts": None}


def diff_texts(before: str | None, after: str | None) -> list[tuple[Op, str]]:
    """Compare two texts paragraph by paragraph, in a time that is bounded whatever they hold.

    >>> for op, text in diff_texts("One.\\n\\nTwo.", "One.\\n\\nThree."):
    ...     print(op, text)
    equal One.
    removed Two.
    added Three.
    """
    old = [] if before is None else before.split(BREAK)
    new = [] if after is None else after.split(BREAK)
    return [(op, BREAK.join(paragraphs)) for op, paragraphs in _diff_paragraphs(old, new) if paragraphs]


def _diff_paragraphs(old: list[str], new: list[str]) -> Iterator[tuple[Op, list[str]]]:
    start, end = _count_same(old, new)
    old_middle, new_middle = old[start : len(old) - end], new[start : len(new) - end]
    yield Op.EQUAL, old[:start]
    if max(len(old_middle), len(new_middle)) > MAX_COMPARED:
        yield Op.REMOVED, old_middle
        yield Op.ADDED, new_middle
    else:
        matcher = SequenceMatcher(None, old_middle, new_middle)
        for op, old_from, old_to, new_from, new_to in matcher.get_opcodes():
            if op == "equal":
                yield Op.EQUAL, old_middle[old_from:old_to]
            else:
                yield Op.REMOVED, old_middle[old_from:old_to]
                yield Op.ADDED, new_middle[new_from:new_to]
    yield Op.EQUAL, old[len(old) - end :]


def _count_same(old: list[str], new: list[str]) -> tuple[int, int]:
    """Count the paragraphs that both begin with, and of the rest those that both end with."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end
