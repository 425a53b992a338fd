"""The formats of an article: valid by their standards, true to its JSON, and never more than text."""

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from markdown_it import MarkdownIt
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.formats.prose import write_html, write_markdown
from app.formats.schema_org import write_news_article

# IPTC's published schema is not part of this repository; CI and contributors point to their copy of it
# (https://iptc.org/std/ninjs/ninjs-schema_3.1.json).
NINJS_SCHEMA = os.environ.get("DATELINE_TEST_NINJS_SCHEMA")
GEOJSON = "https://geojson.org/schema/GeoJSON.json"
# The keys of its root; it allows no others.
NINJS_KEYS = """
    uri type representationType profile version firstCreated versionCreated contentCreated embargoedUntil
    pubStatus urgency copyrightHolder copyrightNotice usageTerms edNote language descriptions bodies headlines
    people organisations places subjects events eventDetails plannedCoverage objects infoSources title by
    slugline located renditions associations altIds trustIndicators standard genres expires rightsInfo
    digitalSourceType
"""
FULL = {
    "headline": "Mill <b>burns</b> & 3 * 4 = 12",
    "kicker": "Fire",
    "standfirst": "1. Nobody was hurt\n- so far",
    "byline": "By Ann Lee in Oslo",
    "authors": [{"name": "Ann Lee", "role": "Correspondent"}],
    "dateline": {
        "text": "OSLO, May 7 (AP) -",
        "places": [{"name": "Oslo", "country": "NO"}, {"name": "Bergen", "region": "Vestland"}],
        "date": {"value": "--05-07"},
        "agency": "AP",
    },
    "agency": "AP",
    "source": {"name": "The Daily", "domain": "daily.example"},
    "url": "https://daily.example/a<b>?q=ü",
    "external_id": "x-1",
    "language": "en-GB",
    "section": "World",
    "tags": ["fire", "mills"],
    "body": "# No heading\n\n</script><script>alert(1)</script> ![x](javascript:y)\n\n    no code\n=====",
    "media": [{"type": "picture", "caption": "The mill.", "credit": "A. Lee"}, {"type": "video"}],
    "metrics": [{"kind": "reads", "value": 7}, {"kind": "odd", "value": 1}],
    "published_at": "2026-05-07T09:00:00Z",
    "modified_at": "2026-05-08",
}


@pytest.fixture
def read(client):
    """Read an article in a format."""
    return lambda article, **query: client.get(f"/v1/articles/{article['id']}", params=query)


@pytest.fixture(scope="module")
def ninjs_validator():
    """The published schema; GeoJSON, which it refers to, is not needed, since we give no coordinates."""
    if not NINJS_SCHEMA:
        pytest.skip(
            "NOT CHECKED against IPTC's schema: set DATELINE_TEST_NINJS_SCHEMA to ninjs-schema_3.1.json"
        )
    registry = Registry().with_resource(GEOJSON, DRAFT202012.create_resource({}))
    schema = json.loads(Path(NINJS_SCHEMA).read_text())
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


def test_ninjs_says_what_the_article_says(make_article, read):
    article = make_article(**FULL)
    response = read(article, format="ninjs")
    assert response.headers["Content-Type"] == "application/json"
    assert "ninjs-schema_3.1.json" in response.headers["Link"]
    ninjs = response.json()
    assert set(ninjs) <= set(NINJS_KEYS.split())
    assert ninjs["uri"] == article["uri"]
    assert ninjs["located"] == "Oslo, Bergen"
    assert ninjs["headlines"][0]["value"] == article["headline"]
    assert ninjs["bodies"][0]["value"] == article["body"]
    assert ninjs["bodies"][0]["wordCount"] == article["word_count"]
    assert ninjs["contentCreated"] == "2026-05-07T09:00:00Z"
    assert {"name": "AP", "role": "agency"} in ninjs["infoSources"]
    assert [a["type"] for a in ninjs["associations"]] == ["picture", "video"]


