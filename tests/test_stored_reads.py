"""The hot reads answer as the endpoints do, and never with what is no longer so.

`Dateline-Min-Seq: 0` changes nothing but who answers: a request with that header goes to the endpoint.
"""

import time

import pytest
from fastapi.testclient import TestClient

from app import index
from app.articles.shapes import ArticleCreate
from app.articles.writes import create_article
from app.database import make_engine, write_session
from app.index.folder import find_folder, find_writer, open_index
from app.keys import Scope
from app.main import create_app

ENDPOINT = {"Dateline-Min-Seq": "0"}
SHOWN = ("content-type", "dateline-seq", "etag", "cache-control", "link", "content-length")


@pytest.fixture
def reader(app, client):  # noqa: ARG001
    """A client without a key, of the application that `client` runs."""
    return TestClient(app, raise_server_exceptions=False)


def read(reader, path, **headers):
    """Read by both ways, twice, and return the answer when they agree."""
    answers = [reader.get(path, headers={**ENDPOINT, **headers})]
    answers += [reader.get(path, headers=headers) for _ in range(2)]
    seen = [
        (answer.status_code, answer.content, {name: answer.headers.get(name) for name in SHOWN})
        for answer in answers
        if answer.status_code < 400  # an error's request id is its own
    ]
    assert all(each == seen[0] for each in seen)
    assert len({answer.status_code for answer in answers}) == 1
    return answers[-1]


def test_article_as_the_endpoint_answers_it(reader, make_article):
    article = make_article(headline="Größe")
    answer = read(reader, f"/v1/articles/{article['id']}")
    assert answer.json() == article
    assert answer.headers["X-Request-Id"]


def test_copy_that_joins_a_story_changes_what_names_the_articles(reader, make_article):
    body = "The harbour bridge reopened on Tuesday after four months of repairs."
    first = make_article(body=body)
    alone = read(reader, "/v1/articles/1").headers["ETag"]
    copy = make_article(body=body, headline="Another headline")
    assert copy["duplicate_of"] == first["id"]
    assert read(reader, f"/v1/articles/{copy['id']}").json() == copy
    assert read(reader, "/v1/articles/1", **{"If-None-Match": alone}).headers["ETag"] == alone
    named = read(reader, f"/v1/articles/{copy['id']}").headers["ETag"]
    assert read(reader, f"/v1/articles/{copy['id']}", **{"If-None-Match": named}).status_code == 304


@pytest.mark.parametrize("sent", ['"1-1"', 'W/"1-1"', '"5-5", "1-1"', "*"])
def test_known_text_is_not_sent_again(reader, make_article, sent):
    make_article()
    answer = read(reader, "/v1/articles/1", **{"If-None-Match": sent})
    assert (answer.status_code, answer.content) == (304, b"")


def test_known_text_may_be_named_on_a_line_of_its_own(reader, make_article):
    """Of a header that is a list, the lines are parts (RFC 9110 §5.3)."""
    make_article()
    lines = [("If-None-Match", '"5-5"'), ("If-None-Match", '"1-1"')]
    for sent in (lines, [*lines, *ENDPOINT.items()]):
        assert reader.get("/v1/articles/1", headers=sent).status_code == 304


def test_another_text_is_sent(reader, make_article):
    make_article()
    assert read(reader, "/v1/articles/1", **{"If-None-Match": '"1-2"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/articles/2", 404),
        ("/v1/articles/0", 400),
        ("/v1/articles/9223372036854775807", 404),
        ("/v1/articles/99999999999999999999", 400),
        ("/v1/articles/%D9%A1", 400),
        ("/v1/articles/1/", 404),
        ("/v1/articlesx", 404),
        ("/v1/articles?limit=0", 400),
        ("/v1/articles?colour=red", 400),
        ("/v1/articles/1?colour=red", 400),
    ],
)
def test_what_cannot_be_answered_is_the_endpoints_to_refuse(reader, make_article, path, status):
    make_article()
    assert read(reader, path).status_code == status


def test_article_that_changes(client, reader, make_article):
    path = f"/v1/articles/{make_article()['id']}"
    assert read(reader, path).json()["headline"] == "Bridge reopens"
    client.patch(path, json={"headline": "Bridge closes"}, headers={"If-Match": "*"})
    assert read(reader, path).json()["headline"] == "Bridge closes"
    client.patch(path, json={"status": "withheld"}, headers={"If-Match": "*"})
    assert read(reader, path).status_code == 403
    client.delete(path, headers={"If-Match": "*"})
    assert read(reader, path).status_code == 410


