"""Search over HTTP: what is found, in which order, how it is shown, page by page."""

import base64
import re
from datetime import UTC, datetime

import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.analysis import tokenise
from app.articles.shapes import ArticleCreate
from app.articles.writes import create_article
from app.database import write_session
from app.main import create_app
from app.paging import encode_cursor
from app.search import facets, queries

KYOTO = {
    "text": "KYOTO, May 9",
    "places": [{"name": "Kyoto", "country": "JP"}],
    "date": {"value": "2024-05-09"},
}
ARTICLES = {
    "bridge": {
        "headline": "Harbour bridge reopens after repairs", "body": "Cyclists crossed it before sunrise.",
        "language": "en", "agency": "AP", "section": "City", "byline": "By Aino Lehto",
        "authors": [{"name": "Aino Lehto"}], "tags": ["Bridges"],
        "published_at": "2024-05-07T10:00:00Z",
        "source": {"name": "Harbour Post", "domain": "harbour.example"},
        "url": "https://harbour.example/1",
        "external_id": "e1", "media": [{"caption": "A tram waits beside the quay"}],
    },
    "ferry": {
        "headline": "Ferries stop", 
        "body": "The harbour is closed.\n\nOne bridge remains open, the mayor said.",
        "language": "en-GB", "published_at": "2024-05-08", "agency": "Reuters", "status": "canceled",
    },
    "mayor": {
        "headline": "Mayor resigns", "body": "The people's mayor left the city in the U.S. on Monday.",
        "language": "en", "published_at": "2024-05-06",
    },
    "kyoto": {
        "headline": "京都の橋が開通", "body": "京都市は水曜日、新しい橋を開通した。東京駅 the station.",
        "language": "ja", "dateline": KYOTO,
    },
    "café": {
        "headline": "Élysée café déménage", "body": "Le café ouvre à Łódź. Новый мост открыт.",
        "language": "fr", "published_at": "2024-04",
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stored(request, tmp_path_factory, new_store):
    """A client of a store that has the articles above. All tests that only read share it."""
    with new_store(request.param, tmp_path_factory.mktemp("stored")) as settings:
        yield from _run_stored(create_app(settings))


def _run_stored(app):
    with TestClient(app, raise_server_exceptions=False) as running:
        for content in ARTICLES.values():
            with write_session(app.state.engine) as session:
                seq = create_article(session, ArticleCreate(**content)).seq
        assert app.state.follower.wait_for(seq, 10)
        yield running


HEADLINES = {content["headline"]: name for name, content in ARTICLES.items()}


def search(client, q="", **parameters):
    response = client.get("/v1/search", params={"q": q, **parameters})
    assert response.status_code == 200, response.text
    return response.json()


def names(client, q="", **parameters):
    return [HEADLINES[item["headline"]] for item in search(client, q, **parameters)["items"]]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("cyclists", ["bridge"]),
        ("CYCLISTS sunrise", ["bridge"]),
        ("harbour bridge", ["bridge", "ferry"]),
        ("mayor bridge", ["ferry", "mayor", "bridge"]),
        ("where did the mayor of a bridge go", ["ferry", "mayor", "bridge"]),
        ("mayor AND bridge", ["ferry"]),
        ("cyclists OR resigns", ["mayor", "bridge"]),
        ("mayor -bridge", ["mayor"]),
        ("mayor NOT bridge", ["mayor"]),
        ("NOT the", ["café"]),
        ('"harbour bridge"', ["bridge"]),
        ('"bridge harbour"', []),
        ('"closed one"', ["ferry"]),
        ('"bridge after"', []),
        ('"bridge repairs"~1', []),
        ('"bridge repairs"~2', ["bridge"]),
        ('"repairs cyclists"', []),
        ("(cyclists OR resigns) AND city", ["mayor"]),
        ("ferr*", ["ferry"]),
        ('"harbour bridge" city', []),
        ("headline:mayor", ["mayor"]),
        ("headline:harbour", ["bridge"]),
        ("body:harbour", ["ferry"]),
        ("byline:lehto", ["bridge"]),
        ("caption:tram", ["bridge"]),
        ("tram", ["bridge"]),
        ("dateline:kyoto", ["kyoto"]),
        ("caption:harbour", []),
        ("headline:(mayor OR ferries) -resigns", ["ferry"]),
        # One word, written in several ways.
        ("people", ["mayor"]),
        ("people’s", ["mayor"]),
        ("US", ["mayor"]),
        ("u.s.", ["mayor"]),
        ("elysee cafe", ["café"]),
        ("ÉLYSÉE", ["café"]),
        ("E\u0301lyse\u0301e", ["café"]),
        ("lodz", ["café"]),
        ("новый МОСТ", ["café"]),
        # Scripts without spaces: any part of a run.
        ("京都", ["kyoto"]),
        ("新しい橋", ["kyoto"]),
        ("駅", ["kyoto"]),
        ("橋", ["kyoto"]),
        ("大阪", []),
        ("東京 駅", ["kyoto"]),
        ('"京都市"', ["kyoto"]),
        ('"都京"', []),
        ("zebra", []),
    ],
)
def test_query_finds(stored, q, expected):
    found = names(stored, q)
    assert (sorted(found), found[:1]) == (sorted(expected), expected[:1])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["kyoto", "ferry", "bridge", "mayor", "café"]),
        ({"sort": "relevance"}, ["kyoto", "ferry", "bridge", "mayor", "café"]),
        ({"sort": "oldest"}, ["café", "mayor", "bridge", "ferry", "kyoto"]),
        ({"sort": "-updated_at"}, ["café", "kyoto", "mayor", "ferry", "bridge"]),
        ({"date_field": "published_at"}, ["ferry", "bridge", "mayor", "café"]),
        ({"date_field": "dateline"}, ["kyoto"]),
        ({"language": "en"}, ["ferry", "bridge", "mayor"]),
        ({"language": "en-GB"}, ["ferry"]),
        ({"language": ["ja", "fr"]}, ["kyoto", "café"]),
        ({"not_language": "en"}, ["kyoto", "café"]),
        ({"source": "HARBOUR  post"}, ["bridge"]),
        ({"domain": "harbour.example"}, ["bridge"]),
        ({"agency": ["AP", "Reuters"]}, ["ferry", "bridge"]),
        ({"not_agency": "AP"}, ["kyoto", "ferry", "mayor", "café"]),
        ({"author": "aino lehto"}, ["bridge"]),
        ({"section": "City"}, ["bridge"]),
        ({"tag": "bridges"}, ["bridge"]),
        ({"place": "kyoto"}, ["kyoto"]),
        ({"country": "JP"}, ["kyoto"]),
        ({"status": "canceled"}, ["ferry"]),
        ({"not_status": "canceled"}, ["kyoto", "bridge", "mayor", "café"]),
        ({"has": ["byline", "media"]}, ["bridge"]),
        ({"not_has": "dateline"}, ["ferry", "bridge", "mayor", "café"]),
        ({"ids": [1, 3]}, ["bridge", "mayor"]),
        ({"story_id": 2}, ["ferry"]),
        ({"url": "https://harbour.example/1"}, ["bridge"]),
        ({"external_id": "e1"}, ["bridge"]),
        ({"word_count_min": 11}, ["mayor", "kyoto", "ferry"]),
        ({"from": "2024-05-07", "to": "2024-05-08"}, ["ferry", "bridge"]),
        ({"to": "2024-04"}, ["café"]),
        ({"date_field": "dateline", "from": "2024-05-09T12:00:00Z"}, ["kyoto"]),
        ({"updated_since": "2000-01-01"}, ["kyoto", "ferry", "bridge", "mayor", "café"]),
        ({"duplicates": "only"}, []),
        ({"duplicates": "collapse", "language": "ja"}, ["kyoto"]),
        ({"q": "harbour", "language": "en-GB"}, ["ferry"]),
        ({"q": "mayor bridge", "language": "en", "not_agency": "Reuters"}, ["mayor", "bridge"]),
        ({"q": "harbour", "sort": "newest"}, ["ferry", "bridge"]),
        ({"q": "harbour bridge", "sort": "oldest"}, ["bridge", "ferry"]),
        ({"q": "mayor bridge", "sort": "newest"}, ["ferry"]),
    ],
)
def test_filters_and_orders(stored, parameters, expected):
    found = names(stored, **parameters)
    same_as_list = {**parameters, "sort": parameters.get("sort", "newest")}
    if "q" not in parameters:
        if same_as_list["sort"] == "relevance":
            same_as_list["sort"] = "newest"
        listed = stored.get("/v1/articles", params=same_as_list).json()["items"]
        assert found == [HEADLINES[item["headline"]] for item in listed]
    assert sorted(found) == sorted(expected)
    if "word_count_min" not in parameters:
        assert found == expected


