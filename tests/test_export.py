"""GET /v1/export: every article in the order of ids, and back again through the batch."""

import csv
import io
import json

import pytest
from fastapi.testclient import TestClient

from app.articles import exports
from app.database import write_session
from app.keys import Scope, create_key
from app.main import create_app

NDJSON = {"Content-Type": "application/x-ndjson"}
# What the store that takes an article decides anew.
OWN = {"id", "uri", "seq", "version", "created_at", "updated_at", "story_id", "duplicate_of", "cleaning"}


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    """Make pages and windows so small that a few articles fill several."""
    monkeypatch.setattr(exports, "WINDOW", 3)
    monkeypatch.setattr(exports, "PAGE", 2)


def export(client, query=""):
    response = client.get("/v1/export" + query)
    assert response.status_code == 200, response.text
    return response.text


def list_ids(client, query=""):
    return [json.loads(line)["article"]["id"] for line in export(client, query).splitlines()]


def test_export_follows_ids_filters_and_after(client, make_article):
    articles = [make_article(tags=["odd" if n % 2 else "even"], body=f"Body {n}.") for n in range(9)]
    ids = [article["id"] for article in articles]
    hidden, deleted = articles[3], articles[6]
    client.patch(
        f"/v1/articles/{hidden['id']}",
        json={"status": "withheld"},
        headers={"If-Match": f'"{hidden["id"]}-1"'},
    )
    client.delete(f"/v1/articles/{deleted['id']}", headers={"If-Match": f'"{deleted["id"]}-1"'})
    shown = [found for found in ids if found not in (hidden["id"], deleted["id"])]
    assert list_ids(client) == shown
    assert list_ids(client, "?tag=odd") == [ids[n] for n in (1, 5, 7)]
    assert list_ids(client, f"?after={ids[4]}") == [ids[n] for n in (5, 7, 8)]
    assert list_ids(client, "?status=withheld") == [hidden["id"]]
    first = json.loads(export(client).splitlines()[0])["article"]
    assert first == client.get(f"/v1/articles/{ids[0]}").json()


def test_export_refuses_what_lists_refuse(app, client):
    stranger = TestClient(app)  # of the application that `client` runs
    assert stranger.get("/v1/export?status=withheld").json()["code"] == "article-withheld"
    assert client.get("/v1/export?colour=red").json()["code"] == "unknown-parameter"
    assert client.get("/v1/export?format=xml").json()["code"] == "invalid-parameter"
    assert export(client) == ""


def test_import_of_an_export_gives_the_same_articles(client, page, make_article, new_store, tmp_path):
    client.post("/v1/ingest", content=page, headers={"Content-Type": "text/plain"})
    stated = {
        "raw": page.replace("bridge", "Brücke"),
        "source": "N",
        "external_id": "7",
        "published_at": "2026-05",
        "modified_at": "2026-06",
    }
    assert client.post("/v1/ingest", json=stated).status_code == 201
    make_article(
        published_at={"value": "2026-05-07T10:00:00Z", "precision": "minute", "evidence": "meta"},
        modified_at={"value": "2026-05-07T11:00:00Z", "precision": "minute", "evidence": "meta"},
        dateline={
            "text": "OSLO, --",
            "date": {"value": "--05-07"},
            "places": [{"name": "Oslo", "country": "NO"}],
        },
        source={"domain": "example.org"},
        tags=["a", "b"],
        status="canceled",
        external_id="x",
        media=[{"caption": "C"}],
        metrics=[{"kind": "reads", "value": 3}],
    )
    exported = export(client)
    (tmp_path / "other").mkdir()
    with new_store("sqlite", tmp_path / "other") as settings:
        other = create_app(settings)
        with TestClient(other) as importing:
            importing.headers["Authorization"] = make_other_key(other)
            answer = importing.post("/v1/ingest/batch", content=exported, headers=NDJSON)
            assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [201] * 3
            imported = export(importing)
            again = importing.post("/v1/ingest/batch", content=exported, headers=NDJSON)
            assert [json.loads(line)["status"] for line in again.text.splitlines()] == [200] * 3
            assert export(importing) == imported
    before, after = (
        [
            {name: value for name, value in json.loads(line)["article"].items() if name not in OWN}
            for line in text.splitlines()
        ]
        for text in (exported, imported)
    )
    assert after == before
    assert len(before) == 3


def make_other_key(other):
    with write_session(other.state.engine) as session:
        return f"Bearer {create_key(session, Scope.WRITE)[1]}"


def test_csv_holds_no_formula(client, make_article):
    make_article(
        headline="=HYPERLINK(1)", body="-2+3\nsecond line", tags=["@a", "b"], url="https://example.org/a"
    )
    make_article(headline='He said "no", twice', body="+1", authors=[{"name": "A B"}, {"name": "C D"}])
    rows = list(csv.DictReader(io.StringIO(export(client, "?format=csv"), newline="")))
    assert [row["headline"] for row in rows] == ["'=HYPERLINK(1)", 'He said "no", twice']
    assert [row["body"] for row in rows] == ["'-2+3\nsecond line", "'+1"]
    assert (rows[0]["tags"], rows[1]["authors"]) == ("'@a; b", "A B; C D")
    assert rows[0]["url"] == "https://example.org/a"
