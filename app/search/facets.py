"""How the hits of a search are spread over languages, sources, authors … and over time."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from tantivy import Query

from app.articles.filters import DateField
from app.errors import FieldError, InvalidParameter
from app.index import Snapshot
from app.index.schema import FACETS, NAME_BREAK, NAMES, name_facet
from app.search.matching import DATE_FIELDS

# Values of a facet. More of them are counted than are shown, since a name may be written in several ways.
MAX_VALUES = 100
_COUNTED = 3
# A histogram of more parts is refused: ten years of days, more than a year of hours.
MAX_BUCKETS = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Interval(StrEnum):
    """The parts of a histogram."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


def read_facets(written: str | None) -> list[str]:
    """Read the names of facets; raises InvalidParameter for one that there is not."""
    names = list(dict.fromkeys(name.strip() for name in (written or "").split(",") if name.strip()))
    if set(names) - set(FACETS):
        raise InvalidParameter(
            f"The facets are: {', '.join(FACETS)}.",
            errors=[FieldError(field="facets", message="names a facet that there is not")],
        )
    return names


def count_facets(
    snapshot: Snapshot, hits: Query, names: list[str], *, limit: int
) -> dict[str, list[dict[str, Any]]]:
    """Count the values of each facet among the hits, the most frequent first."""
    if not names:
        return {}
    asked = {
        name: {"terms": {"field": name_facet(name), "size": limit * (_COUNTED if name in NAMES else 1)}}
        for name in names
    }
    counted = snapshot.searcher.aggregate(hits, asked)
    return {name: _list_values(name, counted[name]["buckets"])[:limit] for name in names}


def _list_values(name: str, buckets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put together what is one name in several writings, under the most frequent of them."""
    shown: dict[str, dict[str, Any]] = {}
    for bucket in buckets:
        folded, _, printed = bucket["key"].partition(NAME_BREAK)
        value = shown.setdefault(folded, {"value": printed or folded, "count": 0})
        value["count"] += bucket["doc_count"]
        if name == "country":
            value["value"] = value["value"].upper()
    return sorted(shown.values(), key=lambda value: (-value["count"], value["value"]))


def count_by_date(
    snapshot: Snapshot, hits: Query, *, date_field: DateField, interval: Interval
) -> list[dict[str, Any]]:
    """Count the hits of each hour, day, month or year that has any, the oldest first."""
    length = timedelta(hours=1) if interval is Interval.HOUR else timedelta(days=1)
    steps = {
        "histogram": {
            "field": DATE_FIELDS[date_field],
            "interval": length // timedelta(microseconds=1),
            "min_doc_count": 1,
        }
    }
    try:
        buckets = snapshot.searcher.aggregate(hits, {"dates": steps})["dates"]["buckets"]
    except ValueError as error:  # Tantivy's own bound
        raise _refuse_buckets() from error
    counts: dict[datetime, int] = {}
    for bucket in buckets:
        start = _find_start(_EPOCH + timedelta(microseconds=int(bucket["key"])), interval)
        counts[start] = counts.get(start, 0) + bucket["doc_count"]
    if len(counts) > MAX_BUCKETS:
        raise _refuse_buckets()
    return [
        {"start": start.isoformat().replace("+00:00", "Z"), "count": count}
        for start, count in sorted(counts.items())
    ]


def _find_start(moment: datetime, interval: Interval) -> datetime:
    if interval is Interval.YEAR:
        return moment.replace(month=1, day=1)
    return moment.replace(day=1) if interval is Interval.MONTH else moment


def _refuse_buckets() -> InvalidParameter:
    return InvalidParameter(
        f"The histogram would have more than {MAX_BUCKETS} parts; bound it by from and to, or lengthen them.",
        errors=[FieldError(field="histogram", message="has too many parts")],
    )
