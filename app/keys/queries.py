"""Keys in the database: `dl_<id>_<secret>`, of which only a hash is stored; scopes are read < write < admin.

The secret has 256 random bits, so one SHA-256 is as good as a slow password hash and costs no time.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Engine, and_, or_, update
from sqlmodel import Session, col, select

from app.database import write_session
from app.settings import Settings
from app.tables import Key


class Scope(StrEnum):
    """What a key may do; each scope holds the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


_RANK = {scope: rank for rank, scope in enumerate(Scope)}


def includes(held: Scope, needed: Scope) -> bool:
    """Tell whether a key of the one scope may do what the other is needed for."""
    return _RANK[held] >= _RANK[needed]


def find_scope(key: Key) -> Scope:
    """Name the scope of a stored key: the highest, for each holds the ones before it."""
    return max((Scope(held) for held in key.scopes), key=_RANK.__getitem__)


def hash_secret(secret: str) -> str:
    """Hash a key's secret as it is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def split_key(key: str) -> tuple[str, str] | None:
    """Split a key into id and secret; None if it has not the form of a key."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == "dl" and key_id and secret and key.isascii() else None


def create_key(
    session: Session,
    scope: Scope,
    *,
    name: str = "",
    expires_at: datetime | None = None,
    source: str | None = None,
) -> tuple[Key, str]:
    """Make a key and return it with its only readable copy.

    With a source it may write only what is of that source; raises ValueError if its scope is not `write`.
    """
    if source is not None and scope is not Scope.WRITE:
        raise ValueError("only a key with scope write can be bound to a source")
    key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    text = f"dl_{key_id}_{secret}"
    return add_key(session, text, scope, name=name, expires_at=expires_at, source=source), text


def add_key(
    session: Session,
    text: str,
    scope: Scope,
    *,
    name: str = "",
    expires_at: datetime | None = None,
    source: str | None = None,
) -> Key:
    """Store a key whose text is given; raises ValueError if it has not the form `dl_<id>_<secret>`."""
    parts = split_key(text)
    if parts is None:
        raise ValueError("a key has the form dl_<id>_<secret>")
    key = Key(
        id=parts[0],
        secret_sha256=hash_secret(parts[1]),
        name=name,
        scopes=[scope],
        source=source,
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key


def list_keys(
    session: Session, *, limit: int | None = None, after: tuple[datetime, str] | None = None
) -> list[Key]:
    """List keys, the newest first; `after` is the time and id of the last one of the page before."""
    created_at, key_id = col(Key.created_at), col(Key.id)
    statement = select(Key).order_by(created_at.desc(), key_id.desc()).limit(limit)
    if after is not None:
        moment, last = after
        statement = statement.where(or_(created_at < moment, and_(created_at == moment, key_id < last)))
    return list(session.exec(statement))


def revoke_key(session: Session, key_id: str) -> bool:
    """Revoke a key from now on; False if there is none with this id."""
    key = session.get(Key, key_id)
    if key is None:
        return False
    key.revoked_at = key.revoked_at or datetime.now(UTC)
    session.add(key)
    session.flush()
    return True


def mark_used(session: Session, used: Mapping[str, datetime]) -> None:
    """Write when keys were last used."""
    for key_id, moment in used.items():
        session.execute(update(Key).where(col(Key.id) == key_id).values(last_used_at=moment))


def make_first_key(engine: Engine, settings: Settings) -> str | None:
    """Make an admin key in a store that has no key at all and return it; None where there are keys.

    With `DATELINE_ADMIN_KEY` that key is stored, also beside others, and None is returned: the operator has
    it.
    """
    with write_session(engine) as session:
        if settings.admin_key is not None:
            text = settings.admin_key.get_secret_value()
            if (parts := split_key(text)) is None or session.get(Key, parts[0]) is None:
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
