"""Text made to be slow costs no more than in proportion to its length."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest

from app.cleaning import Hints, Reason, Role, Warning_, clean, show_markup

NASTY: dict[str, Callable[[int], str]] = {
    "one long line": lambda size: "a" * size,
    "words": lambda size: "word " * (size // 5),
    "combining marks": lambda size: "e" + "\u0300\u0323" * (size // 2),
    "marks that decompose": lambda size: "e" + "\u0f73" * size,
    "less-than": lambda size: "<" * size,
    "spaces": lambda size: " " * size,
    "empty lines": lambda size: "\n" * size,
    "short lines": lambda size: "a\n" * (size // 2),
    "distinct lines": lambda size: "\n".join(map(str, range(size // 6))),
    "at signs": lambda size: "a@" * (size // 2),
    "dashes": lambda size: "12-" * (size // 3),
    "ampersands": lambda size: "&amp;" * (size // 5),
    "nested ampersands": lambda size: "&" + "amp;" * (size // 4),
    "brackets": lambda size: "(" * size,
    "mojibake": lambda size: "Ã©" * (size // 2),
    "joiners": lambda size: "👩\u200d" * (size // 2),
    "surrogates": lambda size: "\ud800" * size,
    "datelines": lambda size: "TOKYO, April 6, (AP): a\n" * (size // 24),
    "bylines": lambda size: "By Ann Lee and " * (size // 15),
    "dates": lambda size: "in 2015 Monday April 5 " * (size // 23),
    "tags": lambda size: "Tags: " + "a, " * (size // 3),
    "wrapped lines": lambda size: ("x" * 60 + "\n") * (size // 61),
    "timestamps": lambda size: "Published Mon, Feb 28 20245:58 AM EST\n" * (size // 38),
    "names": lambda size: "Nora Feld\n" * (size // 10),
    "credits": lambda size: "Foto: Ann Lee/dpa\n" * (size // 18),
    "broken captions": lambda size: "The ferry leaves (\nImage:\nAnn)\n" * (size // 31),
    "captions": lambda size: "".join(f"The ferry {n} leaves (AP Photo/Ann)\n" for n in range(size // 36)),
    # Found by fuzz/slowest_text.py: each such line took 5 ms.
    "unbroken words": lambda size: "".join(
        f"{n}     {'A' * 40}この記事は料会員限定です\n" for n in range(size // 65)
    ),
    # Found by it too: 2,000 titles in a body took 9 s, for each of them all were copied.
    "titles in the body": lambda size: "<title>By Ann</title><h1>Lee</h1>" * (size // 33),
    "hidden elements": lambda size: "<p hidden>The</p><p>ferry</p>" * (size // 29),
    "prose and labels": lambda size: "".join(
        f"Sport {n}\nThe council said it would repair bridge {n} over the river, if money allows.\n"
        for n in range(size // 90)
    ),
}
SIZE = 40_000
# Pages for which the rules of HTML ask for far more work than their length, each of 2 MiB. Before they were
# met, 19 kB of "formatting" filled a gigabyte, "attributes" took the parser 31 s, "unmatched ends" minutes.
PAGES: dict[str, Callable[[int], str]] = {
    "attributes": lambda size: "<p " + " ".join(f"a{n}" for n in range(size // 8)) + ">x</p>",
    "attributes behind a quoted >": lambda size: (
        '<p b=">" ' + " ".join(f"a{n}" for n in range(size // 8)) + ">x</p>"
    ),
    "attributes parted by /": lambda size: "<p" + "".join(f"/a{n}" for n in range(size // 8)) + ">x</p>",
    "tags of many attributes": lambda size: (
        f"<p {' '.join(f'a{n}' for n in range(400))}>x</p>" * (size // 1900)
    ),
    "bodies": lambda size: "".join(f"<body a{n}=1>" for n in range(size // 15)) + "x",
    "formatting": lambda size: (
        "<p>" + "".join(f"<b a{n}>" for n in range(5000)) + "<p>x" * 14_000 + "word " * (size // 6)
    ),
    "links in blocks": lambda size: "<a>x<div>" * (size // 9),
    "unmatched ends": lambda size: "<b>" * (size // 6) + "</i>" * (size // 8),
    "unmatched ends, few tags": lambda size: "<span>" * 10_000 + "</x>" * 9_990 + "x" * (size - 99_960),
    "options, few tags": lambda size: "<span>" * 10_000 + "<option>" * 9_990 + "x" * (size - 139_920),
    "deep paragraphs, few tags": lambda size: (
        "<div>" * 5000 + "<p>a line" * 14_990 + "word " * ((size - 160_000) // 5)
    ),
    "tags that never end": lambda size: "<a" * (size // 2),
    "scripts that never end": lambda size: "<p></p><script>" * (size // 15),
    "comments that never end": lambda size: "<p></p><!--" * (size // 11),
    "cells": lambda size: "<td>a" * (size // 5),
    "preformatted": lambda size: "<pre>" + "a\n" * (size // 2) + "</pre>",
}


def measure(raw: str, hints: Hints, *, times: int = 3) -> float:
    best = float("inf")
    gc.disable()  # its passes over all objects are not the cost of a step
    for _ in range(times):
        start = time.process_time()
        clean(raw, hints)
        best = min(best, time.process_time() - start)
    gc.enable()
    return best


@pytest.fixture(scope="module")
def cost_of_prose() -> float:
    """What an ordinary page costs, for comparison: the machine may be slow or busy."""
    return measure(NASTY["prose and labels"](SIZE), Hints())


@pytest.mark.parametrize("content_type", ["text/plain", "text/html"])
@pytest.mark.parametrize("kind", NASTY)
def test_cost_grows_with_the_length_only(kind: str, content_type: str, cost_of_prose: float) -> None:
    hints = Hints(content_type=content_type)  # type: ignore[arg-type]
    once, four_times = measure(NASTY[kind](SIZE), hints), NASTY[kind](4 * SIZE)
    bound = 10 * max(once, 0.005)  # quadratic growth is sixteenfold
    assert any(measure(four_times, hints, times=1) < bound for _ in range(3))
    # 2 MiB of such prose take under 1 s, for only 5,000 lines are read; of short lines there are more.
    assert once < 6 * cost_of_prose


@pytest.mark.parametrize("kind", PAGES)
def test_page_made_to_harm_is_read_in_time(kind: str, cost_of_prose: float) -> None:
    """2 MiB of it end within 2 s of CPU where 40 kB of prose take a tenth of a second."""
    page = PAGES[kind](2 * 1024 * 1024)
    assert measure(page, Hints(content_type="text/html"), times=1) < 20 * cost_of_prose
    start = time.process_time()
    show_markup(page)
    assert time.process_time() - start < 20 * cost_of_prose


def test_most_expensive_lines_cost_little_more_than_ordinary_ones() -> None:
    """2 MiB of them end within 2 s of CPU: so many lines are read and no more."""
    # Found by hand and by fuzz/slowest_text.py: each comes close to a byline, a credit and a timestamp.
    line = (
        "By Ann Lee {} (Reuters) Photo: AP, 12:30 May 7 2024 | Credit: Getty Images / “said” U.S. Monday, "
        "Published Updated Foto: dpa Von Anna\n"
    )
    ordinary = "The council met on Monday {} in the town hall, and voted on the budget after debate.\n" * 2
    worst = measure("".join(map(line.format, range(2 * 1024 * 1024 // len(line)))), Hints(), times=1)
    assert worst < 4 * measure("".join(ordinary.format(n, n) for n in range(2500)), Hints(), times=1)


def test_deep_markup_is_read() -> None:
    page = "<div>" * 100_000 + "<p>The port reopened on Friday after a storm that had closed it.</p>"
    assert clean(page, Hints(content_type="text/html")).body.startswith("The port reopened")


def test_script_style_and_comment_are_no_text() -> None:
    hidden = "<title>T</title><style>p{}</style><!-- no --><script>alert(1)</script><p hidden>no</p>"
    page = f"{hidden}<p>The port reopened, officials said on Friday.</p>"
    assert clean(page, Hints(content_type="text/html")).text == "The port reopened, officials said on Friday."


@pytest.mark.parametrize("page", ["", "\x00", "<", "<!doctype html>", "\ud800"])
def test_empty_markup_is_no_article(page: str) -> None:
    assert clean(page, Hints(content_type="text/html")).body == ""


def test_lines_beyond_the_limit_are_removed() -> None:
    cleaned = clean("Rain fell on the valley all night, and the river rose.\n" + "x\n" * 5_010)
    assert [
        line.number for line in cleaned.lines if line.reason and line.reason.value == "beyond-limit"
    ] == list(range(5_001, 5_012))
    assert cleaned.lines[0].role is not Role.REMOVED


def test_text_that_is_cut_at_the_limit_says_so() -> None:
    prose = "".join(f"The council met on Monday and voted on bridge {n} of the town.\n" for n in range(5_001))
    cleaned = clean(prose)
    assert cleaned.lines[-1].reason is Reason.BEYOND_LIMIT
    assert Warning_.TRUNCATED_BODY in cleaned.warnings
    assert Warning_.TRUNCATED_BODY not in clean(prose[:640]).warnings
