"""Where the words of a query are shown in a hit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.query import list_words, parse_query
from app.search.highlights import Highlighter, HitTexts


def show(body, q, headline="h", language="en"):
    texts = HitTexts(language, headline, None, None, None, None, body, [])
    return Highlighter(list_words(parse_query(q)), ["en", "de"]).highlight(texts)


@pytest.mark.parametrize(
    ("body", "q", "expected"),
    [
        ("Le café et Cafés", "cafe", ["café", "Cafés"]),
        ("Le café et Cafés", '"cafe"', ["café"]),
        ("Elections: an electing elector elects", "election", ["Elections", "electing", "elects"]),
        ("Elections: an electing elector elects", '"elects"', ["elects"]),
        ("“Happy” people’s skies — happier", "happy sky people", ["Happy", "people", "skies"]),
        ("xbridge bridges-bridge’s", "bridge", ["bridges", "bridge"]),
        ("an old\nbridge, older bridge", '"old bridge"', ["old\nbridge"]),
        ("the people's bank", '"people bank"', ["people's bank"]),
        ("the bridge, the old bridge", '"old bridge"', ["old bridge"]),
        ("the bridge, the old bridge", "old -bridge", ["old"]),
        ("electing an elector", "elect*", ["electing", "elector"]),
        ("electing an elector", '"an elect"', []),
        ("an elector", "an-elect*", ["an elector"]),
        ("新しい橋が開通した。橋", "新しい橋", ["新しい橋"]),
        ("新しい橋が開通した。橋", "橋", ["橋", "橋"]),
        ("e-mail", "email", []),
        ("mail for the letters", "e-mail", ["mail"]),
        ("one two three four", '"four one"~5', ["one", "four"]),
        ("U.S. aid", "us", ["U.S."]),
        ("Æther und Straße, grosse Höfe", "aether strasse größe höfe", ["Æther", "Straße", "grosse", "Höfe"]),
    ],
)
def test_matches(body, q, expected):
    found = [body[start:end] for part in show(body, q) for start, end in part["matches"]]
    assert found == expected


def test_snippet_is_the_best_place_of_a_long_body():
    filler = "Nothing of interest happens in this long sentence, which only fills the page. " * 8
    body = f"{filler}The harbour.\n\n{filler}Here the harbour bridge <b>opened</b> & closed. {filler}A mayor."
    parts = show(body, "harbour bridge opened mayor")
    assert [part["text"] for part in parts] == [body[p["start"] : p["start"] + len(p["text"])] for p in parts]
    assert all(len(part["text"]) <= 200 for part in parts)
    assert not any(part["text"][0].isspace() or part["text"][-1].isspace() for part in parts)
    assert (
        "<mark>harbour</mark> <mark>bridge</mark> &lt;b&gt;<mark>opened</mark>&lt;/b&gt; &amp;"
        in parts[0]["html"]
    )
    assert "<mark>mayor</mark>" in parts[1]["html"]
    assert len(parts) == 2


def test_hostile_text_is_highlighted_in_bounds():
    phrase = "的" * 250
    assert show("的" * 60_000, f'"{phrase}"')
    show("的" * 30_000 + "x", f'"{phrase}x"')
    assert len(show("a" * 200_000 + " bridge", "bridge")) == 0
    assert len(show("bridge " * 20_000, "bridge")) == 1


@given(st.text(max_size=300), st.sampled_from(["a*", "é", '"a b"', "東京", "a b c", "s*"]))
def test_highlights_are_parts_of_the_text(body, q):
    for part in show(body, q, headline=None):
        start, end = part["start"], part["start"] + len(part["text"])
        assert body[start:end] == part["text"]
        assert part["matches"]
        assert all(start <= first < last <= end for first, last in part["matches"])
        assert part["html"].count("<mark>") == len(part["matches"])


WORDS = [
    "Straße",
    "strasse",
    "STRASSEN",
    "Café",
    "cafés",
    "écoles",
    "Æther",
    "aether",
    "fußball",
    "Fussball",
    "œuvre",
    "U.S.",
    "l’été",
    "l'ete",
    "people’s",
    "naïve_er",
    "мосты",
    "Мост",
    "ёлка",
    "Ελλάδας",
    "x²",
    "São",
    "İzmir",
]


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join),
    st.sampled_from([*(word.lower() for word in WORDS), "oeuvres", "straß*", '"fussball cafe"', '"straße"']),
    st.sampled_from(["de", "fr", "ru", "und"]),
)
def test_letter_of_another_script_changes_no_match(text, q, language):
    """The text is folded letter by letter without it, and analysed word by word with it."""
    shown = [show(body, q, language=language) for body in (text, f"{text} 東")]
    assert shown[0] == [] if not shown[1] else shown[0][0]["matches"] == shown[1][0]["matches"]
