"""Timestamps: lines that say when the article was published, and when it was changed.

A page prints many dates. Which of them is the article's is told by where it stands: between the headline and
the body, or on a line that names it ("Published: …").
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from app.cleaning.article import Precision, Timestamp
from app.cleaning.bylines import is_byline
from app.cleaning.date_orders import settle_order
from app.cleaning.dates import (
    AGO,
    AGO_UNITS,
    MONTHS,
    WEEKDAY,
    PrintedDate,
    format_printed,
    parse_date,
    to_utc,
)
from app.cleaning.draft import Draft, Paragraph
from app.cleaning.introductions import ABOVE, BELOW, FAR, NEXT, list_introduction, mark_kept
from app.cleaning.ledger import Role, Warning_
from app.cleaning.measures import has_digit, is_wide, weigh

_LONGEST = 160  # letters of a line that holds a timestamp
_MOST_NAMED = 60  # letters that can stand on such a line besides: who wrote it, where
_MOST_DATES = 4
_HAS_YEAR = re.compile(r"(?:19|20)\d\d|\d\d\.\d\d\.\d\d")

_PUBLISHED = (
    r"(?:(?:first |originally |article )?(?:published|posted|publication date|released|issued|created|filed|"
    r"publish date|date|this (?:story|article) is from)(?: on| at)?|veröffentlicht(?: am)?|"
    r"erstellt(?: am)?|publiziert(?: am)?|stand|"
    r"erschienen(?: am)?|online seit|publié(?:e)?(?: le)?|mis en ligne le|créé(?: le)?|publicado(?: el| em)?|"
    r"publicada(?: el| em)?|criado(?: em)?|pubblicato(?: il)?|gepubliceerd(?: op)?|publicerad(?:e)?|"
    r"publisert|"
    r"publiceret|offentliggjort|julkaistu|opublikowano|publikováno|publikované|vydáno|publicat|megjelent|"
    r"yayınlanma(?: tarihi)?|yayın tarihi|oluşturulma(?: tarihi)?|dipublikasikan|diterbitkan|"
    r"опубликовано|дата публикации|опубліковано|δημοσιεύτηκε|δημοσίευση|公開日?|掲載日?|配信|発表|"
    r"发布(?:时间|于)?|發布(?:時間)?|发表于|时间|입력|등록|게시|نشر(?: في)?|تاريخ النشر|प्रकाशित)"
)
_UPDATED = (
    r"(?:(?:last |first )?(?:updated|modified|edited|revised|update)(?: on| at)?|"
    r"(?:zuletzt )?aktualisiert(?: am)?|(?:letzte )?aktualisierung|actualisé(?:e)?(?: le)?|"
    r"actualización|atualização|(?:ultimo )?aggiornamento|обновление|оновлення|"
    r"letztes update|mise? à jour(?: le)?|modifié(?:e)?(?: le)?|actualizad[oa](?: el| a las)?|"
    r"atualizad[oa](?: em| às)?|aggiornat[oa](?: il| alle)?|bijgewerkt|laatst bijgewerkt|uppdaterad|"
    r"oppdatert|"
    r"opdateret|sidst opdateret|päivitetty|muokattu|uppfært|aktualizováno|aktualizacja|zaktualizowano|"
    r"güncelle(?:nme|me)(?: tarihi)?|son güncelleme|diperbarui|"
    r"(?:最終|最后|最後)?更新(?:日|时间|時間|于|於)?|수정|업데이트|"
    r"обновлено|изменено|оновлено|ενημερώθηκε|تحديث|آخر تحديث|अपडेट(?:ेड)?)"
)
_CLOCK = (
    r"(?:[01]?\d|2[0-4])[:.h時点][0-5]\d(?:[:.]\d{2})?(?: ?分)?(?: ?[ap]\.?m\b\.?)?(?: ?\(?(?:[a-z]{2,4}t|"
    r"utc|z|msk|wib|wita)\b\)?)?|"
    r"\d{1,2} ?[ap]\.?m\b\.?|[+-]\d\d:?\d\d"
)
_READING_TIME = (
    r"(?:(?:reading|read) time|lesezeit|lesedauer|temps de lecture|tiempo de lectura|tempo di lettura)?:? ?"
    r"\d{1,3} ?(?:-|–)?(?: \d{1,2})? ?(?:min(?:ute|uto|uti|uten|uut)?s?\b\.?)(?: (?:read|lesezeit|"
    r"de lecture|ago))?"
)
_OTHER_WEEKDAYS = (  # left to lines of their own: in sentences some mean other things
    "mandag|måndag|tirsdag|tisdag|onsdag|torsdag|fredag|lørdag|lördag|søndag|söndag|poniedziałek|wtorek|"
    "środa|"
    "czwartek|piątek|sobota|niedziela|pondělí|úterý|středa|čtvrtek|pátek|neděle|pazartesi|salı|çarşamba|"
    "perşembe|"
    "cuma|cumartesi|pazar|senin|selasa|rabu|kamis|jum[’']?at|sabtu|minggu|понедельник|вторник|среда|"
    "четверг|пятница|"
    "суббота|воскресенье|segunda|terça|quarta|quinta|sexta|maanantai|tiistai|keskiviikko|torstai|perjantai|"
    "lauantai|sunnuntai|[월화수목금토일]요일|الاثنين|الإثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد"
)
_WEEKDAYS = rf"(?<!\w)(?:{WEEKDAY}|{_OTHER_WEEKDAYS})(?!\w)"
_MASTHEAD = re.compile(_WEEKDAYS, re.IGNORECASE)
_FILLER = re.compile(
    rf"{_PUBLISHED}|{_UPDATED}|{_WEEKDAYS}|"
    r"(?:\d{1,3}|an?) (?:min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?) ago\b|"
    rf"\b\d{{1,4}} (?:comments?|kommentare?|views)\b|\b(?:mon|tue|"
    rf"tues|wed|thu|thur|thurs|fri|sat|sun|mo|di|mi|do|fr|"
    rf"sa|so|lun|mar|mer|mié|jue|jeu|ven|vie|sam|sáb|dim|dom|gio|sab|ter|qua|qui|sex|man|tir|ons|tor|fre|"
    rf"lør|søn)\b\.?|"
    rf"{_READING_TIME}|{_CLOCK}|\b(?:local time|uhr|on|at|am|um|der|den|le|el|il|à|a las|às|alle|ore|kl|"
    rf"klo|em|"
    rf"the|as of|ist|et|gmt|utc|bst|h|hrs?|vor|by)\b\.?|[月火水木金土日](?=[)）])|"
    rf"[\s,;:：|•·∙●./()\[\]（）【】<>«»–—―-]+",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"(?P<published>{_PUBLISHED})|(?P<updated>{_UPDATED})", re.IGNORECASE)
_PARTICLES = frozenset(
    ["and", "by", "da", "de", "del", "di", "e", "et", "par", "por", "und", "van", "von", "y"]
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date on a line of its own: whether a label names it, and whether it is the date of a change."""

    printed: PrintedDate
    is_labelled: bool
    is_update: bool


