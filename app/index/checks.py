"""Comparing the index with the tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tantivy
from sqlalchemy import Engine, select
from sqlmodel import col

from app.database import read_session
from app.index.folder import find_folder, read_index, read_position, take_snapshot
from app.index.following import find_last_seq, is_of_this_store
from app.index.schema import SCHEMA, WITHHELD
from app.tables import Article

# Articles compared at once, by their ids.
PAGE = 50_000
_SHOWN = 5


def check(engine: Engine, index_dir: Path) -> list[str]:
    """Compare ids and seqs of index and tables; one line for each kind of difference.

    The index is looked at first, and only articles that have not changed since are judged, since a server may
    be writing.
    """
    folder = find_folder(index_dir)
    try:
        position, index = read_position(folder), read_index(folder)
    except ValueError:
        return ["there is no search index that can be read"] if find_last_seq(engine) else []
    if not is_of_this_store(engine, position):
        return ["the search index is of another database"]
    snapshot = take_snapshot(index, position.seq)
    indexed = dict(_list_indexed(snapshot.searcher))
    stored = {row.id: row for row in _list_stored(engine)}
    settled = {row.id: row for row in stored.values() if row.seq <= position.seq}
    hidden = {row.id for row in settled.values() if row.deleted_at is not None or row.status == WITHHELD}
    shown = [row for row in settled.values() if row.id not in hidden]
    differences = {
        "not in the search index": [row.id for row in shown if row.id not in indexed],
        "in the search index in another version": [
            row.id for row in shown if indexed.get(row.id, row.seq) != row.seq
        ],
        "in the search index but not in the store": [
            article_id for article_id in indexed if article_id not in stored or article_id in hidden
        ],
    }
    duplicated = snapshot.searcher.num_docs - len(indexed)
    faults = [f"{len(ids)} articles are {kind}: {_show(ids)}" for kind, ids in differences.items() if ids]
    if duplicated:
        faults.append(f"{duplicated} articles are more than once in the search index")
    behind = find_last_seq(engine) - position.seq
    if behind > 0:
        faults.append(f"the search index has not followed the last {behind} changes yet")
    return faults


def _show(ids: list[int]) -> str:
    shown = ", ".join(str(article_id) for article_id in sorted(ids)[:_SHOWN])
    return shown + (", …" if len(ids) > _SHOWN else "")


def _list_indexed(searcher: tantivy.Searcher) -> Iterator[tuple[int, int]]:
    """Yield id and seq of every document, in the order of the ids."""
    last_id = 0
    while True:
        query = tantivy.Query.range_query(
            SCHEMA, "id", tantivy.FieldType.Integer, lower_bound=last_id, include_lower=False
        )
        hits = searcher.search(
            query, limit=PAGE, count=False, order_by_field="id", order=tantivy.Order.Asc
        ).hits
        seqs = searcher.fast_field_values("seq", [address for _, address in hits])
        for (article_id, _), seq in zip(hits, seqs, strict=True):
            last_id = article_id
            yield article_id, int(seq or 0)
        if len(hits) < PAGE:
            return


def _list_stored(engine: Engine) -> Iterator[Any]:
    """Yield id, seq, deleted_at and status of every row, read in pages."""
    last_id, count = 0, PAGE
    while count == PAGE:
        with read_session(engine) as session:
            rows = session.execute(
                select(col(Article.id), col(Article.seq), col(Article.deleted_at), col(Article.status))
                .where(col(Article.id) > last_id)
                .order_by(col(Article.id))
                .limit(PAGE)
            ).all()
        yield from rows
        count = len(rows)
        last_id = rows[-1].id if rows else last_id