def test_page_follows_every_write(client, reader, make_article):
    path = "/v1/articles?limit=2"
    assert read(reader, path).json()["items"] == []
    first = make_article()
    assert [item["id"] for item in read(reader, path).json()["items"]] == [first["id"]]
    client.patch(f"/v1/articles/{first['id']}", json={"headline": "Later"}, headers={"If-Match": "*"})
    assert [item["headline"] for item in read(reader, path).json()["items"]] == ["Later"]
    client.delete(f"/v1/articles/{first['id']}", headers={"If-Match": "*"})
    assert read(reader, path).json()["items"] == []


def test_page_follows_writes_of_other_processes(settings, reader):
    assert read(reader, "/v1/articles").json()["items"] == []
    other = make_engine(settings)
    with write_session(other) as session:
        create_article(session, ArticleCreate(headline="From elsewhere", body="b"))
    other.dispose()
    assert len(read(reader, "/v1/articles").json()["items"]) == 1


def test_pages_are_told_apart_by_what_is_asked(reader, make_article):
    for number in range(3):
        make_article(headline=f"h{number}")
    answer = read(reader, "/v1/articles?limit=2")
    assert read(reader, "/v1/articles" + f"?limit=2&cursor={answer.json()['next']}").json()["next"] is None
    assert len(read(reader, "/v1/articles?limit=1").json()["items"]) == 1
    etag = answer.headers["ETag"]
    assert read(reader, "/v1/articles?limit=2", **{"If-None-Match": etag}).status_code == 304


def test_search_follows_every_write(client, reader, make_article):
    path = "/v1/search?q=harbour"
    assert read(reader, path).json()["items"] == []
    first = make_article(headline="Harbour reopens")
    found = read(reader, path)
    assert [item["id"] for item in found.json()["items"]] == [first["id"]]
    assert read(reader, path, **{"If-None-Match": found.headers["ETag"]}).status_code == 304
    client.patch(f"/v1/articles/{first['id']}", json={"status": "withheld"}, headers={"If-Match": "*"})
    assert read(reader, path).json()["items"] == []
    assert read(reader, "/v1/search?q=harbour&limit=0").status_code == 400


def test_search_follows_an_index_that_is_built_anew(app, settings, engine):
    with write_session(engine) as session:
        article = create_article(session, ArticleCreate(headline="Harbour reopens", body="b"))
    folder = settings.effective_index_dir
    index.catch_up_once(engine, folder)
    damaged = find_writer(open_index(find_folder(folder)))
    damaged.delete_documents_by_term("id", article.id)
    damaged.commit()
    del damaged
    with TestClient(app) as reader:
        assert read(reader, "/v1/search?q=harbour").json()["items"] == []
        shown = app.state.follower.shown
        index.rebuild(engine, folder)
        while app.state.follower.shown == shown:
            time.sleep(0.01)
        assert len(read(reader, "/v1/search?q=harbour").json()["items"]) == 1


@pytest.mark.parametrize("written", ["recent", "%72ecent", "rec%65nt"])
def test_search_by_age_is_not_kept(reader, make_article, written):
    make_article(headline="Harbour reopens")
    path = f"/v1/search?q=harbour&sort={written}"
    scores = [reader.get(path).json()["items"][0]["score"] for _ in range(2)]
    assert scores[1] <= scores[0]
    assert reader.app.state.stored_reader is None or not reader.app.state.stored_reader.pages.bytes


def test_what_is_kept_is_bounded(reader, make_article, monkeypatch):
    kept = reader.app.state.stored_reader
    for each in (kept.pages, kept.articles) if kept else ():
        monkeypatch.setattr(each, "most_bytes", 5000)
    for number in range(1, 7):
        make_article(body="word " * 100)
        read(reader, f"/v1/articles/{number}")
    for number in range(1, 7):
        read(reader, f"/v1/articles?limit=1&word_count_min={number}")
        read(reader, f"/v1/articles/{number}")
    assert kept is None or 0 < kept.pages.bytes <= 5000
    assert kept is None or 0 < kept.articles.bytes <= 5000


