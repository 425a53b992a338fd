"""Timestamps: lines that say when the article was published."""

from __future__ import annotations

import re
from dataclasses import replace

from app.cleaning.article import Precision, Timestamp
from app.cleaning.dates import WEEKDAY, format_printed, parse_date, to_utc
from app.cleaning.draft import Draft
from app.cleaning.ledger import Role

_LONGEST = 120
_HAS_YEAR = re.compile(r"(?:19|20)\d\d")

_PUBLISHED = (
    r"(?:(?:first )?(?:published|posted|publication date|released|issued|created|filed|date)(?: on|"
    r" at)?|veröffentlicht(?: am)?|erstellt(?: am)?|stand|publié(?:e)?(?: le)?|mis en ligne le|"
    r"publicado(?: el| em)?|pubblicato(?: il)?"
    r"|gepubliceerd(?: op)?|опубликовано|公開日?|掲載日?|配信|発表"
    r"|发布(?:时间|于)?|發布(?:時間)?|发表于|时间|입력|نشر)"
)
_UPDATED = (
    r"(?:(?:last )?(?:updated|modified|edited|revised)(?: on| at)?|aktualisiert(?: am)?|"
    r"zuletzt aktualisiert|mis à jour(?: le)?|actualizado(?: el)?|atualizado(?: em)?|"
    r"aggiornato(?: il)?|bijgewerkt|更新日?|更新时间|수정|обновлено)"
)
_FILLER = re.compile(
    rf"(?:{_PUBLISHED}|{_UPDATED}|{WEEKDAY}|(?:mon|tue|tues|wed|thu|thurs|fri|sat|sun|mo|di|mi|do|fr|"
    rf"sa|so)\b\.?|local time|uhr|\bon\b|\bat\b|\bam\b|\bum\b|\bder\b|\bden\b|\ble\b|\bel\b|\bà\b|最終|"
    rf"\d{{1,3}} ?min(?:ute)?s? (?:ago|read)|[月火水木金土日](?=[)）])|"
    rf"[\s,;:：|•·./()\[\]（）【】–—-]+)+"
)
_IS_UPDATE = re.compile(_UPDATED)


def _read_timestamp(text: str) -> tuple[str, Precision, bool] | None:
    """Return value, precision and whether it is an update, if a line is a timestamp and nothing else."""
    if len(text) > _LONGEST or not _HAS_YEAR.search(text):
        return None
    found = parse_date(text)
    if found is None or found[0].year is None:
        return None
    printed, start, end = found
    lowered = text.lower()
    before, after = lowered[:start], lowered[end:]
    if before and not _FILLER.fullmatch(before):
        return None
    second = parse_date(after) if after else None
    if second:
        after = after[: second[1]] + " " + after[second[2] :]
    if after.strip() and not _FILLER.fullmatch(after):
        return None
    value, precision = format_printed(printed)
    return value, precision, bool(_IS_UPDATE.search(before))


def is_timestamp(text: str) -> bool:
    """Tell whether a line is a timestamp with its year and nothing else.

    >>> is_timestamp("Published: 4 May 2024, 09:30 GMT"), is_timestamp("On May 4, 2024 it rained")
    (True, False)
    """
    return _read_timestamp(text) is not None


def find_timestamp(draft: Draft) -> Draft:
    """Find out when the article was published, if the caller or a line of its own says so.

    What the caller says wins. Leaves years and dates inside sentences alone: they are what the story is
    about.

    >>> from app.cleaning.ledger import Line
    >>> draft = Draft(raw="", lines=(Line(1, "Published: 4 May 2024"),), paragraphs=((1,),))
    >>> find_timestamp(draft).published_at
    Timestamp(value='2024-05-04', precision='day', evidence='line 1')
    """
    updated = None
    for paragraph in draft.undecided():
        found = _read_timestamp(draft.text_of(paragraph))
        if found is None:
            continue
        value, precision, is_update = found
        timestamp = Timestamp(value, precision, f"line {paragraph[0]}")
        draft = draft.with_role(paragraph, Role.TIMESTAMP)
        if is_update:
            updated = updated or timestamp
        elif draft.published_at is None:
            draft = replace(draft, published_at=timestamp)
    if draft.hints.published_at is not None:
        value = to_utc(draft.hints.published_at).strftime("%Y-%m-%dT%H:%M:%SZ")
        return replace(draft, published_at=Timestamp(value, "second", "caller"))
    return draft if draft.published_at else replace(draft, published_at=updated)