def test_withheld_article_is_not_even_counted(client, make_article):
    article = make_article(headline="Zanzibarium")
    path, headers = f"/v1/articles/{article['id']}", {"If-Match": "*"}
    for status, found in (("withheld", 0), ("usable", 1)):
        seq = client.patch(path, json={"status": status}, headers=headers).json()["seq"]
        for q in ("zanzibarium", "headline:zanz*", "-nothing", ""):
            result = client.get("/v1/search", params={"q": q, "count": "exact", "min_seq": seq}).json()
            assert (len(result["items"]), result["count"]) == (found, found), (status, q)


def test_copies_are_told_from_originals(client, make_article):
    make_article(headline="First", body="One text that is long enough.")
    seq = make_article(headline="Second", body="one  TEXT that is long enough.")["seq"]
    for duplicates, expected in (("all", 2), ("collapse", 1), ("only", 1)):
        assert search(client, duplicates=duplicates, min_seq=seq, count="exact")["count"] == expected


def test_write_is_found_once_its_seq_is_reached(client, make_article, auth):
    article = make_article(headline="Tunnel opens", body="At last.")
    found = client.get("/v1/search", params={"q": "tunnel", "min_seq": article["seq"]})
    assert [item["id"] for item in found.json()["items"]] == [article["id"]]
    assert int(found.headers["Dateline-Seq"]) == found.json()["seq"] >= article["seq"]

    path = f"/v1/articles/{article['id']}"
    etag = client.get(path).headers["ETag"]
    deleted = client.delete(path, headers={**auth, "If-Match": etag})
    seq = deleted.headers["Dateline-Seq"]
    assert search(client, "tunnel", min_seq=seq)["items"] == []