def test_long_addresses_count_among_what_is_kept(reader):
    """An empty page is small, but a filter may have 500 characters and be repeated."""
    kept = reader.app.state.stored_reader
    if kept is None:
        pytest.skip("PostgreSQL has no hot reads")
    addresses = [f"/v1/articles?source={number}{'x' * 490}" for number in range(20)]
    for address in addresses:
        read(reader, address)
    assert kept.pages.bytes >= sum(map(len, addresses))


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_article_is_seen_as_it_is_now(reader, client, make_article, coding):
    make_article(body="The bridge is shut. " * 100)
    path, headers = "/v1/articles/1", {"Accept-Encoding": coding}
    assert [reader.get(path, headers=headers).json()["version"] for _ in range(2)] == [1, 1]
    assert client.patch(path, json={"headline": "Open"}, headers={"If-Match": "*"}).status_code == 200
    assert reader.get(path, headers=headers).json()["headline"] == "Open"
    assert client.delete(path, headers={"If-Match": "*"}).status_code == 204
    assert reader.get(path, headers=headers).status_code in (404, 410)


@pytest.mark.parametrize("coding", ["gzip", "identity", "br"])
def test_all_headers_are_those_of_the_endpoint(reader, make_article, coding):
    make_article(body="The bridge is shut. " * 100)
    for path in ("/v1/articles/1", "/v1/articles?limit=1", "/v1/articles?limit=1&fields=id"):
        asked = {"Accept-Encoding": coding}
        answers = [reader.get(path, headers={**ENDPOINT, **asked})]
        answers += [reader.get(path, headers=asked) for _ in range(2)]
        seen = [
            sorted((name, value.lower()) for name, value in answer.headers.items() if name != "x-request-id")
            for answer in answers
        ]
        assert seen[0] == seen[1] == seen[2]


ASKED_OF_BOTH = [
    *("", "limit=1", "limit=2&limit=1", "source=Echo&source=Post", "not_source=Echo", "language=en"),
    *("from=2024&to=2024-05", "to=2023-12-31T23:00:00Z", "word_count_min=2", "updated_since=2020-01-01"),
    *("fields=headline&limit=2", "fields=", "ids=1&ids=2", "has=byline", "not_has=byline", "sort=oldest"),
    *("duplicates=collapse", "date_field=created_at", "status=usable", "source=%20&limit=5"),
    *("limit=0", "limit=x", "limit=", "from_=2024", "from=soon", "sort=colour", "cursor=abc", "ids=0"),
    *("colour=red", "fields=colour", "format=ninjs", "format=text", "status=withheld", "source="),
]


@pytest.fixture
def stored(make_article):
    """Articles of three sources, one of them withheld."""
    for number, source in enumerate(["Echo", "Post", "Echo"], 1):
        make_article(
            headline=f"Harbour {number}", source={"name": source}, published_at=f"2024-0{number}-01T08:00:00Z"
        )
    make_article(headline="Harbour withheld", status="withheld")


def test_parameters_mean_what_they_mean_to_the_endpoint(reader, stored):  # noqa: ARG001
    paths = [
        *(f"/v1/{name}?{asked}" for name in ("articles", "search") for asked in ASKED_OF_BOTH),
        *("/v1/articles?include=blocks", "/v1/articles?q=harbour", "/v1/search?include=blocks"),
        *("/v1/search?q=harbour&highlight=false", "/v1/search?q=harbour&highlight=perhaps"),
        *("/v1/search?q=%22harbour+1%22", "/v1/search?q=harbour+OR&validate=true"),
        *("/v1/search?validate_=true", "/v1/search?q=harbour&count=exact&facets=source&histogram=month"),
        *("/v1/search?q=(harbour", "/v1/search?facets=colour", "/v1/search?sort=recent&cursor=abc"),
    ]
    statuses = set()
    for path in paths:
        answers = [reader.get(path, headers=headers) for headers in (ENDPOINT, {})]
        seen = [
            (answer.status_code, {**answer.json(), "request_id": None}, answer.headers.get("link"))
            for answer in answers
        ]
        assert seen[0] == seen[1], path
        statuses.add(seen[0][0])
    assert statuses == {200, 400, 403}


def test_who_may_see_what_is_withheld(client, reader, stored, make_key):  # noqa: ARG001
    path = "/v1/articles?status=withheld"
    assert [item["headline"] for item in read(client, path).json()["items"]] == ["Harbour withheld"]
    for key in (make_key(Scope.READ), make_key(Scope.WRITE, source="Echo")):
        for _ in range(2):  # a key that is looked up, and one that is known
            assert read(reader, path, **key).status_code == 403
    assert read(reader, path).status_code == 403


def test_closed_store_stays_closed(settings, make_article):
    make_article()
    closed = create_app(settings.model_copy(update={"public_read": False}))
    with TestClient(closed) as reader:
        assert read(reader, "/v1/articles/1").status_code == 401
        assert read(reader, "/v1/articles").status_code == 401
