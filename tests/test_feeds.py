"""Feeds: what feed readers make of them, page by page, and what they are told to drop."""

import json
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import feedparser
import pytest
from fastapi.testclient import TestClient

from app.feeds import Feed, Tombstone, write_atom, write_json_feed
from app.main import create_app

AT = "{http://purl.org/atompub/tombstones/1.0}"


@pytest.fixture
def catch_up(app):
    """Wait until searches see all that was written."""
    return lambda: app.state.follower.wait_for(app.state.commits.seq, 10)


def parse(response):
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/atom+xml"
    feed = feedparser.parse(response.content, response_headers={"content-type": "application/atom+xml"})
    assert not feed.bozo, feed.bozo_exception
    return feed


def test_atom_shows_articles_to_feed_readers(client, make_article, catch_up):
    article = make_article(
        headline="Mill <b>burns</b> & sinks",
        body="It <script>burnt</script>.\n\nIt sank.",
        dateline={"text": "OSLO, May 7 (AP) -", "places": [{"name": "Oslo", "country": "NO"}]},
        authors=[{"name": "Ann Lee"}, {"name": "Bo Ek"}],
        tags=["fire"],
        url="https://daily.example/a",
        language="en",
        published_at="2026-05-07T09:00:00Z",
    )
    make_article(published_at="2026-05-06", headline="Another", external_id="2", source={"name": "The Daily"})
    catch_up()
    feed = parse(client.get("/v1/feed.atom"))
    assert [entry.title for entry in feed.entries] == ["Another", "Mill <b>burns</b> & sinks"]
    assert "published" not in feed.entries[0]
    assert feed.entries[0].author == "The Daily"
    entry = feed.entries[1]
    assert (entry.id, entry.link) == (article["uri"], article["url"])
    assert [author.name for author in entry.authors] == ["Ann Lee", "Bo Ek"]
    assert entry.published == "2026-05-07T09:00:00Z"
    assert [tag.term for tag in entry.tags] == ["fire"]
    assert "<script" not in entry.content[0].value
    raw = client.get("/v1/feed.atom").text
    assert "&lt;p&gt;OSLO, May 7 (AP) - It &amp;lt;script&amp;gt;burnt" in raw
    assert feed.feed.updated == feed.entries[0].updated


def test_json_feed_has_the_same_articles(client, make_article, catch_up):
    article = make_article(tags=["fire"], agency="AP", url="https://daily.example/a")
    catch_up()
    response = client.get("/v1/feed.json", params={"agency": "AP"})
    assert response.headers["Content-Type"] == "application/feed+json"
    feed = response.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "/v1/feed.json?agency=AP"
    (item,) = feed["items"]
    assert (item["id"], item["external_url"]) == (article["uri"], article["url"])
    assert item["content_html"] == "<p>The bridge reopened.</p><p>Traffic flows.</p>"
    assert (item["tags"], item["_dateline"]["agency"]) == (["fire"], "AP")


def test_filters_and_words_choose_what_is_in_a_feed(client, make_article, catch_up):
    make_article(headline="Ferry sails", section="Sea", external_id="1")
    make_article(headline="Ferry sinks", section="Sea", external_id="2")
    make_article(headline="Ferry pays", section="Money", external_id="3")
    catch_up()
    feed = parse(client.get("/v1/feed.atom", params={"q": "ferry -sinks", "section": "Sea"}))
    assert [entry.title for entry in feed.entries] == ["Ferry sails"]
    assert feed.feed.title == "Dateline – q: ferry -sinks, section: Sea"
    nothing = parse(client.get("/v1/feed.atom", params={"from": "2090", "not_section": "Money"}))
    assert (nothing.entries, nothing.feed.updated) == ([], "1970-01-01T00:00:00Z")
    for refused in ({"sort": "newest"}, {"cursor": "x"}, {"limit": 0}):
        assert client.get("/v1/feed.atom", params=refused).status_code == 400


