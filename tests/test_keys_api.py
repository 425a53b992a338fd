"""/v1/keys, keys that are bound to a source, and what is remembered of keys."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from app.database import read_session, write_session
from app.documentation import list_routes
from app.keys import Scope, revoke_key
from app.main import create_app
from app.tables import Key

ARTICLE = {"headline": "Bridge reopens", "body": "The bridge reopened on Tuesday."}


@pytest.fixture
def admin(make_key):
    return make_key(Scope.ADMIN)


def test_key_is_made_shown_once_listed_and_revoked(client, admin):
    expires = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    response = client.post(
        "/v1/keys", json={"scope": "write", "name": "scraper", "expires_at": expires}, headers=admin
    )
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    made = response.json()
    bearer = {"Authorization": f"Bearer {made.pop('key')}"}
    assert client.get(response.headers["Location"], headers=admin).json() == made
    assert client.post("/v1/articles", json=ARTICLE, headers=bearer).status_code == 201
    listed = client.get("/v1/keys", headers=admin)
    assert made["id"] in [key["id"] for key in listed.json()["items"]]
    assert bearer["Authorization"].split("_", 2)[2] not in listed.text
    assert "sha256" not in listed.text
    assert client.delete(f"/v1/keys/{made['id']}", headers=admin).status_code == 204
    assert client.post("/v1/articles", json=ARTICLE, headers=bearer).status_code == 401, "at once, here"
    assert client.get(f"/v1/keys/{made['id']}", headers=admin).json()["state"] == "revoked"


@pytest.mark.parametrize("scope", [Scope.READ, Scope.WRITE])
def test_only_admins_look_after_keys(client, make_key, scope):
    less = make_key(scope)
    for method, path in (("POST", ""), ("GET", ""), ("GET", "/x"), ("DELETE", "/x")):
        body = {"json": {"scope": "read"}} if method == "POST" else {}
        response = client.request(method, f"/v1/keys{path}", headers=less, **body)
        assert response.json()["code"] == "scope-missing"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"scope": "root"},
        {"scope": "read", "secret_sha256": "0" * 64},
        {"scope": "read", "source": "Quay Herald"},
        {"scope": "admin", "source": "Quay Herald"},
        {"scope": "write", "source": ""},
        {"scope": "write", "name": "a\nb"},
        {"scope": "write", "name": "a" * 201},
        {"scope": "write", "expires_at": "2020-01-01T00:00:00Z"},
        {"scope": "write", "expires_at": "2090-01-01T00:00:00"},
    ],
)
def test_impossible_key_is_refused(client, admin, body):
    before = len(client.get("/v1/keys", headers=admin).json()["items"])
    assert client.post("/v1/keys", json=body, headers=admin).json()["code"] == "invalid-payload"
    assert len(client.get("/v1/keys", headers=admin).json()["items"]) == before


def test_list_has_pages(client, admin, make_key):
    for _ in range(3):
        make_key(Scope.READ)
    everything = client.get("/v1/keys", headers=admin).json()["items"]
    found, cursor = [], None
    while True:
        page = client.get(
            "/v1/keys", params={"limit": 2, **({"cursor": cursor} if cursor else {})}, headers=admin
        ).json()
        found += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert [key["id"] for key in found] == [key["id"] for key in everything]
    assert client.get("/v1/keys?cursor=x", headers=admin).json()["code"] == "invalid-cursor"
    for missing in ("none", "%00", "a" * 100):
        assert client.get(f"/v1/keys/{missing}", headers=admin).status_code == 404
        assert client.delete(f"/v1/keys/{missing}", headers=admin).status_code == 404


def test_last_use_is_written_outside_of_requests(app, engine, make_key):
    used, unused = make_key(Scope.WRITE), make_key(Scope.WRITE)
    with TestClient(app) as client:
        for _ in range(3):
            assert client.post("/v1/articles", json=ARTICLE, headers=used).status_code == 201
    with read_session(engine) as session:  # the server has written it at its end
        marks = {
            name: session.get(Key, header["Authorization"].split("_")[1]).last_used_at
            for name, header in (("used", used), ("unused", unused))
        }
    assert marks["unused"] is None
    assert abs((datetime.now(UTC) - marks["used"]).total_seconds()) < 60


def test_revocation_by_another_process_counts_within_five_seconds(client, engine, make_key, monkeypatch):
    key = make_key(Scope.WRITE)
    assert client.post("/v1/articles", json=ARTICLE, headers=key).status_code == 201
    with write_session(engine) as session:
        revoke_key(session, key["Authorization"].split("_")[1])
    now = time.monotonic()
    monkeypatch.setattr("app.keys.access.time.monotonic", lambda: now + 5.0)
    assert client.post("/v1/articles", json=ARTICLE, headers=key).status_code == 401


def test_remembered_key_with_a_wrong_secret_is_refused(client, make_key):
    key = make_key(Scope.WRITE)["Authorization"]
    assert client.get("/v1/articles", headers={"Authorization": key}).status_code == 200
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert client.get("/v1/articles", headers={"Authorization": wrong}).status_code == 401


def test_remembered_key_ends_with_its_time(client, make_key, monkeypatch):
    key = make_key(Scope.WRITE, expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert client.get("/v1/articles", headers=key).status_code == 200
    monkeypatch.setattr("app.keys.access.VerifiedKey.is_expired", lambda _self: True)
    assert client.get("/v1/articles", headers=key).status_code == 401


# What a key that is bound to a source may not do to an article of another one; a new operation that writes
# must be named here, or the test below fails.
FOREIGN_WRITES = {
    "create_article": {"json": {**ARTICLE, "source": {"name": "Other"}}},
    "ingest_raw_text": {"json": {"raw": "Bridge opens\n\nThe bridge opened, officials said.", "source": "O"}},
    "replace_article": {"json": ARTICLE},
    "change_article": {"json": {"headline": "h"}},
    "delete_article": {},
    "reclean_article": {},
    "split_story": {"json": {"article_ids": [1]}},
    "join_stories": {"json": {"story_ids": [1]}},
}
# The lines of a batch are refused one by one: tests/test_batch.py.
OF_OTHER_SCOPES = {"create_key", "revoke_key", "clean_raw_text", "ingest_batch"}


def test_bound_key_writes_for_its_source_only(app, client, make_key, page):
    bound = make_key(Scope.WRITE, source="Quay Herald")
    raw = {"raw": page, "source": "Other"}
    foreign = client.post("/v1/ingest", json=raw).json()["id"]
    writes = [
        (operation["operationId"], method, path)
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if method != "get"
    ]
    assert {name for name, _, _ in writes} == set(FOREIGN_WRITES) | OF_OTHER_SCOPES
    before = client.get("/v1/changes").json()["last_seq"]
    for name, method, path in writes:
        if name in OF_OTHER_SCOPES:
            continue
        asked = FOREIGN_WRITES[name]
        url = re.sub(r"\{\w+\}", str(foreign), path)
        response = client.request(method, url, headers={**bound, "If-Match": "*"}, **asked)
        assert (response.status_code, response.json()["code"]) == (403, "source-not-allowed"), name
    assert client.get("/v1/changes").json()["last_seq"] == before


def test_bound_key_gives_its_source_to_what_states_none(client, make_key, page):
    bound = make_key(Scope.WRITE, source="Quay Herald")
    text = client.post("/v1/ingest", content=page, headers={**bound, "Content-Type": "text/plain"})
    assert (text.status_code, text.json()["source"]["name"]) == (201, "Quay Herald")
    created = client.post("/v1/articles", json=ARTICLE, headers=bound)
    assert created.json()["source"]["name"] == "Quay Herald"
    url, match = f"/v1/articles/{created.json()['id']}", {"If-Match": created.headers["ETag"]}
    moved = client.patch(url, json={"source": {"name": "Other"}}, headers={**bound, **match})
    assert moved.json()["code"] == "source-not-allowed"
    assert client.patch(url, json={"headline": "h"}, headers={**bound, **match}).status_code == 200


def test_bound_key_sees_nothing_withheld(client, make_key, make_article):
    article = make_article(status="withheld")
    bound = make_key(Scope.WRITE, source="Quay Herald")
    assert client.get(f"/v1/articles/{article['id']}", headers=bound).status_code == 403


OPEN = re.compile(r"/health/|/openapi\.json|/docs|/redoc|/static|/playground")


def test_closed_reading_closes_every_route(settings):
    closed = create_app(settings.model_copy(update={"public_read": False}))
    with TestClient(closed, raise_server_exceptions=False) as client:
        paths = [
            (method, path)
            for path, operations in closed.openapi()["paths"].items()
            for method in operations
            if not OPEN.match(path)
        ]
        # A route that is not in the document is a page; it must not show what reading is closed for either.
        pages = [route.path for route in list_routes(closed.routes) if not route.include_in_schema]
        assert "/docs" in pages
        paths += [("get", path) for path in pages if not OPEN.match(path)]
        assert len(paths) > 15
        for method, path in paths:
            url = re.sub(r"\{\w+\}", "1", path)
            response = client.request(method, url, params={"q": "x"} if url == "/v1/search" else {})
            assert response.status_code == 401, (method, path)
            if not response.headers["Content-Type"].startswith("text/html"):
                assert response.json()["code"] == "key-required", (method, path)
