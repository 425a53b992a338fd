"""Idempotency-Key: the first answer is kept in the transaction that earned it, and given to repetitions.

Follows draft-ietf-httpapi-idempotency-key-header: another request under the same key is 422. Only answers
that stored something are kept, since only they must not happen twice; a refused request may be corrected and
sent again under its key, as with Stripe. Two requests at once under one key: the second waits for the first
one's transaction and then gets its answer.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from sqlalchemy import Row, delete, insert, select
from sqlmodel import Session, col

from app.errors import IdempotencyKeyReused
from app.keys import Writer
from app.requests import Body
from app.tables import IdempotencyRecord

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Repetition:
    """What tells a repetition from a new request: whose key, which Idempotency-Key, which request."""

    key_id: str
    idempotency_key: str | None
    request_sha256: str


def identify_request(
    request: Request,
    key: Writer,
    body: Body,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=MAX_KEY_LENGTH,
            description="A string of the client's choice; a repetition within 24 hours gets the same answer",
        ),
    ] = None,
) -> Repetition:
    """Read the Idempotency-Key and digest the request that it stands for."""
    digest = hashlib.sha256()
    for part in (request.method, request.scope["path"], request.headers.get("content-type", "")):
        digest.update(part.encode() + b"\n")
    digest.update(request.scope["query_string"] + b"\n" + body)
    return Repetition(key.id, idempotency_key, digest.hexdigest())


Idempotency = Annotated[Repetition, Depends(identify_request)]


def answer_once(session: Session, repetition: Repetition, answer: Callable[[Session], Response]) -> Response:
    """Give the kept answer to a repetition; otherwise answer, and keep the answer in the same transaction."""
    if repetition.idempotency_key is None:
        return answer(session)
    record = _find_record(session, repetition)
    if record is not None:
        if record.request_sha256 != repetition.request_sha256:
            raise IdempotencyKeyReused("The Idempotency-Key was used before with another request.")
        return Response(record.body, record.status, {**record.headers, "Idempotent-Replayed": "true"})
    response = answer(session)
    session.execute(
        insert(IdempotencyRecord),
        [
            {
                "key_id": repetition.key_id,
                "idempotency_key": repetition.idempotency_key,
                "request_sha256": repetition.request_sha256,
                "status": response.status_code,
                "headers": {
                    name: response.headers[name] for name in response.headers if name != "content-length"
                },
                "body": bytes(response.body).decode(),
                "created_at": datetime.now(UTC),
            }
        ],
    )
    return response


def _find_record(session: Session, repetition: Repetition) -> Row[Any] | None:
    """Find the kept answer, after those that are too old are gone."""
    session.execute(
        delete(IdempotencyRecord).where(col(IdempotencyRecord.created_at) < datetime.now(UTC) - KEPT_FOR)
    )
    columns = [getattr(IdempotencyRecord, name) for name in ("request_sha256", "status", "headers", "body")]
    return session.execute(
        select(*columns).where(
            col(IdempotencyRecord.key_id) == repetition.key_id,
            col(IdempotencyRecord.idempotency_key) == repetition.idempotency_key,
        )
    ).first()
