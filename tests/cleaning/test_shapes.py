"""Shapes that articles come in: each keeps its text, and loses what stands around it."""

from __future__ import annotations

import pytest

from app.cleaning import Reason, Role, Warning_, clean
from app.cleaning.labels import BEHIND, LIKELY, _list_likely
from app.cleaning.readings import read_text

HEADLINE = "Harbour council votes to rebuild the old fish market"
PARAGRAPHS = (
    "The harbour council voted on Tuesday night to rebuild the old fish market, which has stood empty since "
    "a fire damaged its roof four winters ago.",
    "Seven of the eleven members supported the plan, which sets aside nine million for the hall and a "
    "further two million for the quay in front of it.",
    "“We have waited long enough,” said Mara Lindqvist, who has sold herring from a van beside the ruin "
    "since the fire. “My customers keep asking when they can come in from the rain.”",
    "Opponents said that the money would be better spent on the ferry pier, where cracks were found in two "
    "of the concrete piles in March.",
    "Work is to begin in the autumn and to last until the spring after next, the council’s engineer said.",
)
ABOVE = ("Home", "News", "Sport", "Weather", "Sign in", "Share on Facebook")
BELOW = (
    "Related articles",
    "Storm closes the port",
    "Ten boats to see",
    "© 2031 The Quay Herald",
    "Privacy policy",
)


def lay(*parts: str, end: str = "\n") -> str:
    return end.join([*ABOVE, *parts, *BELOW])


def wrap(text: str, width: int = 64) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


SHAPES = {
    "one paragraph a line": (lay(HEADLINE, *PARAGRAPHS), PARAGRAPHS),
    "blank lines between": (lay(HEADLINE, *PARAGRAPHS, end="\n\n"), PARAGRAPHS),
    "no furniture": ("\n".join([HEADLINE, *PARAGRAPHS]), PARAGRAPHS),
    "hard-wrapped": (lay(HEADLINE, *map(wrap, PARAGRAPHS), end="\n\n"), PARAGRAPHS),
    "two paragraphs": (lay(HEADLINE, *PARAGRAPHS[:2]), PARAGRAPHS[:2]),
    "interview": (
        lay(
            HEADLINE,
            PARAGRAPHS[0],
            "When does it open?",
            "In the spring after next, if the winter is mild and the steel comes in time, as we hope.",
            "And the van?",
            "I will keep it. There is a market in the upper town, and people there like herring too.",
        ),
        ("When does it open?", "And the van?"),
    ),
    "bullets": (
        lay(
            HEADLINE,
            PARAGRAPHS[0],
            "• Nine million go to the hall, which gets a roof of slate and a floor of oak.",
            "• Two million go to the quay in front of it, where the boats land.",
            "• The rest of the fund is kept for the ferry pier, the council said.",
            PARAGRAPHS[4],
        ),
        ("• Two million go to the quay in front of it, where the boats land.",),
    ),
    "poem": (
        lay(
            HEADLINE,
            PARAGRAPHS[0],
            "The winner of the poetry prize read four lines about the market at the opening:",
            "The herring lay like silver spoons",
            "upon a cloth of rain,",
            "and nobody who saw them there",
            "forgot the place again.",
            PARAGRAPHS[1],
            PARAGRAPHS[4],
        ),
        ("upon a cloth of rain,", "forgot the place again."),
    ),
    "live blog": (
        lay(
            HEADLINE,
            PARAGRAPHS[0],
            *("14:32", "Hall to open in spring", PARAGRAPHS[4]),
            *("14:05", "Opponents speak", PARAGRAPHS[3]),
            *("13:40", PARAGRAPHS[2]),
            *("13:12", "Seven in favour", PARAGRAPHS[1]),
        ),
        (*PARAGRAPHS[1:], "Hall to open in spring", "Opponents speak", "Seven in favour"),
    ),
    "results": (
        lay(
            HEADLINE,
            *PARAGRAPHS[:2],
            "Results of the regatta:",
            "Quay United 2 Southbay 1",
            "Pier Rovers 0 Upper Town 0",
            "Ferry City 3 Customs House 2",
            PARAGRAPHS[4],
        ),
        ("Results of the regatta:", "Quay United 2 Southbay 1", "Ferry City 3 Customs House 2"),
    ),
    "table": (
        lay(
            HEADLINE,
            *PARAGRAPHS[:2],
            "Team\tPlayed\tPoints",
            "Quay United\t12\t30",
            "Southbay\t12\t24",
            "Pier Rovers\t12\t19",
            *PARAGRAPHS[2:4],
        ),
        ("Quay United 12 30", "Pier Rovers 12 19"),
    ),
    "all in one line": (f"{HEADLINE}\n{' '.join(PARAGRAPHS)}", (" ".join(PARAGRAPHS),)),
    "transcript": (
        lay(
            HEADLINE,
            PARAGRAPHS[0],
            "LINDQVIST: We have waited long enough, and I have paid my rent all along.",
            "CHAIR: Thank you. Does any other member wish to speak before we vote on it?",
            "LINDQVIST: I do not think that there is anything left to say, and it is late.",
        ),
        ("LINDQVIST: I do not think that there is anything left to say, and it is late.",),
    ),
}


