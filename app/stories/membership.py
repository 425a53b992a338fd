"""Which articles are one story, and which of them leads.

- A copy joins the story of the article that it is a copy of (app/stories/placing.py finds it).
- The lead is the earliest article that is usable; where none is, the earliest canceled one. All other
  articles that readers may see have it as `duplicate_of`. Withheld articles belong to the story, but neither
  lead nor count. The lead passes on when it is withheld, canceled or deleted, and comes back when it is
  released.
- A story that a writer has split or joined is settled: copies still join it, but the machine takes nothing
  out of it and joins it with no other story.
- A story's id is that of its first article, or a number of the same sequence. Of stories that are joined the
  lowest id stays.

Every article whose place changes after it was stored gets an entry `merged` in the change feed; its version,
which names its text, stays.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session

from app.changes import ChangeKind, append_changes
from app.index.schema import WITHHELD
from app.numbers import take_number, take_numbers
from app.stories.matching import Finder, Member, read_piece
from app.tables import Article, Story, get_table

USABLE = "usable"
# Members of a story whose places are written by one statement; a document may have megabytes.
WRITTEN_AT_ONCE = 100

_ARTICLES = get_table(Article)
_STORIES = get_table(Story)
_MEMBERS = (
    select(
        _ARTICLES.c.id,
        _ARTICLES.c.status,
        _ARTICLES.c.created_at,
        _ARTICLES.c.story_id,
        _ARTICLES.c.duplicate_of,
    )
    .where(_ARTICLES.c.story_id.in_(bindparam("stories", expanding=True)), _ARTICLES.c.deleted_at.is_(None))
    .order_by(_ARTICLES.c.id)
)
_STORY = (
    select(_STORIES, _ARTICLES.c.status.label("lead_status"))
    .outerjoin(_ARTICLES, _ARTICLES.c.id == _STORIES.c.lead_id)
    .where(_STORIES.c.id.in_(bindparam("stories", expanding=True)))
)
_SHOWN = (
    select(_ARTICLES.c.id, _ARTICLES.c.version, _ARTICLES.c.document, _ARTICLES.c.brief)
    .where(_ARTICLES.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_ARTICLES.c.id)
)
_PLACE = update(_ARTICLES).where(_ARTICLES.c.id == bindparam("article"))
_COUNT_OUT = update(_STORIES).where(_STORIES.c.id == bindparam("story")).values(size=_STORIES.c.size - 1)
_INSERT = insert(_STORIES)
_DELETE = delete(_STORIES).where(_STORIES.c.id.in_(bindparam("stories", expanding=True)))


def read_stories(session: Session, ids: Collection[int]) -> Sequence[Any]:
    """Read the rows of stories, each with the status of its lead."""
    return session.connection().execute(_STORY, {"stories": list(ids)}).all()


def list_members(session: Session, stories: Collection[int]) -> list[Member]:
    """List the articles of stories, withheld ones too, the earliest first."""
    rows = session.connection().execute(_MEMBERS, {"stories": list(stories)})
    return [Member(*row) for row in rows]


def arrange_story(
    session: Session,
    story_id: int,
    *,
    absorbing: Collection[int] = (),
    finder: Finder | None = None,
    newcomer: Member | None = None,
    is_settled: bool = False,
) -> None:
    """Make one story of an existing one and those it absorbs: choose the lead, write members and story.

    `newcomer`, and what the finder knows that is not stored yet, get their values set only.
    """
    known = finder.pieces if finder else {}
    wanted = {story_id, *absorbing}
    members = {member.article_id: member for member in list_members(session, wanted)}
    for piece in known.values():
        if piece.member.story_id in wanted:  # those objects are what goes on being looked up
            members[piece.member.article_id] = piece.member
    if newcomer is not None:
        members[newcomer.article_id] = newcomer
    settled = is_settled or any(row.is_settled for row in read_stories(session, wanted))
    session.connection().execute(_DELETE, {"stories": list(wanted)})
    form_story(session, story_id, members.values(), is_settled=settled)


def form_story(session: Session, story_id: int, members: Iterable[Member], *, is_settled: bool) -> None:
    """Make a story, which has no row, of these members."""
    everybody = sorted(members, key=lambda member: member.article_id)
    shown = [member for member in everybody if member.status != WITHHELD]
    lead = min(shown, key=lambda member: (member.status != USABLE, member.article_id), default=None)
    moved = []
    for member in everybody:
        is_copy = lead is not None and member is not lead and member.status != WITHHELD
        place = (story_id, lead.article_id if lead is not None and is_copy else None)
        if (member.story_id, member.duplicate_of) != place:
            member.story_id, member.duplicate_of = place
            moved.append(member)
    _write_places(session, [member for member in moved if member.is_stored])
    if len(everybody) < 2 and not (is_settled and everybody):
        return
    seen = [member.created_at for member in shown or everybody]
    session.connection().execute(
        _INSERT,
        {
            "id": story_id,
            "lead_id": lead.article_id if lead else None,
            "size": len(shown),
            "first_seen_at": min(seen),
            "last_seen_at": max(seen),
            "is_settled": is_settled,
        },
    )


def _write_places(session: Session, members: Sequence[Member]) -> None:
    """Write the new places of stored articles, each with an entry in the change feed.

    When the lead of a story of thousands is deleted, all others change: so by plain rows, many at a time.
    """
    session.flush()
    connection = session.connection()
    for start in range(0, len(members), WRITTEN_AT_ONCE):
        some = {member.article_id: member for member in members[start : start + WRITTEN_AT_ONCE]}
        stored = connection.execute(_SHOWN, {"ids": list(some)}).all()
        seqs = take_numbers(session, "changes", len(stored))
        rows = [_place_row(row, some[row.id], seq) for row, seq in zip(stored, seqs, strict=True)]
        connection.execute(_PLACE, rows)
        now = datetime.now(UTC)
        append_changes(
            session,
            [
                {
                    "seq": seq,
                    "article_id": row.id,
                    "version": row.version,
                    "kind": ChangeKind.MERGED,
                    "fields": ["story_id", "duplicate_of"],
                    "at": now,
                }
                for row, seq in zip(stored, seqs, strict=True)
            ],
        )
        for article_id in some:
            known = session.identity_map.get(identity_key(Article, article_id))
            if known is not None:
                session.expire(known)


def _place_row(row: Any, member: Member, seq: int) -> dict[str, Any]:
    """Return what is written of an article whose place has changed."""
    placed = {"seq": seq, "story_id": member.story_id, "duplicate_of": member.duplicate_of}
    return {
        "article": row.id,
        **placed,
        "document": orjson.dumps(orjson.loads(row.document) | placed).decode(),
        "brief": orjson.dumps(orjson.loads(row.brief) | placed).decode(),
    }


def leave_story(session: Session, article: Article) -> bool:
    """Take an article that is about to be deleted or placed elsewhere out of its story; tell whether others
    stay in it.
    """
    for story in read_stories(session, [article.story_id or 0]):  # none if it is alone
        if _is_one_of_many(story, article):
            session.connection().execute(_COUNT_OUT, {"story": story.id})
            return True
    rest = _list_others(session, article)
    _form_anew(session, article.story_id, rest)
    return bool(rest)


def _is_one_of_many(story: Any, article: Article) -> bool:
    """Tell whether nothing of a story changes but its size when this article leaves it.

    A story can have thousands of members; reading them all would take as long for each that leaves.
    """
    return (
        article.duplicate_of is not None  # neither the lead nor withheld
        and story.size > 2  # with one it would be no story
        and story.first_seen_at < article.created_at < story.last_seen_at
    )


def _list_others(session: Session, article: Article) -> list[Member]:
    """List the other articles of an article's story, the earliest first."""
    if article.story_id is None:  # deleted
        return []
    members = list_members(session, [article.story_id])
    return [member for member in members if member.article_id != article.id]


