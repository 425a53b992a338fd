"""Who bears a key, and what an endpoint asks of that key.

A key that was looked up is remembered for SECONDS_REMEMBERED: each look-up is a transaction and a hop to a
thread. So a revocation takes effect within that time in every process, and at once in the one that carried it
out. Expiry is checked at every request.
"""

import asyncio
import hmac
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy import Engine, bindparam, literal, select, union_all
from starlette.concurrency import run_in_threadpool

from app.commits import GroupCommit
from app.database import UNAVAILABLE, explain, read_session
from app.errors import DatelineError, InvalidKey, KeyRequired, ScopeMissing, SourceNotAllowed
from app.keys.queries import Scope, describe_state, find_scope, hash_secret, includes, mark_used, split_key
from app.tables import Key, get_table

CHALLENGE = {"WWW-Authenticate": "Bearer"}
SECONDS_REMEMBERED = 5.0
# How often it is written which keys were used: at most one write a key in this time.
SECONDS_BETWEEN_MARKS = 60.0

_KEYS = get_table(Key)
# What an id that does not exist is compared with; nobody knows a secret of this hash.
_DECOY: dict[str, Any] = {
    "secret_sha256": hash_secret(secrets.token_hex()),
    "scopes": [Scope.READ],
    "created_at": datetime.now(UTC),
}
_FIND = (
    union_all(
        select(*_KEYS.c, literal(False).label("is_decoy")).where(_KEYS.c.id == bindparam("id")),
        select(*(literal(_DECOY.get(each.name), each.type) for each in _KEYS.c), literal(True)),
    )
    .order_by("is_decoy")
    .limit(1)
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VerifiedKey:
    """What a request may do by its key."""

    id: str
    scope: Scope
    source: str | None
    expires_at: datetime | None
    secret_sha256: str

    def is_expired(self) -> bool:
        """Tell whether the key is no longer valid."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


class KeyRing:
    """The keys that this process has seen a moment ago, and when each was last used."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, tuple[VerifiedKey, float]] = {}  # only keys that exist, so it cannot be filled
        self._used: dict[str, datetime] = {}

    def find_known(self, header: str | bytes | None) -> VerifiedKey | None:
        """Find the key that an Authorization header bears, if it is remembered and the secret is right."""
        parts = _read_header(header)
        remembered = self._known.get(parts[0]) if parts else None
        if parts is None or remembered is None or time.monotonic() >= remembered[1]:
            return None
        if admitted := self._admit(remembered[0], parts[1]):
            self._used[admitted.id] = datetime.now(UTC)
        return admitted

    def was_right(self, header: str | bytes) -> bool:
        """Tell whether the key was right when it was last looked up: then it is no guess."""
        parts = _read_header(header)
        remembered = self._known.get(parts[0]) if parts else None
        if parts is None or remembered is None:
            return False
        return hmac.compare_digest(hash_secret(parts[1]), remembered[0].secret_sha256)

    def find_valid(self, header: str | bytes) -> VerifiedKey | None:
        """Look the key up; None if it is unknown, revoked or expired. For a thread: it waits."""
        # Whatever it is, it is looked up, made an object and compared, so that the time of a refusal does not
        # tell which ids exist, nor which form a key has (benchmarks/keys.py).
        key_id, secret = _read_header(header) or ("", "")
        # A transaction of its own: the request's must not see the store as it was before a wait.
        with read_session(self._engine) as session:
            *values, is_decoy = session.execute(_FIND, {"id": key_id}).one()
        key = Key(**dict(zip(_KEYS.c.keys(), values, strict=True)))
        verified = VerifiedKey(key.id, find_scope(key), key.source, key.expires_at, key.secret_sha256)
        admitted = self._admit(verified, secret)
        if is_decoy or describe_state(key) != "valid":
            self._known.pop(key_id, None)
            return None
        self._known[key.id] = (verified, time.monotonic() + SECONDS_REMEMBERED)
        if admitted:
            self._used[key.id] = datetime.now(UTC)
        return admitted

    @staticmethod
    def _admit(key: VerifiedKey, secret: str) -> VerifiedKey | None:
        if not hmac.compare_digest(hash_secret(secret), key.secret_sha256) or key.is_expired():
            return None
        return key

    def forget(self, key_id: str) -> None:
        """Forget a key, so that its revocation counts at once."""
        self._known.pop(key_id, None)

    def write_marks(self, commits: GroupCommit) -> None:
        """Write when keys were last used. For a thread: it waits."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            commits.run(lambda session: mark_used(session, used))
        except (*UNAVAILABLE, DatelineError) as error:
            _log.warning("the last use of %d keys could not be written: %s", len(used), explain(error))

    async def keep_marking(self, commits: GroupCommit) -> None:
        """Write the marks again and again, outside the way of any request."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_MARKS)
            await asyncio.to_thread(self.write_marks, commits)


def _read_header(header: str | bytes | None) -> tuple[str, str] | None:
    """Read id and secret out of `Bearer dl_<id>_<secret>`; None for all else."""
    if header is None:
        return None
    scheme, _, text = (header.decode("latin-1") if isinstance(header, bytes) else header).partition(" ")
    return split_key(text.strip()) if scheme.lower() == "bearer" else None


# Only documents the scheme in OpenAPI; the header is read below, where every odd form of it gets its error.
_bearer = HTTPBearer(
    auto_error=False, description="A key as `dateline key create` prints it: `dl_<id>_<secret>`."
)


async def authenticate(
    request: Request, _documented: Annotated[object, Depends(_bearer)]
) -> VerifiedKey | None:
    """Return the key that the request bears; None if it bears none. Raises InvalidKey for a bad one, and
    RateLimited for one of too many."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    key: VerifiedKey | None = request.scope["state"].get("key")  # known already where requests are limited
    if key is not None:
        return key
    state = request.app.state
    if not state.keys.was_right(header):
        await state.limits.check_guesses(request.scope)
    key = await run_in_threadpool(state.keys.find_valid, header)
    if key is None:
        await state.limits.count_guess(request.scope)
        raise InvalidKey(
            "The key is unknown, revoked, expired or not sent as `Bearer dl_…`.", headers=CHALLENGE
        )
    request.scope["state"]["key"] = key
    return key


BearerKey = Annotated[VerifiedKey | None, Depends(authenticate)]


def _check_scope(key: VerifiedKey | None, scope: Scope) -> VerifiedKey:
    if key is None:
        raise KeyRequired(f"This needs a key with scope {scope}.", headers=CHALLENGE)
    if not includes(key.scope, scope):
        raise ScopeMissing(f"This needs a key with scope {scope}.")
    return key


async def require_reader(request: Request, key: BearerKey) -> None:
    """Let through who may read: everyone, unless `DATELINE_PUBLIC_READ=false`."""
    if not request.app.state.settings.public_read:
        _check_scope(key, Scope.READ)


async def require_metrics_reader(request: Request, key: BearerKey) -> None:
    """Let through who may see the metrics: a key, or with `DATELINE_PUBLIC_METRICS` everyone."""
    if not request.app.state.settings.public_metrics:
        _check_scope(key, Scope.READ)


async def require_writer(request: Request, key: BearerKey) -> VerifiedKey:
    """Let through who may write, and say who it is. What a key may write it for, `require_source` checks."""
    writer = _check_scope(key, Scope.WRITE)
    request.scope["state"]["writer"] = writer  # the log of writes tells who it was
    return writer


def find_known_writer(request: Request) -> VerifiedKey | None:
    """Find out who writes without a look-up; None where only `require_writer` can tell."""
    key: VerifiedKey | None = request.scope["state"]["key"]
    if key is None or not includes(key.scope, Scope.WRITE):
        return None
    request.scope["state"]["writer"] = key
    return key


async def require_admin(request: Request, key: BearerKey) -> VerifiedKey:
    """Let through who may look after keys, and say who it is."""
    admin = _check_scope(key, Scope.ADMIN)
    request.scope["state"]["writer"] = admin
    return admin


def require_source(key: VerifiedKey, *sources: str | None) -> None:
    """Check that the key may write for all these sources; raises SourceNotAllowed.

    Every endpoint that writes an article asks this, for the source that the article has and for the one that
    it is to have.
    """
    check_source(key.source, *sources)


def check_source(bound: str | None, *sources: str | None) -> None:
    """Check sources against the one that a key is bound to; raises SourceNotAllowed."""
    if bound is not None and any(source != bound for source in sources):
        raise SourceNotAllowed("The key may write for one source only, and this is of another.")


Reader = Depends(require_reader)
MetricsReader = Depends(require_metrics_reader)
Writer = Annotated[VerifiedKey, Depends(require_writer)]
Admin = Annotated[VerifiedKey, Depends(require_admin)]
