"""The demo pages against what their author wrote down by hand."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.cleaning import Hints, Role, clean, lay_out

DEMO = Path(__file__).parents[2] / "app" / "demo"
CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "demo_expected.json").read_text("utf-8"))[
    "cases"
]
MANIFEST: dict[str, Any] = json.loads((DEMO / "manifest.json").read_text("utf-8"))


def clean_demo(name: str) -> Any:
    entry = next(entry for entry in MANIFEST if entry["file"] == name)
    received_at = entry.get("received_at")
    hints = Hints(
        content_type=entry.get("content_type", "text/plain"),
        received_at=datetime.fromisoformat(received_at) if received_at else None,
        url=entry.get("url"),
        source=entry["source"]["name"] if entry.get("source") else None,
    )
    return clean((DEMO / name).read_bytes().decode("utf-8"), hints), hints


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_demo_page_is_cleaned_as_expected(case: dict[str, Any]) -> None:
    cleaned, _ = clean_demo(case["file"])
    dateline = cleaned.dateline
    found = {
        "file": case["file"],
        "headline": cleaned.headline,
        "kicker": cleaned.kicker,
        "standfirst": cleaned.standfirst,
        "byline": cleaned.byline,
        "authors": [author.name for author in cleaned.authors],
        "agency": cleaned.agency,
        "language": cleaned.language,
        "dateline": dateline
        and {
            "text": dateline.text,
            "places": [{"name": place.name, "country": place.country} for place in dateline.places],
            "date": dateline.date and dateline.date.value,
            "year_inferred": bool(dateline.date and dateline.date.year_inferred),
            "agency": dateline.agency,
        },
        "published_day": cleaned.published_at and cleaned.published_at.value[:10],
        "media": [{"caption": media.caption, "credit": media.credit} for media in cleaned.media],
        "metrics": [{"kind": metric.kind, "value": metric.value} for metric in cleaned.metrics],
        "tags": list(cleaned.tags),
        "paragraphs": len(cleaned.body.split("\n\n")) if cleaned.body else 0,
        "body_starts": cleaned.body[: len(case["body_starts"])],
        "body_ends": cleaned.body[-len(case["body_ends"]) :],
        "removed": {
            str(line.number): line.reason.value for line in cleaned.lines if line.role is Role.REMOVED
        },
    }
    # The page prints an ideographic space in its headline; cleaning makes every space a plain one.
    assert found == {**case, "headline": case["headline"].replace("\u3000", " ")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_demo_page_laid_out_loses_nothing(case: dict[str, Any]) -> None:
    cleaned, hints = clean_demo(case["file"])
    again = clean(lay_out(cleaned), hints)
    assert (again.body, again.headline, again.dateline) == (cleaned.body, cleaned.headline, cleaned.dateline)
    assert not [line for line in again.lines if line.role is Role.REMOVED]