def read_stamps(text: str, *, is_near: bool = False) -> tuple[Stamp, ...]:
    """Return the dates of a line that says when, and at most by whom and where; nothing of other lines.

    Near the headline a date beside a name is enough; elsewhere there must be a label or a clock.

    >>> [stamp.is_update for stamp in read_stamps("Posted: Aug 08, 2024 4:00 AM | Updated: Aug 9, 2024")]
    [False, True]
    >>> read_stamps("The bridge was closed on May 4, 2024")
    ()
    """
    can_be = len(text) <= _LONGEST and _HAS_YEAR.search(text)
    return _read_short_line(text, is_near) if can_be else ()


@lru_cache(maxsize=1024)  # the labeller asks of every line, and the step again
def _read_short_line(text: str, is_near: bool) -> tuple[Stamp, ...]:
    dates: list[PrintedDate] = []
    rest: list[str] = []
    position = 0
    for _ in range(_MOST_DATES):
        found = parse_date(text[position:])
        if found is None:
            break
        before = text[position : position + found[1]]
        dates.append(found[0])
        rest.append(before)
        position += found[2]
    rest.append(text[position:])
    if all(printed.year is None for printed in dates):
        return ()
    beside = _drop_filler(" ".join(rest)).split()
    if not _are_few(beside):
        return ()
    stamps = [
        Stamp(printed, label is not None, label == "updated")
        for printed, label in zip(dates, _list_labels(rest), strict=True)
        if printed.year is not None
    ]
    return tuple(stamps) if stamps and _is_name_or_nothing(beside, stamps, is_near) else ()


