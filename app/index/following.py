"""Bringing the index up to date: the articles whose newest change lies after its position are written
anew.

An article that changed several times is written once, at its newest change. Writing it twice does no harm,
since it is deleted by its id first; so a crash between the commit and the note of the position costs
nothing.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import tantivy
from sqlalchemy import Engine, Row, func, select
from sqlmodel import Session, col

from app.database import read_session
from app.index.folder import REQUEST_FILE, Position, read_position, write_position
from app.index.schema import COLUMNS, WITHHELD, make_document
from app.tables import Article, ArticleTerm, Change

# Articles read at once; a body may have megabytes.
BATCH = 100
# Of a long way to go, this many articles become visible at a time. A commit takes 11-15 ms.
COMMIT_EVERY = 5000


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
    return session.execute(
        select(*COLUMNS)
        .join(Change, (col(Change.article_id) == col(Article.id)) & (col(Change.seq) == col(Article.seq)))
        .where(col(Change.seq) > since)
        .order_by(col(Change.seq))
        .limit(BATCH)
    ).all()


def _list_terms(session: Session, ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    terms: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for term in session.execute(
        select(col(ArticleTerm.article_id), col(ArticleTerm.field), col(ArticleTerm.value)).where(
            col(ArticleTerm.article_id).in_(ids)
        )
    ):
        terms[term.article_id].append((term.field, term.value))
    return terms


def _write_batch(engine: Engine, writer: tantivy.IndexWriter, *, position: Position) -> tuple[Position, int]:
    """Write the next articles, uncommitted; return the position after them and how many there were."""
    with read_session(engine) as session:
        # Read first: a change that comes in between is then only done twice.
        last_seq = _find_last_seq(session)
        rows = _list_changed(session, position.seq)
        terms = _list_terms(session, [row.id for row in rows])
        reached = rows[-1].seq if len(rows) == BATCH else max(last_seq, rows[-1].seq if rows else 0)
        mark = _find_mark(session, reached)
    for row in rows:
        writer.delete_documents_by_term("id", row.id)
        if row.deleted_at is None and row.status != WITHHELD:
            writer.add_document(make_document(row, terms.get(row.id, ())))
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


def build_anew(engine: Engine, writer: tantivy.IndexWriter, *, folder: Path, stopping: Event) -> int | None:
    """Build the index anew in one commit and return its seq: until then searches see what it was before.

    Stopped on the way, it leaves the index as it was and returns None.
    """
    before = read_position(folder)
    writer.delete_all_documents()
    position, _ = _write_some(
        engine, writer, position=Position(before.index), limit=sys.maxsize, stopping=stopping
    )
    if stopping.is_set():
        writer.rollback()
        return None
    writer.commit()
    write_position(folder, position)
    (folder / REQUEST_FILE).unlink(missing_ok=True)
    return position.seq