def test_article_stored_after_the_key_was_checked_is_shown(client, make_article):
    follower = client.app.state.follower

    class Late:
        """Stores an article when the search asks for the index."""

        seq = 0

        def wait_for(self, _seq, timeout):
            self.seq = self.seq or make_article(headline="Tunnel", body="Late.")["seq"]
            return follower.wait_for(self.seq, timeout)

        def take_snapshot(self):
            return follower.take_snapshot()

        def wake(self):
            follower.wake()

    client.app.state.follower = Late()
    found = search(client, "tunnel")["items"]
    client.app.state.follower = follower
    assert [item["headline"] for item in found] == ["Tunnel"]


def test_seq_that_is_not_reached_is_503(client, monkeypatch):
    monkeypatch.setattr("app.search.endpoints.MIN_SEQ_SECONDS", 0.01)
    response = client.get("/v1/search", params={"min_seq": 1000})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert response.json()["code"] == "index-behind"


def test_article_deleted_since_the_index_saw_it_is_left_out(client, make_article):
    article = make_article(headline="Tunnel")
    follower = client.app.state.follower
    assert follower.wait_for(article["seq"], 10)
    follower.stop()
    path = f"/v1/articles/{article['id']}"
    etag = client.get(path).headers["ETag"]
    assert client.delete(path, headers={"If-Match": etag}).status_code == 204
    assert (search(client, "tunnel")["items"], search(client, "tunnel", count="exact")["count"]) == ([], 1)


def test_all_words_come_before_some(stored):
    items = search(stored, "mayor bridge")["items"]
    scores = [item["score"] for item in items]
    assert scores == sorted(scores, reverse=True)
    assert 1 < scores[0] < 2
    assert all(0 < score < 1 for score in scores[1:])
    assert all(item["score"] is None for item in search(stored, "mayor", sort="newest")["items"])