def _are_few(words: list[str]) -> bool:
    return sum(map(weigh, words)) <= _MOST_NAMED and len(_drop_months(words)) <= 8


def _drop_months(words: list[str]) -> list[str]:
    return [word for word in words if word.casefold().strip(".") not in MONTHS]


def _list_labels(rest: list[str]) -> list[str | None]:
    """Return the label of each date, given what stands before, between and behind them.

    Labels stand before their dates; behind them only where every date has one there and the first has none
    before it: "2024年5月4日 公開 2024年5月5日 更新".
    """
    before = [_last_label(text) for text in rest[:-1]]
    behind = [_last_label(text) for text in rest[1:]]
    last = rest[-1]
    are_behind = (
        before[:1] == [None] and all(behind) and not has_digit(last) and not _drop_filler(last).strip()
    )
    return behind if are_behind else before


def _last_label(text: str) -> str | None:
    labels = [found.lastgroup for found in _LABEL.finditer(text)]
    return labels[-1] if labels else None


def _is_name_or_nothing(beside: list[str], stamps: list[Stamp], is_near: bool) -> bool:
    """Tell whether what stands beside the dates is at most a name: sentences have words in lower case."""
    if not beside:
        return True
    is_certain = any(stamp.is_labelled or stamp.printed.hour is not None for stamp in stamps)
    words = _drop_months(beside)
    numbers = [word for word in words if word[:1].isdigit()]
    if any(mark in word for word in words for mark in "。、!?！？"):
        return False
    if numbers and (len(numbers) > 1 or len(numbers[0]) > 3 or not (is_certain or len(words) == 1)):
        return False
    lower = [word for word in words if word[:1].islower()]
    if is_certain:
        return not any(len(word) > 3 for word in lower)
    return (
        is_near
        and len(words) <= 5
        and not is_wide("".join(words))
        and all(word in _PARTICLES for word in lower)
    )


@lru_cache(maxsize=256)  # asked for a line far from the headline and near it
def _drop_filler(text: str) -> str:
    return _FILLER.sub(" ", text)


def is_timestamp(text: str) -> bool:
    """Tell whether a line is a timestamp with its year and nothing else but names.

    >>> is_timestamp("Published: 4 May 2024, 09:30 GMT"), is_timestamp("On May 4, 2024 it rained")
    (True, False)
    """
    return bool(read_stamps(text))


def _read_ago(text: str, draft: Draft, *, is_near: bool) -> list[tuple[str | None, Timestamp]]:
    """List the times of "3 hours ago", counted from receipt, each with the label before it; near the headline
    they need none."""
    received = draft.hints.received_at
    if received is None or len(text) > _LONGEST:
        return []
    times: list[tuple[str | None, Timestamp]] = []
    position = 0
    for found in AGO.finditer(text):
        label = _last_label(text[position : found.start()])
        position = found.end()
        if time := _count_back(received, [group for group in found.groups() if group]):
            times.append((label, time))
    left = _FILLER.sub("", AGO.sub("", text))
    is_read = len(left) <= _MOST_NAMED and ((is_near and not left) or _LABEL.search(text))
    return times if is_read else []