def test_links_lead_through_all_pages(client, make_article, catch_up):
    uris = [make_article(external_id=str(number))["uri"] for number in range(5)]
    catch_up()
    seen, ids, address = [], set(), "/v1/feed.atom?limit=2"
    while address:
        feed = parse(client.get(address))
        seen += [entry.id for entry in feed.entries]
        ids.add(feed.feed.id)
        address = next((link.href for link in feed.feed.links if link.rel == "next"), None)
    assert (seen, len(ids)) == (uris[::-1], 1)
    seen, address = [], "/v1/feed.json?limit=2"
    while address:
        page = client.get(address).json()
        seen += [item["id"] for item in page["items"]]
        address = page.get("next_url")
    assert seen == uris[::-1]


def test_changed_article_comes_first_again_and_changes_the_etag(client, make_article, catch_up):
    first = make_article(external_id="1")
    make_article(external_id="2")
    catch_up()
    for address in ("/v1/feed.atom", "/v1/feed.json"):
        etag = client.get(address).headers["ETag"]
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
        client.patch(f"/v1/articles/{first['id']}", json={"section": address}, headers={"If-Match": "*"})
        catch_up()
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 200
    # Times are exact to the second in the feed, to the microsecond in its order.
    assert client.get("/v1/feed.json").json()["items"][0]["id"] == first["uri"]


def test_deleted_and_withheld_articles_are_to_be_dropped(client, make_article, catch_up):
    deleted, withheld, released, kept = (make_article(external_id=str(number)) for number in range(4))
    client.delete(f"/v1/articles/{deleted['id']}", headers={"If-Match": "*"})
    for article, patch in (
        (withheld, {"status": "withheld"}),
        (withheld, {"section": "Sea"}),
        (released, {"status": "withheld"}),
        (released, {"status": "usable"}),
    ):
        client.patch(f"/v1/articles/{article['id']}", json=patch, headers={"If-Match": "*"})
    catch_up()
    response = client.get("/v1/feed.atom")
    assert {entry.id for entry in parse(response).entries} == {released["uri"], kept["uri"]}
    stones = ET.fromstring(response.text).findall(f"{AT}deleted-entry")
    assert {stone.get("ref") for stone in stones} == {deleted["uri"], withheld["uri"]}
    assert all(stone.get("when").endswith("Z") for stone in stones)
    feed = client.get("/v1/feed.json?status=withheld").json()
    assert feed["items"] == []
    assert {stone["id"] for stone in feed["_dateline"]["deleted"]} == {deleted["uri"], withheld["uri"]}


def test_public_url_makes_links_absolute(settings, auth, make_article, catch_up):
    article = make_article()
    catch_up()
    public = settings.model_copy(update={"public_url": "https://news.example/api"})
    with TestClient(create_app(public), headers=auth) as client:
        feed = parse(client.get("/v1/feed.atom"))
        assert feed.feed.links[0].href == "https://news.example/api/v1/feed.atom"
        assert feed.entries[0].link == f"https://news.example/api/articles/{article['id']}"
        assert urlsplit(client.get("/v1/feed.json").json()["feed_url"]).netloc == "news.example"


def test_feed_can_hold_what_xml_cannot():
    article = {
        **dict.fromkeys(
            [
                "headline",
                "standfirst",
                "dateline",
                "agency",
                "source",
                "section",
                "published_at",
                "modified_at",
            ]
        ),
        **{"id": 1, "uri": "urn:x", "version": 1, "seq": 1, "status": "usable", "language": "und"},
        **{"updated_at": "2026-01-01T00:00:00Z", "authors": [], "media": [], "tags": ["a\ufffe"]},
        **{"body": "null \x00 bell \x07 non-character \uffff ]]> end", "url": "https://x.example/\x0b"},
    }
    made = Feed("", [("q", "\x01")], [article], [Tombstone("urn:y", "2026-01-02T00:00:00Z")], None, None)
    feed = feedparser.parse(write_atom(made))
    assert not feed.bozo
    assert feed.entries[0].title.endswith("]]> end")
    assert feed.feed.updated == "2026-01-02T00:00:00Z"
    assert json.loads(write_json_feed(made))["items"][0]["id"] == "urn:x"
