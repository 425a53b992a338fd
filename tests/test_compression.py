"""Answers are compressed for who asks for it, and are the same text either way."""

import pytest
from fastapi.testclient import TestClient

BODY = "The bridge reopened on Tuesday. " * 100


@pytest.fixture(params=["without a key", "with a key"])
def reader(app, client, request):
    """The hot reads answer who has no key, the endpoints who has one."""
    return client if request.param == "with a key" else TestClient(app)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("GZip", "gzip"),
        ("deflate", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip; Q=0", None),
        ("br, gzip;q=0.000, identity", None),
    ],
)
def test_coding_is_the_one_asked_for(make_article, reader, accepted, coding):
    article = make_article(body=BODY)
    response = reader.get(f"/v1/articles/{article['id']}", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == coding
    assert "accept-encoding" in response.headers["Vary"].lower()
    assert response.json() == article
    shorter = int(response.headers["Content-Length"]) < len(BODY)
    assert shorter == (coding == "gzip")
    known = {"If-None-Match": response.headers["ETag"], "Accept-Encoding": accepted}
    repeated = reader.get(f"/v1/articles/{article['id']}", headers=known)
    assert repeated.status_code == 304
    assert "accept-encoding" in repeated.headers["Vary"].lower()  # as the answer itself (RFC 9110 §15.4.5)


def test_coding_may_be_named_on_a_line_of_its_own(make_article, reader):
    article = make_article(body=BODY)
    lines = [("Accept-Encoding", "br"), ("Accept-Encoding", "gzip")]
    response = reader.get(f"/v1/articles/{article['id']}", headers=lines)
    assert response.headers["Content-Encoding"] == "gzip"


def test_small_answers_are_left_alone(client):
    response = client.get("/health/live", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
