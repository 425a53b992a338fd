"""What a page in HTML says of its article beside its text: JSON-LD, meta elements, marked elements.

Nothing of it is believed alone: the steps that find fields check it against the lines that the page shows. A
page can be made to harm, so whatever is read here is bounded in size and number, nothing of ours recurses,
and nothing is ever fetched.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from resiliparse.parse.html import HTMLTree

from app.cleaning.agencies import name_agency
from app.cleaning.article import Media, Precision
from app.cleaning.credits import parse_caption, parse_credit_line
from app.cleaning.dates import format_printed, parse_date, to_utc
from app.cleaning.draft import NO_METADATA, Metadata
from app.cleaning.elements import RENAMED, rename_back

_MOST_SCRIPTS, _LONGEST_SCRIPT = 12, 400_000  # JSON-LD scripts, and characters of one
_MOST_NODES = 3000  # values of one script that are looked at
_MOST_ELEMENTS = 60  # of each kind
_LONGEST = 1000  # characters of a value
_MOST_AUTHORS, _MOST_TAGS, _LONGEST_TAG, _LONGEST_SECTION = 12, 30, 40, 60
_SHORTEST_CAPTION = 4  # characters
_FIRST_YEAR = 1000  # of four digits

_ARTICLE = re.compile(
    r"(?:\w*Article|BlogPosting|LiveBlogPosting|NewsReport|Report|Review|SocialMediaPosting)$", re.IGNORECASE
)
_HEADLINES = ("og:title", "twitter:title", "parsely-title", "sailthru.title", "dc.title", "title")
_SUMMARIES = (
    "og:description",
    "description",
    "twitter:description",
    "sailthru.description",
    "dc.description",
)
_AUTHORS = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "byl",
    "dc.creator",
    "dcterms.creator",
)
_PUBLISHED = re.compile(
    r"(?:.*[:.-])?(?:(?:article[-_:.]?)?publish(?:ed)?[-_:.]?(?:time|date)?|pub-?date|date[-_.]?published|publication[-_]date|"
    r"displaydate|date\.issued|sailthru\.date)$"
)
_CREATED = re.compile(r"(?:(?:dc|dcterms)\.)?(?:date|created|date\.created|date-creation[-_]?\w*)$")
_MODIFIED = re.compile(
    r"(?:.*[:._-])?(?:modified(?:[-_:]?(?:time|date))?|updated_time|last-?mod(?:ified)?|datemodified)$"
)
_PUBLISHED_ELEMENTS = (
    "time[pubdate][datetime], [itemprop='datePublished'][datetime], time.published[datetime]"
)
_MODIFIED_ELEMENTS = "[itemprop='dateModified'][datetime], time.updated[datetime]"
_SECTIONS = ("article:section", "og:article:section", "parsely-section", "section")
_TAGS = ("article:tag", "news_keywords", "keywords", "parsely-tags", "sailthru.tags")
_SITES = ("og:site_name", "application-name")

_ASIDE = (
    "aside, nav, footer, div[class*='related' i], section[class*='related' i], ul[class*='related' i], "
    "div[class*='recommend' i], section[class*='recommend' i], ul[class*='recommend' i]"
)
_CAPTIONS = "figcaption, [class~='wp-caption-text' i], [itemprop='caption'], [class*='caption' i]"
_CREDITS = (
    "[class*='credit' i], [class*='copyright' i], [class*='source' i], [class*='photographer' i], "
    f"[itemprop='copyrightHolder'], [class*='author' i], [class*='byline' i], cite, {RENAMED}small"
)
_STANDFIRSTS = (
    "[class*='standfirst' i], [class*='dek' i], [class*='subtitle' i], [class*='subheadline' i], "
    "[class*='sub-title' i], [class*='subline' i], [class*='summary' i], [class*='lead' i], "
    "[class*='lede' i], [class*='intro' i], [class*='excerpt' i], [class*='abstract' i], "
    "[class*='chapo' i], [class*='entradilla' i], "
    "[class*='teaser' i], [class*='vorspann' i], [class*='description' i], [itemprop='description'], "
    "[itemprop='alternativeHeadline']"
)
_BYLINES = "[rel~='author'], [itemprop~='author'], [class*='byline' i], [class*='author' i]"


def parse_metadata(tree: HTMLTree) -> Metadata:
    """Collect what a parsed page says of its article, its own statements (JSON-LD) before the others."""
    root: Any = tree.document  # the types that the library declares for elements are too narrow
    if root is None:
        return NO_METADATA
    stated = _find_article(root)
    metas = _list_metas(root)
    return Metadata(
        headlines=_distinct(
            [_text(stated.get("headline")), *_pick(metas, _HEADLINES), _tidy(tree.title or "")]
        ),
        headings=_distinct(_texts(root, "h1")),
        summaries=_distinct(
            [
                _text(stated.get("description")),
                _text(stated.get("alternativeHeadline")),
                *_pick(metas, _SUMMARIES),
            ]
        ),
        standfirsts=_distinct(text for text in _texts(root, _STANDFIRSTS) if len(text) > _LONGEST_TAG),
        authors=_distinct(_authors(stated) or _pick(metas, _AUTHORS))[:_MOST_AUTHORS],
        bylines=_distinct(text for text in _texts(root, _BYLINES) if len(text) < _LONGEST // 4),
        published=_first_moment(
            [
                _text(stated.get("datePublished")),
                *_match(metas, _PUBLISHED),
                *_marked_times(root, _PUBLISHED_ELEMENTS),
                *_match(metas, _CREATED),
            ]
        ),
        modified=_first_moment(
            [
                _text(stated.get("dateModified")),
                *_match(metas, _MODIFIED),
                *_marked_times(root, _MODIFIED_ELEMENTS),
            ]
        ),
        section=_first_short(
            [*_values(stated.get("articleSection")), *_pick(metas, _SECTIONS)], _LONGEST_SECTION
        ),
        tags=_tags([*_values(stated.get("keywords")), *_pick(metas, _TAGS)]),
        site=_first_short([*_pick(metas, _SITES), _name(stated.get("publisher"))], _LONGEST_SECTION),
        language=_language(root, stated),
        figures=_figures(root),
        body=stated["articleBody"][:_LONGEST_SCRIPT] if isinstance(stated.get("articleBody"), str) else "",
    )


def _tidy(text: str) -> str:
    """Make a value one line of plain text: entities decoded, spaces single, not longer than any field."""
    return " ".join(html.unescape(rename_back(text[: 4 * _LONGEST])).split())[:_LONGEST]


def _distinct(texts: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))[:_MOST_ELEMENTS]


def _find_article(root: Any) -> dict[str, Any]:
    """Return the first object of JSON-LD that is an article; authors that are only named by id are put in."""
    for script in root.query_selector_all("script[type*='ld+json' i]")[:_MOST_SCRIPTS]:
        source = rename_back(script.text)
        if len(source) > _LONGEST_SCRIPT:
            continue
        try:
            value = json.loads(source.strip().strip(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        objects = list(_walk(value))
        for found in objects:
            if any(_ARTICLE.match(kind) for kind in _values(found.get("@type"))):
                named = {
                    each["@id"]: each
                    for each in objects
                    if isinstance(each.get("@id"), str) and "name" in each
                }
                return {**found, "author": _resolve(found.get("author"), named)}
    return {}


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON value, a bounded number of them, without recursion."""
    waiting, seen = [value], 0
    while waiting and seen < _MOST_NODES:
        seen += 1
        current = waiting.pop(0) if seen < 50 else waiting.pop()
        if isinstance(current, dict):
            yield current
            waiting.extend(each for each in current.values() if isinstance(each, dict | list))
        elif isinstance(current, list):
            waiting.extend(current[:_MOST_NODES])


