"""Dates as they are printed: months, days and clocks in the languages that Dateline reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

from app.cleaning.article import Precision
from app.cleaning.measures import has_digit

_MONTH_NAMES = (  # Latin, then Slavic, Greek, Semitic, Indic and Turkic forms
    "january jan januar jän jänner janvier janv enero ene gennaio gen janeiro januari janúar ianuarie január "
    "tammikuuta ledna stycznia stycznia ocak января янв січня ιανουαρίου يناير जनवरी",
    "february feb februar février févr fév febrero febbraio fevereiro fev februari febrúar februarie február "
    "helmikuuta února lutego şubat февраля фев лютого φεβρουαρίου فبراير شباط फरवरी",
    "march mar märz mär mars marzo março maart mrt marts martie március maret maaliskuuta března marca mart "
    "марта мар березня μαρτίου مارس آذار मार्च",
    "april apr avril avr abril abr aprile apríl aprilie április huhtikuuta dubna kwietnia nisan апреля апр "
    "квітня απριλίου أبريل ابريل إبريل نيسان अप्रैल",
    "may mai mayo maggio mag maio mei maj maí május toukokuuta května maja mayıs мая травня "
    "μαΐου مايو أيار मई",
    "june jun juni juin junio giugno giu junho jún júní iunie június kesäkuuta června czerwca haziran июня "
    "июн червня ιουνίου يونيو يونيه حزيران जून",
    "july jul juli juillet juil julio luglio lug julho júl júlí iulie július heinäkuuta července lipca "
    "temmuz июля июл липня ιουλίου يوليو يوليه تموز जुलाई",
    "august aug août aout agosto ago augustus augusti ágúst augusztus agustus elokuuta srpna sierpnia "
    "ağustos августа авг серпня αυγούστου أغسطس اغسطس آب अगस्त",
    "september sept sep septembre septiembre settembre set setembro septembrie szeptember syyskuuta září "
    "września eylül сентября сен сент вересня σεπτεμβρίου سبتمبر أيلول सितंबर",
    "october oct oktober okt octobre octubre ottobre ott outubro out október octombrie lokakuuta října "
    "października ekim октября окт жовтня οκτωβρίου أكتوبر اكتوبر अक्टूबर",
    "november nov novembre noviembre novembro nóvember noiembrie marraskuuta listopadu listopada kasım "
    "ноября ноя листопада νοεμβρίου نوفمبر नवंबर",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro desember decembrie joulukuuta "
    "prosince grudnia aralık декабря дек грудня δεκεμβρίου ديسمبر दिसंबर",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}


def _write_any(names: Iterable[str]) -> str:
    """Write an expression for any of these, the longest that fits.

    What begins alike stands together: of 300 months in a row each was tried where a word begins, which made a
    date of no month five times as expensive.
    """
    by_first: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        by_first.setdefault(name[0], []).append(re.escape(name[1:]))
    parts = (f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in sorted(by_first.items()))
    return f"(?:{'|'.join(parts)})"


MONTH = _write_any(MONTHS)

_WEEKDAY_NAMES: tuple[tuple[str, ...], ...] = (
    ("monday", "montag", "lundi", "lunes", "lunedì", "segunda-feira", "maandag", "月曜日", "星期一"),
    ("tuesday", "dienstag", "mardi", "martes", "martedì", "terça-feira", "dinsdag", "火曜日", "星期二"),
    (
        "wednesday",
        "mittwoch",
        "mercredi",
        "miércoles",
        "mercoledì",
        "quarta-feira",
        "woensdag",
        "水曜日",
        "星期三",
    ),
    ("thursday", "donnerstag", "jeudi", "jueves", "giovedì", "quinta-feira", "donderdag", "木曜日", "星期四"),
    ("friday", "freitag", "vendredi", "viernes", "venerdì", "sexta-feira", "vrijdag", "金曜日", "星期五"),
    ("saturday", "samstag", "samedi", "sábado", "sabato", "zaterdag", "土曜日", "星期六"),
    ("sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag", "日曜日", "星期日"),
)
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names}
WEEKDAY = _write_any(WEEKDAYS)

_ZONES: dict[str, int | None] = {  # minutes east of UTC
    "utc": 0, "gmt": 0, "z": 0, "uhr": None, "bst": 60, "cet": 60, "cest": 120, "mez": 60, "mesz": 120,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480,
    "pdt": -420, "jst": 540, "kst": 540, "ist": 330, "hkt": 480, "sgt": 480, "msk": 180, "eet": 120,
    "eest": 180, "мск": 180, "akst": -540, "akdt": -480, "hst": -600, "aest": 600, "aedt": 660, "nzst": 720,
    "nzdt": 780,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date as printed; year, clock and zone may be missing."""

    month: int
    day: int
    year: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    offset: int | None = None  # minutes east of UTC
    is_open: bool = False  # "4/5/2024": day and month could be the other way round


