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
        ("deflate", None),
        ("identity", None),
        ("gzip;q=0", None),
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
    assert reader.get(f"/v1/articles/{article['id']}", headers=known).status_code == 304


def test_small_answers_are_left_alone(client):
    response = client.get("/health/live", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers
