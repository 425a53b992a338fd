"""Storing the prepared lines of a batch in one transaction, and what is told of each: its receipt."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, select
from sqlmodel import Session

from app.articles.conditional import Served
from app.articles.rows import Name, PreparedArticle
from app.articles.shapes import ArticleContent
from app.articles.writes import (
    create_articles,
    find_by_external_id,
    find_names,
    find_stored_bodies,
    find_stored_copy,
    update_article,
)
from app.database import UNAVAILABLE
from app.errors import DatabaseBusy, DatelineError, DuplicateArticle, InternalError
from app.ingest.articles import CleanedSubmission, OnDuplicate, store_submission
from app.ingest.lines import Line, Prepared
from app.tables import Article, get_table

Receipt = dict[str, Any]
# Runs its argument in a transaction: `GroupCommit.run`, or the command line's own.
Run = Callable[[Callable[[Session], list[Receipt]]], list[Receipt]]

# A group of lines, and what will be made of them.
Group = tuple[list[Line], "Future[list[Prepared]]"]

BUSY = "The database cannot take the line now."
# Lines that are stored in one transaction, but for those of the last group; it takes some tenths of a second.
# Each line writes to some twenty pages anywhere in the store, so the more of them share a page the better.
MOST_AT_ONCE = 500
# Stored articles with the same body that are compared with a line.
MOST_COMPARED = 5

_log = logging.getLogger(__name__)

_ARTICLES = get_table(Article)
_SAME = (
    select(*(_ARTICLES.c[name] for name in ("id", "version", "seq", "story_id", "duplicate_of", "document")))
    .where(
        _ARTICLES.c.fingerprint == bindparam("fingerprint"),
        _ARTICLES.c.headline.is_not_distinct_from(bindparam("headline")),
        _ARTICLES.c.url.is_not_distinct_from(bindparam("url")),
        _ARTICLES.c.external_id.is_(None),
        _ARTICLES.c.deleted_at.is_(None),
    )
    .order_by(_ARTICLES.c.id)
    .limit(MOST_COMPARED)
)


def describe_refusal(number: int, error: DatelineError) -> Receipt:
    """Write the receipt of a line that is not stored."""
    receipt: Receipt = {
        "line": number,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
    }
    if error.errors:
        receipt["errors"] = [fault.model_dump() for fault in error.errors]
    if error.status == DatabaseBusy.status:
        receipt["retry"] = True
    return {**receipt, **error.extension}


def _describe(number: int, status: int, article: Served) -> Receipt:
    receipt = {
        "line": number,
        "status": status,
        "article_id": article.id,
        "version": article.version,
        "seq": article.seq,
    }
    if article.duplicate_of is not None:
        receipt["duplicate_of"] = article.duplicate_of
    return receipt


def take_prepared(pending: deque[Group]) -> tuple[list[Line], list[Prepared]]:
    """Take the group that is next, once it is prepared, and with it those after it that are prepared too.

    So what waits for the database is stored in fewer and larger transactions, which cost less a line.
    """
    lines, outcome = pending.popleft()
    lines, prepared = [*lines], [*outcome.result()]
    while pending and pending[0][1].done() and len(lines) < MOST_AT_ONCE:
        more, outcome = pending.popleft()
        lines += more
        prepared += outcome.result()
    return lines, prepared


def store_lines(
    run: Run, lines: Sequence[Line], prepared: Sequence[Prepared], on_duplicate: OnDuplicate
) -> list[Receipt]:
    """Store the lines in one transaction; return their receipts in order, once it is committed.

    If the database refuses one of them for a reason that was not foreseen, each is stored alone, so that only
    that one is refused. Raises only what says that the database cannot be used now: then none is stored.
    """
    numbered = [(line.number, found) for line, found in zip(lines, prepared, strict=True)]
    try:
        return run(partial(_store, numbered=numbered, on_duplicate=on_duplicate))
    except (*UNAVAILABLE, DatabaseBusy):
        raise
    except Exception:
        if len(lines) == 1:
            _log.exception("line %d of a batch cannot be stored", lines[0].number)
            return [
                describe_refusal(lines[0].number, InternalError("Something went wrong here; the log has it."))
            ]
    receipts = []
    for line, found in zip(lines, prepared, strict=True):
        try:
            receipts += store_lines(run, [line], [found], on_duplicate)
        except (*UNAVAILABLE, DatabaseBusy):  # those before it are stored, which must be told
            receipts.append(describe_refusal(line.number, DatabaseBusy(BUSY)))
    return receipts


def _store(
    session: Session, *, numbered: Sequence[tuple[int, Prepared]], on_duplicate: OnDuplicate
) -> list[Receipt]:
    """Store lines in their order; those that are new and structured, many at a time."""
    receipts: list[Receipt] = []
    waiting = _Waiting(on_duplicate)
    for number, found in numbered:
        if isinstance(found, PreparedArticle):
            if not waiting.has_room_for(found):
                receipts += waiting.store(session)
            waiting.add(number, found)
            continue
        receipts += waiting.store(session)
        if isinstance(found, DatelineError):
            receipts.append(describe_refusal(number, found))
        else:
            receipts.append(_store_cleaned(session, number, found, on_duplicate))
    return receipts + waiting.store(session)


def _store_cleaned(
    session: Session, number: int, found: CleanedSubmission, on_duplicate: OnDuplicate
) -> Receipt:
    try:
        article, created = store_submission(session, found, on_duplicate)
    except DuplicateArticle as error:
        return describe_refusal(number, error)
    session.flush()  # the look-ups of the lines after it go past the session
    status = 201 if created else 200
    return _describe(number, status, article)


class _Waiting:
    """Structured lines that can be stored together: no two of them have the same name or body."""

    def __init__(self, on_duplicate: OnDuplicate) -> None:
        self._on_duplicate = on_duplicate
        self._lines: list[tuple[int, PreparedArticle]] = []
        self._marks: set[str | Name] = set()

    def has_room_for(self, article: PreparedArticle) -> bool:
        """Tell whether it is a stranger to all that wait; where copies are refused, each is stored alone."""
        if self._on_duplicate is OnDuplicate.REJECT:
            return not self._lines
        return self._marks.isdisjoint(_list_marks(article))

    def add(self, number: int, article: PreparedArticle) -> None:
        """Let it wait."""
        self._lines.append((number, article))
        self._marks |= _list_marks(article)

    def store(self, session: Session) -> list[Receipt]:
        """Store all that wait and return their receipts in order."""
        lines, self._lines, self._marks = self._lines, [], set()
        if not lines:
            return []
        bodies = find_stored_bodies(session, [article.fingerprint for _, article in lines])
        names = find_names(session, [article for _, article in lines])
        known: dict[int, Receipt] = {}
        for number, article in lines:
            receipt = None
            if article.name in names or (article.fingerprint in bodies and article.name is None):
                receipt = _meet_known(session, number, article, self._on_duplicate)
            if receipt is None and self._on_duplicate is OnDuplicate.REJECT:
                receipt = _refuse_copy(session, number, article)
            if receipt is not None:
                known[number] = receipt
        new = [(number, article) for number, article in lines if number not in known]
        if new:
            stored = create_articles(session, [article for _, article in new])
            for (number, _), made in zip(new, stored, strict=True):
                known[number] = _describe(number, 201, made)
        return [known[number] for number, _ in lines]


def _list_marks(article: PreparedArticle) -> set[str | Name]:
    return {article.fingerprint} if article.name is None else {article.fingerprint, article.name}


def _meet_known(
    session: Session, number: int, article: PreparedArticle, on_duplicate: OnDuplicate
) -> Receipt | None:
    """Deal with an article whose name or body is stored already; None if it is to be stored as a new one.

    One that is the same in every field is that article. Another text under a known external_id is its next
    version.
    """
    name = article.name
    if name is None:
        found = None if on_duplicate is OnDuplicate.NEW else _find_same(session, article)
        if found is None:
            return None
        if on_duplicate is OnDuplicate.REJECT:
            return _refuse_known(number, found.id)
        return _describe(number, 200, found)
    stored = find_by_external_id(session, *name)
    assert stored is not None  # it was found in this transaction, and writes are one after the other
    if on_duplicate is OnDuplicate.REJECT:
        return _refuse_known(number, stored.id)
    stored = update_article(session, stored, ArticleContent.model_validate(article.content))
    session.flush()
    return _describe(number, 200, stored)


def _refuse_known(number: int, article_id: int) -> Receipt:
    told = {"article_id": article_id}
    return describe_refusal(number, DuplicateArticle("The article is already stored.", extension=told))


def _refuse_copy(session: Session, number: int, article: PreparedArticle) -> Receipt | None:
    match = find_stored_copy(session, article)
    if match is None:
        return None
    told = match.describe()
    return describe_refusal(
        number, DuplicateArticle("A copy of the article is already stored.", extension=told)
    )


def _find_same(session: Session, article: PreparedArticle) -> Served | None:
    """Find a stored article that says the same in every field."""
    values = {
        "fingerprint": article.fingerprint,
        "headline": article.content["headline"],
        "url": article.content["url"],
    }
    for row in session.connection().execute(_SAME, values):
        document = orjson.loads(row.document)
        if all(document[field] == value for field, value in article.content.items()):
            return cast(Served, row)
    return None
