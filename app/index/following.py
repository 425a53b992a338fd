"""Bringing the index up to date: the articles whose newest change lies after its position are written
anew.

An article that changed several times is written once, at its newest change. Writing it twice does no harm,
since it is deleted by its id first; so a crash between the commit and the note of the position costs
nothing.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import tantivy
from sqlalchemy import Engine, Row, bindparam, func, select
from sqlmodel import Session

from app.database import read_session
from app.index.folder import (
    Position,
    find_writer,
    make_folder,
    put_in_place,
    read_index,
    read_position,
    write_position,
)
from app.index.schema import COLUMNS, WITHHELD, make_document
from app.tables import Article, Change, get_table

# Articles read at once; a body may have megabytes.
BATCH = 100
# Of a long way to go, this many articles become visible at a time. A commit takes 11-15 ms.
COMMIT_EVERY = 5000
# While another index is built, new articles wait for the writing of so many.
MEANWHILE_EVERY = 500

_CHANGES, _ARTICLES = get_table(Change), get_table(Article)
_CHANGED = (
    select(*COLUMNS)
    .join(_CHANGES, (_CHANGES.c.article_id == _ARTICLES.c.id) & (_CHANGES.c.seq == _ARTICLES.c.seq))
    .where(_CHANGES.c.seq > bindparam("since"))
    .order_by(_CHANGES.c.seq)
    .limit(bindparam("limit"))
)


def find_last_seq(engine: Engine) -> int:
    """Find the seq of the store's newest change; 0 in an empty store."""
    with read_session(engine) as session:
        return _find_last_seq(session)


def _find_last_seq(session: Session) -> int:
    return session.execute(select(func.max(Change.seq))).scalar() or 0


def _find_mark(session: Session, seq: int) -> str:
    """Describe the change with this seq; empty if there is none."""
    change = session.get(Change, seq)
    return f"{change.article_id}/{change.version}/{change.at.isoformat()}" if change else ""


def is_of_this_store(engine: Engine, position: Position) -> bool:
    """Tell whether the index has followed this database, and not another or a newer copy of it."""
    with read_session(engine) as session:
        return position.seq == 0 or position.mark == _find_mark(session, position.seq)


def _list_changed(session: Session, since: int) -> Sequence[Row[Any]]:
    """List the next articles whose newest change comes after `since`, deleted and withheld ones too."""
    return session.connection().execute(_CHANGED, {"since": since, "limit": BATCH}).all()


def _write_batch(engine: Engine, writer: tantivy.IndexWriter, *, position: Position) -> tuple[Position, int]:
    """Write the next articles, uncommitted; return the position after them and how many there were."""
    with read_session(engine) as session:
        # Read first: a change that comes in between is then only done twice.
        last_seq = _find_last_seq(session)
        rows = _list_changed(session, position.seq)
        reached = rows[-1].seq if len(rows) == BATCH else max(last_seq, rows[-1].seq if rows else 0)
        mark = _find_mark(session, reached)
    for row in rows:
        writer.delete_documents_by_term("id", row.id)
        if row.deleted_at is None and row.status != WITHHELD:
            writer.add_document(make_document(row))
    return replace(position, seq=reached, mark=mark), len(rows)


def _write_some(
    engine: Engine, writer: tantivy.IndexWriter, *, position: Position, limit: int, stopping: Event
) -> tuple[Position, int]:
    """Write articles batch by batch, uncommitted, until there are no more, or `limit`, or it shall stop."""
    total, count = 0, BATCH
    while count == BATCH and total < limit and not stopping.is_set():
        position, count = _write_batch(engine, writer, position=position)
        total += count
    return position, total


def follow(
    engine: Engine,
    writer: tantivy.IndexWriter,
    *,
    folder: Path,
    stopping: Event,
    show: Callable[[int], None],
) -> None:
    """Write and commit all that comes after the index's position; `show` is called with the seq reached."""
    position = read_position(folder)
    last_seq = find_last_seq(engine)
    while position.seq < last_seq and not stopping.is_set():
        position, count = _write_some(
            engine, writer, position=position, limit=COMMIT_EVERY, stopping=stopping
        )
        if count:
            writer.commit()
        write_position(folder, position)
        show(position.seq)


def build_anew(engine: Engine, *, folder: Path, stopping: Event, meanwhile: Callable[[], None]) -> bool:
    """Build an index in the place of the one that is there, which is in use until the new one is whole.

    `meanwhile` is called now and then, to go on following with the old one. Tells whether it was done:
    stopped on the way, it leaves the index as it was.
    """
    made = make_folder(folder)
    try:
        writer = find_writer(read_index(made))
        assert writer is not None
        position, count = read_position(made), MEANWHILE_EVERY
        while count >= MEANWHILE_EVERY and not stopping.is_set():
            meanwhile()
            position, count = _write_some(
                engine, writer, position=position, limit=MEANWHILE_EVERY, stopping=stopping
            )
        writer.commit()
        write_position(made, position)
        writer.wait_merging_threads()
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    if stopping.is_set():
        shutil.rmtree(made, ignore_errors=True)
        return False
    put_in_place(made, folder)
    return True
