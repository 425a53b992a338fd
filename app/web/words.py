"""The words that pages say for the codes of the API: languages, countries, filters, warnings."""

import json
from functools import cache
from importlib.resources import files

_LANGUAGES = """
ar Arabic|bg Bulgarian|bn Bengali|ca Catalan|cs Czech|cy Welsh|da Danish|de German|el Greek|en English|
es Spanish|et Estonian|eu Basque|fa Persian|fi Finnish|fr French|ga Irish|gl Galician|gu Gujarati|he Hebrew|
hi Hindi|hr Croatian|hu Hungarian|hy Armenian|id Indonesian|is Icelandic|it Italian|ja Japanese|ka Georgian|
kk Kazakh|km Khmer|kn Kannada|ko Korean|lo Lao|lt Lithuanian|lv Latvian|mk Macedonian|ml Malayalam|
mn Mongolian|mr Marathi|ms Malay|my Burmese|nb Norwegian|ne Nepali|nl Dutch|no Norwegian|pa Punjabi|
pl Polish|ps Pashto|pt Portuguese|ro Romanian|ru Russian|si Sinhala|sk Slovak|sl Slovenian|sq Albanian|
sr Serbian|sv Swedish|sw Swahili|ta Tamil|te Telugu|th Thai|tl Tagalog|tr Turkish|uk Ukrainian|und unknown|
ur Urdu|uz Uzbek|vi Vietnamese|zh Chinese
"""
LANGUAGES: dict[str, str] = {
    code: name
    for code, _, name in (entry.strip().partition(" ") for entry in _LANGUAGES.replace("\n", "").split("|"))
}

# What the reader offers to filter by, in this order.
FACETS = {
    "source": "Source",
    "agency": "Agency",
    "country": "Country",
    "place": "Place",
    "language": "Language",
}

# What to make of each warning of cleaning; docs/cleaning.md says when it is given.
WARNINGS = {
    "authors-differ": "The page's markup names other authors than its text.",
    "date-differs": "The page's markup states another date than its text.",
    "headline-differs": "The page's markup has another headline than its text.",
    "language-differs": "The page declares another language than it is written in.",
    "low-confidence": "The estimate of its quality is low: someone should look at this article.",
    "marks-capped": "A line had more combining marks than any language needs; the rest was cut.",
    "mojibake-repaired": "A line that had been read in a wrong encoding was repaired. A repair can be wrong.",
    "no-article": "No line reads like a sentence.",
    "no-headline": "No headline was found: the first line reads like a paragraph.",
    "paywall": "A demand to subscribe stands right below the text: the rest may be missing.",
    "several-articles": "The page holds more than one article; the lines of the others were removed.",
    "truncated-body": "The last paragraph breaks off, or the text was too long to be read to its end.",
    "year-inferred": "The dateline prints no year; it was inferred.",
    "year-unknown": "The dateline prints no year, and nothing tells it.",
}

# Roles that share a colour; every line also bears its role as a word.
FAMILIES = {
    "head": ("headline", "kicker", "standfirst"),
    "origin": ("byline", "dateline", "timestamp"),
    "picture": ("caption", "credit"),
    "text": ("paragraph", "subhead", "quote", "list"),
    "note": ("note",),
    "removed": ("removed",),
    "blank": ("blank",),
}
FAMILY_OF = {role: family for family, roles in FAMILIES.items() for role in roles}


def name_language(tag: str) -> str:
    """Name the language of a BCP 47 tag, or give the tag back.

    >>> name_language("de"), name_language("pt-BR"), name_language("tlh")
    ('German', 'Portuguese (BR)', 'tlh')
    """
    code, _, rest = tag.partition("-")
    name = LANGUAGES.get(code)
    return tag if name is None else f"{name} ({rest})" if rest else name


def name_country(code: str) -> str:
    """Name the country of an ISO 3166-1 code, or give the code back.

    >>> name_country("PT"), name_country("QQ")
    ('Portugal', 'QQ')
    """
    return _countries().get(code.upper(), code)


@cache
def _countries() -> dict[str, str]:
    content = json.loads(files("app.cleaning").joinpath("places.json").read_text(encoding="utf-8"))
    return {code: name for name, code in content["countries"].items()}


def name_choice(field: str, value: str) -> str:
    """Name a value of a filter as a person reads it."""
    if field.removeprefix("not_") == "language":
        return name_language(value)
    return name_country(value) if field.removeprefix("not_") == "country" else value
