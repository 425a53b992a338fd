"""What clients have changed by hand in an article that cleaning made.

`articles.edited` holds, for each field that differs by hand, the value that cleaning gave. With it a new
cleaning and a new text from the source can each be merged in three ways: what cleaning gave then, what it
gives now, and what stands in the article. A status is never the result of cleaning, so it is always kept.
"""

from typing import Any

from app.articles.shapes import ArticleContent

_CLEANED = tuple(name for name in ArticleContent.model_fields if name != "status")


def note_edits(edited: dict[str, Any], before: ArticleContent, after: ArticleContent) -> dict[str, Any]:
    """Add what a client has changed now; a field put back to what cleaning gave is no longer edited."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    noted = edited | {name: old[name] for name in _CLEANED if old[name] != new[name] and name not in edited}
    return {name: given for name, given in noted.items() if given != new[name]}


def merge_recleaned(
    edited: dict[str, Any], stored: ArticleContent, cleaned: ArticleContent
) -> tuple[ArticleContent, dict[str, Any]]:
    """Take the same raw text cleaned again, but keep every edited field; return the edits that are left."""
    given = cleaned.model_dump(mode="json")
    merged = _keep(edited, stored, cleaned)
    values = merged.model_dump(mode="json")
    return merged, {name: given[name] for name in edited if given[name] != values[name]}


def merge_new_text(
    edited: dict[str, Any], stored: ArticleContent, cleaned: ArticleContent
) -> tuple[ArticleContent, dict[str, Any]]:
    """Take another raw text of the source, but keep edited fields of which it says nothing new."""
    given = cleaned.model_dump(mode="json")
    kept = {name: value for name, value in edited.items() if given[name] == value}
    return _keep(kept, stored, cleaned), kept


def _keep(names: dict[str, Any], stored: ArticleContent, cleaned: ArticleContent) -> ArticleContent:
    return cleaned.model_copy(update={name: getattr(stored, name) for name in (*names, "status")})
