"""The fields of an article, one after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.cleaning import NO_HINTS, Author, Hints, Media, Metric, Reason, Role, Timestamp, Warning_, clean
from app.cleaning.byline_places import find_byline
from app.cleaning.captions import find_captions, parse_caption
from app.cleaning.draft import Draft, Metadata
from app.cleaning.ledger import Line
from app.cleaning.measures import weigh
from app.cleaning.points import find_points

PROSE = (
    "The port reopened on Friday after a storm that had closed it for the whole of last week, officials said."
)
MORE = (
    "“We waited for nine days,” said Rui Costa, who drives a lorry between the port and the "
    "market in the upper town."
)

COUNTED = f"""Porto ferries to run at night again, mayor says

This news has been read 42 times!

Mayor Rui Costa speaks at the quay during the first night crossing in the harbour on May 16 in Lisbon. (AP)

LISBON, May 17, (AP): {PROSE}
{MORE}
The ferries last ran at night in 2022, and the city has promised to bring them back since then.

This news has been read 42 times!

Related Articles

Back to top button

Advt Blocker Detected

Kindly disable the Ad blocker

Verified by TideCounter
"""


@pytest.mark.parametrize(
    ("hints", "evidence"),
    [(NO_HINTS, "weekday"), (Hints(received_at=datetime(2024, 5, 17, tzinfo=UTC)), "received_at")],
)
def test_page_of_the_seeds_shape(hints: Hints, evidence: str) -> None:
    cleaned = clean(COUNTED.replace("on May 16 ", ""), hints)
    assert cleaned.headline == "Porto ferries to run at night again, mayor says"
    assert cleaned.metrics == (Metric("reads", 42),)
    assert [(media.type, media.credit) for media in cleaned.media] == [("picture", "AP")]
    assert cleaned.dateline is not None
    assert cleaned.dateline.text == "LISBON, May 17, (AP):"
    assert cleaned.dateline.date is not None
    assert (cleaned.dateline.date.value, cleaned.dateline.date.evidence) == ("2024-05-17", evidence)
    assert cleaned.body.startswith("The port reopened on Friday")
    assert len(cleaned.body.split("\n\n")) == 3
    assert (cleaned.agency, cleaned.authors, cleaned.byline, cleaned.language) == ("AP", (), None, "en")
    assert cleaned.published_at is None
    assert {line.number: line.reason for line in cleaned.lines if line.reason} == {
        3: Reason.READ_COUNTER,
        11: Reason.READ_COUNTER,
        13: Reason.RELATED_LINKS,
        15: Reason.NAVIGATION,
        17: Reason.AD_BLOCKER_NOTICE,
        19: Reason.AD_BLOCKER_NOTICE,
        21: Reason.TRACKING,
    }


def with_line(line: str) -> str:
    return f"Ferries return after winter storm\n\n{line}\n\n{PROSE}\n\n{MORE}"


BYLINES = [
    ("By Nora Feld", [("Nora Feld", None)], None),
    ("By Nora Feld and Ibrahim Said", [("Nora Feld", None), ("Ibrahim Said", None)], None),
    ("BY NORA FELD", [("Nora Feld", None)], None),
    ("By Nora Feld, staff writer", [("Nora Feld", "staff writer")], None),
    (
        "By Nora Feld, Ibrahim Said and Ann Lee",
        [("Nora Feld", None), ("Ibrahim Said", None), ("Ann Lee", None)],
        None,
    ),
    ("By Nora Feld, Associated Press", [("Nora Feld", None)], "AP"),
    ("By Nora Feld | May 4, 2024", [("Nora Feld", None)], None),
    ("By The Associated Press", [], "AP"),
    ("By Reuters Staff", [], "Reuters"),
    ("By Staff Writer, Nora Feld", [("Nora Feld", None)], None),
    ("Von Mareike Holt", [("Mareike Holt", None)], None),
    ("Par Élodie Marchand et Luc Roi", [("Élodie Marchand", None), ("Luc Roi", None)], None),
    ("Interview: Martin Keel", [("Martin Keel", None)], None),
    (
        "Social affairs correspondent Patricia Nolan",
        [("Patricia Nolan", "Social affairs correspondent")],
        None,
    ),
    ("Par Claire Dumont avec AFP", [("Claire Dumont", None)], "AFP"),
    ("By Hannah Whitlock, Transport Correspondent", [("Hannah Whitlock", "Transport Correspondent")], None),
    ("2025年11月20日 09:15 来源：新华社 记者 王宇", [("王宇", None)], None),
    ("Por María de la Fuente", [("María de la Fuente", None)], None),
    ("Di Anna Rossi", [("Anna Rossi", None)], None),
    ("Door Jan van der Berg", [("Jan van der Berg", None)], None),
    ("De Jan Peeters", [("Jan Peeters", None)], None),
    ("文/王小明", [("王小明", None)], None),
    ("記者 王小明", [("王小明", None)], None),
    ("山田太郎記者", [("山田太郎", None)], None),
]


@pytest.mark.parametrize(("line", "authors", "agency"), BYLINES)
def test_byline_names_people(line: str, authors: list[tuple[str, str | None]], agency: str | None) -> None:
    cleaned = clean(with_line(line))
    assert cleaned.byline == line
    assert cleaned.authors == tuple(Author(*author) for author in authors)
    assert cleaned.agency == agency


@pytest.mark.parametrize(
    "line",
    [
        "By Monday the water had gone.",
        "By the river",
        "By 2030 all ferries run on power",
        "Von hier aus sieht man das Meer",
    ],
)
def test_sentence_is_no_byline(line: str) -> None:
    assert clean(with_line(line)).byline is None


TIMESTAMPS = [
    ("Published: 4 May 2024", "2024-05-04", "day"),
    ("May 4, 2024 12:15 BST", "2024-05-04T11:15:00Z", "minute"),
    ("May 4, 2024 12:15 PM EST", "2024-05-04T17:15:00Z", "minute"),
    ("Saturday, May 4, 2024", "2024-05-04", "day"),
    ("2024-05-04T09:30:15+02:00", "2024-05-04T07:30:15Z", "second"),
    ("2024-05-04T09:30:15-0230", "2024-05-04T12:00:15Z", "second"),
    ("Posted on May 4th, 2024 at 9:30", "2024-05-04", "day"),
    ("Veröffentlicht: 4. Mai 2024, 10:20 Uhr", "2024-05-04", "day"),
    ("04.05.2024 | 10:20", "2024-05-04", "day"),
    ("Publié le 4 mai 2024 à 10h20", "2024-05-04", "day"),
    ("4 de mayo de 2024", "2024-05-04", "day"),
    ("2024年5月4日 18時20分", "2024-05-04", "day"),
    ("发布时间：2024-05-04 10:20", "2024-05-04", "day"),
    ("Published May 4, 2024 | Updated May 6, 2024", "2024-05-04", "day"),
    ("Updated: 6 May 2024", "2024-05-06", "day"),
    ("Published 12:15 BST, 4 May 2024", "2024-05-04T11:15:00Z", "minute"),
    ("12:15 PM EST on Saturday, May 4, 2024", "2024-05-04T17:15:00Z", "minute"),
    ("10:20 CEST | 4. Mai 2024", "2024-05-04T08:20:00Z", "minute"),
    ("Published 10:20, 4 May 2024 12:15 BST", "2024-05-04T11:15:00Z", "minute"),
    ("May 4, 2024 25:99", "2024-05-04", "day"),
]


@pytest.mark.parametrize(("line", "value", "precision"), TIMESTAMPS)
def test_timestamp_is_read(line: str, value: str, precision: Any) -> None:
    published_at = clean(with_line(line)).published_at
    if line.endswith("25:99"):
        assert published_at is None
    else:
        assert published_at == Timestamp(value, precision, "line 3")


@pytest.mark.parametrize(
    "line",
    [
        *("May 4", "In May 4, 2024 voters went home", "Feb 30, 2024", "On May 4, 2024 it rained", "2024"),
        "Published 25:99 BST, 4 May 2024",
    ],
)
def test_date_in_other_text_is_no_timestamp(line: str) -> None:
    assert clean(with_line(line)).published_at is None


@pytest.mark.parametrize(
    ("hints", "more", "value"),
    [
        (Hints(), "", None),
        (Hints(language="en"), "", None),
        (Hints(language="en-US"), "", "2024-03-04"),
        (Hints(language="en-GB"), "", "2024-04-03"),
        (Hints(language="fr"), "", "2024-04-03"),
        (Hints(url="https://news.example/2024/03/04/ferries"), "", "2024-03-04"),
        (Hints(url="https://news.example/9999/99/99/ferries"), "", None),
        (Hints(url="https://[news"), "", None),
        (Hints(url="https://news.example.co.uk/ferries"), "", "2024-04-03"),
        (Hints(received_at=datetime(2024, 3, 6, tzinfo=UTC)), "", "2024-03-04"),
        (Hints(received_at=datetime(2024, 9, 6, tzinfo=UTC)), "", None),
        (Hints(), "Older: 23/04/2024", "2024-04-03"),
        (Hints(), "Older: 04/23/2024", "2024-03-04"),
        (Hints(), "Older: 04/23/2024\nOldest: 23/01/2024", None),
    ],
)
def test_numeric_date_is_read_in_the_order_that_the_page_tells(
    hints: Hints, more: str, value: str | None
) -> None:
    raw = f"Ferries return after storm\n\nPublished: 03/04/2024\n\n{PROSE}\n\n{MORE}\n\n{more}"
    cleaned = clean(raw, hints)
    assert (cleaned.published_at and cleaned.published_at.value) == value
    assert "2024" not in cleaned.body


def test_time_zone_and_language_tell_the_order_of_a_date() -> None:
    raw = "Ferries return after storm\n\nPublished: 03/04/2024 10:15 {}\n\n" + f"{PROSE}\n\n{MORE}"
    found = [clean(raw.format(zone)).published_at for zone in ("EST", "BST")]
    assert [each and each.value for each in found] == ["2024-03-04T15:15:00Z", "2024-04-03T09:15:00Z"]
    text = (
        "Die Fähren fahren wieder\n\n03/04/2024 12:00\n\nDer Hafen wurde am Freitag nach einem Sturm wieder "
        "geöffnet, der die Fähren neun Tage lang festgehalten hatte, sagte der Hafenmeister am Montag."
    )
    german = clean(text).published_at
    assert german
    assert german.value == "2024-04-03"


def test_first_publication_wins_over_update() -> None:
    cleaned = clean(with_line("Updated: 6 May 2024\n\nPublished: 4 May 2024\n\nPublished: 3 May 2024"))
    assert cleaned.published_at == Timestamp("2024-05-04", "day", "line 5")


CHANGES = [
    ("Updated: May 6, 2024 12:15 BST", "2024-05-06T11:15:00Z", "minute"),
    ("Updated 12:15 BST, 6 May 2024", "2024-05-06T11:15:00Z", "minute"),
    ("Published May 4, 2024 | Updated May 6, 2024", "2024-05-06", "day"),
    ("Updated May 5, 2024\n\nUpdated May 6, 2024\n\nPublished May 4, 2024", "2024-05-06", "day"),
    ("Aktualisiert: 6. Mai 2024, 10:20 Uhr", "2024-05-06", "day"),
    ("Mis à jour le 6 mai 2024", "2024-05-06", "day"),
    ("Actualizado el 6 de mayo de 2024", "2024-05-06", "day"),
    ("Aggiornato il 6 maggio 2024", "2024-05-06", "day"),
    ("Atualizado em 6 de maio de 2024", "2024-05-06", "day"),
    ("Обновлено: 6 мая 2024", "2024-05-06", "day"),
    ("更新日 2024年5月6日", "2024-05-06", "day"),
    ("Güncelleme: 6 Mayıs 2024", "2024-05-06", "day"),
    ("آخر تحديث: 6 مايو 2024", "2024-05-06", "day"),
    ("Published: 4 May 2024", None, None),
    ("Published: 4 May 2024\n\nUpdated: 3 May 2024", None, None),
    ("The council updated its plan on May 6, 2024", None, None),
    ("Updated 6 May", None, None),
]


@pytest.mark.parametrize(("line", "value", "precision"), CHANGES)
def test_time_of_change_is_read_where_a_label_names_it(line: str, value: str, precision: Any) -> None:
    modified_at = clean(with_line(line)).modified_at
    if value is None:
        assert modified_at is None
    else:
        number = 3 + line[: line.find("6")].count("\n") if "\n" in line else 3
        assert modified_at == Timestamp(value, precision, f"line {number}")


def test_time_of_change_that_was_hours_ago_is_counted_from_receipt() -> None:
    received = Hints(received_at=datetime(2024, 5, 6, 12, tzinfo=UTC))
    for line, value in (("Updated 20 minutes ago", "2024-05-06T11:40Z"), ("20 minutes ago", None)):
        modified_at = clean(with_line(line), received).modified_at
        assert (modified_at and modified_at.value) == value


def test_caller_knows_of_the_change() -> None:
    cleaned = clean(with_line("Updated: 6 May 2024"), Hints(modified_at=datetime(2024, 5, 7, tzinfo=UTC)))
    assert cleaned.modified_at == Timestamp("2024-05-07T00:00:00Z", "second", "caller")


@pytest.mark.parametrize(
    ("line", "published", "changed"),
    [
        ("2024年5月4日 公開 2024年5月5日 更新", "2024-05-04", "2024-05-05"),
        ("2024年5月5日 12:15 更新", "2024-05-05", "2024-05-05"),
        ("发布时间：2024-05-04 更新时间：2024-05-05 10:20", "2024-05-04", "2024-05-05"),
        ("Última actualización: 5 de mayo de 2024", "2024-05-05", "2024-05-05"),
        ("Ultimo aggiornamento: 5 maggio 2024", "2024-05-05", "2024-05-05"),
        ("Letzte Aktualisierung: 5. Mai 2024", "2024-05-05", "2024-05-05"),
        ("Aktualisiert vor 3 Stunden", "2024-05-05", "2024-05-05"),
        ("vor 3 Stunden aktualisiert", "2024-05-05", "2024-05-05"),
        ("Updated\n\n3 hours ago", "2024-05-05", "2024-05-05"),
        ("Published 2 days ago, updated 30 minutes ago", "2024-05-03", "2024-05-05T22:30Z"),
        ("Published May 4, 2024, updated 30 minutes ago", "2024-05-04", "2024-05-05T22:30Z"),
        ("2024年5月5日 公開", "2024-05-05", None),
        ("Published May 4, 2024 | Updated 12:15 BST", "2024-05-04", None),  # of which day?
        ("May 4, 2024 Updated 3:45 p.m. EDT", "2024-05-04", None),
        ("Published 3 hours ago", "2024-05-05", None),
    ],
)
def test_label_goes_with_its_own_date(line: str, published: str, changed: str | None) -> None:
    found = clean(with_line(line), Hints(received_at=datetime(2024, 5, 5, 23, tzinfo=UTC)))
    assert found.published_at
    assert found.published_at.value == published
    assert (found.modified_at and found.modified_at.value) == changed


@pytest.mark.parametrize(
    "moment", [datetime(2024, 5, 4, 10), datetime(2024, 5, 4, 12, tzinfo=timezone(timedelta(hours=2)))]
)
def test_caller_wins(moment: datetime) -> None:
    cleaned = clean(with_line("Published: 4 May 2023"), Hints(published_at=moment, language="pt-BR"))
    assert cleaned.published_at == Timestamp("2024-05-04T10:00:00Z", "second", "caller")
    assert cleaned.language == "pt-BR"


CAPTIONS = [
    (
        "The ferry leaves the harbour on Monday. (AP Photo/Ann Lee)",
        "The ferry leaves the harbour on Monday.",
        "AP Photo/Ann Lee",
    ),
    ("The ferry leaves the harbour on Monday. (AP)", "The ferry leaves the harbour on Monday.", "AP"),
    ("The ferry leaves the harbour. Photo: Ann Lee", "The ferry leaves the harbour.", "Ann Lee"),
    (
        "The ferry leaves the harbour (Photo: Ann Lee/Reuters)",
        "The ferry leaves the harbour",
        "Ann Lee/Reuters",
    ),
    ("Die Fähre verlässt den Hafen. Foto: dpa", "Die Fähre verlässt den Hafen.", "dpa"),
    ("The ferry leaves the harbour. REUTERS/Ann Lee", "The ferry leaves the harbour.", "REUTERS/Ann Lee"),
    (
        "The ferry leaves the harbour | Ann Lee/Getty Images",
        "The ferry leaves the harbour",
        "Ann Lee/Getty Images",
    ),
    (
        "港を出る再開初便のフェリー＝3日、リスボン（共同）",
        "港を出る再開初便のフェリー＝3日、リスボン",
        "共同",
    ),
    (
        "Volunteers carry saplings to the beach in Semarang on Saturday. (JP/Suherdjoko)",
        "Volunteers carry saplings to the beach in Semarang on Saturday.",
        "JP/Suherdjoko",
    ),
    (
        "Firefighters stand at the terminal on Monday. Ann Lee / The Harbour Gazette",
        "Firefighters stand at the terminal on Monday.",
        "Ann Lee / The Harbour Gazette",
    ),
    (
        "Foto: Warga di sekitar pelabuhan lama (Wilda/detikcom)",
        "Warga di sekitar pelabuhan lama",
        "Wilda/detikcom",
    ),
    (
        "Volunteers carry saplings to the beach. (thejakartapost.com/Wienda Sari)",
        "Volunteers carry saplings to the beach.",
        "thejakartapost.com/Wienda Sari",
    ),
    (
        "Des voyageurs attendent le bac à la gare maritime. — J. Martin / AFP",
        "Des voyageurs attendent le bac à la gare maritime.",
        "J. Martin / AFP",
    ),
    (
        "FILE - The ferry leaves the harbour in a storm. (AP Photo/Ann Lee)",
        "The ferry leaves the harbour in a storm.",
        "AP Photo/Ann Lee",
    ),
]


@pytest.mark.parametrize(("line", "caption", "credit"), CAPTIONS)
def test_caption_becomes_media(line: str, caption: str, credit: str) -> None:
    cleaned = clean(with_line(line))
    assert cleaned.media == (Media("picture", caption, credit),)
    assert caption not in cleaned.body
    assert cleaned.dateline is None


def test_credit_alone_has_no_caption() -> None:
    cleaned = clean(with_line("Photo: Ann Lee"))
    assert cleaned.media == (Media("picture", None, "Ann Lee"),)
    assert cleaned.lines[2].role is Role.CREDIT


@pytest.mark.parametrize(
    ("line", "caption", "credit"),
    [
        (
            "The ferry leaves the harbour in a storm. Ann Lee",
            "The ferry leaves the harbour in a storm.",
            "Ann Lee",
        ),
        ("Rui Costa (l.) and Ann Lee at the quay", "Rui Costa (l.) and Ann Lee at the quay", None),
    ],
)
def test_caption_is_told_by_its_form(line: str, caption: str, credit: str | None) -> None:
    cleaned = clean(
        f"Ferries return after winter storm\n\n{PROSE}\n\n{line}\n\n{MORE}\n\n{PROSE[:-1]} today."
    )
    assert cleaned.media == (Media("picture", caption, credit),)
    assert caption not in cleaned.body


@pytest.mark.parametrize(
    "line",
    [
        "The harbour will be dredged by the firm that built it, said St. Louis",
        f"{MORE} He thanked the city. Then he left",
        "The port belongs to the city. © 2031 The Quay Herald GmbH, all rights reserved",
    ],
)
def test_other_ends_are_no_credit(line: str) -> None:
    raw = f"Ferries return after winter storm\n\n{PROSE}\n\n{line}\n\n{MORE}\n\n{PROSE[:-1]} today."
    assert clean(raw).media == ()


def test_caption_that_the_labeller_removed_is_found_by_its_credit() -> None:
    caption = "The ferry leaves the harbour on Monday"
    draft = Draft(
        raw="",
        lines=(
            Line(1, "Ferries return after storm"),
            Line(2, PROSE),
            Line(3, caption, Role.REMOVED, Reason.OUTSIDE_ARTICLE),
            Line(4, "Foto: Ann Lee", Role.REMOVED, Reason.REPEATED),
            Line(5, MORE),
        ),
        paragraphs=((1,), (2,), (3,), (4,), (5,)),
    )
    found = find_captions(draft)
    assert found.media == (Media("picture", caption, "Ann Lee"),)
    assert found.lines[2].role is Role.REMOVED


@pytest.mark.parametrize(
    ("summaries", "is_caption"), [((), True), (("Rui Costa speaks at the quay.",), False)]
)
def test_standfirst_above_a_credit_is_a_caption_unless_it_is_the_description(
    summaries: tuple[str, ...], is_caption: bool
) -> None:
    text = "Rui Costa speaks at the quay."
    lines = (
        Line(1, "Ferries return after storm"),
        Line(2, text, Role.STANDFIRST),
        Line(3, "Photo: Ann Lee"),
        Line(4, PROSE),
    )
    metadata = Metadata(summaries=summaries)
    found = find_captions(Draft(raw="", metadata=metadata, lines=lines, paragraphs=((1,), (2,), (3,), (4,))))
    assert found.media == (Media("picture", text if is_caption else None, "Ann Lee"),)
    assert found.lines[1].role is (Role.CAPTION if is_caption else Role.STANDFIRST)


@pytest.mark.parametrize(
    ("above", "line", "is_caption"),
    [
        ("By Nora Feld", "Pictured right, Rui Costa speaks to Ann Lee at the quay.", True),
        ("By Nora Feld", "Der Vorstand (von li nach re): Rui Costa, Ann Lee, Nora Feld", True),
        ("By Nora Feld", "Besuch am Hafen. Von links: Rui Costa, Ann Lee und Nora Feld.", True),
        ("By Nora Feld", "A lorry came from the left, and the ferry had to wait.", False),
        ("By Nora Feld", "港で話すコスタさん（左）と市長", True),
        ("By Nora Feld", "コスタさん（左）は港で市長と話した。", False),
        ("View 3 images", "Rui Costa speaks to Ann Lee at the quay.", True),
        ("View of the harbour", "Rui Costa speaks to Ann Lee at the quay.", False),
    ],
)
@pytest.mark.parametrize("role", [Role.STANDFIRST, Role.UNDECIDED])
def test_line_that_points_into_a_picture_is_a_caption(
    above: str, line: str, is_caption: bool, role: Role
) -> None:
    texts = ("Ferries return after storm", above, line, PROSE, MORE)
    lines = [Line(number, text) for number, text in enumerate(texts, start=1)]
    lines[2] = lines[2]._replace(role=role)
    found = find_captions(
        Draft(raw="", lines=tuple(lines), paragraphs=tuple((each.number,) for each in lines))
    )
    assert found.lines[2].role is (Role.CAPTION if is_caption else role)
    assert found.media == ((Media("picture", line, None),) if is_caption else ())


@pytest.mark.parametrize("below", ["Related Articles", "Ann Lee", "\nRelated Articles"])
def test_story_of_one_paragraph_is_no_caption_of_what_stands_below(below: str) -> None:
    story = "LONDON, May 7 (AP) - The harbour was quiet on Tuesday, its master said at noon."
    cleaned = clean(f"A quiet harbour\n\n{story}\n{below}")
    assert (cleaned.headline, cleaned.media) == ("A quiet harbour", ())
    assert cleaned.body.startswith("The harbour was quiet on Tuesday")


def test_story_that_ends_in_an_agency_has_no_caption() -> None:
    cleaned = clean(f"Ferries return after storm\n\n{MORE}\n\n{PROSE} (AP)")
    assert cleaned.media == ()
    assert cleaned.body.endswith("(AP)")


@pytest.mark.parametrize(
    "text",
    [
        "The ferry (built in 1931) left.",
        "He said (in a photo of words, long and with no end at all, as it seemed to us then).",
        "x" * 800 + " (AP)",
    ],
)
def test_other_brackets_are_no_credit(text: str) -> None:
    assert parse_caption(text) is None


def test_kicker_standfirst_and_subhead() -> None:
    standfirst = "The ferries stood still for nine days while the harbour was cleared."
    cleaned = clean(
        f"OPINION\nFerries return after winter storm\n{standfirst}\nBy Nora "
        f"Feld\n{PROSE}\n{MORE}\nWhat the port will do\n{MORE[:-1]}, again.\n• Two ferries an "
        f"hour\n“Good.”\n{PROSE[:-1]} today."
    )
    assert (cleaned.kicker, cleaned.headline, cleaned.standfirst) == (
        "OPINION",
        "Ferries return after winter storm",
        standfirst,
    )
    roles = [block.role for block in cleaned.blocks]
    assert roles[-5:] == [Role.SUBHEAD, Role.PARAGRAPH, Role.LIST, Role.QUOTE, Role.PARAGRAPH]
    assert "What the port will do" in cleaned.body


@pytest.mark.parametrize("trail", ["Home > Shipping > ", "Startseite Schifffahrt ", "Quay Herald | "])
def test_headline_behind_a_trail_is_taken_from_the_line_that_prints_it_alone(trail: str) -> None:
    headline = "Harbour ferries return after winter storm"
    raw = f"{trail}{headline}\n\n{headline}\n\nBy Nora Feld\n\n{PROSE}\n\n{MORE}\n\n{PROSE[:-1]} today."
    assert clean(raw).headline == headline


def test_headline_that_the_trail_cuts_off_is_taken_whole() -> None:
    headline = "Harbour ferries return after the longest winter storm in years"
    raw = f"> {headline[:40]}...\n\n{headline}\n\nBy Nora Feld\n\n{PROSE}\n\n{MORE}\n\n{PROSE[:-1]} today."
    assert clean(raw).headline == headline


@pytest.mark.parametrize(
    ("printed", "headline"),
    [
        ("HomeShippingHarbour ferries return after storm", "Harbour ferries return after storm"),
        ("HomePorto DistrictHarbour ferries return after storm", "Harbour ferries return after storm"),
        ("Home ferries of the McHarbour return after storm", None),
        ("HomeShippingRain", None),  # too short behind the trail
    ],
)
def test_trail_that_is_glued_to_the_headline_is_cut_off(printed: str, headline: str | None) -> None:
    raw = f"{printed}\n\nBy Nora Feld\n\nMay 4, 2024\n\n{PROSE}\n\n{MORE}\n\n{PROSE[:-1]} today."
    assert clean(raw).headline == (headline or printed)


@pytest.mark.parametrize(
    "line", ["Harbour ferries return. (AP Photo/Ann Lee)", "Click here for more on ferries"]
)
def test_caption_or_pointer_is_no_headline(line: str) -> None:
    headline = "Harbour ferries return after storm"
    raw = f"{headline}\n\n{line}\n\nMay 4, 2024\n\n{PROSE}\n\n{MORE}\n\n{PROSE[:-1]} today."
    assert clean(raw).headline == headline
    assert clean(raw.removeprefix(f"{headline}\n\n")).headline is None


def test_headline_of_two_sentences_is_no_paragraph() -> None:
    headline = "The ferries were famously late for years. Now they come on time."
    raw = f"{headline}\n\nBy Nora Feld\n\nMay 4, 2024\n\n{PROSE}\n\n{MORE}\n\n{PROSE[:-1]} today."
    assert clean(raw).headline == headline


def test_paragraph_that_nothing_parts_from_the_body_is_no_headline() -> None:
    first = "The ferries were famously late for years. Now they come on time."
    cleaned = clean(f"{first}\n\n{PROSE}\n\n{MORE}\n\n{PROSE[:-1]} today.")
    assert cleaned.headline is None
    assert first in cleaned.body


def test_site_name_is_cut_off_when_named() -> None:
    raw = f"Ferries return after storm | The Quay Herald\n\n{PROSE}\n\n{MORE}"
    assert clean(raw).headline == "Ferries return after storm | The Quay Herald"
    assert clean(raw, Hints(source="The Quay Herald")).headline == "Ferries return after storm"


def test_wrapped_text_is_joined() -> None:
    wrapped = (
        "The council said on Monday that it would repair\n"
        "the old bridge over the river before winter comes,\n"
        "if money allows."
    )
    cleaned = clean(f"Bridge to be repaired\n\n{wrapped}\n\n{PROSE}")
    assert cleaned.body.split("\n\n")[0] == wrapped.replace("\n", " ")
    assert [block.line for block in cleaned.blocks] == [1, 3, 7]


def test_name_that_a_page_prints_twice_above_a_title_is_its_author() -> None:
    lines = (
        "Skip to content",
        "Ferries return after storm",
        "Nora Feld",
        "Nora Feld",
        "Reporter",
        "3 min read",
    )
    assert clean("\n".join((*lines, PROSE, MORE))).authors == (Author("Nora Feld"),)


def test_contact_of_a_press_release_is_no_author() -> None:
    release = (
        "Ferries return",
        f"LISBON, Nov. 12, 2025 /PRNewswire/ -- {PROSE}",
        MORE,
        "Media contact:",
        "Nora Feld",
    )
    assert clean("\n".join(release)).authors == ()


def test_wire_story_is_joined_below_its_slug() -> None:
    wrapped = (
        "LISBON (AP) — The council said on Monday that it would repair\n"
        "Portugal's oldest bridge over the river before winter comes,\n"
        "if money allows."
    )
    cleaned = clean(f"BC-EU--Old Bridge, 1st Ld-Writethru\n{wrapped}\n\n{PROSE}\n\n{MORE}")
    opening = wrapped.replace("\n", " ").removeprefix("LISBON (AP) — ")
    assert cleaned.body.split("\n\n")[0] == opening
    assert cleaned.dateline is not None


def test_who_wrote_a_story_and_when_is_no_headline() -> None:
    story = (
        "Oil slips as producers signal output rise",
        "By Ann Lee and Omar Diaz",
        "November 3, 2025 3:14 PM UTC Updated 2 hours ago",
        "Summary",
        "Companies",
        "Producers to raise output by 137,000 barrels in December",
        f"LISBON, Nov 3 (Reuters) - {PROSE}",
        MORE,
        "The Quay Daily Briefing newsletter provides all the news you need. Sign up here.",
        "Reporting by Ann Lee in Lisbon and Omar Diaz in Oslo; Editing by Nora Feld",
    )
    cleaned = clean("\n".join(story))
    assert cleaned.headline == story[0]
    assert [author.name for author in cleaned.authors] == ["Ann Lee", "Omar Diaz"]
    assert cleaned.published_at == Timestamp("2025-11-03T15:14:00Z", "minute", "line 3")
    assert (cleaned.lines[8].reason, cleaned.lines[9].role) == (Reason.NEWSLETTER, Role.NOTE)
    assert cleaned.body == f"{PROSE}\n\n{MORE}"


def test_no_headline_stands_below_a_dateline() -> None:
    cleaned = clean(
        f"LISBON (AP) — {PROSE}\n\n{MORE}\n\nThe ferries will return on Monday, the port said.\n\nShare"
    )
    assert cleaned.headline is None
    assert Warning_.NO_HEADLINE in cleaned.warnings
    assert cleaned.body.endswith("The ferries will return on Monday, the port said.")


def test_reporter_behind_a_chinese_dateline_is_cut_off_with_it() -> None:
    story = (
        "上海机场集团20日宣布，浦东国际机场今年旅客吞吐量首次突破八千万人次，国际航线旅客同比增长百分之三十。"
    )
    cleaned = clean(
        f"浦东机场旅客突破八千万人次\n\n新华社上海11月20日电（记者王宇）{story}\n\n{story[:-1]}吗？"
    )
    assert cleaned.dateline is not None
    assert cleaned.dateline.text == "新华社上海11月20日电"
    assert cleaned.authors == (Author("王宇"),)
    assert cleaned.body.startswith(story)


def test_line_that_ends_in_a_credit_is_not_joined_with_the_next() -> None:
    caption, heading = (
        "The ferry leaves the old harbour on Monday (Image: Getty Images)",
        "Book the ferry early",
    )
    raw = f"Ferries return after storm\n\n{PROSE}\n\n{caption}\n{heading}\n\n{MORE}\n\n{PROSE[:-1]} today."
    cleaned = clean(raw)
    assert cleaned.media == (Media("picture", caption.split(" (")[0], "Getty Images"),)
    assert heading in cleaned.body.split("\n\n")


def test_wrapped_text_without_spaces_is_joined_without_them() -> None:
    lines = (
        "嵐のため九日間運休していた港のフェリーが、金曜日に運航を再開し",
        "た。港湾当局が月曜日に明らかにした。一時間に二便が運航され、桟",
        "橋は冬が来る前に修理されるという。",
    )
    headline, last = (
        "港のフェリーが嵐のあと運航を再開",
        "住民は再開を喜び、市場で働く男性は「長い間待っていた」と話した。",
    )
    cleaned = clean("\n".join([headline, "", *lines, "", last]))
    assert cleaned.body == f"{''.join(lines)}\n\n{last}"
    entries = "\n".join(["港のフェリーが嵐のあと運航を再開したと市が発表した。"] * 2)
    assert "発表した。港の" not in clean(f"{headline}\n\n{entries}\n\n{last}").body


def test_dateline_on_a_line_of_its_own() -> None:
    cleaned = clean(f"Ferries return after storm\n\nLISBON, May 17 (AP) —\n\n{PROSE}\n\n{MORE}")
    assert cleaned.lines[2].role is Role.DATELINE
    assert cleaned.dateline is not None
    assert cleaned.dateline.agency == "AP"


def test_glued_byline_is_read() -> None:
    cleaned = clean(f"Ferries return after storm\n\nBy ANN LEE LISBON (AP) -- {PROSE}\n\n{MORE}")
    assert (cleaned.byline, cleaned.authors) == ("By ANN LEE", (Author("Ann Lee"),))
    assert cleaned.body.startswith("The port")


@pytest.mark.parametrize(
    "raw", ["", "\n\n", "Home\nSport\nWeather", "Share on Facebook\nTweet", "Headline alone"]
)
def test_page_without_a_sentence_is_no_article(raw: str) -> None:
    cleaned = clean(raw)
    assert (cleaned.body, cleaned.headline, cleaned.fingerprint) == ("", None, "")
    assert all(line.role in (Role.REMOVED, Role.BLANK) for line in cleaned.lines)
    assert Warning_.NO_ARTICLE in cleaned.warnings


@pytest.mark.parametrize(
    "body",
    [
        PROSE,
        "嵐のため先週から閉鎖されていた港は金曜日に再開したと当局者が述べた。",
        "أعيد فتح الميناء يوم الجمعة بعد عاصفة أغلقته طوال الأسبوع الماضي، بحسب مسؤولين.",
    ],
)
def test_one_paragraph_is_an_article(body: str) -> None:
    cleaned = clean(f"Home\nFerries return after storm\n{body}\nShare")
    assert cleaned.body == body
    assert cleaned.headline == "Ferries return after storm"


def test_text_without_headline_says_so() -> None:
    cleaned = clean(f"{PROSE}\n\n{MORE}")
    assert cleaned.headline is None
    assert cleaned.warnings == (Warning_.NO_HEADLINE,)


def test_fingerprint_ignores_case_and_spaces() -> None:
    assert clean(PROSE).fingerprint == clean(PROSE.upper().replace(" ", "  ")).fingerprint != ""


def test_related_links_inside_the_article_go() -> None:
    cleaned = clean(
        f"Ferries return\n{PROSE}\nRelated Articles\nStorm closes "
        f"port\n{MORE}\nSport\nWeather\nTravel\n{PROSE[:-1]} today."
    )
    assert [line.reason for line in cleaned.lines[2:4]] == [Reason.RELATED_LINKS] * 2
    assert [line.reason for line in cleaned.lines[5:8]] == [Reason.NAVIGATION] * 3


CHARACTERS = [
    ("Rock &amp;amp; roll &notes; &#65; &NewLine;x", "Rock & roll &notes; A x"),
    ("itâ€™s cafÃ© time", "it’s café time"),
    ("a\u200bb\ufeffc\u202ed\x00e\xadf", "abcdef"),
    ("one\u3000two\xa0three\tfour  five ", "one two three four five"),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("👩\u200d👧 x\u200dy", "👩\u200d👧 xy"),
    ("e\u0301 \ud800", "é \ufffd"),
    ("e" + "\u0323" * 40, "ẹ" + "\u0323" * 29),
]


@pytest.mark.parametrize(("raw", "text"), CHARACTERS)
def test_characters_are_made_plain(raw: str, text: str) -> None:
    assert clean(raw).lines[0].text == text


def test_wide_letters_weigh_more() -> None:
    assert weigh("大雨") == weigh("12345")


def test_first_byline_counts() -> None:
    cleaned = clean(with_line("By Nora Feld\n\nBy Ann Lee"))
    assert cleaned.byline == "By Nora Feld"
    assert [line.role for line in cleaned.lines[2:5:2]] == [Role.BYLINE, Role.BYLINE]


def test_credit_below_a_wrapped_caption() -> None:
    caption = (
        "The ferry leaves the harbour on Monday with two\nhundred people on board, the first in ten days."
    )
    cleaned = clean(with_line(f"{caption}\n(AP Photo/Ann Lee)"))
    assert cleaned.media == (Media("picture", caption.replace("\n", " "), "AP Photo/Ann Lee"),)


def test_headline_printed_again_is_repeated() -> None:
    cleaned = clean(with_line("By Nora Feld") + "\n\nFerries return after winter storm\n\nSport")
    assert cleaned.lines[8].reason is Reason.REPEATED


def test_text_that_never_settles_is_no_article(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cleaning.labels.PASSES", 0)
    assert clean(with_line("By Nora Feld")).body == ""


def test_entities_are_decoded_in_few_rounds() -> None:
    assert clean("&#38;" + "#38;" * 9 + "lt;").lines[0].text == "&#38;#38;#38;#38;#38;#38;lt;"


def test_dates_of_other_weeks_are_not_the_day_of_the_story() -> None:
    raw = COUNTED.replace("on May 16 ", "on March 3 ")
    dateline = clean(raw).dateline
    assert dateline is not None
    assert dateline.date is not None
    assert dateline.date.value == "2024-05-17"


def test_notes_below_the_article_are_kept() -> None:
    cleaned = clean(
        f"{with_line('By Nora Feld')}\nShare\n(Reporting by Ann Lee; Editing by Omar Diaz)\n\nSport"
    )
    assert [line.role for line in cleaned.lines[7:10]] == [Role.REMOVED, Role.NOTE, Role.BLANK]


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Nora Feld", (Author("Nora Feld"),)),
        ("Nguyễn Thị An", (Author("Nguyễn Thị An"),)),
        ("Written by Nora Feld", (Author("Nora Feld"),)),
        ("Rui Costa", ()),  # whom the story speaks of
        ("Harbour Works", ()),
    ],
)
def test_signature_below_the_body_names_the_author(line: str, authors: tuple[Author, ...]) -> None:
    texts = ("Ferries return after storm", PROSE, f"{MORE} Rui Costa was there and saw it all.", line)
    draft = Draft(
        raw="",
        lines=(
            *(Line(number, text) for number, text in enumerate(texts[:-1], start=1)),
            Line(4, line, Role.REMOVED, Reason.NAVIGATION),
        ),
        paragraphs=((1,), (2,), (3,), (4,)),
    )
    found = find_byline(draft)
    assert found.authors == authors
    assert found.lines[3].role is Role.REMOVED


def test_names_at_the_beginning_do_not_hide_the_language() -> None:
    names = (
        "Harbour Institute of Maritime Management (HIMM School of Shipping Hamburg) und Northern Quay "
        "Business College haben ihre Lehrpläne verbunden: Master of Port Operations, Bachelor of "
        "Global Logistics, Certificate in Cargo Insurance, Executive Leadership Programme, Summer School on "
        "Green Shipping, Young Captains Fellowship, Digital Harbour Lab und Women in Shipping Network "
        "gehören nun zusammen."
    )
    text = (
        "Die Studierenden sollen künftig an beiden Orten lernen, sagte die Leiterin der Schule am Dienstag. "
        "Wer im Herbst beginnt, verbringt das erste Jahr an der Elbe und das zweite an der See. Die Gebühren "
        "bleiben gleich, und die Zahl der Plätze steigt um ein Drittel.",
        "Der Senat hat dem Plan zugestimmt, obwohl die Gewerkschaft noch Fragen nach den Verträgen der "
        "Lehrkräfte hat. Sie fürchtet, dass Stunden wegfallen, wenn zwei Klassen zusammen unterrichtet "
        "werden, und will darüber im Frühjahr noch einmal mit der Leitung sprechen.",
        "Für die Häfen kommt der Plan zur rechten Zeit, denn ihnen fehlen seit Jahren Leute, die mit den "
        "neuen Kränen umgehen können. Ein Teil der Ausbildung soll deshalb an Bord eines alten Frachters "
        "stattfinden, der am Ende der Mole liegt und dafür umgebaut wird. Die Arbeiten beginnen im Mai.",
    )
    raw = "\n\n".join(["Zwei Schulen am Hafen legen ihre Lehrgänge zusammen", names, *text])
    assert clean(raw).language == "de"


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Nora Feld", ()),
        ("Author: Nora Feld", (Author("Nora Feld"),)),
    ],
)
def test_bare_name_below_the_source_of_the_story_is_a_topic(line: str, authors: tuple[Author, ...]) -> None:
    texts = ("Ferries return after storm", PROSE, MORE, "(Quelle: AFP/dpa)", line)
    lines = [Line(number, text) for number, text in enumerate(texts, start=1)]
    lines[3:] = [each._replace(role=Role.REMOVED, reason=Reason.NAVIGATION) for each in lines[3:]]
    draft = Draft(raw="", lines=tuple(lines), paragraphs=tuple((line.number,) for line in lines))
    assert find_byline(draft).authors == authors


def make_draft(raw: str, *, removed: int = 0) -> Draft:
    """Make a draft of a text in single lines, of which the first ones were removed as a menu."""
    menu, kept = Line(0, "", Role.REMOVED, Reason.NAVIGATION), Line(0, "")
    lines = [
        (menu if number <= removed else kept)._replace(number=number, text=text)
        if text
        else Line(number, "", Role.BLANK)
        for number, text in enumerate(raw.split("\n"), start=1)
    ]
    return Draft(raw=raw, lines=tuple(lines), paragraphs=tuple((line.number,) for line in lines if line.text))


@pytest.mark.parametrize(
    ("above", "authors"),
    [
        ("Nora Feld", (Author("Nora Feld"),)),
        ("Harbour Laboratory\n\nNora Feld", (Author("Nora Feld"),)),
        ("Ann Lee\n\nNora Feld", ()),
        ("Nora Feld\n\nAnn Lee\n\nIbrahim Said", ()),
    ],
)
def test_people_one_below_the_other_above_the_headline_are_a_menu(
    above: str, authors: tuple[Author, ...]
) -> None:
    above = f"{above}\n\nMay 4, 2024"
    raw = "\n\n".join([above, "Ferries return after the storm", PROSE, MORE, f"{PROSE[:-1]} today."])
    assert find_byline(make_draft(raw, removed=above.count("\n") + 1)).authors == authors


POINTS = (
    "The port opened again on Friday after the storm",
    "The storm had closed it for all of last week",
    "A lorry driver waited for nine days at the port",
)
OTHERS = (
    "Trams stop in all of Lyon today",
    "Rain falls in Oslo for nine days",
    "Bees come back to Kent at last",
)


@pytest.mark.parametrize(
    ("points", "mark", "are_found"),
    [
        (POINTS, "\n", True),
        (POINTS, "\n\n", False),  # parted as paragraphs are
        (POINTS[:2], "\n", False),
        (OTHERS, "\n", False),
    ],
)
def test_lines_that_nothing_parts_are_summary_points(
    points: tuple[str, ...], mark: str, are_found: bool
) -> None:
    body = (PROSE, MORE, f"{PROSE[:-1]} today.")
    draft = make_draft(
        "\n\n".join(["Ferries return after the storm", "By Nora Feld", mark.join(points), *body])
    )
    found = find_points(draft, (1,))
    assert [draft.text_of(each) for each in found] == (list(points) if are_found else [])


def test_summary_points_are_the_standfirst() -> None:
    points = [f"{point}." for point in POINTS]
    above = ["Harbour ferries return after winter storm", "\n".join(points), "By Nora Feld", "May 4, 2024"]
    cleaned = clean("\n\n".join([*above, PROSE, MORE, f"{PROSE[:-1]} today."]))
    assert cleaned.standfirst == "\n".join(points)
    assert [line.role for line in cleaned.lines if line.text in points] == [Role.STANDFIRST] * 3
