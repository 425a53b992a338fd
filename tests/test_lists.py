"""Lists of articles: filters, order, keyset pages, sparse fields."""

import pytest

PARIS = {"text": "PARIS", "places": [{"name": "Paris", "country": "FR"}], "date": {"value": "2024-05-06"}}
KYOTO = {"text": "KYOTO", "places": [{"name": "Kyoto", "country": "JP"}], "date": {"value": "2024-05-09"}}
ARTICLES = [
    {
        "headline": "One", "body": "alpha beta gamma", "language": "en", "agency": "AP", "section": "World",
        "source": {"name": "Harbour Post", "domain": "harbour.example"}, "authors": [{"name": "Aino Lehto"}],
        "tags": ["Bridges", "Sea"], "published_at": "2024-05-07T10:00:00Z", "byline": "By Aino Lehto",
        "url": "https://harbour.example/1", "external_id": "e1", "media": [{"caption": "c"}],
    },
    {
        "headline": "Two", "body": "delta", "language": "en-GB", "agency": "Reuters", "section": "City",
        "source": {"name": "Other"}, "tags": ["sea"], "published_at": "2024-05-08", "dateline": PARIS,
    },
    {
        "headline": "Three", "body": "epsilon zeta", "language": "de", "published_at": "2024-04",
        "status": "canceled",
    },
    {"headline": "Four", "body": "eta", "language": "und", "dateline": KYOTO},
]  # fmt: skip


@pytest.fixture
def stored(client, make_article):
    for content in ARTICLES:
        make_article(**content)
    return client