def test_headline_weighs_more(client, make_article):
    make_article(headline="Other things", body="A tunnel is here, and much else.")
    seq = make_article(headline="A tunnel", body="Much else is here, and other things.")["seq"]
    assert search(client, "tunnel", min_seq=seq)["items"][0]["headline"] == "A tunnel"


def list_pages(client, **parameters):
    cursor, pages = {}, []
    while cursor is not None:
        response = client.get("/v1/search", params={**parameters, **cursor})
        page = response.json()
        pages.append([item["id"] for item in page["items"]])
        cursor = {"cursor": page["next"]} if page["next"] else None
        assert ("Link" in response.headers) == (cursor is not None)
    return pages


@pytest.mark.parametrize("sort", ["relevance", "recent", "newest", "oldest", "-updated_at"])
def test_pages_hold_every_hit_once(client, make_article, sort):
    for n in range(11):
        body = f"harbour {'bridge ' * (n % 3)} {n}"
        seq = make_article(headline=f"{n}", body=body, published_at=f"2024-05-0{1 + n // 5}")["seq"]
    whole = [item["id"] for item in search(client, "harbour bridge", sort=sort, min_seq=seq)["items"]]
    pages = list_pages(client, q="harbour bridge", sort=sort, limit=2)
    assert [article_id for page in pages for article_id in page] == whole
    assert len(whole) == len(set(whole)) == (11 if sort == "relevance" else 7)
    assert {len(page) for page in pages[:-1]} == {2}


def test_pages_by_date_stay_as_they_are_while_articles_come_in(client, make_article):
    seqs = [make_article(headline=f"{n}", published_at=f"2024-05-0{n}")["seq"] for n in range(1, 5)]
    first = search(client, limit=2, min_seq=seqs[-1])
    seq = make_article(headline="5", published_at="2024-05-05")["seq"]
    second = search(client, limit=2, cursor=first["next"], min_seq=seq)
    assert [item["headline"] for item in first["items"] + second["items"]] == ["4", "3", "2", "1"]
    assert second["next"] is None


def test_next_address_leads_to_the_next_page(stored):
    first = stored.get("/v1/search", params={"limit": 2, "language": "en"})
    address = re.fullmatch('<(.+)>; rel="next"', first.headers["Link"])[1]
    second = stored.get(f"/v1/search{address}")
    assert [item["id"] for item in second.json()["items"]] == [3]


def test_relevance_ends_far_from_the_best(stored, monkeypatch):
    monkeypatch.setattr(queries, "MAX_RANK", 2)
    following = search(stored, "the", limit=2)["next"]
    response = stored.get("/v1/search", params={"q": "the", "limit": 2, "cursor": following})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")
    assert "newest" in response.json()["detail"]


@pytest.mark.parametrize("cursor", ["x", "", "WyJhIiwxXQ"])
def test_foreign_cursor_is_refused(stored, cursor):
    assert stored.get("/v1/search", params={"cursor": cursor}).json()["code"] == "invalid-cursor"
    other = search(stored, "the", limit=1)["next"]
    response = stored.get("/v1/search", params={"q": "harbour", "cursor": other})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-cursor")


@pytest.mark.parametrize("position", [[2**63, 1], [-(2**63), 1], [1, 2**63], [2**63 - 1, 2**63 - 1]])
@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_forged_cursor_is_answered(stored, position, sort):
    following = search(stored, sort=sort, limit=1)["next"]
    fingerprint = orjson.loads(base64.urlsafe_b64decode(following + "=="))[0]
    response = stored.get("/v1/search", params={"sort": sort, "cursor": encode_cursor(fingerprint, position)})
    assert response.status_code == 200 or response.json()["code"] == "invalid-cursor"


@pytest.mark.parametrize(
    "parameters",
    [
        {"word_count_min": 2**63 - 1},
        {"from": "9999"},
        {"to": "0001"},
    ],
)
def test_ranges_beyond_everything_find_nothing(stored, parameters):
    assert search(stored, **parameters)["items"] == []


