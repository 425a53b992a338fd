"""Reading what a service posts: text/plain, text/html, or JSON with one of them and what is known of it."""

import codecs
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from app.articles.shapes import Language, Name, Source, Timestamp, Url, find_moment, read_timestamp
from app.articles.sources import bind_source
from app.cleaning import Hints
from app.errors import (
    EmptyText,
    InvalidPayload,
    MalformedRequest,
    TooManyLines,
    UndecodableText,
    UnsupportedMediaType,
    list_field_errors,
)
from app.tables import RawText

RAW_TYPES = ("text/plain", "text/html")
# A page has some hundred lines; a ledger of more than this would be no answer to anybody.
MAX_LINES = 10_000
_LABEL = re.compile(r"[A-Za-z0-9_.:-]{1,40}\Z")


def _check_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def _read_source(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _read_received_at(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 date-time")
    written, precision = read_timestamp(value)
    if precision != "second":
        raise ValueError("must be an RFC 3339 date-time, not a date")
    return datetime.fromisoformat(written)


class RawSubmission(BaseModel):
    """A raw text with what its sender knows about it; only `raw` is needed."""

    model_config = ConfigDict(extra="forbid")

    # Not pydantic's str, which refuses lone surrogates: cleaning can read them, and nothing may be lost.
    raw: Annotated[
        Any,
        AfterValidator(_check_text),
        WithJsonSchema({"type": "string"}),
        Field(description="The text of the page, as it is."),
    ]
    content_type: Literal["text/plain", "text/html"] = "text/plain"
    url: Url | None = None
    source: Annotated[
        Source | None, BeforeValidator(_read_source, json_schema_input_type=Name | Source | None)
    ] = Field(None, description="The outlet: its name, or {name, domain}.")
    received_at: Annotated[datetime | None, BeforeValidator(_read_received_at)] = Field(
        None, description="When the page was fetched; it tells the year of a dateline that prints none."
    )
    language: Language | None = None
    published_at: Timestamp | None = None
    modified_at: Timestamp | None = Field(None, description="When the source last changed the article.")
    external_id: Name | None = Field(
        None, description="The sender's own id; a new text under it is a new version."
    )


@dataclass(frozen=True, slots=True)
class Submission:
    """A raw text, decoded, with the bytes to keep and what the sender stated."""

    stated: RawSubmission
    received: bytes
    charset: str = "utf-8"

    @property
    def raw(self) -> str:
        """The text to clean."""
        text: str = self.stated.raw
        return text

    @property
    def source(self) -> Source | None:
        """The outlet as stated, its domain taken from the URL where it is not."""
        stated = self.stated.source
        domain = urlsplit(self.stated.url).hostname if self.stated.url else None
        if (stated is not None and stated.domain is not None) or domain is None:
            return stated
        return Source(name=stated.name if stated else None, domain=domain.removeprefix("www."))

    @property
    def hints(self) -> Hints:
        """What cleaning may use of it."""
        return Hints(
            content_type=self.stated.content_type,
            received_at=self.stated.received_at,
            language=self.stated.language,
            published_at=find_moment(self.stated.published_at),
            modified_at=find_moment(self.stated.modified_at),
            url=self.stated.url,
            source=self.source.name if self.source else None,
        )


def read_submission(content_type: str, body: bytes) -> Submission:
    """Read a request's body by its Content-Type.

    Raises UnsupportedMediaType, UndecodableText, MalformedRequest, InvalidPayload, EmptyText or TooManyLines.
    """
    kind, parameters = _read_content_type(content_type)
    if kind in RAW_TYPES:
        charset = parameters.get("charset", "utf-8")
        stated = RawSubmission.model_validate({"raw": _decode(body, charset), "content_type": kind})
        submission = Submission(stated, body, _name_charset(charset))
    elif kind == "application/json":
        return read_values(parse_json(body))
    else:
        raise UnsupportedMediaType("Send text/plain, text/html or application/json.")
    return _check_raw(submission)


def read_values(values: Any) -> Submission:
    """Read a submission in JSON, once that is parsed; raises InvalidPayload, EmptyText or TooManyLines."""
    try:
        stated = RawSubmission.model_validate(values)
    except ValidationError as error:
        raise InvalidPayload(
            "The body has invalid fields.", errors=list_field_errors(error.errors())
        ) from error
    return _check_raw(Submission(stated, stated.raw.encode("utf-8", "surrogatepass")))


def _check_raw(submission: Submission) -> Submission:
    if not any(character.isprintable() and not character.isspace() for character in submission.raw):
        raise EmptyText("The text has no visible character.")
    is_html = submission.stated.content_type == "text/html"  # its source lines are not the ledger's
    if not is_html and submission.raw.count("\n") + submission.raw.count("\r") > MAX_LINES:
        raise TooManyLines(f"A text may have at most {MAX_LINES} lines.")
    return submission


def list_hints(submission: Submission) -> dict[str, Any]:
    """List what has to be kept with the received bytes, to clean them again as they were cleaned first."""
    stated = submission.stated.model_dump(mode="json", exclude={"raw", "content_type"}, exclude_none=True)
    return stated if submission.charset == "utf-8" else {**stated, "charset": submission.charset}


def read_stored(raw: RawText) -> Submission:
    """Read a stored raw text back into the submission that it came as."""
    hints = dict(raw.hints)
    charset = hints.pop("charset", "utf-8")
    # A submission in JSON may hold lone surrogates; they were stored as they are.
    text = raw.raw.decode(charset, "surrogatepass" if charset == "utf-8" else "strict")
    stated = RawSubmission.model_validate({**hints, "raw": text, "content_type": raw.content_type})
    return Submission(stated, raw.raw, charset)


def _read_content_type(header: str) -> tuple[str, dict[str, str]]:
    kind, *rest = header.split(";")
    pairs = (part.partition("=") for part in rest)
    return kind.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _name_charset(label: str) -> str:
    """Name a charset as its sender does, since Python's names are not those of the web; UTF-8 by one name."""
    name = codecs.lookup(label).name
    return label.lower() if name != "utf-8" and _LABEL.match(label) else name


def _decode(body: bytes, charset: str) -> str:
    try:
        codec = codecs.lookup(charset)
        # Python also has codecs from bytes to bytes (zip, hex); decode() with a name refuses those.
        return body.decode(codec.name)
    except (LookupError, UnicodeError, ValueError) as error:
        raise UndecodableText("The body is not text in the encoding that Content-Type states.") from error


def parse_json(text: bytes) -> Any:
    """Parse JSON; raises MalformedRequest. Lone surrogates are taken: a raw text may hold them."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("The body is not valid JSON.") from error


def bind_submission(submission: Submission, bound: str | None) -> Submission:
    """Give a text that states no source the one that the key is bound to; raises SourceNotAllowed for a text
    of another."""
    source = bind_source(submission.stated.source, bound)
    return replace(submission, stated=submission.stated.model_copy(update={"source": source}))