def names(client, **parameters):
    response = client.get("/v1/articles", params=parameters)
    assert response.status_code == 200, response.text
    return [item["headline"] for item in response.json()["items"]]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["Four", "Two", "One", "Three"]),
        ({"sort": "oldest"}, ["Three", "One", "Two", "Four"]),
        ({"sort": "-updated_at"}, ["Four", "Three", "Two", "One"]),
        ({"language": "en"}, ["Two", "One"]),
        ({"language": "en-GB"}, ["Two"]),
        ({"language": ["de", "und"]}, ["Four", "Three"]),
        ({"not_language": "en"}, ["Four", "Three"]),
        ({"language": "EN"}, ["Two", "One"]),
        ({"language": "en-gb"}, ["Two"]),
        ({"source": "harbour post"}, ["One"]),
        ({"not_source": "Harbour Post"}, ["Four", "Two", "Three"]),
        ({"domain": "harbour.example"}, ["One"]),
        ({"domain": "Harbour.Example"}, ["One"]),
        ({"agency": ["AP", "Reuters"]}, ["Two", "One"]),
        ({"not_agency": "AP"}, ["Four", "Two", "Three"]),
        ({"agency": "reuters"}, ["Two"]),
        ({"agency": "Associated Press"}, ["One"]),
        ({"not_agency": "ap"}, ["Four", "Two", "Three"]),
        ({"author": "aino  LEHTO"}, ["One"]),
        ({"author": "Aino"}, []),
        ({"tag": "SEA"}, ["Two", "One"]),
        ({"tag": "sea", "not_tag": "bridges"}, ["Two"]),
        ({"place": "paris"}, ["Two"]),
        ({"country": ["FR", "JP"]}, ["Four", "Two"]),
        ({"country": "fr"}, ["Two"]),
        ({"section": "World"}, ["One"]),
        ({"status": "canceled"}, ["Three"]),
        ({"not_status": "canceled"}, ["Four", "Two", "One"]),
        ({"has": "byline"}, ["One"]),
        ({"has": "dateline"}, ["Four", "Two"]),
        ({"has": "media"}, ["One"]),
        ({"not_has": "dateline"}, ["One", "Three"]),
        ({"ids": [1, 3]}, ["One", "Three"]),
        ({"url": "https://harbour.example/1"}, ["One"]),
        ({"external_id": "e1"}, ["One"]),
        ({"story_id": 2}, ["Two"]),
        ({"word_count_min": 2}, ["One", "Three"]),
        ({"word_count_max": 1}, ["Four", "Two"]),
        ({"from": "2024-05-08"}, ["Four", "Two"]),
        ({"to": "2024-05-08"}, ["Two", "One", "Three"]),
        ({"to": "2024-05-07"}, ["One", "Three"]),
        ({"to": "2024-05-07T09:59:59Z"}, ["Three"]),
        ({"from": "2024-05-07T13:00:00+03:00"}, ["Four", "Two", "One"]),
        ({"from": "2024-05", "to": "2024-05"}, ["Four", "Two", "One"]),
        ({"from": "2024", "to": "2024"}, ["Four", "Two", "One", "Three"]),
        ({"from": "2024-05-06", "date_field": "dateline"}, ["Four", "Two"]),
        ({"to": "2024-05-06", "date_field": "dateline"}, ["Two"]),
        ({"from": "2024-01-01", "date_field": "published_at"}, ["Two", "One", "Three"]),
        ({"to": "9999"}, ["Four", "Two", "One", "Three"]),
        ({"updated_since": "2020-01-01T00:00:00Z"}, ["Four", "Two", "One", "Three"]),
        ({"updated_since": "2999-01-01T00:00:00Z"}, []),
        ({"source": "%"}, []),
        ({"source": "x' OR '1'='1"}, []),
    ],
)  # fmt: skip
def test_filter(stored, parameters, expected):
    assert names(stored, **parameters) == expected


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"limit": "0"}, "invalid-parameter"),
        ({"limit": "201"}, "invalid-parameter"),
        ({"limit": "9223372036854775808"}, "invalid-parameter"),
        ({"limit": "ten"}, "invalid-parameter"),
        ({"sort": "password"}, "invalid-parameter"),
        ({"from": "yesterday"}, "invalid-parameter"),
        ({"from": "2024-13-01"}, "invalid-parameter"),
        ({"to": "9999-12-31T23:59:60+99:99"}, "invalid-parameter"),
        ({"ids": "9223372036854775808"}, "invalid-parameter"),
        ({"has": "soul"}, "invalid-parameter"),
        ({"country": "France"}, "invalid-parameter"),
        ({"not_country": "F"}, "invalid-parameter"),
        ({"language": "english"}, "invalid-parameter"),
        ({"not_language": "e"}, "invalid-parameter"),
        ({"language": "en_GB"}, "invalid-parameter"),
        ({"from": "2024-05-02", "to": "2024-05-01"}, "invalid-parameter"),
        ({"word_count_min": "2", "word_count_max": "1"}, "invalid-parameter"),
        ({"cursor": "AAAA"}, "invalid-cursor"),
        ({"cursor": "A" * 20000}, "invalid-cursor"),
        ({"cursor": "ÿ"}, "invalid-cursor"),
        ({"page": "2"}, "unknown-parameter"),
        ({"Limit": "2"}, "unknown-parameter"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/search"])
def test_impossible_parameter_is_refused(client, path, parameters, code):
    response = client.get(path, params=parameters)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_order_of_a_range_is_named(client):
    errors = client.get("/v1/articles", params={"from": "2024-05", "to": "2024-04-30"}).json()["errors"]
    assert errors == [{"field": "to", "message": "lies before `from`"}]


def test_unknown_parameter_is_named(client):
    errors = client.get("/v1/articles", params={"langauge": "en"}).json()["errors"]
    assert errors == [{"field": "langauge", "message": "unknown parameter"}]


@pytest.mark.parametrize("sort", ["newest", "oldest", "-updated_at"])
def test_pages_hold_every_article_once_while_others_come_in(client, make_article, sort):
    expected = [make_article(headline=f"h{n}", published_at="2024-05-07")["id"] for n in range(7)]
    seen, cursor = [], None
    while True:
        parameters = {"sort": sort, "limit": 2, **({"cursor": cursor} if cursor else {})}
        response = client.get("/v1/articles", params=parameters)
        seen += [item["id"] for item in response.json()["items"]]
        cursor = response.json()["next"]
        if cursor is None:
            assert "Link" not in response.headers
            break
        assert response.headers["Link"].startswith("<?sort=")
        assert response.headers["Link"].endswith('>; rel="next"')
        if sort == "newest" and len(seen) < 6:
            make_article(headline="later", published_at="2025-01-01")
    assert sorted(each for each in seen if each in expected) == expected
    assert len(seen) == len(set(seen))


def test_cursor_of_other_filters_is_refused(client, make_article):
    make_article()
    make_article(headline="b")
    cursor = client.get("/v1/articles", params={"limit": 1}).json()["next"]
    response = client.get("/v1/articles", params={"limit": 1, "cursor": cursor, "language": "en"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-cursor")


def test_list_shows_an_excerpt_and_not_the_body(client, make_article):
    make_article(body="word " * 200)
    item = client.get("/v1/articles").json()["items"][0]
    assert "body" not in item
    assert item["excerpt"].endswith("word…")
    assert len(item["excerpt"]) <= 281


def test_sparse_fields_of_a_list(client, make_article):
    article = make_article()
    items = client.get("/v1/articles", params={"fields": "headline,body"}).json()["items"]
    assert items == [{"id": article["id"], "headline": article["headline"], "body": article["body"]}]


def test_list_is_not_modified_for_who_has_it(client, make_article):
    make_article()
    etag = client.get("/v1/articles").headers["ETag"]
    assert client.get("/v1/articles", headers={"If-None-Match": etag}).status_code == 304
    make_article(headline="x")
    assert client.get("/v1/articles", headers={"If-None-Match": etag}).status_code == 200


def test_changes_are_paged_in_order(client, make_article):
    seqs = [make_article(headline=f"h{n}")["seq"] for n in range(5)]
    first = client.get("/v1/changes", params={"limit": 3}).json()
    assert [each["seq"] for each in first["items"]] == seqs[:3]
    assert (first["next"], first["last_seq"]) == (str(seqs[2]), seqs[4])
    rest = client.get("/v1/changes", params={"since": first["next"]}).json()
    assert ([each["seq"] for each in rest["items"]], rest["next"]) == (seqs[3:], None)
    assert client.get("/v1/changes", params={"since": -1}).status_code == 400
