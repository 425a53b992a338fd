"""Checking the tables against each other; app/index/checks.py then checks the search index against them."""

from typing import Any

from sqlalchemy import Engine, Select, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.articles.shapes import Status
from app.changes.queries import get_pruned_seq
from app.database import lift_limits, read_session
from app.tables import (
    Article,
    ArticleShingle,
    ArticleTerm,
    ArticleVersion,
    Change,
    Counter,
    RawText,
    Story,
)

SHOWN = 5


def check_store(engine: Engine) -> list[str]:
    """Look for what transactions should have made impossible; one line for each kind of fault."""
    with read_session(engine) as session:
        lift_limits(session.connection())
        if damage := _find_damage(session):
            return damage  # what the tables say is then worth nothing
        return [
            *_check_counters(session),
            *_check_feed(session),
            *(
                f"{count} {kind}: {shown}"
                for kind, query in _list_queries().items()
                if (count := _count(session, query)) and (shown := _show(session, query))
            ),
        ]


def _find_damage(session: Session) -> list[str]:
    """Let SQLite check its file; PostgreSQL has its own checksums and `pg_amcheck`."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    said = [row[0] for row in session.connection().exec_driver_sql(f"PRAGMA integrity_check({SHOWN})")]
    return [] if said == ["ok"] else [f"the SQLite file is damaged: {'; '.join(' '.join(said).splitlines())}"]


def _check_counters(session: Session) -> list[str]:
    given = {"articles": func.max(Article.id), "changes": func.max(Change.seq)}
    faults = []
    for name, greatest in given.items():
        used = session.execute(select(greatest)).scalar() or 0
        counter = session.get(Counter, name)
        if counter is None or counter.value < used:
            faults.append(f"the counter of {name} is below {used}, which is given: the next write would fail")
    return faults


def _check_feed(session: Session) -> list[str]:
    """Find numbers that the feed skips: they are given and committed one after the other."""
    pruned = get_pruned_seq(session)
    last, count = session.execute(
        select(func.max(col(Change.seq)), func.count()).where(col(Change.seq) > pruned)
    ).one()
    missing = last - pruned - count if count else 0
    return [f"{missing} numbers are missing in the change feed"] if missing else []


def _list_queries() -> dict[str, Select[*tuple[Any, ...]]]:
    """List what must not be there, as queries for the ids."""
    article_id = col(Article.id)
    own_change = (col(Change.seq) == col(Article.seq)) & (col(Change.article_id) == article_id)
    faults: dict[str, Select[*tuple[Any, ...]]] = {
        "articles lack their newest change": select(article_id)
        .outerjoin(Change, own_change)
        .where(col(Change.seq).is_(None)),
        "articles have a newer change than they know": select(article_id)
        .join(Change, col(Change.article_id) == article_id)
        .where(col(Change.seq) > col(Article.seq))
        .distinct(),
        "changes are of articles that do not exist": select(col(Change.seq))
        .outerjoin(Article, col(Change.article_id) == article_id)
        .where(article_id.is_(None)),
        "articles have no text to serve": select(article_id).where(
            col(Article.deleted_at).is_(None), (col(Article.document) == "") | (col(Article.brief) == "")
        ),
    }
    owned = {
        "filter terms": col(ArticleTerm.article_id),
        "replaced versions": col(ArticleVersion.article_id),
        "raw texts": col(RawText.article_id),
        "sketches": col(ArticleShingle.article_id),
    }
    for kind, owner in owned.items():
        faults[f"articles are deleted or do not exist but have {kind}"] = (
            select(owner)
            .outerjoin(Article, owner == article_id)
            .where(article_id.is_(None) | col(Article.deleted_at).is_not(None))
            .distinct()
        )
    return faults | _list_story_queries()


def _list_story_queries() -> dict[str, Select[*tuple[Any, ...]]]:
    """List what must not be there among the stories; `dateline stories` puts it right."""
    article_id, story_id = col(Article.id), col(Article.story_id)
    is_stored = col(Article.deleted_at).is_(None)
    is_shown = is_stored & (col(Article.status) != Status.WITHHELD)
    lead = aliased(Article)
    leads = (
        (col(lead.story_id) == story_id)
        & col(lead.deleted_at).is_(None)
        & (col(lead.status) != Status.WITHHELD)
        & col(lead.duplicate_of).is_(None)
    )
    counted = (
        select(story_id, func.count().filter(is_shown).label("shown"), func.count().label("all"))
        .where(is_stored)
        .group_by(story_id)
        .subquery()
    )
    shown = func.coalesce(counted.c.shown, 0)
    of_story = counted.c.story_id == col(Story.id)
    return {
        "articles have no story": select(article_id).where(is_stored, story_id.is_(None)),
        "articles are copies of one that is not the lead of their story": select(article_id)
        .outerjoin(lead, (col(lead.id) == col(Article.duplicate_of)) & leads)
        .where(is_stored, col(Article.duplicate_of).is_not(None), col(lead.id).is_(None)),
        "stories of several articles have no row": select(counted.c.story_id)
        .outerjoin(Story, of_story)
        .where(counted.c.all > 1, col(Story.id).is_(None)),
        "stories count other articles than they have": select(col(Story.id))
        .outerjoin(counted, of_story)
        .where(or_(counted.c.story_id.is_(None), col(Story.size) != shown)),
        "stories have a lead that is not theirs": select(col(Story.id))
        .outerjoin(Article, (article_id == col(Story.lead_id)) & (story_id == col(Story.id)) & is_shown)
        .where(col(Story.lead_id).is_not(None) | (col(Story.size) > 0), article_id.is_(None)),
        "articles are shown beside the lead of their story as if they led it": select(article_id)
        .join(Story, story_id == col(Story.id))
        .where(is_shown, col(Article.duplicate_of).is_(None), article_id != col(Story.lead_id)),
    }


def _count(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    count: int = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return count


def _show(session: Session, query: Select[*tuple[Any, ...]]) -> str:
    ids = [str(row[0]) for row in session.execute(query.order_by(query.selected_columns[0]).limit(SHOWN + 1))]
    return ", ".join(ids[:SHOWN]) + (", …" if len(ids) > SHOWN else "")