def _form_anew(session: Session, story_id: int | None, members: Collection[Member]) -> None:
    """Form a story anew of these members; without a row there was only one article in it."""
    rows = read_stories(session, [] if story_id is None else [story_id])
    for row in rows:
        session.connection().execute(_DELETE, {"stories": [row.id]})
        form_story(session, row.id, members, is_settled=row.is_settled)


def regard_status(session: Session, article: Article) -> None:
    """Choose the story's lead anew after an article's status has changed, before that is written."""
    own = read_piece(article).member
    own.is_stored = False
    _form_anew(session, article.story_id, [*_list_others(session, article), own])
    article.duplicate_of = own.duplicate_of


def join_stories(session: Session, story_id: int, others: Collection[int]) -> None:
    """Make one story of several, because a writer says so; the machine does not take it apart."""
    arrange_story(session, story_id, absorbing=others, is_settled=True)


def split_story(session: Session, story_id: int, article_ids: Collection[int]) -> int:
    """Take articles out of a story into one of their own, because a writer says so; return its id."""
    members = list_members(session, [story_id])
    own = take_number(session, "articles")
    session.connection().execute(_DELETE, {"stories": [story_id]})
    rest = [member for member in members if member.article_id not in article_ids]
    form_story(session, story_id, rest, is_settled=True)
    taken = [member for member in members if member.article_id in article_ids]
    form_story(session, own, taken, is_settled=True)
    return own
