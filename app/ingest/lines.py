"""The lines of a batch: cut out of a stream, and made ready to be stored, one by one.

What is made of a line depends on the line alone, so it is done before any transaction and in other processes
(`app.ingest.cleaners`).
"""

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import orjson
from pydantic import ValidationError

from app.articles.markup import read_body_text
from app.articles.rows import PreparedArticle, prepare_article
from app.articles.shapes import ArticleContent, ArticleRead
from app.articles.sources import bind_source
from app.errors import BodyTooLarge, DatelineError, InternalError, InvalidPayload, list_field_errors
from app.ingest.articles import CleanedSubmission, clean_submission
from app.ingest.submissions import Submission, bind_submission, parse_json, read_values

# Fields of an exported article that the store which takes it decides anew.
DECIDED_HERE = frozenset(ArticleRead.model_fields) - frozenset(ArticleContent.model_fields)

_log = logging.getLogger(__name__)

Prepared: TypeAlias = CleanedSubmission | PreparedArticle | DatelineError
"""A line that can be stored, or what is wrong with it."""


class Line(NamedTuple):
    """A line of a batch with its number, counted from 1; without text if it was too long to be kept."""

    number: int
    text: bytes | None
    source: str | None = None
    """The only source that it may be of, where the key is bound to one."""


class LineSplitter:
    """Cuts a stream of bytes into lines, and holds no more of it than one line may have."""

    def __init__(self, limit: int, source: str | None = None) -> None:
        self.limit = limit
        self.source = source
        self.number = 1
        """The number of the line that has begun."""
        self._begun = b""
        self._is_too_long = False

    def feed(self, data: bytes) -> list[Line]:
        """Take the next bytes; return the lines that end in them, blank ones left out."""
        first, *rest = data.split(b"\n")
        lines = []
        for part in rest:
            if first or self._begun or self._is_too_long:
                lines += self._extend(first)
                lines += self._end()
            else:  # a blank line: millions of them pack well, and must cost little
                self.number += 1
            first = part
        return lines + self._extend(first)

    def finish(self) -> list[Line]:
        """Take the end of the stream; return the last line, if it has no line end."""
        return self._end() if self._begun else []

    def _extend(self, part: bytes) -> list[Line]:
        """Add to the line that has begun; one that becomes too long is given back without its text."""
        if self._is_too_long:
            return []
        self._begun += part
        if len(self._begun) <= self.limit:
            return []
        self._begun, self._is_too_long = b"", True
        return [Line(self.number, None, self.source)]

    def _end(self) -> list[Line]:
        text, number = self._begun.strip(), self.number
        self._begun, self._is_too_long = b"", False
        self.number += 1
        return [Line(number, text, self.source)] if text else []


class Grouper:
    """Puts lines together that are worth a transaction, and not too much to hold in memory."""

    MOST_LINES = 100
    MOST_BYTES = 512 * 1024

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._bytes = 0

    def add(self, lines: list[Line]) -> Iterator[list[Line]]:
        """Add lines and yield each group that is full."""
        for line in lines:
            self.lines.append(line)
            self._bytes += len(line.text or b"")
            if len(self.lines) == self.MOST_LINES or self._bytes >= self.MOST_BYTES:
                yield self.take()

    def take(self) -> list[Line]:
        """Take the group that is not full yet."""
        taken, self.lines, self._bytes = self.lines, [], 0
        return taken


def prepare_line(line: Line) -> Prepared:
    """Read a line and make of it what can be stored; never raises."""
    try:
        if line.text is None:
            return BodyTooLarge("The line is longer than this server takes.")
        values = _parse(line.text)
        if isinstance(values, dict) and "article" in values:
            return prepare_article(_read_article(values, line.source))
        return clean_submission(bind_submission(read_values(values), line.source))
    except DatelineError as error:
        return _strip(error)
    except Exception:
        _log.exception("fault in line %d of a batch", line.number)
        return InternalError("Something went wrong here with this line; the log has it.")


def prepare_text(submission: Submission) -> Prepared:
    """Clean a raw text as `prepare_line` does, but tell what was wrong with it in full."""
    try:
        return clean_submission(submission)
    except DatelineError as error:
        return error.with_traceback(None)
    except Exception:
        _log.exception("fault in a long text")
        return InternalError("Something went wrong here with this text; the log has it.")


def _strip(error: DatelineError) -> DatelineError:
    """Leave out the ledger: a receipt is short, and /v1/clean shows it."""
    error.extension.pop("ledger", None)
    return error.with_traceback(None)


def _parse(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:  # it may still be JSON, with what orjson is too strict for
        return parse_json(text)


def _read_article(values: dict[str, Any], bound: str | None) -> ArticleContent:
    """Read a line that is already structured, as the export writes it."""
    article = values["article"]
    if len(values) > 1 or not isinstance(article, dict):
        raise InvalidPayload("A line with an article is an object with one member, `article`, an object.")
    told = {name: value for name, value in article.items() if name not in DECIDED_HERE}
    try:
        content = ArticleContent.model_validate(told)
    except ValidationError as error:
        raise InvalidPayload(
            "The article has invalid fields.", errors=list_field_errors(error.errors())
        ) from error
    given = {"source": bind_source(content.source, bound), "body": read_body_text(content.body)}
    return content.model_copy(update=given)