@pytest.mark.parametrize(("raw", "texts"), SHAPES.values(), ids=SHAPES)
def test_shape_keeps_its_text(raw: str, texts: tuple[str, ...]) -> None:
    cleaned = clean(raw)
    assert cleaned.headline == HEADLINE
    assert [text for text in texts if text not in cleaned.body] == []
    assert [text for text in (*ABOVE, *BELOW) if text in cleaned.body.split("\n\n")] == []
    assert 0.5 <= cleaned.quality <= 1


def test_clocks_of_a_live_blog_stand_between_its_entries() -> None:
    blocks = clean(SHAPES["live blog"][0]).blocks
    clocks = [each.text for each in blocks if each.role is Role.TIMESTAMP]
    assert clocks == ["14:32", "14:05", "13:40", "13:12"]
    assert [each.role for each in blocks[2:5]] == [Role.TIMESTAMP, Role.SUBHEAD, Role.PARAGRAPH]


def test_clocks_of_a_list_of_news_make_no_live_blog() -> None:
    news = (
        *("14:32", "Storm closes the port and the pier, and all of the boats stay in until Friday morning."),
        *("14:05", "Ten boats are to be seen at the quay on Sunday, if the weather allows them to sail in."),
        *("13:40", "A ferry has lost its anchor in the southern bay, and divers are looking for it there."),
    )
    cleaned = clean(lay(HEADLINE, *PARAGRAPHS, "Latest news", *news))
    assert cleaned.body == "\n\n".join(PARAGRAPHS)


def test_rows_of_a_table_are_a_list() -> None:
    roles = {each.text: each.role for each in clean(SHAPES["table"][0]).blocks}
    assert roles["Southbay 12 24"] is Role.LIST


OTHER = (
    "Mackerel returns to the southern coast",
    "By Ines Ferro",
    "12 May 2031",
    "Fishermen on the southern coast have found a shoal of mackerel that was last seen there long ago.",
    "The first boats came back on Monday with full holds, and the price fell by a third before noon.",
    "Biologists of the institute say that warmer water has moved the fish, and that they may well stay.",
)


@pytest.mark.parametrize("above", [(), ("By Mara Holm", "11 May 2031")], ids=["bare", "signed"])
@pytest.mark.parametrize("between", [(), ("Share this article",)], ids=["close", "parted"])
def test_second_article_is_named_as_such(above: tuple[str, ...], between: tuple[str, ...]) -> None:
    cleaned = clean(lay(HEADLINE, *above, *PARAGRAPHS, *between, *OTHER))
    assert cleaned.body == "\n\n".join(PARAGRAPHS)
    assert {line.reason for line in cleaned.lines if line.text in OTHER} == {Reason.OTHER_ARTICLE}
    assert Warning_.SEVERAL_ARTICLES in cleaned.warnings


def test_second_article_of_a_text_without_furniture_is_named_too() -> None:
    cleaned = clean("\n\n".join([HEADLINE, *PARAGRAPHS, *OTHER]))
    assert cleaned.body == "\n\n".join(PARAGRAPHS)


def test_title_and_name_inside_an_article_make_no_second_one() -> None:
    cleaned = clean(lay(HEADLINE, *PARAGRAPHS[:3], OTHER[0], OTHER[1], *PARAGRAPHS[3:]))
    assert [text for text in PARAGRAPHS if text not in cleaned.body] == []
    assert Warning_.SEVERAL_ARTICLES not in cleaned.warnings


def test_page_without_article_has_none() -> None:
    cleaned = clean("\n".join([*ABOVE, "Ferry times", "Monday 09:00", "Tuesday 09:00", *BELOW] * 2))
    assert (cleaned.body, cleaned.quality) == ("", 0.0)
    assert Warning_.NO_ARTICLE in cleaned.warnings


def test_demand_to_subscribe_below_a_broken_end_is_told() -> None:
    raw = lay(
        HEADLINE,
        *PARAGRAPHS[:3],
        PARAGRAPHS[3][:-20] + "…",
        "Already a subscriber? Log in",
    )
    warnings = clean(raw).warnings
    assert {Warning_.TRUNCATED_BODY, Warning_.PAYWALL} <= set(warnings)


def test_removed_lines_have_reasons_that_say_why() -> None:
    reasons = {
        line.text: line.reason
        for line in clean(lay(HEADLINE, *PARAGRAPHS)).lines
        if line.role is Role.REMOVED
    }
    assert reasons["Storm closes the port"] is Reason.RELATED_LINKS
    assert reasons["Share on Facebook"] is Reason.SHARE_LINKS
    assert reasons["Weather"] is Reason.NAVIGATION


@pytest.mark.parametrize(
    ("between", "is_found"),
    [
        ("Sign up for our daily newsletter and get the news in your inbox", True),
        ("Boats and quays", False),
    ],
)
def test_only_lines_that_no_rule_names_part_a_paragraph_from_the_body(between: str, is_found: bool) -> None:
    texts = (PARAGRAPHS[0], *[between] * (BEHIND + 1), PARAGRAPHS[1])
    found = _list_likely([read_text(text) for text in texts], [LIKELY] * len(texts), 0)
    assert found == ([len(texts) - 1] if is_found else [])
