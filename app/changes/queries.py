"""The table of changes: appending, reading in order, and pruning what is old."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, func, insert, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from app.changes.shapes import ChangeKind, Entry, Page, make_entry, make_page
from app.errors import ChangesPruned
from app.tables import Article, Change, Counter, get_table

# Statements of the hot write path: written once, and run on the connection, since an INSERT through the
# session costs three times as much.
_COUNTERS = get_table(Counter)
_CHANGES = get_table(Change)
_TAKE_NUMBER = (
    update(_COUNTERS)
    .where(_COUNTERS.c.name == bindparam("counter"))
    .values(value=_COUNTERS.c.value + 1)
    .returning(_COUNTERS.c.value)
)
_INSERT_CHANGE = insert(_CHANGES)


def take_number(session: Session, name: str) -> int:
    """Take the next number of a counter; it is given back if the transaction is rolled back."""
    number: int = session.connection().execute(_TAKE_NUMBER, {"counter": name}).scalar_one()
    return number


def append_change(
    session: Session,
    article: Article,
    *,
    kind: ChangeKind,
    fields: list[str],
    at: datetime | None = None,
) -> None:
    """Append the entry for the article's `seq` in the session's transaction; `at` if it is no update."""
    session.connection().execute(
        _INSERT_CHANGE,
        {
            "seq": article.seq,
            "article_id": article.id,
            "version": article.version,
            "kind": kind,
            "fields": fields,
            "at": at or article.deleted_at or article.updated_at,
        },
    )
    # For the commit, which tells searches how far to look.
    session.info["seq"] = max(article.seq, session.info.get("seq", 0))


def get_last_seq(session: Session) -> int:
    """Return the seq of the newest entry; 0 in an empty store."""
    return session.exec(select(func.max(Change.seq))).one() or 0


def get_pruned_seq(session: Session) -> int:
    """Return the seq up to which entries have been removed; 0 if none has."""
    return session.exec(select(Counter.value).where(Counter.name == "changes_pruned")).one()


def list_changes(session: Session, *, since: int, limit: int, kinds: Collection[str] = ()) -> Page:
    """List the entries after `since`, the oldest first; raises ChangesPruned if some of them are gone.

    On PostgreSQL each statement sees what is committed by then, so their order matters. The newest seq is
    read before the entries: read after them it could name one that the page has not seen. What was pruned
    is read after them: read before, entries that are removed in between would be missed in silence.
    """
    last_seq = get_last_seq(session)
    query = select_columns(_CHANGES).where(_CHANGES.c.seq > since, _CHANGES.c.seq <= last_seq)
    if kinds:
        query = query.where(_CHANGES.c.kind.in_(kinds))
    rows = session.connection().execute(query.order_by(_CHANGES.c.seq).limit(limit + 1)).all()
    if since < (pruned_seq := get_pruned_seq(session)):
        raise ChangesPruned(
            "Older changes have been removed. Begin anew: note last_seq, list all articles, and follow from"
            " there.",
            extension={"first_seq": pruned_seq + 1, "last_seq": last_seq},
        )
    return make_page([make_entry(row) for row in rows], since=since, limit=limit, last_seq=last_seq)


def list_newest(session: Session, *, since: int, limit: int) -> list[Entry]:
    """List the newest entries after `since`, at most `limit`, the oldest first."""
    query = select_columns(_CHANGES).where(_CHANGES.c.seq > since)
    rows = session.connection().execute(query.order_by(_CHANGES.c.seq.desc()).limit(limit)).all()
    return [make_entry(row) for row in reversed(rows)]


def find_last_before(session: Session, moment: datetime) -> int:
    """Find the last seq before the first change at or after a moment; 0 if there is none."""
    first = session.exec(
        select(Change.seq).where(col(Change.at) >= moment).order_by(col(Change.seq)).limit(1)
    ).first()
    return get_last_seq(session) if first is None else first - 1


def prune_changes(session: Session, *, after: int, up_to: int) -> int:
    """Remove the entries from after one seq up to another; return how many.

    Each article's newest entry stays: the search index reads the articles in the order of those.
    """
    is_newest = exists().where(col(Article.id) == Change.article_id, col(Article.seq) == Change.seq)
    removed = session.exec(
        delete(Change).where(col(Change.seq) > after, col(Change.seq) <= up_to, ~is_newest)
    ).rowcount
    if removed:
        session.exec(
            update(Counter)
            .where(col(Counter.name) == "changes_pruned", col(Counter.value) < up_to)
            .values(value=up_to)
        )
    return removed
