"""Idempotency-Key: the first answer is kept in the transaction that earned it, and given to repetitions.

Follows draft-ietf-httpapi-idempotency-key-header: another request under the same key is 422. Only answers of
requests that were carried out are kept, since only they must not happen twice; a refused request (4xx, 5xx)
has stored nothing, and may be corrected and sent again under its key.

Two requests at once under one key: the draft would have the second refused with 409, so that it is not
carried out twice. Here it waits, for milliseconds, since write transactions run one after the other, in one
process or in many (`app.database`); it then finds the record and gets the first one's answer, or, if the
first was refused, its own.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from sqlalchemy import Row, bindparam, delete, insert, select, tuple_
from sqlmodel import Session

from app.errors import DatelineError, IdempotencyKeyReused
from app.keys import VerifiedKey
from app.tables import IdempotencyRecord, get_table

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 255
# Records removed by one write at most: more than one write adds, so that they dwindle, and so few that a
# write after a long pause does not pay for all that has grown old.
PRUNED_AT_ONCE = 100

_RECORDS = get_table(IdempotencyRecord)
_INSERT = insert(_RECORDS)
_OLD = (
    select(_RECORDS.c.key_id, _RECORDS.c.idempotency_key)
    .where(_RECORDS.c.created_at < bindparam("oldest"))
    .order_by(_RECORDS.c.created_at)
    .limit(PRUNED_AT_ONCE)
)
_NAME = tuple_(_RECORDS.c.key_id, _RECORDS.c.idempotency_key)
_PRUNE = delete(_RECORDS).where(_NAME.in_(_OLD))
_FIND = select(_RECORDS).where(_NAME.in_(bindparam("names", expanding=True)))
_REMOVE = delete(_RECORDS).where(_NAME.in_(bindparam("names", expanding=True)))

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Repetition:
    """What tells a repetition from a new request: whose key, which Idempotency-Key, which request."""

    key_id: str
    idempotency_key: str | None
    request_sha256: str

    @property
    def name(self) -> Name | None:
        """Whose key and which Idempotency-Key; None for a request without one."""
        return None if self.idempotency_key is None else (self.key_id, self.idempotency_key)


async def identify_request(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=MAX_KEY_LENGTH,
            description="A string of the client's choice; a repetition within 24 hours gets the same answer",
        ),
    ] = None,
) -> Repetition:
    """Read the Idempotency-Key and digest the request that it stands for; after `require_writer`.

    Key and body are no dependencies of it: FastAPI works those through anew wherever one is named, which took
    a tenth of what a request costs.
    """
    key: VerifiedKey = request.state.writer
    if idempotency_key is None:
        return Repetition(key.id, None, "")
    digest = hashlib.sha256()
    for part in (request.method, request.scope["path"], request.headers.get("content-type", "")):
        digest.update(part.encode() + b"\n")
    digest.update(request.scope["query_string"] + b"\n" + await request.body())
    return Repetition(key.id, idempotency_key, digest.hexdigest())


Idempotency = Annotated[Repetition, Depends(identify_request)]


def answer_once(session: Session, repetition: Repetition, answer: Callable[[Session], Response]) -> Response:
    """Give the kept answer to a repetition; otherwise answer, and keep the answer in the same transaction."""
    (answered,) = answer_each_once(session, [repetition], lambda _: [answer(session)])
    if isinstance(answered, DatelineError):
        raise answered
    return answered


def answer_each_once(
    session: Session,
    repetitions: Sequence[Repetition],
    answer: Callable[[Sequence[int]], Sequence[Response | DatelineError]],
) -> list[Response | DatelineError]:
    """Do that for requests that come together, of which no two bear the same key.

    `answer` gets the places of those that are to be answered; what it refuses, it returns.
    """
    records = _find_records(session, [each.name for each in repetitions if each.name is not None])
    answers: dict[int, Response | DatelineError] = {
        place: _repeat(each, records[each.name])
        for place, each in enumerate(repetitions)
        if each.name is not None and each.name in records
    }
    places = [place for place in range(len(repetitions)) if place not in answers]
    kept = []
    for place, answered in zip(places, answer(places) if places else (), strict=True):
        answers[place] = answered
        if repetitions[place].name is not None and isinstance(answered, Response):
            kept.append(_make_record(repetitions[place], answered))
    if kept:
        session.connection().execute(_INSERT, kept)
    return [answers[place] for place in range(len(repetitions))]


def _repeat(repetition: Repetition, record: Row[Any]) -> Response | DatelineError:
    if record.request_sha256 != repetition.request_sha256:
        return IdempotencyKeyReused("The Idempotency-Key was used before with another request.")
    return Response(record.body, record.status, {**record.headers, "Idempotent-Replayed": "true"})


def _make_record(repetition: Repetition, response: Response) -> dict[str, Any]:
    return {
        "key_id": repetition.key_id,
        "idempotency_key": repetition.idempotency_key,
        "request_sha256": repetition.request_sha256,
        "status": response.status_code,
        "headers": {name: response.headers[name] for name in response.headers if name != "content-length"},
        "body": bytes(response.body).decode(),
        "created_at": datetime.now(UTC),
    }


def _find_records(session: Session, names: Sequence[Name]) -> dict[Name, Row[Any]]:
    """Find the kept answers; those that are too old are removed, with others."""
    if not names:
        return {}
    oldest = datetime.now(UTC) - KEPT_FOR
    connection = session.connection()
    connection.execute(_PRUNE, {"oldest": oldest})
    found = {(row.key_id, row.idempotency_key): row for row in connection.execute(_FIND, {"names": names})}
    old = [name for name, row in found.items() if row.created_at < oldest]
    if old:  # there were too many that were older still
        connection.execute(_REMOVE, {"names": old})
    return {name: row for name, row in found.items() if name not in old}