def _count_back(received: datetime, ago: list[str]) -> Timestamp | None:
    """Return the time that lies so many of a unit before receipt; None if that is no unit."""
    unit = ago[1].casefold()
    minutes = next((size for names, size in AGO_UNITS if unit.startswith(names)), None)
    if minutes is None:
        return None
    moment = to_utc(received) - int(ago[0]) * timedelta(minutes=minutes)
    precision: Precision = "minute" if minutes == 1 else "day"
    return Timestamp(moment.strftime("%Y-%m-%dT%H:%MZ" if minutes == 1 else "%Y-%m-%d"), precision, "")


def find_timestamp(draft: Draft) -> Draft:
    """Find out when the article was published and changed, if caller, markup or a line of its own says so.

    What the caller says wins. Then what the page says between headline and body, or else on a labelled line
    elsewhere; the date of a change counts as that of publication only if no other is printed. Reads lines
    that were removed, too. Leaves years and dates inside sentences alone: they are what the story is about.
    A change is never before the publication: such a time is of something else.

    >>> from app.cleaning.ledger import Line
    >>> draft = Draft(raw="", lines=(Line(1, "Published: 4 May 2024"),), paragraphs=((1,),))
    >>> find_timestamp(draft).published_at
    Timestamp(value='2024-05-04', precision='day', evidence='line 1')
    """
    best: tuple[int, Timestamp | None] | None = None
    changes: list[tuple[int, Timestamp]] = []
    previous = ""
    for paragraph, rank in list_introduction(draft):
        text = draft.text_of(paragraph)
        above, previous = previous, text
        if len(text) > _LONGEST or not has_digit(text):
            continue
        found = _rate_line(draft, paragraph, above, rank)
        if found is None:
            continue
        score, timestamp, changed = found
        if rank in (ABOVE, NEXT) and score < 2 and _is_masthead(text):
            continue
        if rank == FAR and score < 2 and draft.line(paragraph[0]).role is Role.REMOVED:
            continue  # far from the headline a date must be labelled
        if not is_byline(text):
            draft = mark_kept(draft, paragraph, Role.TIMESTAMP)
        if best is None or score + 3 * rank > best[0] or (rank == ABOVE and score + 3 * rank == best[0]):
            best = (score + 3 * rank, timestamp)
        changes += [(rank, changed)] if changed else []
    return _set_modified(_set_published(draft, best[1] if best else None), changes)


def _set_published(draft: Draft, printed: Timestamp | None) -> Draft:
    """Set the time of publication: the caller's, else that of the markup, else the printed one."""
    stated = draft.metadata.published
    if stated and draft.hints.published_at is None:
        return _take_stated(draft, Timestamp(*stated, "metadata"), printed)
    if draft.hints.published_at is not None:
        return replace(draft, published_at=_make_callers(draft.hints.published_at))
    return replace(draft, published_at=printed)