_YEAR = r"(?:19|20)\d\d(?!\d(?!\d?[:.h]\d\d))"  # a clock can be glued to it: "20245:58 AM"
_NUMERIC = r"(?P<year1>(?:19|20)\d{2}) ?[-/.] ?(?P<month1>\d{1,2}) ?[-/.] ?(?P<day1>\d{1,2})(?!\d)"
_MONTH_FIRST = (
    rf"(?:(?<![^\W_])|(?<=read))(?P<name2>{MONTH})\.?,? (?P<day2>\d{{1,2}})"
    rf"(?:st|nd|rd|th)?(?!\d),?(?: (?P<year2>{_YEAR}))?"
)
_DAY_FIRST = (
    rf"(?P<day3>(?<!\d)\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?(?:[ /-]|(?<=\.))(?:de |"
    rf"of )?(?P<name3>{MONTH})\.?,?(?:[ /-](?:de |del )?(?P<year3>{_YEAR}))?"
)
_DOTTED = (
    rf"(?<![\d.])(?P<day4>\d{{1,2}})\. ?(?P<month4>\d{{1,2}})\. ?"
    rf"(?P<year4>{_YEAR}|\d\d(?= ?[-–,|]? ?\d\d?:\d\d))"
)
_IDEOGRAPHIC = (
    r"(?:(?P<year5>(?:19|20)\d\d)\s?[年년]\s?)?(?P<month5>\d{1,2})\s?[月월]\s?(?P<day5>\d{1,2})\s?[日일号]"
)
_SLASHED = rf"(?<![\d/])(?P<day6>\d{{1,2}})(?P<mark6>[/-])(?P<month6>\d{{1,2}})(?P=mark6)(?P<year6>{_YEAR})"
DATE = re.compile(rf"{_NUMERIC}|{_MONTH_FIRST}|{_DAY_FIRST}|{_DOTTED}|{_IDEOGRAPHIC}|{_SLASHED}")
_HALF_DAY = re.compile(r"\d ?[ap]\.?m")
_TIME = (
    r"(?P<hour>\d{1,2})(?:[:.h時点](?P<minute>\d{2}))(?:[:.](?P<second>\d{2})(?:\.\d{1,9})?)?\s?分?"
    r"(?:\s?(?P<half>[ap])\.?m\.?)?(?:\s?\(?(?P<zone>ZONES|[+-]\d{2}:?\d{2})\b\)?)?".replace(
        "ZONES", "|".join(sorted(_ZONES, key=len, reverse=True))
    )
)
_CLOCK = re.compile(rf"[ t,|•·@–—-]{{0,4}}(?:at |um |à |a las |às |alle |kl\.? )?(?:klo )?{_TIME}")
_CLOCK_BEFORE = re.compile(  # "12:15 BST, Saturday 4 May 2024"
    rf"(?<![\d.:]){_TIME}[ ,|•·–—-]{{1,4}}(?:(?:on|am|le|el|il|den|em) )?"
    rf"(?:(?:{WEEKDAY}|mon|tue|wed|thu|fri|sat|sun)\.?,? )?(?:(?:der|den|the) )?$"
)
_BEFORE = 48  # characters before a date in which its clock begins


