"""What the markup of a page states, checked against the lines that it shows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.cleaning import Author, Cleaned, Hints, Media, Role, Timestamp, Warning_, clean
from app.cleaning.metadata import parse_moment

HTML = Hints(content_type="text/html")
PROSE = (
    "The port reopened on Friday after a storm that had closed it for all of last week, officials said.",
    "“We waited for nine days,” said Rui Costa, who drives a lorry between the port and the market.",
    "The ferries last ran at night in 2022, and the city has promised to bring them back since then.",
)
STATED: dict[str, Any] = {
    "@type": "NewsArticle",
    "headline": "Harbour ferries return after winter storm",
    "description": "The ferries stood still for nine days, and the harbour was empty.",
    "datePublished": "2024-05-04T12:15:00+01:00",
    "author": [{"@type": "Person", "name": "Nora Feld"}],
    "articleSection": "Shipping",
    "keywords": "harbour, ferry",
    "inLanguage": "en-GB",
}


def make_page(
    stated: Any = STATED, *, above: str = "", byline: str = "Nora Feld, Oslo", head: str = ""
) -> str:
    script = f'<script type="application/ld+json">{json.dumps(stated)}</script>' if stated else ""
    paragraphs = "".join(f"<p>{text}</p>" for text in PROSE)
    return (
        f"<html><head>{script}{head}</head><body>{above}<h1>Harbour ferries return after winter storm</h1>"
        f'<p class="standfirst">The ferries stood still for nine days, and the harbour was empty.</p>'
        f"<div>{byline}</div>{paragraphs}</body></html>"
    )


def clean_page(*args: Any, **options: Any) -> Cleaned:
    return clean(make_page(*args, **options), HTML)


def test_fields_come_from_what_the_markup_states_and_the_page_prints() -> None:
    cleaned = clean_page()
    assert cleaned.headline == STATED["headline"]
    assert cleaned.standfirst == STATED["description"]
    assert cleaned.authors == (Author("Nora Feld"),)
    assert cleaned.byline == "Nora Feld, Oslo"
    assert cleaned.published_at == Timestamp("2024-05-04T11:15:00Z", "second", "metadata")
    assert (cleaned.section, cleaned.tags, cleaned.language) == ("Shipping", ("harbour", "ferry"), "en")
    assert cleaned.body == "\n\n".join(PROSE)
    assert not [warning for warning in cleaned.warnings if "differ" in warning]


@pytest.mark.parametrize(
    ("change", "options", "warning"),
    [
        ({"headline": "Stock markets fall in Tokyo"}, {}, Warning_.HEADLINE_DIFFERS),
        ({"author": {"name": "Omar Diaz"}}, {"byline": "By Nora Feld"}, Warning_.AUTHORS_DIFFER),
        (
            {"datePublished": "2023-01-02T10:00:00Z"},
            {"byline": "Nora Feld, 4 May 2024"},
            Warning_.DATE_DIFFERS,
        ),
        (
            {"datePublished": "2023-01-02T10:00:00Z", "dateModified": "2024-05-04T10:00:00Z"},
            {"byline": "Nora Feld, updated: 4 May 2024"},
            None,
        ),
        ({"inLanguage": "pt"}, {}, Warning_.LANGUAGE_DIFFERS),
    ],
)
def test_disagreement_is_warned_of(
    change: dict[str, Any], options: dict[str, str], warning: Warning_ | None
) -> None:
    cleaned = clean_page({**STATED, **change}, **options)
    found = [each for each in cleaned.warnings if "differ" in each]
    assert found == ([warning] if warning else [])
    assert cleaned.headline == STATED["headline"]


def test_headline_that_is_printed_nowhere_is_not_taken() -> None:
    page = make_page({"@type": "Article", "headline": "Stock markets fall in Tokyo"})
    cleaned = clean(page.replace("<h1>", "<h2>").replace("</h1>", "</h2>"), HTML)
    assert cleaned.headline == STATED["headline"]
    assert Warning_.HEADLINE_DIFFERS in cleaned.warnings


@pytest.mark.parametrize(
    ("author", "authors", "agency"),
    [
        ({"@type": "Organization", "name": "Quay Herald"}, (), None),
        ({"name": "Reuters"}, (), "Reuters"),
        ("https://example.org/authors/feld", (), None),
        ({"name": "Nora Feld and Ibrahim Said"}, (Author("Nora Feld"), Author("Ibrahim Said")), None),
        ({"name": "大渡 美咲"}, (Author("大渡 美咲"),), None),
        ([[["Nora Feld"]]], (), None),
    ],
)
def test_stated_authors_are_people(author: Any, authors: tuple[Author, ...], agency: str | None) -> None:
    cleaned = clean_page(
        {**STATED, "author": author}, byline="Nora Feld and Ibrahim Said 大渡 美咲 (Reuters)"
    )
    found = tuple(each for each in cleaned.authors if each in authors)
    assert found == authors
    assert cleaned.agency == agency or agency is None


@pytest.mark.parametrize(
    ("author", "byline", "authors"),
    [
        ("nora mcfeld_7", "By Nora mcfeld_7", (Author("Nora mcfeld_7"),)),
        ("Quayfox", "By Quayfox", (Author("Quayfox"),)),
        ("Quayfox", "Quayfox sat on the pier", ()),
        ("The Quay Herald", "By The Quay Herald", ()),  # the outlet
    ],
)
def test_stated_pen_name_is_an_author_behind_by(
    author: str, byline: str, authors: tuple[Author, ...]
) -> None:
    site = '<meta property="og:site_name" content="The Quay Herald">'
    assert clean_page({**STATED, "author": {"name": author}}, byline=byline, head=site).authors == authors


def test_agency_that_the_page_prints_alone_is_its_byline() -> None:
    cleaned = clean_page({**STATED, "author": {"name": "AFP"}}, byline="AFP")
    assert (cleaned.authors, cleaned.agency, cleaned.byline) == ((), "AFP", "AFP")


def test_author_named_by_id_is_resolved() -> None:
    graph = {
        "@graph": [
            {"@type": "Article", "headline": STATED["headline"], "author": {"@id": "#feld"}},
            {"@type": "Person", "@id": "#feld", "name": "Nora Feld"},
        ]
    }
    assert clean_page(graph).authors == (Author("Nora Feld"),)


def test_author_of_a_story_that_stands_inside_another_is_not_its_author() -> None:
    page = make_page(byline="").replace(f"<p>{PROSE[2]}", f"<p>By Omar Diaz</p><p>{PROSE[2]}")
    cleaned = clean(page, HTML)
    assert (cleaned.authors, cleaned.byline) == ((Author("Nora Feld"),), None)
    assert Warning_.AUTHORS_DIFFER in cleaned.warnings


def test_marked_author_of_another_story_is_no_author() -> None:
    teaser = '<ul><li><a href="/b">Trams stop for two weeks</a> <span class="author">Omar Diaz</span></ul>'
    assert clean(make_page(None, byline="") + 100 * "<p>Menu</p>" + teaser, HTML).authors == ()


@pytest.mark.parametrize(("element", "is_in_body"), [("p", True), ("h2", False)])
def test_description_that_opens_the_body_is_the_standfirst_and_stays_there(
    element: str, is_in_body: bool
) -> None:
    description = str(STATED["description"])
    page = make_page().replace(
        f'<p class="standfirst">{description}</p><div>Nora Feld, Oslo</div>',
        f"<div>Nora Feld, Oslo</div><{element}>{description}</{element}>",
    )
    cleaned = clean(page, HTML)
    assert cleaned.standfirst == description
    assert cleaned.body.startswith(description) is is_in_body
    role = Role.PARAGRAPH if is_in_body else Role.STANDFIRST
    assert [line.role for line in cleaned.lines if line.text == description] == [role]


@pytest.mark.parametrize(
    ("description", "standfirst"),
    [
        (PROSE[0].removesuffix("."), PROSE[0]),  # in the form that the page prints
        (f"{PROSE[0]} {PROSE[1]}", f"{PROSE[0]}\n{PROSE[1]}"),
        (f"{PROSE[0][:90]}…", None),  # cut off
        (PROSE[0][:60], None),
        (PROSE[1], None),  # not what the article opens with
        ("News, sport and weather from the harbour, every day.", None),
        (" ".join(PROSE), None),  # all of the body
        ("", None),
    ],
)
def test_description_is_a_standfirst_only_where_the_body_opens_with_it(
    description: str, standfirst: str | None
) -> None:
    own = f'<p class="standfirst">{STATED["description"]}</p>'
    cleaned = clean(make_page({**STATED, "description": description}).replace(own, ""), HTML)
    assert cleaned.standfirst == standfirst
    assert cleaned.body == "\n\n".join(PROSE)


def test_description_is_told_without_the_dateline_that_opens_the_body() -> None:
    own = f'<p class="standfirst">{STATED["description"]}</p>'
    page = make_page({**STATED, "description": PROSE[0]}).replace(own, "")
    cleaned = clean(page.replace(f"<p>{PROSE[0]}", f"<p>LISBON, May 4 (Reuters) - {PROSE[0]}"), HTML)
    assert cleaned.standfirst == PROSE[0]
    assert cleaned.dateline is not None


def test_own_standfirst_goes_before_the_description_that_opens_the_body() -> None:
    cleaned = clean(make_page(head=f'<meta property="og:description" content="{PROSE[0]}">'), HTML)
    assert cleaned.standfirst == STATED["description"]


def test_standfirst_that_begins_with_a_place_gives_the_dateline() -> None:
    standfirst = "LISBON. The ferries stood still for nine days, and the harbour was empty."
    page = make_page({**STATED, "description": standfirst}).replace(STATED["description"], standfirst)
    cleaned = clean(page, HTML)
    assert cleaned.standfirst == standfirst
    assert cleaned.dateline is not None
    assert [place.name for place in cleaned.dateline.places] == ["Lisbon"]


def test_caption_of_a_figure_leaves_the_body() -> None:
    figure = (
        "<figure><img src=a><figcaption>The first ferry leaves the old harbour"
        '<span class="credit">Ann Lee/Reuters</span></figcaption></figure>'
    )
    beside = figure.replace("first ferry leaves the old harbour", "mayor opens a school")
    page = make_page().replace(f"<p>{PROSE[1]}", f"{figure}<p>{PROSE[1]}") + f"<aside>{beside}</aside>"
    cleaned = clean(page, HTML)
    assert cleaned.media == (Media("picture", "The first ferry leaves the old harbour", "Ann Lee/Reuters"),)
    assert cleaned.body == "\n\n".join(PROSE)


def test_caption_whose_credit_no_element_marks_leaves_the_body() -> None:
    caption = "<div>The first ferry leaves the old harbour</div><div>A. Lee</div>"
    page = make_page().replace(
        f"<p>{PROSE[1]}", f"<figure><figcaption>{caption}</figcaption></figure><p>{PROSE[1]}"
    )
    cleaned = clean(page, HTML)
    assert [media.type for media in cleaned.media] == ["picture"]
    assert "ferry leaves" not in cleaned.body


def test_meta_elements_serve_where_json_ld_is_missing() -> None:
    metas = {
        "og:title": "Harbour ferries return after winter storm",
        "og:site_name": "The Quay Herald",
        "article:published_time": "2024-05-04",
        "article:section": "Shipping",
        "author": "Nora Feld",
        "news_keywords": "harbour, ferry",
    }
    head = "".join(f'<meta property="{name}" content="{value}">' for name, value in metas.items())
    cleaned = clean_page(None, head=head)
    assert cleaned.authors == (Author("Nora Feld"),)
    assert cleaned.published_at == Timestamp("2024-05-04", "day", "metadata")
    assert (cleaned.section, cleaned.tags) == ("Shipping", ("harbour", "ferry"))


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-05-04T12:15:00Z", ("2024-05-04T12:15:00Z", "second")),
        ("2024-05-04T12:15:00.918+09:00", ("2024-05-04T03:15:00Z", "second")),
        ("2024-05-04T12:15:00", ("2024-05-04", "day")),
        ("2024-05-04", ("2024-05-04", "day")),
        ("May 4, 2024", ("2024-05-04", "day")),
        ("0001-01-01T00:00:00+14:00", None),
        ("2024-13-45", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_stated_moment_is_read(value: str, moment: tuple[str, str] | None) -> None:
    assert parse_moment(value) == moment


HOSTILE: dict[str, Callable[[int], str]] = {
    "deep arrays": lambda size: '<script type="application/ld+json">' + "[" * size + "</script>",
    "deep objects": lambda size: '<script type="application/ld+json">' + '{"a":' * (size // 5) + "</script>",
    "many objects": lambda size: (
        '<script type="application/ld+json">[' + "{}," * (size // 3) + "{}]</script>"
    ),
    "many scripts": lambda size: '<script type="application/ld+json">{}</script>' * (size // 45),
    "many metas": lambda size: "<meta name=author content=Ann>" * (size // 30),
    "nested captions": lambda size: "<figcaption>a" * (size // 13),
    "nested classes": lambda size: "<div class=author>a" * (size // 19),
    "long value": lambda size: f"<meta property='og:title' content='{'a ' * (size // 2)}'>",
    "keywords": lambda size: f"<meta name=keywords content='{'a,' * (size // 2)}'>",
    "long title": lambda size: f"<title>{'Rain | ' * (size // 7)}</title>",
    "headings": lambda size: "<h1>Rain falls on the harbour</h1>" * (size // 34),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_markup_costs_no_more_than_its_length(kind: str) -> None:
    def measure(size: int) -> float:
        page = make_page(None) + HOSTILE[kind](size)
        start = time.process_time()
        assert clean(page, HTML).body
        return time.process_time() - start

    once = min(measure(30_000) for _ in range(2))
    assert min(measure(120_000) for _ in range(2)) < 10 * max(once, 0.01)  # quadratic growth is sixteenfold


@pytest.mark.parametrize(
    ("markup", "value"),
    [
        (
            '<script type="application/ld+json">{"@type": "Report", "dateModified": "2024-05-06"}</script>',
            6,
        ),
        ('<meta property="article:modified_time" content="2024-05-06">', 6),
        ('<time itemprop="dateModified" datetime="2024-05-06">today</time>', 6),
        ('<meta name="date" content="2024-05-07"><meta name="last-modified" content="2024-05-06">', None),
        ('<meta property="article:modified_time" content="yesterday">', None),
        ("<time datetime='2024-05-06'>today</time>", None),
    ],
)
def test_markup_states_the_time_of_change(markup: str, value: int | None) -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PROSE)
    modified_at = clean(f"<html><body><h1>Ferries return</h1>{markup}{text}</body></html>", HTML).modified_at
    assert modified_at == (Timestamp(f"2024-05-0{value}", "day", "metadata") if value else None)
