"""HEAD is answered wherever GET is, by the same head and no body (RFC 9110 §9.3.2)."""

import pytest
from fastapi.testclient import TestClient

PATHS = [
    "/v1/articles/1",
    "/v1/articles/99",
    "/v1/articles?limit=1",
    "/v1/articles?colour=red",
    "/v1/search?q=bridge",
    "/v1/feed.atom",
    "/v1/export",
    "/v1/changes",
    "/health/live",
    "/openapi.json",
    "/docs",
    "/",
    "/articles/1",
    "/static/reader.css",
    "/nowhere",
]


def list_headers(answer):
    return sorted(
        f"{name}: {value}".lower() for name, value in answer.headers.items() if name != "x-request-id"
    )


@pytest.mark.parametrize("coding", ["gzip", "identity"])
@pytest.mark.parametrize("path", PATHS)
def test_head_is_that_of_get(app, client, make_article, path, coding):
    make_article(body="The bridge is shut. " * 100)
    for reader in (client, TestClient(app)):  # with a key the endpoints answer, without one the hot reads
        asked = {"Accept-Encoding": coding}
        answers = [reader.request(method, path, headers=asked) for method in ("GET", "HEAD")]
        heads = [(answer.status_code, list_headers(answer)) for answer in answers]
        assert heads[0] == heads[1]
        assert answers[1].content == b""


def test_head_of_a_known_text(client, make_article):
    make_article()
    known = {"If-None-Match": '"1-1"'}
    assert client.head("/v1/articles/1", headers=known).status_code == 304


def test_head_of_a_stream_ends(client, make_article):
    make_article()
    answer = client.head("/v1/changes", headers={"Accept": "text/event-stream"})
    assert answer.headers["Content-Type"].startswith("text/event-stream")


def test_what_cannot_be_read_has_no_head(client):
    answer = client.head("/v1/ingest")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert client.put("/v1/search").headers["Allow"] == "GET, HEAD"


def test_head_is_counted_as_such(client, make_article):
    make_article()
    client.head("/v1/articles/1")
    counted = client.get("/metrics").text
    assert 'method="HEAD",route="/v1/articles/{article_id}",status="200"' in counted
