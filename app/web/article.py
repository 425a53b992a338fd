"""The page of one article: its parts, its copies, its versions, and the raw text that it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import orjson
from fastapi import Request
from sqlalchemy import or_, select
from sqlmodel import Session, col

from app.articles.diffs import Op, diff_contents
from app.articles.queries import get_raw, get_version, list_blocks, list_versions
from app.articles.shapes import Status
from app.articles.withholding import refuse_withheld
from app.errors import ArticleWithheld, NotFound
from app.formats import find_standfirst
from app.tables import Article
from app.web.ledger import Ledger, Pieces, read_ledger
from app.web.reader import find_date

MAX_VERSIONS_SHOWN = 50
MAX_COPIES_SHOWN = 20
# Words of changed paragraphs that are compared with each other; the rest is shown whole. Measured:
# the worst texts found of this length (few different words, many times) take difflib under 0.1 s.
MAX_WORDS_COMPARED = 4000
_SHOWN_AS_HEAD = ("kicker", "headline", "standfirst", "byline", "timestamp", "caption", "credit", "dateline")


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two versions, or why it cannot be shown."""

    old: int
    new: int
    fields: list[dict[str, Any]]
    refusal: str | None = None


def describe_article(
    request: Request, session: Session, article: Article, *, sees_withheld: bool
) -> dict[str, Any]:
    """Return what the template of an article shows."""
    shown = orjson.loads(article.document)
    versions = list_versions(
        session, article, before=article.version + 1, limit=MAX_VERSIONS_SHOWN, sees_withheld=sees_withheld
    )
    difference = None
    if article.version > 1:
        new = _read_version(request, "to", article.version)
        old = _read_version(request, "from", max(new - 1, 1))
        difference = _compare(session, article, (old, new), sees_withheld=sees_withheld)
    date, date_kind = find_date(shown)
    blocks = _group_lists(list_blocks(session, article))
    return {
        "article": shown,
        "standfirst": find_standfirst(shown),
        "date": date,
        "date_kind": date_kind,
        "blocks": blocks,
        "dateline_at": _place_dateline(shown, blocks),
        "copies": _list_copies(session, article),
        "versions": versions,
        "difference": difference,
        "ledger": _find_ledger(session, article),
    }


def _place_dateline(shown: dict[str, Any], blocks: Sequence[tuple[str, list[str]]]) -> int | None:
    """Find the part that the dateline opens, as it is printed; None if there is none, or it stands there."""
    if shown["dateline"] is None:
        return None
    at = next((at for at, (role, _) in enumerate(blocks) if role in ("paragraph", "quote")), None)
    return None if at is None or blocks[at][1][0].startswith(shown["dateline"]["text"]) else at


def _group_lists(blocks: Sequence[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """List the parts of the body: role and texts, the entries of a list together."""
    grouped: list[tuple[str, list[str]]] = []
    for block in blocks:
        role, text = block["role"], block["text"]
        if role in _SHOWN_AS_HEAD:
            continue
        if role == "list" and grouped and grouped[-1][0] == "list":
            grouped[-1][1].append(text)
        else:
            grouped.append((role, [text]))
    return grouped


def _list_copies(session: Session, article: Article) -> list[dict[str, Any]]:
    """List the other articles of the same story, and those that came with the same raw text."""
    original = article.duplicate_of or article.id
    same = [col(Article.duplicate_of) == original, col(Article.id) == original]
    if article.story_id is not None:
        same.append(col(Article.story_id) == article.story_id)
    rows = session.execute(
        select(col(Article.brief))
        .where(
            or_(*same),
            col(Article.id) != article.id,
            col(Article.deleted_at).is_(None),
            col(Article.status) != Status.WITHHELD,
        )
        .order_by(col(Article.sorted_at), col(Article.id))
        .limit(MAX_COPIES_SHOWN)
    )
    copies = []
    for row in rows:
        copy = orjson.loads(row[0])
        date, kind = find_date(copy)
        copies.append({**copy, "date": date, "date_kind": kind})
    return copies


def _find_ledger(session: Session, article: Article) -> Ledger | None:
    """Read the raw lines with what became of them; None for an article that came without raw text."""
    try:
        raw = get_raw(session, article)
    except NotFound:
        return None
    return read_ledger(raw)


def _read_version(request: Request, name: str, default: int) -> int:
    """Read a version's number from the address; anything that is none means the default."""
    value = request.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 10 else default


def _compare(
    session: Session, article: Article, versions: tuple[int, int], *, sees_withheld: bool
) -> Difference:
    old, new = versions
    try:
        (before, status_before), (after, status_after) = (
            get_version(session, article, version) for version in versions
        )
        refuse_withheld(status_before, status_after, sees_withheld=sees_withheld)
    except (NotFound, ArticleWithheld) as error:
        return Difference(old, new, [], error.detail)
    fields = diff_contents(orjson.loads(before), orjson.loads(after))
    return Difference(old, new, [_show_field(field) for field in fields])


def _show_field(field: dict[str, Any]) -> dict[str, Any]:
    if field["parts"] is None:
        return {**field, "before": _write_value(field["before"]), "after": _write_value(field["after"])}
    return {**field, "parts": _show_parts(field["parts"])}


def _write_value(value: Any) -> str:
    """Write a field's value for the eye: what stands in lists and objects side by side, or each in its line.

    >>> _write_value({"name": "Kyoto", "region": None, "country": "JP"})
    'name: Kyoto, country: JP'
    """
    if value is None or value == []:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        said = {name: part for name, part in value.items() if part not in (None, [])}
        parts = [f"{name.replace('_', ' ')}: {_write_value(part)}" for name, part in said.items()]
    elif isinstance(value, list):
        said = dict(enumerate(value))
        parts = [_write_value(part) for part in value]
    else:
        return str(value)
    is_flat = not any(isinstance(part, (dict, list)) for part in said.values())
    return (", " if is_flat else "\n").join(parts)


def _show_parts(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Split each part into pieces: in a changed paragraph, what was changed is told from the rest."""
    shown: list[dict[str, Any]] = []
    left = MAX_WORDS_COMPARED
    for part in parts:
        op, text = part["op"], part["text"]
        shown.append({"op": op, "pieces": [(op, text)]})
        if op == Op.ADDED and len(shown) > 1 and shown[-2]["op"] == Op.REMOVED:
            before = shown[-2]["pieces"][0][1]
            left -= before.count(" ") + text.count(" ")
            if left > 0:
                shown[-2]["pieces"], shown[-1]["pieces"] = _compare_words(before, text)
    return shown


def _compare_words(before: str, after: str) -> tuple[Pieces, Pieces]:
    """Cut two texts into pieces that are in both and pieces that are in one of them."""
    old, new = before.split(" "), after.split(" ")
    old_pieces: Pieces = []
    new_pieces: Pieces = []
    for op, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new).get_opcodes():
        is_same = op == "equal"
        if old_to > old_from:
            old_pieces.append((Op.EQUAL if is_same else Op.REMOVED, " ".join(old[old_from:old_to])))
        if new_to > new_from:
            new_pieces.append((Op.EQUAL if is_same else Op.ADDED, " ".join(new[new_from:new_to])))
    return old_pieces, new_pieces