def _make_callers(moment: datetime) -> Timestamp:
    return Timestamp(to_utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ"), "second", "caller")


def _set_modified(draft: Draft, changes: list[tuple[int, Timestamp]]) -> Draft:
    """Set the time of the last change: the caller's, else that of the markup, else the printed one.

    As with the time of publication, the printed one is kept where the markup only confirms its day. Of
    several printed ones the latest counts, of those that stand nearest the headline.
    """
    if draft.hints.modified_at is not None:
        return replace(draft, modified_at=_make_callers(draft.hints.modified_at))
    possible = [(rank, each) for rank, each in changes if not _is_earlier(each, draft.published_at)]
    printed = max(possible, key=lambda each: (each[0], each[1].value))[1] if possible else None
    stated = Timestamp(*draft.metadata.modified, "metadata") if draft.metadata.modified else None
    if stated is None or _is_earlier(stated, draft.published_at):
        return replace(draft, modified_at=printed)
    is_finer = printed is not None and stated.precision == "day" and not _differ(printed.value, stated.value)
    return replace(draft, modified_at=printed if is_finer else stated)


def _is_earlier(changed: Timestamp, published: Timestamp | None) -> bool:
    """Tell whether a change is surely before the publication.

    Moments are compared as such and days as days; a day is that of some time zone, so it is before a moment
    only if it lies more than a day before.

    >>> day, moment = Timestamp("2024-05-04", "day", ""), Timestamp("2024-05-05T01:00:00Z", "minute", "")
    >>> _is_earlier(day, moment), _is_earlier(Timestamp("2024-05-03", "day", ""), day)
    (False, True)
    """
    if published is None or changed.value >= published.value:
        return False
    is_alike = (changed.precision == "day") == (published.precision == "day")
    return is_alike or _differ(changed.value, published.value)


def _take_stated(draft: Draft, stated: Timestamp, printed: Timestamp | None) -> Draft:
    """Take the time that the markup states; warn if the page prints another day, and not that of a change.

    The printed time is kept if it is as exact: the markup then only confirms it.
    """
    changed = draft.metadata.modified
    if (
        printed
        and _differ(printed.value, stated.value)
        and not (changed and not _differ(printed.value, changed[0]))
    ):
        draft = draft.with_warning(Warning_.DATE_DIFFERS)
    is_finer = printed is not None and stated.precision == "day" and not _differ(printed.value, stated.value)
    return replace(draft, published_at=printed if is_finer else stated)


def _differ(one: str, other: str) -> bool:
    """Tell whether two times lie more than a day apart; time zones alone can make them a day different."""
    return abs(date.fromisoformat(one[:10]) - date.fromisoformat(other[:10])) > timedelta(days=1)


def _is_masthead(text: str) -> bool:
    """Tell whether a line is today's date at the top of a page: a weekday, a date and no clock."""
    found = parse_date(text)
    return found is not None and found[0].hour is None and _MASTHEAD.search(text) is not None


def _rate_line(
    draft: Draft, paragraph: Paragraph, previous: str, rank: int
) -> tuple[int, Timestamp | None, Timestamp | None] | None:
    """Return how surely a line is the time of publication, that time, and the time of the last change that a
    label names; None for a time if nothing tells the day from the month, and for all if the line is no
    timestamp.
    """
    text = draft.text_of(paragraph)
    evidence = f"line {paragraph[0]}"
    stamps = read_stamps(text, is_near=rank in (NEXT, BELOW))
    if rank == ABOVE and not any(stamp.is_labelled or stamp.printed.hour is not None for stamp in stamps):
        return None
    agos = [
        (label, replace(time, evidence=evidence))
        for label, time in _read_ago(text, draft, is_near=rank in (NEXT, BELOW))
    ]
    if not (stamps or agos):
        return None
    above = _last_label(previous) if previous and not _FILLER.sub("", previous) else None
    ago_change = next((time for label, time in agos if label == "updated"), None)
    if not stamps:
        if len(agos) == 1 and (_last_label(text) or above) == "updated":
            ago_change = agos[0][1]  # "vor 3 Stunden aktualisiert"
        return 1, agos[0][1], ago_change
    rated = []
    for stamp in stamps:
        is_update = stamp.is_update or (above == "updated" and not stamp.is_labelled)
        is_labelled = stamp.is_labelled or above is not None
        rated.append(0 if is_update else 2 if is_labelled else 1)
    times = [_make_timestamp(draft, stamp.printed, evidence) for stamp in stamps]
    best = rated.index(max(rated))
    changes = [time for time, score in zip(times, rated, strict=True) if time and not score]
    return rated[best], times[best], max(changes, key=lambda time: time.value, default=ago_change)


def _make_timestamp(draft: Draft, printed: PrintedDate, evidence: str) -> Timestamp | None:
    settled = settle_order(draft, printed) if printed.is_open else printed
    return Timestamp(*format_printed(settled), evidence) if settled else None