def _resolve(author: Any, named: dict[str, Any]) -> Any:
    if isinstance(author, list):
        return [_resolve(each, named) for each in author[:_MOST_AUTHORS] if not isinstance(each, list)]
    if isinstance(author, dict) and "name" not in author and isinstance(author.get("@id"), str):
        return named.get(author["@id"])
    return author


def _values(value: Any) -> list[str]:
    """Return the texts of a value that may be one or a list of them."""
    values = value if isinstance(value, list) else [value]
    return [text for each in values[:_MOST_ELEMENTS] if (text := _text(each))]


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    return _tidy(value) if isinstance(value, str) else ""


def _name(value: Any) -> str:
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _authors(stated: dict[str, Any]) -> list[str]:
    authors = stated.get("author") or stated.get("creator")
    listed = authors if isinstance(authors, list) else [authors]
    names = [_name(each) for each in listed[:_MOST_AUTHORS] if not _is_organisation(each)]
    if isinstance(authors, dict) and isinstance(authors.get("name"), list):
        names = _values(authors["name"])
    return [name for name in names if name]


def _is_organisation(author: Any) -> bool:
    """Tell whether an author is declared to be an outlet; agencies, which may be, are told by their names."""
    return (
        isinstance(author, dict)
        and any("Organization" in kind for kind in _values(author.get("@type")))
        and name_agency(_name(author)) is None
    )


