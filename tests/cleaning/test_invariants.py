"""What holds of every text, however odd: the four invariants of the ledger."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from app.cleaning import NO_HINTS, Cleaned, Hints, Role, clean, lay_out

ODD = (
    "\x00\x1b\x85\xa0\xad\u0300\u0301\u0344\u0f73"
    "\u200b\u200c\u200d\u200e\u202e\u2028\u2066\u3000\ufeff\ud800\udfff\U000e0041👩🏽🏴"
)
SCRIPTS = (
    "abcdefgh ABC,.:;!?-–—“”'\"()[]<>&#@/\\|"
    "=_0123456789 東京共同日月年電（）【】。、서울Москва القاهرة กรุงเทพ हिन्दी é ñ ß Ã©â€™"
)
ANY_TEXT = st.text(st.one_of(st.characters(), st.sampled_from(ODD + SCRIPTS + "\r\n\n\n")), max_size=300)

FURNITURE = (
    "Share on Facebook",
    "Tweet",
    "56 comments",
    "This story has been read 42 times!",
    "Related articles",
    "Storm closes port",
    "Sign up for our newsletter to get it in your inbox",
    "Advertisement",
    "© 2031 The Quay Herald",
    "Home",
    "Sport",
    "Back to top",
    "Tags: harbour, ferry",
    "Nora Feld is a reporter covering ports.",
    "About the author",
    "Comments",
    "Powered by TideCMS",
    "Wir verwenden Cookies.",
    "Mehr zum Thema",
    "関連記事",
    "Lire aussi",
    "Great article, thank you all so much for writing this down.",
)
ARTICLE = (
    "Harbour ferries return after winter storm",
    "OPINION",
    "By Nora Feld and Ibrahim Said",
    "Published: 4 May 2024, 09:30 GMT",
    "The first ferry leaves the harbour on Monday. (AP)",
    "Ferry at the quay. Photo: Ann Lee/Reuters",
    "What the port will do next",
    "LISBON, May 17, (AP): The port reopened on Friday after a storm that had closed it for the "
    "whole of last week, officials said.",
    "“We waited for nine days,” said Rui Costa, who drives a lorry between the port and the market "
    "in the upper town.",
    "The company expects to carry 40,000 people a month by 2030, twice as many as in 2022, when the "
    "old pier was in use.",
    "Rain fell.",
    "港は金曜日に再開した。嵐のため先週から閉鎖されていたと当局者が述べた。利用者は九日間待たされていた。",
    "Correction: An earlier version gave the wrong day.",
    "- a list item",
    "(Reporting by Ann Lee; Editing by Omar Diaz)",
    "The council said on Monday that it would repair\nthe old bridge over the river before winter "
    "comes,\nif money allows.",
)
PIECES = st.one_of(
    st.sampled_from(FURNITURE), st.sampled_from(ARTICLE), st.text(st.sampled_from(SCRIPTS), max_size=60)
)
PAGE = st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\n\n", "\r\n", "\r", "\n\n\n"])), max_size=40).map(
    lambda parts: "".join(piece + end for piece, end in parts)
)
WHOLE_PAGE = st.tuples(
    st.lists(st.sampled_from(FURNITURE), max_size=8),
    st.permutations(ARTICLE).flatmap(
        lambda order: st.integers(2, len(order)).map(lambda count: order[:count])
    ),
    st.lists(st.sampled_from(FURNITURE), max_size=8),
    st.sampled_from(["\n", "\n\n"]),
).map(lambda parts: parts[3].join([*parts[0], *parts[1], *parts[2]]))
HINTS = st.sampled_from([NO_HINTS, Hints(received_at=datetime(2024, 5, 18, tzinfo=UTC), language="en")])


def replay(cleaned: Cleaned) -> list[str]:
    lines = re.split(r"\r\n|\n|\r", cleaned.text)
    if lines[-1] == "":
        lines.pop()
    for edit in cleaned.edits:
        assert lines[edit.line - 1] == edit.before
        lines[edit.line - 1] = edit.after
    return lines


def check(raw: str, hints: Hints) -> None:
    cleaned = clean(raw, hints)
    assert [line.number for line in cleaned.lines] == list(range(1, len(cleaned.lines) + 1))
    assert replay(cleaned) == [line.text for line in cleaned.lines]
    assert Role.UNDECIDED not in {line.role for line in cleaned.lines}
    assert all((line.reason is not None) == (line.role is Role.REMOVED) for line in cleaned.lines)
    assert all((line.role is Role.BLANK) == (line.text == "") for line in cleaned.lines)
    again = clean(lay_out(cleaned), replace(hints, content_type="text/plain"))
    assert not [line for line in again.lines if line.role is Role.REMOVED]


@settings(max_examples=400, deadline=None)
@given(ANY_TEXT, HINTS)
def test_any_text_keeps_the_invariants(raw: str, hints: Hints) -> None:
    check(raw, hints)


@settings(max_examples=300, deadline=None)
@given(PAGE, HINTS)
def test_any_mixture_of_lines_keeps_the_invariants(raw: str, hints: Hints) -> None:
    check(raw, hints)


@settings(max_examples=300, deadline=None)
@given(WHOLE_PAGE, HINTS)
def test_any_page_keeps_the_invariants(raw: str, hints: Hints) -> None:
    check(raw, hints)


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT, WHOLE_PAGE)
def test_any_markup_keeps_the_invariants(odd: str, page: str) -> None:
    raw = "<p>" + page.replace("\n", "</p><p>") + odd
    check(raw, Hints(content_type="text/html"))


@settings(max_examples=100, deadline=None)
@given(WHOLE_PAGE)
def test_the_same_text_gives_the_same_article(raw: str) -> None:
    assert clean(raw) == clean(raw)
