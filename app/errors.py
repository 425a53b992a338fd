"""Every error that a client can meet, and how it is written: RFC 9457 `application/problem+json`.

    DatelineError
    ├─ 400  MalformedRequest  InvalidParameter  UnknownParameter  InvalidCursor  InvalidQuery  UndecodableText
    │       UntrustedHost
    ├─ 401  KeyRequired  InvalidKey          403  ScopeMissing  SourceNotAllowed  ArticleWithheld
    ├─ 404  NotFound    405  MethodNotAllowed    406  NotAcceptable    408  RequestTimeout
    ├─ 410  ArticleDeleted  ChangesPruned
    ├─ 409  DuplicateArticle  ExternalIdTaken
    ├─ 412  StaleVersion    413  BodyTooLarge    415  UnsupportedMediaType
    ├─ 422  InvalidPayload  EmptyText  NoArticleFound  TooManyLines  IdempotencyKeyReused
    ├─ 428  IfMatchRequired    429  RateLimited  TooManyOpenRequests    431  HeadTooLarge
    ├─ 500  InternalError
    └─ 503  DatabaseBusy  IndexBehind  NotReady  TooManyFollowers  CleaningFailed  BatchInterrupted

Queries and endpoints raise them; `main` renders them. An answer never repeats what the client sent: it
names fields and positions, not values. 422 is for a payload that was read and cannot be taken.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, Field

PROBLEM_JSON = "application/problem+json"


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="Where: a dotted path into the body, or the parameter's name.")
    message: str = Field(description="What is wrong, without the value that was sent.")


class Problem(BaseModel):
    """An error as RFC 9457 writes it; `code` is stable, the other texts may be reworded."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] | None = None
    request_id: str


class DatelineError(Exception):
    """An error with the status and code that the client gets."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
        extension: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = headers or {}
        self.extension = extension or {}

    def render(self, request_id: str) -> dict[str, Any]:
        """Return the problem document; extension members (RFC 9457 §3.2) stand beside the standard ones."""
        problem: dict[str, Any] = {
            "type": f"urn:dateline:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors:
            problem["errors"] = [error.model_dump() for error in self.errors]
        return {**problem, "request_id": request_id, **self.extension}


class MalformedRequest(DatelineError):
    """The body is not what its Content-Type says."""

    status, code, title = 400, "malformed-request", "The body cannot be read"


class InvalidParameter(DatelineError):
    """A query parameter, path part or header has a value that cannot be taken."""

    status, code, title = 400, "invalid-parameter", "A parameter has an impossible value"


class UnknownParameter(DatelineError):
    """A query parameter that the endpoint does not have."""

    status, code, title = 400, "unknown-parameter", "Unknown query parameter"


class InvalidCursor(DatelineError):
    """A cursor that this list did not give, or gave for other filters."""

    status, code, title = 400, "invalid-cursor", "The cursor does not belong to this list"


class InvalidQuery(DatelineError):
    """A search query that has no meaning."""

    status, code, title = 400, "invalid-query", "The search query cannot be read"


class UndecodableText(DatelineError):
    """Bytes that are no text in the encoding that the request states (UTF-8 by default)."""

    status, code, title = 400, "undecodable-text", "The body is not text in its stated encoding"


class UntrustedHost(DatelineError):
    """The request is for a host name that this server does not go by."""

    status, code, title = 400, "untrusted-host", "The server does not go by this name"


class KeyRequired(DatelineError):
    """No key was sent where one is needed."""

    status, code, title = 401, "key-required", "A key is required"


class InvalidKey(DatelineError):
    """The key is unknown, revoked or expired."""

    status, code, title = 401, "invalid-key", "The key is not valid"


class ScopeMissing(DatelineError):
    """The key is valid but may not do this."""

    status, code, title = 403, "scope-missing", "The key's scope does not allow this"


class SourceNotAllowed(DatelineError):
    """The key is bound to one source, and the article is, or would be, of another."""

    status, code, title = 403, "source-not-allowed", "The key is for another source"


class ArticleWithheld(DatelineError):
    """The article, or this version of it, is held back from who may only read."""

    status, code, title = 403, "article-withheld", "The article is withheld"


class NotFound(DatelineError):
    """There is nothing at this address."""

    status, code, title = 404, "not-found", "Not found"


class MethodNotAllowed(DatelineError):
    """The address exists, the method does not."""

    status, code, title = 405, "method-not-allowed", "Method not allowed"


class NotAcceptable(DatelineError):
    """The Accept header allows none of the formats that are there; `offered` lists them."""

    status, code, title = 406, "not-acceptable", "No acceptable format"


class RequestTimeout(DatelineError):
    """The request did not arrive in time."""

    status, code, title = 408, "request-timeout", "The request came too slowly"


class ArticleDeleted(DatelineError):
    """The article was here and has been deleted."""

    status, code, title = 410, "article-deleted", "The article has been deleted"


class ChangesPruned(DatelineError):
    """The reader of the change feed stands at an entry that has been removed; `first_seq` is the oldest."""

    status, code, title = 410, "changes-pruned", "Older changes have been removed"


class DuplicateArticle(DatelineError):
    """The same text is already stored, and the caller asked to be refused then."""

    status, code, title = 409, "duplicate-article", "The article is already stored"


class ExternalIdTaken(DatelineError):
    """Another article of the same source bears this external_id."""

    status, code, title = 409, "external-id-taken", "The external_id belongs to another article"


class StaleVersion(DatelineError):
    """The article has changed since the version that If-Match names."""

    status, code, title = 412, "stale-version", "The article has changed meanwhile"


class BodyTooLarge(DatelineError):
    """The body is over the limit."""

    status, code, title = 413, "body-too-large", "The body is too large"


class UnsupportedMediaType(DatelineError):
    """The body is of a kind that the endpoint does not read."""

    status, code, title = 415, "unsupported-media-type", "Unsupported media type"


class InvalidPayload(DatelineError):
    """The body was read, but a field is missing, unknown or of the wrong kind."""

    status, code, title = 422, "invalid-payload", "The body has invalid fields"


class EmptyText(DatelineError):
    """The text has no visible character."""

    status, code, title = 422, "empty-text", "The text is empty"


class NoArticleFound(DatelineError):
    """Cleaning found no article in the text; the ledger says what each line was taken for."""

    status, code, title = 422, "no-article-found", "No article was found in the text"


class TooManyLines(DatelineError):
    """The text has more lines than a page can have."""

    status, code, title = 422, "too-many-lines", "The text has too many lines"


class IdempotencyKeyReused(DatelineError):
    """The Idempotency-Key was used before with another request."""

    status, code, title = 422, "idempotency-key-reused", "The Idempotency-Key was used for another request"


class IfMatchRequired(DatelineError):
    """A change needs If-Match, so that nobody overwrites what they have not seen."""

    status, code, title = 428, "if-match-required", "If-Match is required"


class RateLimited(DatelineError):
    """The client has spent its budget; `violated-policies` names which."""

    status, code, title = 429, "rate-limited", "Too many requests"


class TooManyOpenRequests(DatelineError):
    """The client has as many requests open as one may."""

    status, code, title = 429, "too-many-open-requests", "Too many requests at a time"


class HeadTooLarge(DatelineError):
    """The request's address and headers are too long together."""

    status, code, title = 431, "head-too-large", "The headers are too large"