def _list_metas(root: Any) -> dict[str, list[str]]:
    metas: dict[str, list[str]] = {}
    for element in root.query_selector_all("meta")[: 4 * _MOST_ELEMENTS]:
        name = element.getattr("property") or element.getattr("name") or element.getattr("itemprop")
        content = _tidy(element.getattr("content") or element.getattr("value") or "")
        if name and content:
            metas.setdefault(name[:_LONGEST_TAG].lower(), []).append(content)
    return metas


def _pick(metas: dict[str, list[str]], names: tuple[str, ...]) -> list[str]:
    return [content for name in names for content in metas.get(name, ())]


def _match(metas: dict[str, list[str]], name: re.Pattern[str]) -> list[str]:
    return [content for key, contents in metas.items() if name.match(key) for content in contents]


def _texts(root: Any, selector: str) -> Iterator[str]:
    for element in root.query_selector_all(selector)[:_MOST_ELEMENTS]:
        text = element.text
        if len(text) <= 2 * _LONGEST:
            yield _tidy(text)


def _marked_times(root: Any, marked: str) -> Iterator[str]:
    """Yield the times of elements that are marked as the time of publication, or of a change."""
    for element in root.query_selector_all(marked)[:_MOST_ELEMENTS]:
        yield _tidy(element.getattr("datetime") or "")


def _first_moment(values: list[str]) -> tuple[str, Precision] | None:
    return next(filter(None, map(parse_moment, values)), None)


def parse_moment(value: str) -> tuple[str, Precision] | None:
    """Return a time as Timestamp holds it, and its precision; a clock without a zone leaves only the day.

    >>> parse_moment("2024-05-04T12:15:00+0100"), parse_moment("2024-05-04 12:15"), parse_moment("today")
    (('2024-05-04T11:15:00Z', 'second'), ('2024-05-04', 'day'), None)
    """
    try:
        moment = datetime.fromisoformat(value[:40])
        if moment.year < _FIRST_YEAR:  # a clock that was never set: 0001-01-01
            return None
        if moment.tzinfo is not None and len(value) > len("2024-05-04"):
            return to_utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ"), "second"
    except (ValueError, OverflowError):
        pass
    found = parse_date(value[:100])
    if found is None or found[0].year is None:
        return None
    try:
        return format_printed(found[0])
    except OverflowError:
        return None


def _first_short(texts: list[str], longest: int) -> str | None:
    return next((text for text in texts if 1 < len(text) <= longest and "://" not in text), None)


def _tags(values: list[str]) -> tuple[str, ...]:
    pieces = (piece.strip() for value in values for piece in re.split(r"[,;|、，]", value))
    return tuple(dict.fromkeys(piece for piece in pieces if 1 < len(piece) <= _LONGEST_TAG))[:_MOST_TAGS]


def _language(root: Any, stated: dict[str, Any]) -> str | None:
    """Return the primary language that the page declares."""
    page = root.query_selector("html")
    for declared in (_text(stated.get("inLanguage")), (page.getattr("lang") or "") if page else ""):
        found = re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", declared)
        if found:
            return found[0].lower()
    return None


def _figures(root: Any) -> tuple[Media, ...]:
    """Return the captions of pictures that do not stand in a part of the page beside the article."""
    figures: dict[str, Media] = {}
    for element in root.query_selector_all(_CAPTIONS)[:_MOST_ELEMENTS]:
        text = element.text
        if len(text) > 2 * _LONGEST or element.closest(_ASIDE):
            continue
        caption, credit = _part_credit(_tidy(text), element)
        media = Media("picture", caption or None, credit)
        known = figures.get(caption or credit or "")
        if (caption or credit) and (known is None or known.credit is None):
            figures[caption or credit or ""] = media
    return tuple(figures.values())


def _part_credit(text: str, caption: Any) -> tuple[str, str | None]:
    """Part a caption from its credit, which is an element of its own or is told by its words."""
    for element in caption.query_selector_all(_CREDITS)[:4]:
        credit = _tidy(element.text)
        if not credit or credit == text:
            continue
        if text.endswith(credit) or text.startswith(credit):
            rest = text.removesuffix(credit) if text.endswith(credit) else text.removeprefix(credit)
            return rest.strip(" |–—-/("), parse_credit_line(credit) or credit.strip("()[] ")
    alone = parse_credit_line(text)
    if alone:
        return "", alone
    parsed = parse_caption(text)
    if parsed and len(parsed.caption) >= _SHORTEST_CAPTION:
        return parsed.caption, parsed.credit
    return text, None
