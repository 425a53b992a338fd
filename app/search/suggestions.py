"""Names that begin with what a person has typed so far: authors, places, tags, sources."""

from typing import Any

from app.analysis import fold_name
from app.index import Snapshot
from app.index.schema import NAME_BREAK, name_suggestions

MAX_SUGGESTIONS = 50
# Names that are looked at; of a single letter there may be far more.
_LOOKED_AT = 2000


def suggest(snapshot: Snapshot, field: str, prefix: str, *, limit: int) -> list[dict[str, Any]]:
    """List names of which a word begins so, those of most articles first, each with their number."""
    begin = fold_name(prefix)
    rows = snapshot.searcher.terms_with_prefix(name_suggestions(field), begin, limit=_LOOKED_AT)
    found: dict[str, dict[str, Any]] = {}
    for term, count in sorted(rows, key=lambda row: (-row[1], row[0])):
        printed = term.partition(NAME_BREAK)[2]
        # The same name in several writings, or from several of its words on.
        known = found.setdefault(fold_name(printed), {"value": printed, "count": 0, "writings": set()})
        if printed not in known["writings"]:
            known["writings"].add(printed)
            known["count"] += count
    shown = sorted(found.values(), key=lambda name: (-name["count"], name["value"]))[:limit]
    return [{"value": name["value"], "count": name["count"]} for name in shown]