class InternalError(DatelineError):
    """A fault of ours; the log has it under the request id."""

    status, code, title = 500, "internal-error", "Internal error"


class DatabaseBusy(DatelineError):
    """The database could not take the request in time; nothing was stored."""

    status, code, title = 503, "database-busy", "The database is busy"


class IndexBehind(DatelineError):
    """The search index has not reached the asked-for change yet."""

    status, code, title = 503, "index-behind", "The search index is catching up"


class NotReady(DatelineError):
    """The server is up but cannot serve yet."""

    status, code, title = 503, "not-ready", "Not ready"


class TooManyFollowers(DatelineError):
    """As many requests as one process takes are waiting for changes."""

    status, code, title = 503, "too-many-followers", "Too many requests wait for changes"


class CleaningFailed(DatelineError):
    """The process that was to clean a text has died, or was ended for taking too long; nothing is stored."""

    status, code, title = 503, "cleaning-failed", "The text could not be cleaned"


class CleaningBusy(DatelineError):
    """As many long texts as one process takes are being cleaned."""

    status, code, title = 503, "cleaning-busy", "Too many long texts are being cleaned"


class BatchInterrupted(DatelineError):
    """A batch has ended before its end: this line and those after it are not stored."""

    status, code, title = 503, "batch-interrupted", "The batch has ended early"


# Longer names are cut: an unknown field's name is the client's own text.
NAME_SHOWN = 40


def list_field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """Turn pydantic's errors into ours: the place and the fault, never the value."""
    return [
        FieldError(
            field=".".join(
                str(part)[:NAME_SHOWN]
                for part in error["loc"]
                if part not in ("body", "query", "path", "header")
            )
            or "body",
            message=str(error["msg"]).removeprefix("Value error, "),
        )
        for error in errors[:20]
    ]


def list_error_classes() -> list[type[DatelineError]]:
    """List every kind of error in the order of this file; docs/api.md has the same list."""
    return DatelineError.__subclasses__()


def document_errors(*classes: type[DatelineError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of an endpoint that can answer with these errors (and the ones all can)."""
    every: list[type[DatelineError]] = [
        InvalidParameter,
        UnknownParameter,
        *classes,
        RateLimited,
        TooManyOpenRequests,
        InternalError,
        DatabaseBusy,
    ]
    by_status: dict[int, list[type[DatelineError]]] = {}
    for error in every:
        by_status.setdefault(error.status, []).append(error)
    return {
        status: {
            "description": "; ".join(f"`{error.code}`: {error.title}" for error in group),
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, group in sorted(by_status.items())
    }
