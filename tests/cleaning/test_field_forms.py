"""The forms in which pages print dates, bylines, credits and datelines, each with what looks alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cleaning import Hints, clean
from app.cleaning import credits as cleaning_credits
from app.cleaning.bylines import parse_authors, read_byline
from app.cleaning.captions import parse_caption
from app.cleaning.credits import parse_credit_line
from app.cleaning.datelines import parse_opening
from app.cleaning.dates import parse_date
from app.cleaning.names import is_name
from app.cleaning.timestamps import read_stamps

HEADLINE = "Harbour ferries return after winter storm"
PROSE = (
    "The port reopened on Friday after a storm that had closed it for the whole of last week, they said, "
    "and the first ferry left for the islands with four hundred people on board before noon."
)


@pytest.mark.parametrize(
    ("text", "year", "month", "day"),
    [
        ("05. Juni 2025", 2025, 6, 5),
        ("06. 01. 2026, 14:59", 2026, 1, 6),
        ("15.04.25 09:56", 2025, 4, 15),
        ("FEB 28, 20245:58 AM EST", 2024, 2, 28),
        ("18 juil. 2024", 2024, 7, 18),
        ("15 OCT 2024", 2024, 10, 15),
        ("30 września 2024", 2024, 9, 30),
        ("3 Ağustos 2024", 2024, 8, 3),
        ("5 यूँ मई 2024", None, None, None),
        ("12 мая 2024", 2024, 5, 12),
        ("٣ مايو", None, 5, 3),
        ("10/25/2024", 2024, 10, 25),
        ("04/05/2024 3:10 pm", 2024, 4, 5),
        ("04/05/2024 15:10", 2024, 5, 4),
        ("11月5日", None, 11, 5),
        ("31/31/2024", None, None, None),
    ],
)
def test_date_is_read(text: str, year: int | None, month: int | None, day: int | None) -> None:
    found = parse_date(text)
    assert (found[0].year, found[0].month, found[0].day) == (year, month, day) if found else month is None


@pytest.mark.parametrize(
    "line",
    [
        "Published: 4 May 2024, 09:30 GMT",
        "November 3, 2025 3:14 PM UTC Updated 2 hours ago",
        "PUBLISHED WED, FEB 28 20245:58 AM EST",
        "Nora Feld · Harbour News · Posted: May 4, 2024 4:00 AM EDT | Last Updated: May 5",
        "Lisboa - 04 MAY 2024 - 08:22",
        "2 minute readMay 4, 20242:26 PM GMT+2Last Updated 9 min ago",
        "Publié le 4 mai 2024 à 14h52, modifié le 5 mai 2024 à 15h54",
    ],
)
def test_line_is_a_timestamp(line: str) -> None:
    assert read_stamps(line)


@pytest.mark.parametrize(
    "line",
    [
        "The bridge was closed on May 4, 2024",
        "Ferry at the quay in the harbour of Lisbon, 4 May 2024",
        "Storm closes port (4 May 2024)!",
        "May 4",
    ],
)
def test_line_is_no_timestamp(line: str) -> None:
    assert not read_stamps(line)


def test_date_of_publication_wins_over_that_of_a_change() -> None:
    raw = (
        f"{HEADLINE}\nBy Nora Feld\nUpdated: 6 May 2024\nPublished: 4 May 2024\n{PROSE}\n{PROSE[:-1]} again."
    )
    published_at = clean(raw).published_at
    assert published_at
    assert published_at.value == "2024-05-04"


@pytest.mark.parametrize("line", ["Published 3 hours ago", "vor 3 Stunden", "hace 3 horas", "3時間前"])
def test_hours_ago_are_counted_from_receipt(line: str) -> None:
    raw = f"{HEADLINE}\n{line}\n{PROSE}\n{PROSE[:-1]} again."
    assert clean(raw).published_at is None
    published_at = clean(raw, Hints(received_at=datetime(2024, 5, 4, 1, tzinfo=UTC))).published_at
    assert published_at
    assert (published_at.value, published_at.precision) == ("2024-05-03", "day")


def test_today_at_the_top_is_no_date_of_publication() -> None:
    raw = f"Saturday, 4 May 2024\n{HEADLINE}\n{PROSE}\n{PROSE[:-1]} again."
    assert clean(raw).published_at is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Nora Feld", ["Nora Feld"]),
        ("Von Nora Feld Landespolitische Korrespondentin", ["Nora Feld"]),
        ("By Nora Feld and Ibrahim Said in Oslo", ["Nora Feld", "Ibrahim Said"]),
        ("By NORA FELD | November 02, 2018", ["Nora Feld"]),
        ("By Nora Feld@norafeld Dec 10, 2016, 10:20am EST", ["Nora Feld"]),
        ("by Nora FeldNora Feld", ["Nora Feld"]),
        ("May 4, 2024 by Nora Feld", ["Nora Feld"]),
        ("By Harbour Times Staff", []),
        ("부산, 광양 김나라 기자 nara@example.org", ["김나라"]),
        ("김나라 기자 외 1명", ["김나라"]),
    ],
)
def test_byline_is_read(line: str, names: list[str]) -> None:
    found = read_byline(line)
    assert found
    assert [author.name for author in found.authors] == names


@pytest.mark.parametrize(
    "line", ["By Monday the water had gone.", "By the river stands a mill", "Von hier aus", "By"]
)
def test_sentence_is_no_byline(line: str) -> None:
    assert read_byline(line) is None


@pytest.mark.parametrize("text", ["Copy Link", "The Harbour Times", "Sport", "Room 101", "New York"])
def test_label_is_no_name(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize(
    ("names", "count"), [("大渡 美咲", 1), ("大渡美咲、佐藤健", 2), ("김나라, 이하나", 2)]
)
def test_names_without_latin_letters_are_parted(names: str, count: int) -> None:
    assert len(parse_authors(names)[0]) == count


def test_outlet_and_place_are_no_authors() -> None:
    authors, agency = parse_authors("Nora Feld, Lisbon, Harbour News and Reuters")
    assert ([author.name for author in authors], agency) == (["Nora Feld"], "Reuters")


@pytest.mark.parametrize("above", ["", "By\n", "Author of the article:\n"])
def test_name_alone_is_a_byline(above: str) -> None:
    raw = f"{HEADLINE}\n{above}Nora Feld\n4 May 2024, 09:30\n{PROSE}\n{PROSE[:-1]} again."
    assert [author.name for author in clean(raw).authors] == ["Nora Feld"]


def test_name_that_the_headline_speaks_of_is_no_author() -> None:
    raw = f"Feld wins the race after a storm\nNora Feld\n4 May 2024, 09:30\n{PROSE}\n{PROSE[:-1]} again."
    assert clean(raw).authors == ()


@pytest.mark.parametrize(
    ("line", "credit"),
    [
        ("The ferry leaves the harbour.AFP", "AFP"),
        ("The ferry leaves the harbour. © Ann Lee/dpa", "Ann Lee/dpa"),
        ("The ferry leaves the harbour — Picture by Ann Lee", "Ann Lee"),
        ("The ferry leaves the harbour Ann Lee/Reuters", "Ann Lee/Reuters"),
        ("The ferry leaves the harbour. Supplied", "Supplied"),
        ("The ferry leaves the harbour. (Ann Lee)", "Ann Lee"),
        ("港を出るフェリー＝ＡＰ", "ＡＰ"),
    ],
)
def test_credit_is_cut_off(line: str, credit: str) -> None:
    found = parse_caption(line)
    assert found
    assert found.credit == credit


@pytest.mark.parametrize(
    "line",
    [
        "($1 = 0.9355 euros)",
        "The ratio was 3/4",
        "Talks will go on along the border. (US/Mexico)",
        "It ran from there to the capital. (Paris/Berlin)",
        "He works for the port",
        "© 2031 The Quay Herald",
        "Photo gallery",
    ],
)
def test_no_credit(line: str) -> None:
    assert parse_caption(line) is None
    assert parse_credit_line(line) is None


def test_credit_stands_below_its_caption() -> None:
    caption = "The ferry leaves the harbour on Monday"
    raw = f"{HEADLINE}\n{PROSE}\n{caption}\nFoto: Ann Lee\n{PROSE[:-1]} again.\n{PROSE[:-1]} too."
    media = clean(raw).media
    assert [(each.caption, each.credit) for each in media] == [(caption, "Ann Lee")]


@pytest.mark.parametrize(
    ("text", "places", "agency"),
    [
        ("NEW YORK, August 26 (Harbour Wire) - Shares rose.", ["New York"], "Harbour Wire"),
        (
            "STOCKHOLM, Sweden --(Business Wire)-- Dec. 10, 2004 -- Shares rose.",
            ["Stockholm"],
            "Business Wire",
        ),
        ("FOGGIA, Italy Eight people were rescued.", ["Foggia"], None),
        ("МОСКВА, 27 сен — РИА Новости. Президент", ["Москва"], "RIA"),
        ("据中新社1月26日电 昨日", [], "CNS"),
        ("UNITED NATIONS: The council met.", ["United Nations"], None),
        ("****LONDON, March 5 - India bought tea.", ["London"], None),
        ("LA PAZ, Bolivia, May 4 - The council met.", ["La Paz"], None),
        ("BANGKOK, Thailand Sept. 30, 2004 - Rain fell.", ["Bangkok"], None),
    ],
)
def test_dateline_is_read(text: str, places: list[str], agency: str | None) -> None:
    opening = parse_opening(text)
    assert opening
    assert opening.dateline
    assert [place.name for place in opening.dateline.places] == places
    assert opening.agency == agency


@pytest.mark.parametrize(
    "text",
    [
        "LONDON Mayor opens bridge",
        "PARIS Hilton arrives",
        "READ: the whole letter",
        "WASHINGTON, D.C. residents voted",
    ],
)
def test_no_dateline(text: str) -> None:
    assert parse_opening(text) is None


@given(st.from_regex(re.compile(cleaning_credits._LIBRARY), fullmatch=True))
def test_line_that_ends_in_a_picture_library_is_tried(name: str) -> None:
    """The cheap look at the end of a line lets every form of the pattern through."""
    assert cleaning_credits._ends_in_library(f"The ferry leaves | {name}")


@pytest.mark.parametrize(("pattern", "line"), cleaning_credits._BARE)
def test_pattern_that_is_not_tried_before_a_stop_refuses_one(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)
    is_tried = any(pattern is each for each, _ in cleaning_credits._TRIED_BEFORE_STOP)
    assert is_tried or not pattern.search(f"{line}.")