def test_ninjs_is_valid_by_the_published_schema(ninjs_validator, client, make_article, page):
    make_article(**FULL)
    make_article(published_at="2026-05", headline="Only the least", body="One line.")
    client.post("/v1/ingest", content=page, headers={"Content-Type": "text/plain"})
    items = client.get("/v1/articles", params={"format": "ninjs"}).json()["items"]
    assert len(items) == 3
    for item in items:
        assert [error.message for error in ninjs_validator.iter_errors(item)] == []
    assert list(ninjs_validator.iter_errors({**items[0], "dateline": "no such key"}))


def test_json_ld_says_what_the_article_says(make_article, read):
    article = make_article(**FULL)
    response = read(article, format="jsonld")
    assert response.headers["Content-Type"] == "application/ld+json"
    assert b"<" not in response.content
    found = response.json()
    assert (found["@type"], found["@id"]) == ("NewsArticle", article["uri"])
    assert found["dateline"] == "OSLO, May 7 (AP) -"
    assert found["articleBody"] == article["body"]
    assert found["author"] == [{"@type": "Person", "name": "Ann Lee", "jobTitle": "Correspondent"}]
    assert found["locationCreated"][0]["address"]["addressCountry"] == "NO"
    assert [s["interactionType"] for s in found["interactionStatistic"]] == ["https://schema.org/ReadAction"]
    least = read(make_article(published_at="2026-05"), format="jsonld").json()
    assert least["datePublished"] == "2026-05"
    assert found["dateModified"] == "2026-05-08"
    assert {"dateModified", "author", "publisher", "dateline", "url"}.isdisjoint(least)


def test_plain_text_is_what_was_printed(make_article, read):
    response = read(make_article(**FULL), format="text")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    parts = response.text.split("\n\n")
    assert parts[:5] == [
        "Fire",
        FULL["headline"],
        FULL["standfirst"],
        FULL["byline"],
        "The Daily · 2026-05-07T09:00:00Z",
    ]
    assert parts[5] == "OSLO, May 7 (AP) - # No heading"
    assert parts[-2:] == ["[The mill. (A. Lee)]", FULL["url"] + "\n"]


@pytest.mark.parametrize("form", ["text", "markdown"])
@pytest.mark.parametrize(
    ("standfirst", "is_opening"),
    [
        ("No one was hurt", True),
        ("No one was hurt\nThe mill is gone", True),
        ("The mill is gone", False),
        ("No one was", False),
    ],
)
def test_standfirst_that_opens_the_body_is_printed_once(make_article, read, form, standfirst, is_opening):
    article = make_article(body="No one was hurt\n\nThe mill is gone\n\nIt burned", standfirst=standfirst)
    said = " ".join(read(article, format=form).text.split())
    assert len(re.findall("No one was|The mill is", said)) == (2 if is_opening else 3)
    assert read(article, format="jsonld").json()["description"] == standfirst


def test_markdown_shows_the_text_and_nothing_else(make_article, read):
    response = read(make_article(**FULL), format="markdown")
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    shown = MarkdownIt("commonmark").render(response.text)
    assert "<h1>Mill &lt;b&gt;burns&lt;/b&gt; &amp; 3 * 4 = 12</h1>" in shown
    assert "<p>OSLO, May 7 (AP) - # No heading</p>" in shown
    assert "<p>no code<br />\n=====</p>" in shown
    for markup in ("<script", "<img", "<ol", "<code", "<h2"):
        assert markup not in shown
    assert 'href="https://daily.example/a%3Cb%3E?q=%C3%BC"' in shown


def test_canceled_article_says_so_in_every_format(make_article, read):
    article = make_article(status="canceled")
    assert read(article, format="ninjs").json()["pubStatus"] == "canceled"
    assert read(article, format="jsonld").json()["creativeWorkStatus"] == "canceled"
    for written in ("text", "markdown"):
        assert "canceled by its source" in read(article, format=written).text


ACCEPTED = {
    "application/json, text/plain, */*": "application/json",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": "application/json",
    "application/ld+json": "application/ld+json",
    "text/markdown, application/json;q=0.5": "text/markdown; charset=utf-8",
    "text/*": "text/plain; charset=utf-8",
    "*/*, application/json;q=0": "application/ld+json",
    "text/plain;q=high": "text/plain; charset=utf-8",
    "TEXT/PLAIN": "text/plain; charset=utf-8",
}