@pytest.mark.parametrize(
    ("q", "parameters", "count"),
    [
        ("harbour bridge", {}, 2),
        ("mayor bridge", {}, 3),
        ("mayor bridge", {"sort": "newest"}, 1),
        ("mayor AND bridge", {}, 1),
        ("", {"language": "en"}, 3),
        ("zebra", {}, 0),
    ],
)
def test_count_is_that_of_all_pages(stored, q, parameters, count):
    assert search(stored, q, count="exact", limit=1, **parameters)["count"] == count
    assert search(stored, q, count="estimate", **parameters)["count"] == count
    assert search(stored, q, **parameters)["count"] is None
    assert len(search(stored, q, **parameters)["items"]) == count


def test_fields_are_picked(stored):
    item = search(stored, "cyclists", fields="headline,body")["items"][0]
    assert set(item) == {"id", "headline", "body", "score", "highlights"}
    item = search(stored, "cyclists", fields="agency", highlight=False)["items"][0]
    assert item == {"id": 1, "agency": "AP", "score": item["score"], "highlights": []}
    response = stored.get("/v1/search", params={"fields": "nonsense"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")


@pytest.mark.parametrize("q", ["a" * 4001, "a " * 401, "(" * 30, "a* " * 30])
def test_oversized_query_is_400_without_echo(stored, q):
    response = stored.get("/v1/search", params={"q": q})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-query")
    assert isinstance(response.json()["position"], int)
    assert q[:20] not in response.text


def test_page_has_an_etag(stored):
    first = stored.get("/v1/search", params={"q": "mayor"})
    again = stored.get("/v1/search", params={"q": "mayor"}, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_unknown_parameter_is_refused(stored):
    assert stored.get("/v1/search", params={"query": "x"}).json()["code"] == "unknown-parameter"


@hypothesis_settings(max_examples=150)
@given(
    q=st.lists(
        st.sampled_from(
            ['"', "(", ")", "-", "*", "~3", "headline:", " ", "AND ", " OR ", "NOT ", "a", "東京", "é"]
        )
        | st.text(max_size=4)
    ).map("".join),
    sort=st.sampled_from(["relevance", "newest"]),
)
def test_any_query_is_answered(stored, q, sort):
    q = q.encode("utf-8", "replace").decode()
    response = stored.get("/v1/search", params={"q": q, "sort": sort, "count": "exact"})
    assert response.status_code == 200 or response.json()["code"] == "invalid-query", response.text


def test_highlights_show_where_the_words_are(stored):
    item = search(stored, "harbour mayor")["items"][0]
    assert [part["field"] for part in item["highlights"]] == ["body"]
    part = item["highlights"][0]
    assert part["text"] == ARTICLES["ferry"]["body"]
    assert [part["text"][start:end] for start, end in part["matches"]] == ["harbour", "mayor"]
    assert part["html"].startswith("The <mark>harbour</mark> is closed.")


def test_highlights_name_the_part(stored):
    fields = {
        q: [part["field"] for part in search(stored, q)["items"][0]["highlights"]]
        for q in ("tram", "byline:aino", "dateline:kyoto", "headline:harbour", "cyclists reopens")
    }
    assert fields == {
        "tram": ["media.0.caption"],
        "byline:aino": ["byline"],
        "dateline:kyoto": ["dateline.text"],
        "headline:harbour": ["headline"],
        "cyclists reopens": ["headline", "body"],
    }


def test_every_indexed_term_is_found_by_itself(client, make_article):
    body = "Ｔｏｋｙｏ 東京駅 U.N.'s ไทยรัฐ हिन्दी السّلام İzmir Straße naïve 한국어 3.5% ½ ﬁne"
    seq = make_article(headline="All of them", body=body)["seq"]
    assert client.app.state.follower.wait_for(seq, 10)
    for word in body.split():
        assert len(search(client, word)["items"]) == 1, word
        assert len(search(client, f'"{word}"')["items"]) == 1, word
    assert len(list(tokenise(body))) > 20


FORMS = [
    ("en", "Two elections are near", "election"),
    ("de", "Die Häuser sind alt", "haus"),
    ("fr", "Les élections présidentielles approchent", "election presidentielle"),
    ("es", "Las canciones nuevas", "canción"),
    ("it", "I ponti nuovi", "ponte"),
    ("pt", "As educações primárias", "educação"),
    ("pt", "Uma educação boa", "educacao"),
    ("nl", "De bruggen zijn dicht", "brug"),
    ("ru", "Новые мосты открыты", "моста"),
    ("ar", "الكتاب الجديد", "كتاب"),
    ("tr", "Evlerde elektrik yok", "ev"),
    ("sv", "Bilarna stannar", "bilar"),
    ("da", "Bilerne holder", "biler"),
    ("nb", "Husene er gamle", "huset"),
    ("fi", "Talossa asutaan", "talo"),
    ("und", "The ferries have all stopped because of the storm", "ferry"),
    ("pl", "Nowe mosty", "mosty"),
]


def test_words_are_found_in_their_forms_by_the_language_of_the_article(client, make_article):
    for language, body, _ in FORMS:
        seq = make_article(headline="H", body=body, language=language)["seq"]
    for language, body, q in FORMS:
        found = search(client, q, min_seq=seq, fields="body")["items"]
        assert body in [item["body"] for item in found], (language, q)
        found = search(client, q, language=language, fields="body")["items"]
        assert body in [item["body"] for item in found], (language, q)
    marked = [search(client, q)["items"][0]["highlights"][0]["html"] for q in ("election", "häuser")]
    assert "<mark>elections</mark>" in marked[0] or "<mark>élections</mark>" in marked[0]
    assert "<mark>Häuser</mark>" in marked[1]
    assert search(client, '"election"')["items"] == []
    assert {item["language"] for item in search(client, '"elections"')["items"]} == {"fr", "en"}


def test_stop_words_find_only_alone(client, make_article):
    seq = make_article(headline="The tide", body="The ferries and the trams are late.")["seq"]
    make_article(headline="A tram", body="It waits.")
    assert len(search(client, "the tram and the quay", min_seq=seq + 1)["items"]) == 2
    assert [item["id"] for item in search(client, "the")["items"]] == [1]
    assert [item["id"] for item in search(client, "the quay")["items"]] == []


@pytest.mark.parametrize(
    ("parameters", "facets"),
    [
        ({"facets": "language"}, {"language": {"en": 3, "en-GB": 1, "fr": 1, "ja": 1}}),
        (
            {"facets": "agency,section", "q": "harbour"},
            {"agency": {"AP": 1, "Reuters": 1}, "section": {"City": 1}},
        ),
        (
            {"facets": "author,source,tag,place,country"},
            {
                "author": {"Aino Lehto": 1}, "source": {"Harbour Post": 1}, "tag": {"Bridges": 1},
                "place": {"Kyoto": 1}, "country": {"JP": 1},
            },
        ),
        ({"facets": "language", "language": "fr"}, {"language": {"fr": 1}}),
        ({"facets": "language", "facet_limit": 1}, {"language": {"en": 3}}),
        ({"facets": "author", "q": "nothingness"}, {"author": {}}),
    ],
)  # fmt: skip
def test_facets_count_the_hits(stored, parameters, facets):
    found = search(stored, **parameters)["facets"]
    assert {name: {v["value"]: v["count"] for v in values} for name, values in found.items()} == facets


def test_names_in_several_writings_are_one_facet(client, make_article):
    for name in ("Harbour Post", "HARBOUR POST", "Harbour Post"):
        seq = make_article(source={"name": name})["seq"]
    found = search(client, facets="source", min_seq=seq)["facets"]["source"]
    assert found == [{"value": "Harbour Post", "count": 3}]
    assert len(search(client, source="harbour post")["items"]) == 3


@pytest.mark.parametrize(
    ("interval", "q", "starts"),
    [
        ("year", "harbour", {"2024-01-01T00:00:00Z": 2}),
        ("month", "", {"2024-04-01T00:00:00Z": 1, "2024-05-01T00:00:00Z": 3}),
        ("day", "harbour", {"2024-05-07T00:00:00Z": 1, "2024-05-08T00:00:00Z": 1}),
        ("hour", "cyclists", {"2024-05-07T10:00:00Z": 1}),
        ("hour", "nothingness", {}),
    ],
)
def test_histogram_counts_the_hits_of_each_time(stored, interval, q, starts):
    found = search(stored, q, histogram=interval, date_field="published_at")["histogram"]
    assert {part["start"]: part["count"] for part in found} == starts
    assert list(starts) == [part["start"] for part in found]


def test_histogram_of_the_ends_of_time(client, make_article):
    for day in ("0001-01-01", "9999-12-31"):
        seq = make_article(published_at=day)["seq"]
    for interval in ("hour", "day", "month", "year"):
        found = search(client, histogram=interval, min_seq=seq)["histogram"]
        assert found[0]["start"][:10] == "0001-01-01"
        assert [part["count"] for part in found] == [1, 1]


def test_too_many_parts_are_refused(stored, monkeypatch):
    monkeypatch.setattr(facets, "MAX_BUCKETS", 1)
    response = stored.get("/v1/search", params={"histogram": "day"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")


def test_unknown_facet_is_refused(stored):
    response = stored.get("/v1/search", params={"facets": "language,colour"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")
    assert "colour" not in response.text


def test_validation_shows_the_query_and_finds_nothing(stored):
    page = search(stored, "harbour -toll", validate=True, facets="language")
    assert (page["items"], page["next"], page["facets"]) == ([], None, None)
    assert [list(part) for part in page["query"]["all"]] == [["not"], ["word", "kind", "scope", "distance"]]
    assert search(stored, "harbour")["query"] is None


@pytest.mark.parametrize(
    ("field", "prefix", "names"),
    [
        ("author", "ain", ["Aino Lehto"]),
        ("author", "LEH", ["Aino Lehto"]),
        ("source", "harb", ["Harbour Post"]),
        ("place", "ky", ["Kyoto"]),
        ("tag", "", ["Bridges"]),
        ("author", "x", []),
    ],
)
def test_names_are_suggested(stored, field, prefix, names):
    response = stored.get("/v1/suggest", params={"field": field, "prefix": prefix})
    assert response.json() == {"items": [{"value": name, "count": 1} for name in names]}


def test_recent_puts_the_new_before_the_slightly_better(client, make_article):
    make_article(headline="Tunnel opens", body="The tunnel, the tunnel.", published_at="2004-05-01")
    today = datetime.now(UTC).isoformat(timespec="seconds")
    seq = make_article(headline="Works", body="The tunnel is closed today.", published_at=today)["seq"]
    assert [i["id"] for i in search(client, "tunnel", sort="recent", min_seq=seq)["items"]] == [2, 1]
    assert [i["id"] for i in search(client, "tunnel")["items"]] == [1, 2]


def test_words_side_by_side_come_first(client, make_article):
    make_article(
        headline="One", body="A bank was high. Nobody saw the fall of it into the river on that day."
    )
    seq = make_article(
        headline="Two", body="The river bank was high. Nobody saw the fall of it into a on that day."
    )["seq"]
    assert [i["id"] for i in search(client, "river bank fall", min_seq=seq)["items"]] == [2, 1]


def test_headline_with_all_the_words_comes_first(client, make_article):
    make_article(headline="Ferry runs again", body="The pier, the ferry, a pier, a ferry, that pier.")
    make_article(headline="Ferry back at pier", body="The ferry and the pier were closed all day.")
    for name in ("Pier", "Quay", "Bridge", "Tunnel", "Road", "Lift"):  # so that the words are worth something
        seq = make_article(headline=f"{name} opens", body="Nobody had seen it before.")["seq"]
    assert [i["id"] for i in search(client, "pier ferry", min_seq=seq)["items"]][:2] == [2, 1]


def test_write_is_found_at_once(client, make_article, monkeypatch):
    monkeypatch.setattr("app.search.endpoints.OWN_WRITES_SECONDS", 30)  # however busy the machine is
    for number in range(20):
        article = make_article(body=f"The zebra{number}x crossed the bridge.")
        found = client.get("/v1/search", params={"q": f"zebra{number}x"}).json()["items"]
        assert [item["id"] for item in found] == [article["id"]]


def test_refused_write_is_not_waited_for(client, make_article):
    article = make_article(external_id="a")
    refused = client.post("/v1/articles", json={"headline": "x", "body": "y", "external_id": "a"})
    assert refused.status_code == 409
    assert client.app.state.commits.seq == article["seq"]
