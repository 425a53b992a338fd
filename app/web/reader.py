"""The reader at /: what its address asks of the search, and how the answer is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, get_origin
from urllib.parse import urlencode

import orjson
from fastapi import Request
from pydantic import ValidationError
from sqlmodel import Session

from app.analysis import fold_name
from app.articles.filters import Filters
from app.errors import DatelineError, InvalidParameter, list_field_errors
from app.search import SearchQuery, write_answer
from app.web.rendering import write_day
from app.web.words import FACETS, name_choice

PAGE_SIZE = 20
# Choices of one filter that are shown; the search knows all.
MAX_CHOICES = 8

_FILTERS = {field.alias or name: field for name, field in Filters.model_fields.items()}
# What the reader takes from its address beside the filters; it sets the rest of a search itself.
_OWN = ("q", "sort", "cursor")
# Texts in which a search shows its words: HitTexts.
_HIGHLIGHTED = ("headline", "kicker", "standfirst", "byline", "dateline", "body", "media")
# Filters that the form itself shows, as whole days; the address may also have months, years and moments.
_IN_FORM = ("from", "to")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter, and the address of the page with it added or taken away."""

    label: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter with the values that there are to choose from."""

    label: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found, or the error that says why there is nothing to show."""

    pairs: Pairs
    """What was asked in the end: the address, or the beginning of its last word."""
    answer: dict[str, Any] | None
    is_by_prefix: bool = False
    error: DatelineError | None = None


def read_pairs(request: Request) -> Pairs:
    """Read what the address asks, without what the reader does not know and empty fields of its form."""
    return [
        (name, value.strip())
        for name, value in request.query_params.multi_items()
        if (name in _FILTERS or name in _OWN) and value.strip()
    ]


def find(request: Request, session: Session, pairs: Pairs) -> Found:
    """Search for what the address asks. A request that cannot be understood is told on the page itself."""
    try:
        answer = _search(request, session, pairs)
        q = dict(pairs).get("q", "")
        # Who is still typing a word means any that begins so.
        if not answer["items"] and q[-1:].isalnum() and q.count('"') % 2 == 0:
            longer = [(name, value + "*" if name == "q" else value) for name, value in pairs]
            return Found(longer, _search(request, session, longer), is_by_prefix=True)
    except DatelineError as error:
        if error.status != 400:
            raise
        return Found(pairs, None, error=error)
    return Found(pairs, answer)


def _search(request: Request, session: Session, pairs: Pairs) -> dict[str, Any]:
    values: dict[str, Any] = {"limit": PAGE_SIZE, "count": "exact", "facets": ",".join(FACETS)}
    for name, value in pairs:
        if name in _FILTERS and get_origin(_FILTERS[name].annotation) is list:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    try:
        query = SearchQuery.model_validate(values)
    except ValidationError as error:
        raise InvalidParameter(
            "The address has a value that cannot be used.", errors=list_field_errors(error.errors())
        ) from error
    body, _ = write_answer(request, session, query)
    answer: dict[str, Any] = orjson.loads(body)
    return answer


def describe_results(pairs: Pairs, found: Found) -> dict[str, Any]:
    """Return what the template of the results shows."""
    answer = found.answer or {"items": [], "next": None, "count": 0, "facets": {}}
    asked = dict(pairs)
    has_words = "q" in asked
    is_by_day = (
        not has_words and asked.get("sort") in (None, "newest", "oldest") and "date_field" not in asked
    )
    entries = [_describe_entry(item) for item in answer["items"]]
    return {
        "days": _group_by_day(entries) if is_by_day else [(None, entries)] if entries else [],
        "count": answer["count"],
        "words": asked.get("q", ""),
        "is_by_prefix": found.is_by_prefix,
        "error": found.error,
        "chosen": _list_chosen(pairs),
        "facets": _list_facets(pairs, answer),
        "feed_query": _write_url([pair for pair in pairs if pair[0] not in ("sort", "cursor")])[1:],
        "next_url": _write_next_url(found.pairs, answer["next"]),
        "first_url": _write_url(_without_cursor(pairs)) if "cursor" in asked else None,
    }


def _describe_entry(item: dict[str, Any]) -> dict[str, Any]:
    """Add to a hit what its entry shows: its date, and its highlights by field."""
    highlights: dict[str, list[dict[str, Any]]] = {name: [] for name in _HIGHLIGHTED}
    for highlight in item["highlights"]:
        highlights[highlight["field"].partition(".")[0]].append(highlight)
    value, kind = find_date(item)
    return {**item, "highlights": highlights, "date": value, "date_kind": kind}


def find_date(item: dict[str, Any]) -> tuple[str, str]:
    """Find the date that an article is sorted by, and what it is the date of."""
    if item["published_at"]:
        return item["published_at"]["value"], "published"
    date = (item["dateline"] or {}).get("date")
    if date and not date["value"].startswith("--"):
        return date["value"], "dateline"
    return item["created_at"], "stored"


def _group_by_day(entries: Iterable[dict[str, Any]]) -> list[tuple[str | None, list[dict[str, Any]]]]:
    return [
        (day, list(group)) for day, group in groupby(entries, key=lambda entry: write_day(entry["date"][:10]))
    ]


def _without_cursor(pairs: Pairs) -> Pairs:
    return [pair for pair in pairs if pair[0] != "cursor"]


def _write_url(pairs: Pairs) -> str:
    return "/?" + urlencode(pairs) if pairs else "/"


def _write_next_url(pairs: Pairs, cursor: str | None) -> str | None:
    return None if cursor is None else _write_url([*_without_cursor(pairs), ("cursor", cursor)])


def _toggle(pairs: Pairs, pair: tuple[str, str]) -> str:
    rest = _without_cursor(pairs)
    return _write_url([other for other in rest if other != pair] if pair in rest else [*rest, pair])


def _list_chosen(pairs: Pairs) -> list[tuple[str, str, str]]:
    """List the filters in force: name and value as a person reads them, and the address without them."""
    return [
        (FACETS.get(name, name.replace("_", " ")), name_choice(name, value), _toggle(pairs, (name, value)))
        for name, value in pairs
        if name not in _OWN
    ]


def list_hidden(pairs: Pairs) -> Pairs:
    """List what the form has to send along, since it has no field for it."""
    return [
        (name, value)
        for name, value in pairs
        if name not in _OWN and not (name in _IN_FORM and len(value) == len("2024-05-17"))
    ]


def _list_facets(pairs: Pairs, answer: dict[str, Any]) -> list[Facet]:
    """List the values that there are to choose from, those in force first."""
    counted = answer["facets"]
    facets = []
    for field, label in FACETS.items():
        chosen = [value for name, value in pairs if name == field]
        folded = [fold_name(value) for value in chosen]
        counts = {fold_name(entry["value"]): entry["count"] for entry in counted.get(field, ())}
        found = [
            entry["value"] for entry in counted.get(field, ()) if fold_name(entry["value"]) not in folded
        ]
        values = [*chosen, *found][: max(MAX_CHOICES, len(chosen))]
        choices = [
            Choice(
                name_choice(field, value),
                counts.get(fold_name(value), 0),
                _toggle(pairs, (field, value)),
                value in chosen,
            )
            for value in values
        ]
        if choices:
            facets.append(Facet(label, choices))
    return facets