def test_accept_chooses_the_format(client, make_article):
    address = f"/v1/articles/{make_article()['id']}"
    for accept, expected in ACCEPTED.items():
        response = client.get(address, headers={"Accept": accept})
        assert (response.status_code, response.headers["Content-Type"]) == (200, expected), accept
        assert response.headers["Vary"] == "Accept"
    for accept in ("text/html", "application/json;q=0", "*/*;q=0", ";;,", "text/plain;q=nan;q=0"):
        response = client.get(address, headers={"Accept": accept})
        assert (response.status_code, response.json()["code"]) == (406, "not-acceptable"), accept
        assert "application/json" in response.json()["offered"]
    on_two_lines = [("Accept", "text/html"), ("Accept", "text/markdown")]
    response = client.get(address, headers=on_two_lines)
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    for path in (address, "/v1/articles", "/v1/search"):  # `format` goes first, everywhere
        assert client.get(path + "?format=json", headers={"Accept": "text/html"}).status_code == 200


def test_each_format_has_its_own_etag(client, make_article):
    address = f"/v1/articles/{make_article()['id']}"
    formats = ("json", "ninjs", "jsonld", "text", "markdown")
    tags = {name: client.get(address, params={"format": name}).headers["ETag"] for name in formats}
    assert len(set(tags.values())) == len(formats)
    for name, tag in tags.items():
        again = client.get(address, params={"format": name}, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    other = client.get(address, params={"format": "text"}, headers={"If-None-Match": tags["json"]})
    assert other.status_code == 200
    changed = client.patch(address, json={"section": "World"}, headers={"If-Match": tags["markdown"]})
    assert changed.status_code == 200
    assert client.get(address, params={"format": "ninjs"}).headers["ETag"] != tags["ninjs"]


def test_lists_hold_articles_in_a_format(client, make_article):
    for number in range(3):
        make_article(headline=f"Number {number}", external_id=str(number))
    page = client.get("/v1/articles", params={"format": "jsonld", "limit": 2, "sort": "oldest"})
    assert [item["headline"] for item in page.json()["items"]] == ["Number 0", "Number 1"]
    assert "format=jsonld" in page.headers["Link"]
    rest = client.get("/v1/articles" + page.links["next"]["url"]).json()
    assert [item["@type"] for item in rest["items"]] == ["NewsArticle"]


def test_searches_hold_articles_in_a_format(client, make_article):
    first = make_article(headline="Ferry sails", external_id="1")
    make_article(headline="Ferry sinks", external_id="2")
    page = client.get("/v1/search", params={"q": "ferry", "format": "jsonld", "limit": 1, "sort": "oldest"})
    assert page.headers["Vary"] == "Accept"
    (item,) = page.json()["items"]
    assert item == client.get(f"/v1/articles/{first['id']}?format=jsonld").json()
    (rest,) = client.get("/v1/search" + page.links["next"]["url"]).json()["items"]
    assert (rest["@type"], rest["headline"]) == ("NewsArticle", "Ferry sinks")
    (ninjs,) = client.get("/v1/search?q=sinks&format=ninjs").json()["items"]
    assert set(ninjs) <= set(NINJS_KEYS.split())


def test_versions_are_given_in_every_format(client, make_article):
    article = make_article(headline="Old")
    address = f"/v1/articles/{article['id']}"
    client.patch(address, json={"headline": "New"}, headers={"If-Match": "*"})
    old = client.get(f"{address}/versions/1", headers={"Accept": "text/markdown"})
    assert (old.headers["Content-Type"], old.headers["Vary"]) == ("text/markdown; charset=utf-8", "Accept")
    assert old.text.startswith("# Old\n")
    ninjs = client.get(f"{address}/versions/1?format=ninjs")
    assert (ninjs.json()["version"], ninjs.json()["headlines"][0]["value"]) == ("1", "Old")
    tags = {old.headers["ETag"], ninjs.headers["ETag"], client.get(f"{address}/versions/1").headers["ETag"]}
    assert len(tags) == 3
    again = client.get(f"{address}/versions/1?format=ninjs", headers={"If-None-Match": ninjs.headers["ETag"]})
    assert again.status_code == 304


REFUSED = [
    ("/v1/articles", {"format": "markdown"}, {}, (400, "invalid-parameter")),
    ("/v1/articles", {"format": "ninjs", "fields": "id"}, {}, (400, "invalid-parameter")),
    ("/v1/articles", {}, {"Accept": "text/plain"}, (406, "not-acceptable")),
    ("/v1/search", {"format": "text"}, {}, (400, "invalid-parameter")),
    ("/v1/search", {"format": "ninjs", "fields": "id"}, {}, (400, "invalid-parameter")),
    ("/v1/search", {}, {"Accept": "application/ld+json"}, (406, "not-acceptable")),
    ("/v1/articles/1/versions/1", {}, {"Accept": "text/html"}, (406, "not-acceptable")),
    ("/v1/articles/1/versions/1", {"format": "pdf"}, {}, (400, "invalid-parameter")),
    ("/v1/articles/1", {"format": "pdf"}, {}, (400, "invalid-parameter")),
    ("/v1/articles/1", {"format": "text", "include": "blocks"}, {}, (400, "invalid-parameter")),
    ("/v1/articles/9", {"format": "text"}, {}, (404, "not-found")),
]


def test_what_no_format_can_show_is_refused(client, make_article):
    make_article()
    for address, query, headers, refused in REFUSED:
        response = client.get(address, params=query, headers=headers)
        assert (response.status_code, response.json()["code"]) == refused, (address, query, headers)


def test_no_format_shows_withheld_articles(client, make_article):
    article = make_article(status="withheld")
    del client.headers["Authorization"]
    for name in ("ninjs", "jsonld", "text", "markdown"):
        response = client.get(f"/v1/articles/{article['id']}", params={"format": name})
        assert response.json()["code"] == "article-withheld"


class _Text(HTMLParser):
    """Collects the text of HTML, and the names of its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.elements = "", set()

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        self.elements.add(tag)
        self.text += " "


def read_html(written):
    parser = _Text()
    parser.feed(written)
    parser.close()
    return " ".join(parser.text.split()), parser.elements


# What means something in Markdown, HTML or JSON, alone and where it stands, and some that does not.
TOKENS = [
    "# ",
    "1. ",
    "2) ",
    "- ",
    "+ ",
    "* ",
    "=",
    "---",
    "===",
    "    ",
    "\t",
    "> ",
    "`",
    "```",
    "~~~",
    "|",
    "_",
]
TOKENS += [
    "*",
    "**",
    "[a](b)",
    "![",
    "](",
    "<b>",
    "</p>",
    "<!--",
    "&amp;",
    "&",
    "\\",
    "http://a.b",
    "!",
    ":",
    "'",
]
TOKENS += ['"', "{", "}", "a", "B", "é", " ", "\n", "\n", "\n\n", "\u2028", "."]
HARSH = st.lists(st.sampled_from(TOKENS), max_size=8).map("".join)


ABSENT = "headline kicker standfirst byline agency source url external_id section published_at dateline "
ABSENT += "modified_at"


def make_minimal(text):
    rest = {"body": text, "status": "usable", "authors": [], "tags": [], "media": [], "metrics": []}
    numbers = {"uri": "urn:x:1", "version": 1, "updated_at": "", "language": "und", "word_count": 1}
    return {**dict.fromkeys(ABSENT.split()), **rest, **numbers}


@settings(max_examples=300)
@given(HARSH)
def test_text_stays_text(text):
    words = " ".join(text.split())
    standfirst = f"{words} a" if words else ""  # not what the body opens with
    article = {**make_minimal(text), "headline": words or None, "standfirst": standfirst or None}
    markdown, elements = read_html(MarkdownIt("commonmark").render(write_markdown(article)))
    assert markdown == " ".join([words, standfirst, words]).strip()
    assert elements <= {"p", "br", "h1", "strong"}
    shown, elements = read_html(write_html(article))
    assert (shown, elements <= {"p", "br"}) == (words, True)
    written = write_news_article(article)
    assert json.loads(written).get("articleBody", "") == text
    assert not set(b"<>&") & set(written)
