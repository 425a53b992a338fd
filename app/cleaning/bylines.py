"""Bylines: what a line says of who wrote the story. Where a page prints it: `byline_places.py`.

A byline is told by its first words ("By …"), or by holding names and nothing else. Names are taken out of
what is printed around them: job titles, outlets, places, dates, addresses. What is no name is refused; an
agency is the article's agency and no author.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from app.cleaning.agencies import name_agency
from app.cleaning.article import Author
from app.cleaning.captions import parse_caption
from app.cleaning.dates import AGO, DATE, parse_date
from app.cleaning.measures import ends_sentence, has_digit
from app.cleaning.names import has_given_name, is_name
from app.cleaning.places import is_city, is_region

_LONGEST = 180  # letters of a byline
_LONGEST_KOREAN = 60  # of one in Korean, which can begin with the place
MOST = 12  # authors of a byline
_SENTENCE = 60  # letters from which what ends like a sentence holds more than names

_BY = (
    r"(?:(?:words|story|text|texte?|report|reporting|analysis|opinion|written|posted|reported|published|"
    r"submitted|"
    r"article|review|interview|edited|author|testo|texto|reportage|kolumne|kommentar|(?:ein|eine) \w+)"
    r"(?: and photos?)? )?"
    r"(?:by|von|par|por|di|door|av|af|od|przez|oleh|autor(?:in)?(?:/autor)?|autore|auteur|author|testo|"
    r"texte|texto|"
    r"skribent|από|от|автор|bởi)"
)
_INTRODUCED = re.compile(
    rf"{_BY}(?: ?[:：|]| -)? (?=\S)|(?:interview|gespräch|entretien|entrevista|intervista) ?[:：] ?(?=\S)|"
    rf"(?:{_BY}) ?[:：|] ?(?=\S)|[Bb]y(?=[A-Z][a-z])",
    re.IGNORECASE,
)
_CAREFUL = re.compile(r"(?:(?:De|Da|Av|Af|Od|Di)(?::| \|)?|Texte?(?::| \|)) (?=\S)")
_LABEL = re.compile(
    rf"(?:{_BY}|text|words|authors?(?: of the article| information)?|written by|autor(?:es|in|en)?|"
    rf"auteurs?|autori|"
    r"作者|文|記者|기자|redacción|reporter)\s?[:：|]?",
    re.IGNORECASE,
)
_DATED_BY = re.compile(r"(?<!\w)(?:[Bb]y|[Vv]on|[Pp]ar|[Pp]or|di) (?=[A-ZÀ-Þ])")
_CJK = re.compile(
    r"(?:文[/／|｜:：●]\s?|記者[:：/／ ]\s?|记者[:：/／]?\s?|作者[:：]\s?|撰文[:：]?\s?|記者(?=\S{2,4}$)|"
    r"【?取材・文】?[:：/／]\s?|(?:责编|責編|编辑|記者)[:：]\s?)(\S{2,5}(?:[、,， ・]\S{2,5}){0,4})$"
)
_CJK_AFTER = re.compile(r"[（(【]?(\S{2,6}?)\s?(?:記者|记者|特派員|기자)[）)】]?$")
_KOREAN = re.compile(r"(?:^|\s)([가-힣]{2,4}) ?(?:기자|특파원)(?: 외 \d+명)?(?:\s+\S{1,60}@\S{2,40})?$")
_SPLIT = re.compile(
    r"\s*(?:[,;|·•∙●/]|\s[—–-]\s)\s*(?:and |und |et )?|\s(?:and|und|et|och|og|ja|en|&|with|mit|avec|"
    r"con)\s|\s(?:y|e)\s(?=[A-ZÀ-Þ])"
)
_SHARED = re.compile(
    r"; ?(?:\w+ )?(?:reporting|writing|editing)\b.{0,20} by ", re.IGNORECASE
)  # a note, see notes.py
_JOINING = frozenset({"avec", "with"})  # words between names that are longer than others
_STAFF = re.compile(
    r"\b(?:staff|bureau|desk|team|newsroom|redaktion|redacción|redação|rédaction|redazione|agency|"
    r"agencies|agencias|"
    r"news|service|press|media|network|online|submissions|nachrichten|zeitung|times|post|shimbun|herald|"
    r"gazette|"
    r"tribune|guardian|telegraph|journal|magazine|correspondents?|university|report)\b|\.(?:com|org|net|"
    r"de|be|is)\b",
    re.IGNORECASE,
)
_ROLES = re.compile(
    r"^(?:(?:senior|chief|staff|special|political|business|science|sports?|deputy|associate|assistant|"
    r"managing|"
    r"executive|foreign|economics|health|education|technology|national|news|crime|local|world|culture|"
    r"features?|"
    r"digital|lead|contributing|investigative|data|environment|travel|food|style|politics|white house|"
    r"[\w-]{2,20}politischer?) )*"
    r"(?:writer|reporter|correspondent|editor|columnist|analyst|critic|journalist|producer|contributor|"
    r"freelance\w*|"
    r"korrespondent(?:in)?|redakteur(?:in)?|reporterin|autorin?|volontär(?:in)?|journaliste|redactor[ae]?|"
    r"periodista|"
    r"corresponsal|enviad[oa] especial|envoyée? spéciale?|giornalista|editor-in-chief|"
    r"chefredakteur(?:in)?)\b.*",
    re.IGNORECASE,
)
_TITLE_TAIL = re.compile(
    r"(?:[A-ZÀ-Þ][\w-]{1,24} ){0,3}(?:korrespondent(?:in)?|correspondent|reporter|editor|writer|"
    r"journalist|columnist|"
    r"producer|redakteur(?:in)?|contributor|analyst|critic|fellow|director|chief|ceo)\b",
    re.IGNORECASE,
)
_TITLED = re.compile(  # "Social affairs correspondent Ann Lee"
    r"(?P<title>(?:[\w&'’-]+ ){0,4}(?:correspondent|reporter|editor|columnist|critic|korrespondent(?:in)?|"
    r"redakteur(?:in)?|corresponsal))"
    r" (?P<name>[A-ZÀ-Þ][\w'’.-]+(?: [\w'’.-]+){1,3})",
    re.IGNORECASE,
)
_GLUED = re.compile(
    r"(?<=[a-zß-ÿ])(?=(?:News|Senior|Political|Travel|Lifestyle|Reporter|Writer|Editor|CEO|Twitter|"
    r"Facebook|Published|"
    r"Updated|Chief|Showbiz|Sports?|Deputy|Staff|Digital|Audience)\b)"
)
_NOISE = re.compile(
    r"\S{1,60}@\w[\w-]{0,40}\.\S{2,30}|@\w{1,30}|\([^()]{0,60}\)|\[[^\[\]]{0,60}\]|https?://\S{1,80}|"
    r"\+ ?follow\b|\bfollow(?:ing)?\b|"
    r"\d{1,3} ?-?min(?:ute)?s? read.*|\b(?:for|special to|exclusively for|in|at|aus|en) (?-i:(?=[A-ZÀ-Þ])).*|"
    r"\b(?:last )?(?:updated|published|posted|modified|stand)\b.*|\bview (?:bio|profile).*|\bcontributor\b$|"
    r"(?<=[^\W\d_])\d{1,2}(?!\w)|\b(?:twitter|facebook|instagram|linkedin|rss)\b|"
    r"\btranslat\w+ by.*|翻訳者?[:： ].*|\bkommentar\w*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Names:
    """What a line says of its authors: the names in it, and the agency."""

    authors: tuple[Author, ...]
    agency: str | None
    is_introduced: bool
    is_clean: bool  # every part of the line was understood


def is_byline(text: str) -> bool:
    """Tell whether a line is a byline and nothing else.

    >>> is_byline("By Nora Feld and Ibrahim Said"), is_byline("By Monday the water had gone.")
    (True, False)
    """
    return read_byline(text) is not None


def read_byline(text: str) -> Names | None:
    """Return whom a line names, if its own words say that it is a byline."""
    return _read_short_line(text) if 3 < len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)  # the labeller asks of every line, and the step again
def _read_short_line(text: str) -> Names | None:
    if not text.isascii():
        wide = _CJK.search(text.strip("()（）")) or (_CJK_AFTER.fullmatch(text) if len(text) <= 12 else None)
        wide = wide or (_KOREAN.search(text) if len(text) <= _LONGEST_KOREAN else None)
        if wide and (wide.start() == 0 or len(text) < 24 or wide.re is _KOREAN or is_dated(text)):
            authors, agency = parse_authors(wide[1])
            return Names(authors, agency, True, True)
    if ";" in text and _SHARED.search(text):
        return None
    introduced = _INTRODUCED.match(text) or _CAREFUL.match(text) or _find_dated_by(text)
    if introduced is None:
        return None
    printed = _cut_date(text[introduced.end() :])
    if (
        printed.endswith((".", "!", "?", ":"))
        and not printed.endswith(("Jr.", "Sr."))
        and printed == text[introduced.end() :]
    ):
        return None
    return _read_names(printed, is_introduced=True)


def _find_dated_by(text: str) -> re.Match[str] | None:
    """Return the "by" behind the date that a line begins with."""
    if not has_digit(text) or not _DATED_BY.search(text):
        return None  # cheaper than to look for a date
    dated = DATE.search(text.lower())
    return _DATED_BY.search(text, dated.end()) if dated and dated.start() < 24 else None


def _cut_date(text: str) -> str:
    """Cut off the date that follows a name, and what follows the date."""
    if not has_digit(text):
        return text
    found = DATE.search(text.lower())
    if found is None:
        return text
    if found.start() == 0:
        return text[found.end() :].lstrip(" ,|•·-–—/")
    kept = re.sub(
        r"\b(?:on|am|le|el|il|um|at|mon|tue|wed|thu|fri|sat|sun)\b\.?,?\s*$",
        "",
        text[: found.start()],
        flags=re.I,
    )
    return kept.rstrip(" ,|•·-–—/")


def read_names(text: str) -> Names | None:
    """Return whom a text names that is known to be a byline, with or without "By"."""
    return read_byline(text) or _read_names(_cut_date(text), is_introduced=True)


def _read_names(printed: str, *, is_introduced: bool) -> Names | None:
    """Part a line into people, agency and the rest; None if it holds neither person nor agency."""
    authors, agency = parse_authors(printed)
    left = _NOISE.sub(" ", printed)
    for author in authors:
        left = left.replace(author.name, " ")
    words = [word for word in left.split() if word[:1].islower() and len(word) > 3 and word not in _JOINING]
    is_clean = len(words) == 0 or any(author.role for author in authors)
    if is_introduced and not authors and not agency and _STAFF.search(printed) and printed.istitle():
        return Names((), None, True, True)  # "By Harbour Times Staff"
    if not (authors or agency) or (not is_clean and len(words) > 2):
        return None
    return Names(authors, agency, is_introduced, is_clean)


def parse_authors(names: str) -> tuple[tuple[Author, ...], str | None]:
    """Part people from agencies, desks, places and job titles.

    >>> parse_authors("Nora Feld, staff writer, and Ibrahim Said in Oslo")[0]
    (Author(name='Nora Feld', role='staff writer'), Author(name='Ibrahim Said', role=None))
    """
    authors: list[Author] = []
    agency = None
    for piece in _split_names(names):
        name = piece.strip(" .,;:|–—-") if not piece.endswith(("Jr.", "Sr.")) else piece.strip()
        found = name_agency(name) or name_agency(re.sub(r" (?i:staff)$", "", name))
        titled = None if found else _TITLED.fullmatch(name)
        if found:
            agency = agency or found
        elif titled and is_name(titled["name"]) and has_given_name(titled["name"]):
            authors.append(Author(spell_name(titled["name"]), titled["title"]))
        elif _ROLES.match(name) or (authors and _TITLE_TAIL.fullmatch(name)):
            if authors and authors[-1].role is None:
                authors[-1] = Author(authors[-1].name, name)
        elif len(authors) < MOST:
            name, title = _part_title(name)
            author = Author(spell_name(name), title)
            if _is_author(name) and author not in authors:
                authors.append(author)
    return tuple(authors), agency


def _part_title(name: str) -> tuple[str, str | None]:
    """Part "Ann Lee Political Correspondent", which has no comma."""
    words = name.split()
    for count in range(2, min(len(words), 5)):
        title = " ".join(words[count:])
        if _TITLE_TAIL.match(title):
            return " ".join(words[:count]), title
    return name, None


def _split_names(names: str) -> list[str]:
    if not re.search(r"[A-Za-zÀ-žА-я가-힣]", names):
        return [names] if is_name(names) else re.split(r"[、,，・ ／/]", names)
    names = _GLUED.sub(" ", names)
    half = len(names) // 2
    if names[:half] == names[half:]:  # "Ann LeeAnn Lee": a link and its text
        names = names[:half]
    return [piece for piece in _SPLIT.split(re.sub(r"^and ", "", _NOISE.sub(" ", names).strip())) if piece]


def _is_author(name: str) -> bool:
    if is_city(name) or is_region(name) or _STAFF.search(name):
        return False
    return is_name(name)


def spell_name(name: str) -> str:
    """Write a name that is printed in capitals as a name."""
    if name.isupper() and len(name) > 5 and re.search(r"[A-ZÀ-Þ]", name):
        return re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), name)
    return name


def is_byline_label(text: str) -> bool:
    """Tell whether a line only says that the next one is a byline: "Written by", "Autor:"."""
    return _LABEL.fullmatch(text) is not None


def tells_role(text: str) -> bool:
    """Tell whether a line begins with a job title or speaks of a staff."""
    return bool(_ROLES.match(text) or _STAFF.search(text))


def read_bare_names(text: str, *, is_timestamp: bool) -> Names | None:
    """Return whom a line names that holds names and nothing else, or names before the date of a timestamp."""
    if not 3 < len(text) <= _LONGEST:
        return None
    if _is_label(text) or (len(text) > _SENTENCE and ends_sentence(text)):
        return None  # most lines: cheaper than to look for names
    if is_timestamp or is_dated(text):
        text = re.sub(r"\b(?:Posted|Published|Updated|Stand)\b.*|^[^\w]*", "", _cut_date(text))
    elif parse_caption(text):
        return None
    names = _read_names(text, is_introduced=False)
    if names is None or not names.is_clean:
        return None
    covered = sum(len(author.name) + len(author.role or "") for author in names.authors)
    pieces = [
        piece for piece in _split_names(text) if not _ROLES.match(piece) and not name_agency(piece.strip())
    ]
    is_whole = len(pieces) - len(names.authors) <= 1 and covered * 2 >= sum(map(len, pieces))
    return names if is_whole else None


def _is_label(text: str) -> bool:
    """Tell whether a text is one word, and so neither a name in Latin letters nor an agency."""
    return text.isascii() and text.isalnum() and name_agency(text) is None


def is_dated(text: str) -> bool:
    """Tell whether a short line holds a date with its year, as timestamps do, or how long ago it was."""
    if len(text) >= _LONGEST or not has_digit(text):
        return False
    if AGO.search(text):
        return True
    found = parse_date(text)
    return found is not None and found[0].year is not None
