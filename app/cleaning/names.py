"""Names of people: what can be one, and what only looks like one.

 Bylines print names in many forms and with much around them: job titles, outlets, places, addresses. The
table of given names is given_names.txt (from Faker, MIT licence; made by scripts/make_names.py).
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from app.cleaning.agencies import name_agency
from app.cleaning.places import is_city, is_region

_LONGEST = 48  # letters of a name

_PARTICLE = (
    "de|del|della|dela|di|da|dos|das|do|du|van|von|vom|zu|zur|der|den|el|al|bin|bint|ibn|ben|abu|le|la|"
    "ter|ten|te|"
    "af|av|y|e|i|of|the|st|san|ul|ur|mc|op|ap"
)
_WORD = (
    r"(?:[A-ZÀ-ÖØ-ÞĀ-ŽƏА-ЯЁІЇЄΑ-ΩİŞĞ][\w'’ʼ.-]{0,24}|(?:d|l|o)[’'][A-ZÀ-Ö]\w{1,20}|al-\w{2,20}|el-\w{2,20}|"
    rf"(?:{_PARTICLE})(?= ))"
)
_NAME = re.compile(rf"{_WORD}(?: {_WORD}){{0,5}}")
_WIDE_NAME = re.compile(
    r"[\u3400-\u9fff々]{1,4}[ ・]?[\u3400-\u9fff々ぁ-んァ-ヶー]{1,5}|[가-힣]{2,4}|"
    r"[ァ-ヶー]{2,10}[・ ][ァ-ヶー]{2,10}"
)

_NO_NAME = re.compile(
    r"\b(?:staff|writers?|reporters?|correspondents?|korrespondent(?:in)?|editors?|editorial|bureau|desk|"
    r"team|newsroom|"
    r"redaktion|redazione|redacción|redação|rédaction|agency|agencies|agencia|agenzia|news|service|press|"
    r"media|"
    r"network|online|times|post|herald|gazette|tribune|daily|journal|magazine|newspaper|nachrichten|zeitung|"
    r"guardian|telegraph|politics|politik|sports?|business|world|opinion|culture|kultur|local|health|"
    r"science|tech|"
    r"technology|video|audio|photos?|pictures?|images?|getty|share|copy|link|comments?|kommentare|menu|"
    r"home|search|"
    r"subscribe|login|sign|log|read|more|watch|listen|click|follow|facebook|twitter|whatsapp|linkedin|reddit|"
    r"pinterest|telegram|instagram|youtube|email|print|save|newsletter|advertisement|anzeige|publicidad|"
    r"publicité|"
    r"breaking|live|latest|trending|today|university|college|school|institute|inc|ltd|llc|corp|gmbh|"
    r"company|group|"
    r"ministry|department|government|council|committee|party|club|united|city|league|cup|"
    r"january|february|march|april|june|july|august|september|october|november|december|monday|tuesday|"
    r"wednesday|"
    r"thursday|friday|saturday|sunday|new york|los angeles|san francisco|hong kong|associated|reuters|shop|"
    r"wirtschaft|gesellschaft|panorama|international|internacional|national|nacional|économie|economía|"
    r"economia|"
    r"sociedad|actualités|noticias|lifestyle|entertainment|weather|wetter|horoscope|podcast|games|jobs|"
    r"contact|"
    r"about|privacy|terms|help|account|abo|e-paper|archive|archiv|source|quelle|foto|bild|credit|minutes?|"
    r"min|hours?|"
    r"ago|updated|published|posted|by|von|and|the|with|what|how|why|this|your|our|for|from|in|on|at|to)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(r"(?:Dr|Prof|Mag|Dipl|Mr|Mrs|Ms|Sir|Imam|DI|Ing)\.? ")
# Vietnamese names begin with the family's, and these are borne by nine in ten people.
_FAMILY_NAMES = "bùi đặng đỗ dương hồ hoàng huỳnh lê lý ngô nguyễn phạm phan trần võ vũ"
_FAMILIES = frozenset(_FAMILY_NAMES.split())
_ARTICLES = frozenset(["el", "il", "la", "le", "the"])  # "Le Figaro" is no person


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of one person: words that names hold, and two of them.

    >>> is_name("Nora van der Feld"), is_name("The Harbour Times"), is_name("Copy Link"), is_name("大渡 美咲")
    (True, False, False, True)
    """
    if not 2 <= len(text) <= _LONGEST:
        return False
    if _WIDE_NAME.fullmatch(text):
        return True
    return (
        " " in text
        and not (text.count(" ") == 1 and text.split(" ")[0].casefold() in _ARTICLES)
        and not any(map(str.isdigit, text))
        and _NAME.fullmatch(text) is not None
        and _NO_NAME.search(text) is None
        and name_agency(text) is None
        and not is_city(text)
        and not is_region(text)
    )


@cache
def _given_names() -> frozenset[str]:
    content = files("app.cleaning").joinpath("given_names.txt").read_text(encoding="utf-8")
    return frozenset(name.casefold() for name in content.splitlines() if not name.startswith("#"))


def has_given_name(text: str) -> bool:
    """Tell whether a text begins with a given name, or with the family's where that stands first.

    >>> has_given_name("Nora Feld"), has_given_name("Trần An"), has_given_name("Federal Politics")
    (True, True, False)
    """
    first = _TITLE.sub("", text, count=1).split(" ", 1)[0].casefold().strip(".")
    names = _given_names()
    return first in names or first in _FAMILIES or any(part in names for part in first.split("-"))
