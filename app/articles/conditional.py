"""Answers with an ETag, and the conditions that requests set on it (RFC 9110 §13)."""

import hashlib
import re
from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import Header, Request, Response

from app.errors import IfMatchRequired, StaleVersion
from app.formats import MEDIA_TYPES, SCHEMA_URI, Format, render_article
from app.requests import read_list_header

# Only for the API's documentation: `require_match` reads the header itself, since its absence is 428.
IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="ETag of the text that the client has seen. Required.")
]


def make_json_response(
    body: bytes | str, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return JSON that is already written."""
    return Response(body, status, headers, media_type="application/json")


class Served(Protocol):
    """What an answer needs to know of a stored article."""

    @property
    def id(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def seq(self) -> int: ...
    @property
    def story_id(self) -> int | None: ...
    @property
    def duplicate_of(self) -> int | None: ...


class ServedWhole(Served, Protocol):
    """The same, with its JSON."""

    @property
    def document(self) -> str: ...


def make_etag(article: Served, view: str = "") -> str:
    """Name the article's text; a view of it (some fields, more parts) is another representation.

    So is the same text in another place among the stories, of which If-Match takes no notice.
    """
    if (article.story_id, article.duplicate_of) != (article.id, None):
        view += f"{article.story_id}/{article.duplicate_of}/{article.seq}"
    return name_text(article.id, article.version, view)


def name_text(article_id: int, version: int, view: str = "") -> str:
    """Name a text that an article has or had, in one of its views."""
    suffix = f"-{hashlib.sha256(view.encode()).hexdigest()[:8]}" if view else ""
    return f'"{article_id}-{version}{suffix}"'


def answer_conditionally(
    request: Request,
    body: bytes | str,
    etag: str,
    headers: dict[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """Return the body, or 304 if the client has it already (RFC 9110 §13.1.2)."""
    sent = read_list_header(request, "If-None-Match") or ""
    known = {tag.strip().removeprefix("W/") for tag in sent.split(",")}
    all_headers = {"ETag": etag, "Cache-Control": "no-cache", **(headers or {})}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=all_headers)
    return Response(body, headers=all_headers, media_type=media_type)


def answer_in_format(
    request: Request, document: str, wanted: Format, make_name: Callable[[str], str]
) -> Response:
    """Return an article in another format than its own JSON; `make_name` makes an ETag of a view."""
    body = render_article(document, wanted)
    headers = {"Vary": "Accept"}
    if wanted is Format.NINJS:
        headers["Link"] = f'<{SCHEMA_URI}>; rel="describedby"'
    # The body itself is part of the name: another program version may write the same text otherwise.
    etag = make_name(f"{wanted}{body.decode()}")
    return answer_conditionally(request, body, etag, headers, MEDIA_TYPES[wanted])


def require_match(request: Request, article: Served) -> None:
    """Check If-Match against the article's current text; raises IfMatchRequired or StaleVersion."""
    sent = read_list_header(request, "If-Match")
    if sent is None:
        raise IfMatchRequired("Send If-Match with the article's ETag.")
    current = re.compile(rf'"{article.id}-{article.version}(-[0-9a-f]{{8}})?"')
    if not any(tag.strip() == "*" or current.fullmatch(tag.strip()) for tag in sent.split(",")):
        raise StaleVersion(
            "If-Match names another version than the current one.", headers={"ETag": make_etag(article)}
        )


def describe_written(article: ServedWhole, *, created: bool) -> Response:
    """Return the written article: 201 with its address when it is new, else 200."""
    headers = {"ETag": make_etag(article), "Dateline-Seq": str(article.seq)}
    if created:
        headers["Location"] = f"/v1/articles/{article.id}"
    return make_json_response(article.document, 201 if created else 200, headers)
