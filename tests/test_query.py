"""The query language and the terms that text is made of."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis import MAX_TERM, TERMS, list_words, tokenise
from app.errors import InvalidQuery
from app.query import All, Any, Best, Not, Words, describe, parse_query
from app.query import list_words as list_asked


def write(node):
    """Write a tree in one line, for the tables below."""
    if isinstance(node, Words):
        text = " ".join(term for _, term in node.terms)
        quoted = f'"{text}"' if node.is_phrase else f"<{text}>" if len(node.terms) > 1 else text
        return (
            (f"{node.scope}:" if node.scope else "")
            + quoted
            + ("*" if node.is_prefix else "")
            + (f"~{node.slop}" if node.slop else "")
        )
    if isinstance(node, Not):
        return "-" + write(node.node)
    parts = node.words if isinstance(node, Best) else node.nodes
    return f"{type(node).__name__.lower()}({' '.join(write(part) for part in parts)})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bridge", "bridge"),
        ("Bridge RELIEF", "best(bridge relief)"),
        ("bridge bridge", "bridge"),
        ("bridge AND relief", "all(bridge relief)"),
        ("bridge AND relief city mayor", "all(bridge relief best(city mayor))"),
        ("bridge OR relief city", "any(bridge all(relief city))"),
        ("(bridge relief) city", "best(bridge relief city)"),
        ("(bridge relief) AND city", "all(all(bridge relief) city)"),
        ("relief (bridge bridge) city", "best(relief bridge bridge city)"),
        ("(bridge OR relief) city", "all(any(bridge relief) city)"),
        ("bridge relief -city", "all(-city best(bridge relief))"),
        ("bridge NOT city", "all(-city bridge)"),
        ("bridge -(city AND mayor)", "all(-all(city mayor) bridge)"),
        ("NOT NOT bridge", "bridge"),
        ("-bridge", "-bridge"),
        ('"the bridge"', '"the bridge"'),
        ('"the bridge"~10', '"the bridge"~10'),
        ('"the bridge" city mayor', 'all("the bridge" best(city mayor))'),
        ('-"the bridge" city', 'all(-"the bridge" city)'),
        ("“the bridge” city", 'all("the bridge" city)'),
        ("elect*", "elect*"),
        ("e-mai*", "best(<e mai>*)"),
        ("headline:bridge city", "all(headline:bridge city)"),
        ("headline: bridge", "headline:bridge"),
        ('caption:"a b"~3', 'caption:"a b"~3'),
        ("headline:(bridge OR city)", "any(headline:bridge headline:city)"),
        ("byline:-smith", "-byline:smith"),
        ("headline:(bridge body:city)", "all(headline:bridge body:city)"),
        ("e-mail", "best(<e mail>)"),
        ("people's", "people"),
        ("U.S. U.N.'s", "best(us un)"),
        ("東京駅", "best(<東京 京駅>)"),
        ("駅", "駅*"),
        ("서울", "서울"),
        # What only looks like the language.
        ("bread and butter or not", "best(bread and butter or not)"),
        ("ANDROID ORANGE", "best(android orange)"),
        ("Headline:bridge", "best(<headline bridge>)"),
        ("https://example.org", "best(<https example org>)"),
        ("well-known", "best(<well known>)"),
        ("bridge - city", "best(bridge city)"),
        ("bridge -- city", "best(bridge city)"),
        ("roam~2", "roam"),
        ("PRESIDENT AND CHANCELLOR DISCUSS TRADE BUT NOT STEEL TARIFFS",
         "best(president and chancellor discuss trade but not steel tariffs)"),
        ("PLEASE SEND COPIES (AND ORIGINALS) OF MAPS, CHARTS OR PLANS.", 
         "best(please send copies and originals of maps charts or plans)"),
        ("(FERRY OR TRAM) AND (BRIDGE OR QUAY) NOT TOLL HERE",
         "all(any(ferry tram) any(bridge quay) -toll here)"),
        ('one two three four five six seven eight nine ten eleven twelve thirteen "old bridge"',
         "best(one two three four five six seven eight nine ten eleven twelve thirteen old bridge)"),
        # Left open, or in the wrong place.
        ('"the bridge', '"the bridge"'),
        ('bridge 5"', "best(bridge 5)"),
        ("((bridge", "bridge"),
        ("bridge)) city", "best(bridge city)"),
        ("AND bridge OR", "bridge"),
        ("bridge AND", "bridge"),
        ("bridge -", "bridge"),
        ("bridge ()", "bridge"),
        ("headline:", "headline"),
        ("AND", "and"),
        ("NOT", "not"),
        # No word at all.
        ("", "all()"),
        ("…", "all()"),
        ("-", "all()"),
        ('"" ( ) *', "all()"),
    ],
)  # fmt: skip
def test_query_becomes_tree(text, expected):
    assert write(parse_query(text)) == expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a" * 4001, 4000),
        ("a " * 401, 800),
        ("(" * 21, 20),
        ("a* " * 17, 48),
        ('bridge "a b"~101', 7),
        ('"a b"~' + "9" * 900, 0),
        ("東京" * 401, 4000),
    ],
    ids=lambda value: str(value)[:10],
)
def test_oversized_query_is_refused_with_its_place_and_without_its_text(text, position):
    with pytest.raises(InvalidQuery) as refused:
        parse_query(text)
    assert refused.value.extension == {"position": position}
    assert text[:20] not in refused.value.detail


def test_limits_themselves_are_allowed():
    assert len(list_asked(parse_query("w" + " ".join(f"w{i}" for i in range(400))))) == 400
    assert write(parse_query("(" * 20 + "bridge")) == "bridge"
    assert write(parse_query("NOT " * 247 + "bridge")) == "-bridge"
    assert write(parse_query("headline:" * 110 + "x")) == "headline:x"


def test_tree_is_described():
    assert describe(parse_query('bridge -"old toll"~2 (headline:quay OR elect*) city')) == {
        "all": [
            {"not": {"word": "old toll", "kind": "phrase", "scope": None, "distance": 2}},
            {
                "any": [
                    {"word": "quay", "kind": "word", "scope": "headline", "distance": 0},
                    {"word": "elect", "kind": "prefix", "scope": None, "distance": 0},
                ]
            },
            {
                "best": [
                    {"word": "bridge", "kind": "word", "scope": None, "distance": 0},
                    {"word": "city", "kind": "word", "scope": None, "distance": 0},
                ]
            },
        ]
    }


def test_excluded_words_are_not_listed():
    assert [write(words) for words in list_asked(parse_query('a -b "c d" (e OR NOT f)'))] == [
        '"c d"',
        "e",
        "a",
    ]


LANGUAGE = st.lists(
    st.sampled_from(
        [*'"()-*:~“ ', "AND", "OR", "NOT", "headline:", "body:", " ", "a", "é", "東京", "~10", "\ud800"]
    )
    | st.text(max_size=5)
).map("".join)


@given(LANGUAGE)
def test_any_text_is_read_or_refused(text):
    try:
        node = parse_query(text)
    except InvalidQuery:
        return
    assert isinstance(node, Words | All | Any | Not | Best)
    assert all(term and not set(term) & set(" \t\n") for words in list_asked(node) for _, term in words.terms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The people's PEOPLE’S don't", "the people people don t"),
        ("U.S. and A.B.C, e.g. a.m.", "us and abc eg am"),
        ("3.5 1,200 COVID-19 #tag_x", "3 5 1 200 covid 19 tag x"),
        ("Straße STRASSE Łódź Øresund Æsir", "strasse strasse lodz oresund aesir"),
        ("İstanbul ISTANBUL", "istanbul istanbul"),
        ("Ёлка мой", "елка мой"),
        ("ΣΊΣΥΦΟΣ Σίσυφος", "σισυφοσ σισυφοσ"),
        ("हिन्दी समाचार", "हिन्दी समाचार"),
        ("اليَوْم الأخبار", "اليوم الاخبار"),
        ("東京駅 前", "東京 京駅 駅 前"),
        ("ガス ｶﾞｽ", "ガス ス ガス ス"),
        ("한국어", "한국 국어 어"),
        ("ไทย", "ไท ทย ย"),
        ("Ｔｏｋｙｏ東京abc", "tokyo 東京 京 abc"),
        ("ﬁx ﷺ", "fix صلياللهعليهوسلم"),
        ("… — 🙂 \ud800", ""),
    ],
)
def test_text_becomes_terms(text, expected):
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    for form in (text, composed, decomposed):
        assert " ".join(TERMS[word] for word in list_words(form)) == expected


def test_tokens_say_where_they_stand():
    text = "Élan: 東京駅 people's"
    shown = [(token.term, text[token.start : token.end], token.is_tail) for token in tokenise(text)]
    assert shown == [
        ("elan", "Élan", False),
        ("東京", "東京", False),
        ("京駅", "京駅", False),
        ("駅", "駅", True),
        ("people", "people", False),
    ]
    assert [token.position for token in tokenise(text)] == [0, 1, 2, 3, 4]


@given(st.text())
def test_terms_are_short_and_without_spaces(text):
    tokens = list(tokenise(text))
    assert all(token.term and len(token.term) <= MAX_TERM and not token.term.isspace() for token in tokens)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)


PIECES = [
    "a",
    "S",
    "'s",
    "’s",
    ".",
    "U.S.",
    "_",
    "é",
    "e\u0301",
    "İ",
    "ﬁ",
    "\u0301",
    "東",
    "\u200d",
    "½",
    "Ж",
    "\u0345",
]


@given(st.lists(st.sampled_from(PIECES) | st.characters()).map("".join))
def test_words_are_those_of_the_rows(text):
    assert [TERMS[word] for word in list_words(text)] == [token.term for token in tokenise(text)]


@pytest.mark.parametrize(
    "unit", ["a", "e\u0301", "\u0301", "a.", "東", "a'", "’s", "_", "\u3099", "\u1100", "\u0e33"]
)
def test_hostile_text_is_cut_into_short_terms(unit):
    assert all(len(token.term) <= MAX_TERM for token in tokenise(unit * 20_000))
