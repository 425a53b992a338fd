"""Datelines: the forms that are known, and what looks like them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.cleaning import Hints, Warning_, clean
from app.cleaning.datelines import parse_opening

# opening, places, countries, date, agency
FORMS = """
TOKYO, April 6, (AP): | Tokyo | JP | --04-06 | AP
TOKYO (AP) — | Tokyo | JP | | AP
TOKYO (AP) _ | Tokyo | JP | | AP
LIVERPOOL, England (AP) -- | Liverpool | GB | | AP
CAMBRIDGE, Mass. (AP) — | Cambridge | US | | AP
TOKYO, April 5 (Reuters) - | Tokyo | JP | --04-05 | Reuters
LAHORE, Pakistan, Oct 9 (Reuters) - | Lahore | PK | --10-09 | Reuters
BRUSSELS/PARIS, Nov 3 (Reuters) - | Brussels/Paris | BE/FR | --11-03 | Reuters
NEW YORK, Sept 9 (AFP) - | New York | US | --09-09 | AFP
Paris (AFP) – | Paris | FR | | AFP
PARIS (AFP) - – | Paris | FR | | AFP
ABECHE, Chad, Sept 9 (AFP) -- | Abeche | TD | --09-09 | AFP
PARIS, Jan 1 (AFP) - | Paris | FR | --01-01 | AFP
Paris, 9 déc 2018 (AFP) - | Paris | FR | 2018-12-09 | AFP
Berlin (dpa) - | Berlin | DE | | dpa
Berlin/Frankfurt (dpa) - | Berlin/Frankfurt | DE/DE | | dpa
ABUJA, Aug 9 (dpa) -- | Abuja | NG | --08-09 | dpa
BEIJING, March 31 (Xinhua) -- | Beijing | CN | --03-31 | Xinhua
BEIJING, 10 août (Xinhua) -- | Beijing | CN | --08-10 | Xinhua
LISBOA, 18 jun (Xinhua) -- | Lisboa | PT | --06-18 | Xinhua
MOSCOW, October 4. /TASS/. | Moscow | RU | --10-04 | TASS
SEOUL, Aug. 24 (Yonhap) -- | Seoul | KR | --08-24 | Yonhap
HONG KONG (Dow Jones)-- | Hong Kong | HK | | Dow Jones
New Delhi, July 1 (PTI) | New Delhi | IN | --07-01 | PTI
NEW DELHI (IANS) - | New Delhi | IN | | IANS
KUWAIT CITY, April 6 (KUNA) -- | Kuwait City | KW | --04-06 | KUNA
Sydney, July 30 AAP - | Sydney | AU | --07-30 | AAP
WASHINGTON — | Washington | US | |
WASHINGTON -- | Washington | US | |
BEIRUT, Lebanon, June 2 — | Beirut | LB | --06-02 |
ABOARD AIR FORCE ONE (AP) — | Aboard Air Force One | None | | AP
PALO ALTO, Calif., January 5, 2016 — | Palo Alto | US | 2016-01-05 |
NEW YORK, Jan. 5, 2016 /PRNewswire/ -- | New York | US | 2016-01-05 | PR Newswire
SAN FRANCISCO--(BUSINESS WIRE)-- | San Francisco | US | | Business Wire
MEXICO CITY (AP) — | Mexico City | MX | | AP
AMMAN, Dec 12, (Agencies): | Amman | JO | --12-12 | Agencies
RIYADH: | Riyadh | SA | |
By MICHAEL LIEDTKE SAN FRANCISCO (AP) -- | San Francisco | US | | AP
By NORA FELD KINGSBRIDGE, Maine (AP) -- | Kingsbridge | US | | AP
Canadian Press - CANBERRA, Australia (AP) - | Canberra | AU | | AP
JACKSONVILLE, FL -- | Jacksonville | US | |
THE HAGUE, Netherlands (AP) — | The Hague | NL | | AP
MADRID, 18 jun (EFE).- | Madrid | ES | --06-18 | EFE
(ANSA) - ROMA, 04 MAG - | Roma | IT | --05-04 | ANSA
São Paulo (Reuters) - | São Paulo | BR | | Reuters
Hamburg (dpa/lno) - | Hamburg | DE | | dpa
Berlin. | Berlin | DE | |
القاهرة (رويترز) - | القاهرة | EG | | Reuters
القاهرة 4 مايو أيار (رويترز) - | القاهرة | EG | --05-04 | Reuters
بيروت، 4 مايو 2024 (د ب أ) – | بيروت | LB | 2024-05-04 | dpa
رام الله (وفا) - | رام الله | PS | | WAFA
دبي - وام / | دبي | AE | | WAM
غزة/ الأناضول | غزة | PS | | Anadolu
واشنطن- (أ ف ب): | واشنطن | US | | AFP
القاهرة/دبي (رويترز) - | القاهرة/دبي | EG/AE | | Reuters
القدس المحتلة - «القدس العربي»: | القدس المحتلة | IL | |
TBILISI, Georgia (AP) — | Tbilisi | GE | | AP
МОСКВА, 4 мая. /ТАСС/. | Москва | RU | --05-04 | TASS
Jan 3 (Reuters) - | | | --01-03 | Reuters
新华社北京4月6日电 | 北京 | CN | --04-06 | Xinhua
本报上海5月2日讯 | 上海 | CN | --05-02 |
【東京=共同】 | 東京 | JP | | Kyodo
【ワシントン共同】 | ワシントン | US | | Kyodo
（ソウル＝共同） | ソウル | KR | | Kyodo
【パリ＝山田太郎】 | パリ | FR | |
【共同】 | | | | Kyodo
(서울=연합뉴스) | 서울 | KR | | Yonhap
"""
TRAPS = (
    "The Associated Press (AP) — founded in 1846 — is a cooperative.",
    "Photo (AP) - File",
    "NATO, EU leaders meet — and talk.",
    "UPDATE 2: more flights cancelled.",
    "LONDON calling: the band is back.",
    "Q&A: what happens now",
    "WASHINGTON, D.C. residents voted on Tuesday.",
    "BREAKING NEWS — two ships collide.",
    "London — the capital of England — is large.",
    "In Paris, May 4 — a day of rain — was quiet.",
    "Mayor: we will rebuild.",
    "OPINION: yes, rebuild it.",
    "Tokyo (Harbour News) - The port reopened.",
    "By Ann Lee we went to the sea - It rained.",
    "May 4 (AP) said it was a holiday.",
    "Feb 31 (Reuters) - no such day.",
    "TOKYO, Feb 31 — no such day.",
    "Tokyo (built in 1457) - a city",
    "【写真】港の様子",
    "（注）数字は概数。",
    "他在4月6日电话中说，一切都好。",
    "40月60日电",
    "新华社北京13月40日电 政府说",
    "قال مسؤولون: إن الميناء أعيد فتحه",
    "وزير الخارجية - قال إن الميناء أعيد فتحه",
    "القاهرة 4 مايو قال مسؤولون إن الميناء أعيد فتحه",
    "القاهرة (العاصمة المصرية) تستعد",
    "القاهرة 40 مايو (رويترز) - قال",
    "",
)


@pytest.mark.parametrize("row", FORMS.strip().splitlines())
def test_form_is_parsed(row: str) -> None:
    form, places, countries, date, agency = (cell.strip() for cell in row.split("|"))
    rest = (
        "The minister said the talks would go on."
        if form[0] not in "新本【（"
        else "政府は会談を続けると明らかにした。"
    )
    opening = parse_opening(f"{form} {rest}")
    assert opening is not None
    assert f"{form} {rest}"[opening.length :].strip() == rest
    dateline = opening.dateline
    assert dateline is not None
    assert "/".join(place.name for place in dateline.places) == places
    assert "/".join(str(place.country) for place in dateline.places) == countries
    assert (dateline.date.value if dateline.date else "") == date
    assert (dateline.agency or "") == agency


@pytest.mark.parametrize(
    ("form", "region", "country"),
    [
        ("SKAGEN, Denmark (AP) —", "Denmark", "DK"),
        ("THE HAGUE, Netherlands, May 4 (Xinhua) --", "Netherlands", "NL"),
        ("MOSUL, Nineveh, Iraq (AP) —", "Nineveh, Iraq", "IQ"),
        ("ATLANTA, Georgia (AP) —", "Georgia", "US"),
        ("TBILISI, Georgia (AP) —", "Georgia", "GE"),
        ("EDINBURGH, Scotland (AP) —", "Scotland", "GB"),
        ("CAMBRIDGE, Mass. (AP) —", "Mass.", "US"),
    ],
)
def test_region_is_what_is_printed_and_tells_the_country(form: str, region: str | None, country: str) -> None:
    opening = parse_opening(f"{form} The talks would go on.")
    assert opening
    assert opening.dateline
    place = opening.dateline.places[0]
    assert (place.region, place.country) == (region, country)


@pytest.mark.parametrize("trap", TRAPS)
def test_trap_is_no_dateline(trap: str) -> None:
    opening = parse_opening(trap)
    assert opening is None or opening.dateline is None


@pytest.mark.parametrize(
    ("text", "agency"), [("Reuters - Harland-Wolff Co. said", "Reuters"), ("(AP) — The ship", "AP")]
)
def test_agency_alone_is_no_dateline(text: str, agency: str) -> None:
    opening = parse_opening(text)
    assert opening is not None
    assert opening.dateline is None
    assert opening.agency == agency


def page(dateline: str, *sentences: str) -> str:
    return (
        f"Ferries return after storm\n\n{dateline} {' '.join(sentences)}\n\n"
        + "The company carries 40,000 people a month, it said. " * 3
    )


RECEIVED = [
    (datetime(2024, 1, 2, tzinfo=UTC), "Dec 30", "2023-12-30"),
    (datetime(2023, 12, 31, 20, tzinfo=UTC), "Jan 1", "2024-01-01"),
    (datetime(2024, 3, 1, tzinfo=UTC), "Feb 29", "2024-02-29"),
    (datetime(2023, 3, 1, tzinfo=UTC), "Feb 29", "--02-29"),
    (datetime(2024, 5, 20), "May 6", "2024-05-06"),
    (datetime(2024, 5, 21, tzinfo=UTC), "May 6", "--05-06"),
    (datetime(2024, 5, 4, tzinfo=UTC), "May 6", "2024-05-06"),
    (datetime(2024, 5, 3, tzinfo=UTC), "May 6", "--05-06"),
]


@pytest.mark.parametrize(("received_at", "day", "value"), RECEIVED)
def test_year_comes_from_receipt(received_at: datetime, day: str, value: str) -> None:
    cleaned = clean(page(f"LISBON, {day} (AP) —", "The port reopened."), Hints(received_at=received_at))
    assert cleaned.dateline is not None
    assert cleaned.dateline.date is not None
    assert cleaned.dateline.date.value == value
    assert cleaned.dateline.date.evidence == ("none" if value.startswith("--") else "received_at")


WEEKDAYS = [
    (("The port reopened on Friday.", "It was last closed in 2022."), "2024-05-17", "weekday"),
    (("The port reopened on Thursday.", "It was last closed in 2022."), "2024-05-17", "weekday"),
    (("The port reopened Friday.", "It closed on May 16 in a storm, as in 2021."), "2025-05-17", "weekday"),
    (("The port reopened on Friday.", "It will grow by 2050 and did so in 2022."), "2024-05-17", "weekday"),
    (("The port reopened on Friday.",), "--05-17", "none"),
    (("The port reopened.", "It was last closed in 2022."), "--05-17", "none"),
]


@pytest.mark.parametrize(("sentences", "value", "evidence"), WEEKDAYS)
def test_year_comes_from_weekday(sentences: tuple[str, ...], value: str, evidence: str) -> None:
    cleaned = clean(page("LISBON, May 17 (AP) —", *sentences))
    assert cleaned.dateline is not None
    assert cleaned.dateline.date is not None
    assert (cleaned.dateline.date.value, cleaned.dateline.date.evidence) == (value, evidence)
    assert cleaned.dateline.date.year_inferred is (evidence != "none")
    assert (Warning_.YEAR_UNKNOWN in cleaned.warnings) is (evidence == "none")


def test_year_comes_from_the_time_of_publication() -> None:
    raw = page("LISBON, May 17 (AP) —", "The port reopened.").replace(
        "\n\n", "\n\nPublished: 18 May 2021\n\n", 1
    )
    date = clean(raw).dateline.date  # type: ignore[union-attr]
    assert date is not None
    assert (date.value, date.evidence) == ("2021-05-17", "published_at")


def test_printed_year_is_not_inferred() -> None:
    date = clean(
        page("LISBON, May 17, 2019 (AP) —", "The port reopened on Friday."),
        Hints(received_at=datetime(2024, 5, 18)),
    ).dateline.date  # type: ignore[union-attr]
    assert date is not None
    assert (date.value, date.year_inferred, date.evidence) == ("2019-05-17", False, "printed")


def test_weekday_that_no_leap_day_has_decides_nothing() -> None:
    cleaned = clean(
        page("LISBON, Feb 29 (AP) —", "The port reopened on Friday.", "It was last closed in 2022.")
    )
    assert cleaned.dateline is not None
    assert cleaned.dateline.date is not None
    assert cleaned.dateline.date.evidence == "none"
