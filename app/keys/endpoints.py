"""/v1/keys: make, list and revoke keys, for who bears one with scope admin.

There is no Idempotency-Key here: its record would keep the secret.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlmodel import Session

from app.commits import Commits
from app.database import ReadSession
from app.errors import (
    BodyTooLarge,
    FieldError,
    InvalidCursor,
    InvalidKey,
    InvalidPayload,
    KeyRequired,
    MalformedRequest,
    NotFound,
    ScopeMissing,
    UnsupportedMediaType,
    document_errors,
)
from app.keys.access import Admin
from app.keys.queries import Scope, create_key, describe_state, find_scope, list_keys, revoke_key
from app.paging import DEFAULT_LIMIT, MAX_LIMIT, decode_cursor, encode_cursor
from app.requests import make_router
from app.tables import Key

router = make_router("/v1/keys", "keys")

ADMIN_ERRORS = (KeyRequired, InvalidKey, ScopeMissing)
# A secret may lie in no cache, and a list of keys is nobody else's business.
PRIVATE = {"Cache-Control": "no-store"}
CURSOR_OF_KEYS = "keys"

Label = Annotated[str, StringConstraints(strict=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
KeyId = Annotated[
    str, Path(max_length=100, description="The key's id, the part between `dl_` and the secret.")
]


def _check_future(moment: datetime) -> datetime:
    if moment <= datetime.now(UTC):
        raise ValueError("must lie in the future")
    return moment


class KeyCreate(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope = Field(description="What the key may do; each scope holds the ones before it.")
    name: Label = Field("", description="A name to know it by.")
    expires_at: Annotated[AwareDatetime, AfterValidator(_check_future)] | None = Field(
        None, description="When it ends to be valid; by default never."
    )
    source: Annotated[Label, StringConstraints(min_length=1)] | None = Field(
        None, description="The name of the only source that it may write for; needs scope `write`."
    )


class KeyRead(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    scope: Scope
    source: str | None
    state: str = Field(description="`valid`, `expired` or `revoked`.")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class KeyCreated(KeyRead):
    """A new key; `key` is shown only here."""

    key: str


class KeyList(BaseModel):
    """A page of keys; `next` is the `cursor` of the page after it."""

    items: list[KeyRead]
    next: str | None


def _describe(key: Key) -> dict[str, Any]:
    return {**key.model_dump(), "scope": find_scope(key), "state": describe_state(key)}


@router.post(
    "",
    status_code=201,
    operation_id="create_key",
    responses=document_errors(
        *ADMIN_ERRORS, MalformedRequest, BodyTooLarge, UnsupportedMediaType, InvalidPayload
    ),
)
def create_api_key(_admin: Admin, commits: Commits, response: Response, wanted: KeyCreate) -> KeyCreated:
    """Make a key. Its text is in this answer and nowhere else: only a hash of it is stored."""
    if wanted.source is not None and wanted.scope is not Scope.WRITE:
        raise InvalidPayload(
            "The body has invalid fields.", errors=[FieldError(field="source", message="needs scope write")]
        )
    values = wanted.model_dump(exclude={"scope"})

    def make(session: Session) -> KeyCreated:
        key, text = create_key(session, wanted.scope, **values)
        return KeyCreated.model_validate({**_describe(key), "key": text})

    created = commits.run(make)
    response.headers.update({**PRIVATE, "Location": f"/v1/keys/{created.id}"})
    return created


@router.get("", operation_id="list_keys", responses=document_errors(*ADMIN_ERRORS, InvalidCursor))
def list_api_keys(
    _admin: Admin,
    session: ReadSession,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Keys of a page.")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
) -> KeyList:
    """List the keys, the newest first; revoked and expired ones too."""
    response.headers.update(PRIVATE)
    after = _read_cursor(cursor) if cursor is not None else None
    keys = list_keys(session, limit=limit + 1, after=after)
    shown = keys[:limit]
    following = None
    if len(keys) > limit:
        following = encode_cursor(CURSOR_OF_KEYS, [shown[-1].created_at.isoformat(), shown[-1].id])
    return KeyList(items=[KeyRead.model_validate(_describe(key)) for key in shown], next=following)


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    moment, key_id = decode_cursor(CURSOR_OF_KEYS, cursor, kinds=(str, str))
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), key_id
    except (ValueError, OverflowError) as error:
        raise InvalidCursor("The cursor is not one that this API gave.") from error


@router.get("/{key_id}", operation_id="get_key", responses=document_errors(*ADMIN_ERRORS, NotFound))
def read_api_key(_admin: Admin, session: ReadSession, response: Response, key_id: KeyId) -> KeyRead:
    """Read what is known of a key."""
    response.headers.update(PRIVATE)
    key = session.get(Key, key_id) if "\x00" not in key_id else None
    if key is None:
        raise NotFound("There is no key with this id.")
    return KeyRead.model_validate(_describe(key))


@router.delete(
    "/{key_id}",
    status_code=204,
    operation_id="revoke_key",
    responses=document_errors(*ADMIN_ERRORS, NotFound),
)
def revoke_api_key(_admin: Admin, request: Request, commits: Commits, key_id: KeyId) -> Response:
    """Revoke a key: within 5 seconds no server accepts it any more. It stays in the list."""
    if "\x00" in key_id or not commits.run(lambda session: revoke_key(session, key_id)):
        raise NotFound("There is no key with this id.")
    request.app.state.keys.forget(key_id)
    return Response(status_code=204)