AGO = re.compile(
    r"(?:\bvor|\bil y a|\bhace|\bhá) (?P<count>\d{1,2}) (?P<unit>[^\W\d_]{1,9})|"
    r"(?<!\d)(?P<count2>\d{1,2}) (?P<unit2>[^\W\d_]{1,9}) (?:ago|fa|geleden|sedan|siden|atrás|önce|назад|"
    r"lalu)\b|"
    r"(?<!\d)(?P<count3>\d{1,2}) ?(?P<unit3>分|時間|小时|小時|日|天|분|시간|일)(?:前|전)",
    re.IGNORECASE,
)
AGO_UNITS = (
    (("min", "minut", "dakika", "минут", "menit", "分", "분"), 1),
    (
        (
            "h",
            "stunde",
            "heure",
            "hora",
            "ora",
            "ore",
            "uur",
            "tim",
            "saat",
            "час",
            "jam",
            "時間",
            "小",
            "시간",
        ),
        60,
    ),
    (("d", "tag", "jour", "día", "dia", "giorn", "gün", "дн", "день", "hari", "日", "天", "일"), 1440),
)


def parse_date(text: str) -> tuple[PrintedDate, int, int] | None:
    """Return the first date of a text with its clock, and where the date begins and ends; None if there is
    none. The clock may stand before the date; behind it, it belongs to what ends.

    >>> printed, start, end = parse_date("May 4, 2024 12:15 BST")
    >>> printed.month, printed.day, printed.hour, printed.offset, end
    (5, 4, 12, 60, 21)
    """
    if not has_digit(text):
        return None
    lowered = text.lower()
    found = DATE.search(lowered)
    if found is None:
        return None
    groups = {name.rstrip("123456"): value for name, value in found.groupdict().items() if value is not None}
    month = MONTHS[groups["name"]] if "name" in groups else int(groups["month"])
    day = int(groups["day"])
    is_open = False
    if "mark" in groups:
        is_month_first = _is_month_first(day, month, lowered[found.end() : found.end() + 16])
        is_open = max(day, month) <= 12 and day != month and not is_month_first
        if is_month_first:
            day, month = month, day
    year = int(groups["year"]) if "year" in groups else None
    printed = PrintedDate(
        month, day, year + 2000 if year is not None and year < 100 else year, is_open=is_open
    )
    if not is_calendar_day(printed):
        return None
    end = found.end()
    clock = _CLOCK.match(lowered, end)
    timed = clock and _with_clock(printed, clock)
    if clock and timed:
        return timed, found.start(), clock.end()
    clock = _CLOCK_BEFORE.search(lowered[max(0, found.start() - _BEFORE) : found.start()])
    return (clock and _with_clock(printed, clock)) or printed, found.start(), end


def _is_month_first(first: int, second: int, after: str) -> bool:
    """Tell whether "4/5/2024" begins with the month: only that is a date, or a clock of 12 hours follows."""
    if first > 12 or second > 12:
        return second > 12
    return _HALF_DAY.search(after) is not None


def is_calendar_day(printed: PrintedDate) -> bool:
    """Tell whether such a day exists, in a leap year if no year is printed."""
    try:
        date(printed.year or 2000, printed.month, printed.day)
    except ValueError:
        return False
    return True


def _with_clock(printed: PrintedDate, clock: re.Match[str]) -> PrintedDate | None:
    hour, minute = int(clock["hour"]), int(clock["minute"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"] == "p" else 0)
    second = int(clock["second"]) if clock["second"] else None
    if hour > 23 or minute > 59 or (second or 0) > 59:
        return None
    offset = _read_zone(clock["zone"])
    return replace(printed, hour=hour, minute=minute, second=second, offset=offset)


def _read_zone(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        return -minutes if zone[0] == "-" else minutes
    return _ZONES.get(zone)


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without a zone is taken to be in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def format_printed(printed: PrintedDate) -> tuple[str, Precision]:
    """Return value and precision of a printed date with a year, in the form of Timestamp.

    A clock without a zone is not a moment: only the day is certain then.
    """
    if printed.hour is None or printed.minute is None or printed.offset is None:
        return f"{printed.year:04d}-{printed.month:02d}-{printed.day:02d}", "day"
    zone = timezone(timedelta(minutes=printed.offset))
    year = printed.year or 1
    moment = datetime(
        year, printed.month, printed.day, printed.hour, printed.minute, printed.second or 0, tzinfo=zone
    )
    return moment.astimezone(UTC).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    ), "second" if printed.second is not None else "minute"
