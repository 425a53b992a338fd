"""API keys: `dl_<id>_<secret>`. Only a hash of the secret is stored; scopes are read < write < admin.

The secret has 256 random bits, so one SHA-256 is as good as a slow password hash and costs no time.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy import Engine
from sqlmodel import Session, select

from app.database import read_session, write_session
from app.errors import InvalidKey, KeyRequired, ScopeMissing
from app.settings import Settings
from app.tables import Key

CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Scope(StrEnum):
    """What a key may do; each scope holds the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


_RANK = {scope: rank for rank, scope in enumerate(Scope)}


def _hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _split_key(key: str) -> tuple[str, str] | None:
    """Split a key into id and secret; None if it has not the form of a key."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == "dl" and key_id and secret and key.isascii() else None


def create_key(
    session: Session, scope: Scope, *, name: str = "", expires_at: datetime | None = None
) -> tuple[Key, str]:
    """Make a key and return it with its only readable copy."""
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    return add_key(session, f"dl_{key_id}_{secret}", scope, name=name, expires_at=expires_at)


def add_key(
    session: Session, text: str, scope: Scope, *, name: str = "", expires_at: datetime | None = None
) -> tuple[Key, str]:
    """Store a key whose text is given; raises ValueError if it has not the form `dl_<id>_<secret>`."""
    parts = _split_key(text)
    if parts is None:
        raise ValueError("a key has the form dl_<id>_<secret>")
    key = Key(
        id=parts[0],
        secret_sha256=_hash_secret(parts[1]),
        name=name,
        scopes=[scope],
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, text


def list_keys(session: Session) -> list[Key]:
    """List all keys, the newest first."""
    return list(session.exec(select(Key).order_by(Key.created_at.desc())))  # type: ignore[attr-defined]


def revoke_key(session: Session, key_id: str) -> bool:
    """Revoke a key from now on; False if there is none with this id."""
    key = session.get(Key, key_id)
    if key is None:
        return False
    key.revoked_at = key.revoked_at or datetime.now(UTC)
    session.add(key)
    return True


def make_first_key(engine: Engine, settings: Settings) -> str | None:
    """Make an admin key in a store that has no key at all and return it; None where there are keys.

    With `DATELINE_ADMIN_KEY` that key is stored, also beside others, and None is returned: the operator has
    it.
    """
    with write_session(engine) as session:
        if settings.admin_key is not None:
            text = settings.admin_key.get_secret_value()
            if (parts := _split_key(text)) is None or session.get(Key, parts[0]) is None:
                add_key(session, text, Scope.ADMIN, name="DATELINE_ADMIN_KEY")
            return None
        if session.exec(select(Key.id).limit(1)).first() is not None:
            return None
        return create_key(session, Scope.ADMIN, name="first key")[1]


def describe_state(key: Key) -> str:
    """Say whether the key is valid, revoked or expired."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= datetime.now(UTC) else "valid"


def _find_valid_key(session: Session, text: str) -> Key | None:
    """Find the key that is neither unknown, revoked nor expired."""
    if (parts := _split_key(text)) is None:
        return None
    key = session.get(Key, parts[0])
    # Compared even when the id is unknown, so that time does not tell which ids exist.
    same = hmac.compare_digest(_hash_secret(parts[1]), key.secret_sha256 if key else _hash_secret(""))
    return key if key is not None and same and describe_state(key) == "valid" else None


# Only documents the scheme in OpenAPI; the header is read below, where every odd form of it gets its error.
_bearer = HTTPBearer(
    auto_error=False, description="A key as `dateline key create` prints it: `dl_<id>_<secret>`."
)


def authenticate(request: Request, _documented: Annotated[object, Depends(_bearer)]) -> Key | None:
    """Return the key that the request bears; None if it bears none. Raises InvalidKey for a bad one.

    The look-up is a transaction of its own: the request's must not see the store as it was before a wait.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() == "bearer":
        with read_session(request.app.state.engine) as session:
            key = _find_valid_key(session, text.strip())
        if key is not None:
            return key
    raise InvalidKey("The key is unknown, revoked, expired or not sent as `Bearer dl_…`.", headers=CHALLENGE)


def _check_scope(key: Key | None, scope: Scope) -> Key:
    if key is None:
        raise KeyRequired(f"This needs a key with scope {scope}.", headers=CHALLENGE)
    if not any(_RANK[Scope(held)] >= _RANK[scope] for held in key.scopes):
        raise ScopeMissing(f"This needs a key with scope {scope}.")
    return key


async def require_reader(request: Request, key: Annotated[Key | None, Depends(authenticate)]) -> None:
    """Let through who may read: everyone, unless `DATELINE_PUBLIC_READ=false`."""
    if not request.app.state.settings.public_read:
        _check_scope(key, Scope.READ)


async def require_metrics_reader(request: Request, key: Annotated[Key | None, Depends(authenticate)]) -> None:
    """Let through who may see the metrics: a key, or with `DATELINE_PUBLIC_METRICS` everyone."""
    if not request.app.state.settings.public_metrics:
        _check_scope(key, Scope.READ)


async def require_writer(key: Annotated[Key | None, Depends(authenticate)]) -> Key:
    """Let through who may write, and say who it is."""
    return _check_scope(key, Scope.WRITE)


Reader = Depends(require_reader)
MetricsReader = Depends(require_metrics_reader)
Writer = Annotated[Key, Depends(require_writer)]
