"""Cleaning a kept raw text again: what changes, what a client's edits are worth, and the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.articles.queries import get_article
from app.articles.shapes import ArticleContent
from app.cleaning import VERSION
from app.database import read_session, write_session
from app.errors import NoArticleFound
from app.ingest.articles import CleanedSubmission, clean_submission, store_submission
from app.ingest.recleaning import prepare_recleaning, reclean_article
from app.ingest.submissions import read_submission
from app.keys import Scope
from app.tables import Article

AD = "Kindly disable the Ad blocker"
HEADLINE = "Harbour bridge reopens after winter repairs"
BODY_END = "to let boats pass."


def match(article: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"{article["id"]}-{article["version"]}"'}


@pytest.fixture
def ingest_long_ago(engine, page) -> Callable[..., int]:
    """Store a page as older rules (version 0) cleaned it and return its id; `over` is what they gave."""

    def ingest(raw: str = page, stated: dict[str, Any] | None = None, **over: Any) -> int:
        submission = read_submission("application/json", json.dumps({"raw": raw, **(stated or {})}).encode())
        found = clean_submission(submission)
        old = CleanedSubmission(
            submission, replace(found.cleaned, version=0), found.content.model_copy(update=over)
        )
        with write_session(engine) as session:
            return store_submission(session, old)[0].id

    return ingest


@pytest.fixture
def old(client, page, ingest_long_ago) -> dict[str, Any]:
    """An article whose headline and body older rules cleaned badly."""
    body = client.post("/v1/clean", json={"raw": page}).json()["article"]["body"]
    article_id = ingest_long_ago(headline=HEADLINE + " - Site", body=f"{body}\n\n{AD}")
    return client.get(f"/v1/articles/{article_id}").json()


@pytest.fixture
def reclean(client):
    """Clean an article's raw text again and return the answer's JSON."""

    def call(article: dict[str, Any], **params: Any) -> dict[str, Any]:
        response = client.post(f"/v1/articles/{article['id']}/reclean", params=params)
        assert response.status_code == 200, response.text
        return response.json()

    return call


@pytest.fixture
def patch(client):
    """Change an article, whatever its version, and return its JSON."""

    def change(article: dict[str, Any], **fields: Any) -> dict[str, Any]:
        path, headers = f"/v1/articles/{article['id']}", {"If-Match": "*"}
        response = client.patch(path, json=fields, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    return change


def test_what_comes_out_differently_is_a_new_version(client, page, old):
    path = f"/v1/articles/{old['id']}"
    response = client.post(f"{path}/reclean")
    assert response.status_code == 200
    result, article = response.json(), client.get(path)
    assert (result["from"], result["to"], result["kept"], result["stored"]) == (1, 2, [], True)
    assert [field["field"] for field in result["fields"]] == ["headline", "body"]
    assert result["fields"] == client.get(f"{path}/diff").json()["fields"]
    assert response.headers["ETag"] == article.headers["ETag"] == f'"{old["id"]}-2"'
    fresh = client.post("/v1/clean", content=page, headers={"Content-Type": "text/plain"}).json()["article"]
    assert {name: article.json()[name] for name in fresh} == fresh
    assert article.json()["cleaning"]["version"] == result["cleaning_version"] == VERSION
    versions = client.get(f"{path}/versions").json()["items"]
    assert [(each["kind"], each["fields"]) for each in versions] == [
        ("recleaned", ["headline", "body"]),
        ("created", []),
    ]
    assert client.get(f"{path}/versions/1").json() == old
    ledger = client.get(f"{path}/ledger").json()
    assert (ledger["version"], ledger["cleaning_version"]) == (2, VERSION)
    blocks = client.get(path, params={"include": "blocks"}).json()["blocks"]
    assert (blocks[0], blocks[-1]["line"]) == ({"role": "headline", "text": HEADLINE, "line": 1}, 9)
    change = client.get("/v1/changes", params={"since": old["seq"]}).json()["items"]
    assert [(each["kind"], each["version"], each["fields"]) for each in change] == [
        ("updated", 2, ["headline", "body"])
    ]
    assert response.headers["Dateline-Seq"] == str(change[0]["seq"])
    assert client.get(f"{path}/raw").text == page


def test_dry_run_shows_the_same_and_stores_nothing(client, old, reclean):
    path = f"/v1/articles/{old['id']}"
    ledger = client.get(f"{path}/ledger").content
    shown = reclean(old, dry_run=True)
    assert client.get(path).json() == old
    assert client.get(f"{path}/ledger").content == ledger
    assert client.get("/v1/changes").json()["last_seq"] == old["seq"]
    assert shown == {**reclean(old), "stored": False}


def test_cleaning_again_twice_changes_nothing_more(client, old, reclean):
    reclean(old)
    seq = client.get("/v1/changes").json()["last_seq"]
    again = reclean(old)
    assert (again["from"], again["to"], again["fields"]) == (2, 2, [])
    assert client.get("/v1/changes").json()["last_seq"] == seq


def test_ledger_is_replaced_where_the_text_is_the_same(client, ingest_long_ago, reclean):
    article = client.get(f"/v1/articles/{ingest_long_ago()}").json()
    assert client.get(f"/v1/articles/{article['id']}/ledger").json()["cleaning_version"] == 0
    assert reclean(article)["fields"] == []
    assert client.get(f"/v1/articles/{article['id']}").json() == article
    ledger = client.get(f"/v1/articles/{article['id']}/ledger").json()
    assert (ledger["version"], ledger["cleaning_version"]) == (1, VERSION)


def test_edited_fields_are_kept(client, old, patch, reclean):
    patch(old, headline="Bridge opens", section="City", status="canceled")
    result = reclean(old)
    assert (result["kept"], [field["field"] for field in result["fields"]]) == (
        ["headline", "section"],
        ["body"],
    )
    article = client.get(f"/v1/articles/{old['id']}").json()
    assert (article["headline"], article["section"], article["status"]) == (
        "Bridge opens",
        "City",
        "canceled",
    )
    assert article["body"].endswith(BODY_END)
    blocks = client.get(f"/v1/articles/{old['id']}", params={"include": "blocks"}).json()["blocks"]
    assert blocks[0] == {"role": "headline", "text": "Bridge opens", "line": None}
    assert blocks[-1]["text"].endswith(BODY_END)


def test_edit_that_was_taken_back_is_none(old, patch, reclean):
    patch(old, headline="Bridge opens")
    patch(old, headline=old["headline"])
    result = reclean(old)
    assert (result["kept"], result["fields"][0]["after"]) == ([], HEADLINE)


def test_edit_that_cleaning_now_agrees_with_is_none(old, patch, reclean):
    patch(old, headline=HEADLINE)
    assert reclean(old)["kept"] == []
    patch(old, headline="Bridge opens")
    assert reclean(old)["kept"] == ["headline"]


def test_replaced_article_keeps_what_was_replaced(client, old, reclean):
    path = f"/v1/articles/{old['id']}"
    client.put(path, json={"headline": "Bridge", "body": "Open."}, headers=match(old))
    result = reclean(old)
    assert result["fields"] == []
    assert {"headline", "body", "dateline", "media"} <= set(result["kept"])
    assert client.get(path).json()["body"] == "Open."


def test_new_text_of_the_source_keeps_edits_that_it_says_nothing_new_of(client, page, patch):
    first = client.post("/v1/ingest", json={"raw": page, "external_id": "x"}).json()
    patch(first, headline="Bridge opens", section="City")
    same = client.post("/v1/ingest", json={"raw": page, "external_id": "x"})
    assert (same.status_code, same.json()["version"], same.json()["headline"]) == (200, 2, "Bridge opens")
    more_reads = page.replace("1204", "1205")
    second = client.post("/v1/ingest", json={"raw": more_reads, "external_id": "x"}).json()
    assert (second["version"], second["headline"], second["section"]) == (3, "Bridge opens", "City")
    assert second["metrics"] == [{"kind": "reads", "value": 1205}]
    other_headline = more_reads.replace(HEADLINE, "Harbour bridge open again")
    third = client.post("/v1/ingest", json={"raw": other_headline, "external_id": "x"}).json()
    assert (third["version"], third["headline"], third["section"]) == (4, "Harbour bridge open again", "City")
    assert client.post(f"/v1/articles/{first['id']}/reclean").json()["kept"] == ["section"]


def test_edit_that_the_source_has_taken_over_is_not_undone(client, page, patch, reclean):
    first = client.post("/v1/ingest", json={"raw": page, "external_id": "x"}).json()
    edited = patch(first, headline="Harbour bridge open again")
    taken_over = page.replace(HEADLINE, "Harbour bridge open again")
    assert client.post("/v1/ingest", json={"raw": taken_over, "external_id": "x"}).json() == edited
    assert reclean(first)["fields"] == []
    assert client.get(f"/v1/articles/{first['id']}").json() == edited


def test_withheld_article_stays_withheld(client, old, patch, reclean):
    patch(old, status="withheld")
    reclean(old)
    assert client.get(f"/v1/articles/{old['id']}").json()["status"] == "withheld"


def test_what_was_stated_with_the_text_counts_again(client, page, ingest_long_ago, reclean):
    stated = {
        "url": "https://www.harbour.example/bridge?id=1",
        "source": "Harbour Post",
        "received_at": "2024-05-07T20:00:00+02:00",
        "language": "en-GB",
        "published_at": "2024-05-07",
        "modified_at": "2024-05-08",
        "external_id": "hp-7",
    }
    fresh = client.post("/v1/clean", json={"raw": page, **stated}).json()["article"]
    wrong = dict.fromkeys(("dateline", "published_at", "modified_at", "url", "source", "external_id"))
    article = {"id": ingest_long_ago(stated=stated, language="und", **wrong)}
    assert {field["field"] for field in reclean(article)["fields"]} == {*wrong, "language"}
    stored = client.get(f"/v1/articles/{article['id']}").json()
    assert {name: stored[name] for name in fresh} == fresh


@pytest.mark.parametrize("charset", ["windows-1252", "utf-16", "UTF8", "latin1", "utf-8-sig"])
def test_text_is_decoded_again_as_it_was_first(client, page, reclean, charset):
    raw = page.replace("eleven", "élévén").encode(charset)
    article = client.post(
        "/v1/ingest", content=raw, headers={"Content-Type": f"text/plain; charset={charset}"}
    ).json()
    assert "élévén cables" in article["body"]
    assert reclean(article)["fields"] == []
    kept = client.get(f"/v1/articles/{article['id']}/raw")
    assert kept.content == raw
    stated = kept.headers["Content-Type"].partition("charset=")[2]
    assert raw.decode(stated) == raw.decode(charset)


def test_text_with_lone_surrogates_is_cleaned_again(client, page, reclean):
    body = json.dumps({"raw": page.replace("eleven", "ele\ud83dven")})
    article = client.post("/v1/ingest", content=body, headers={"Content-Type": "application/json"}).json()
    assert reclean(article)["fields"] == []
    assert "ele\\ud83dven" in client.get(f"/v1/articles/{article['id']}/ledger").text


def test_html_is_cleaned_again_as_html(client, reclean):
    html = """<html><body><nav><a href="/">Home</a></nav><h1>Harbour bridge reopens after repairs</h1>
    <p>The harbour bridge of Helsinki opened again on Tuesday after four months of repairs, the city said.</p>
    <p>Three of the eleven cables were replaced &amp; the deck was raised by nine centimetres.</p>
    </body></html>"""
    article = client.post("/v1/ingest", content=html, headers={"Content-Type": "text/html"}).json()
    assert reclean(article)["fields"] == []


def test_text_that_is_no_article_any_more_leaves_the_article(client, engine):
    raw = "Home\nWorld\nSign in\n"
    submission = read_submission("text/plain", raw.encode())
    with pytest.raises(NoArticleFound):
        clean_submission(submission)
    cleaned = replace(clean_submission(read_submission("text/plain", b"x " * 50)).cleaned, version=0)
    old_content = ArticleContent(headline="Home", body="World")
    with write_session(engine) as session:
        store_submission(session, CleanedSubmission(submission, cleaned, old_content))
    before = client.get("/v1/articles/1").json()
    response = client.post("/v1/articles/1/reclean")
    assert (response.status_code, response.json()["code"]) == (422, "no-article-found")
    assert client.get("/v1/articles/1").json() == before


def test_article_that_came_structured_cannot_be_cleaned_again(client, make_article):
    article = make_article()
    refused = client.post(f"/v1/articles/{article['id']}/reclean")
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert client.post("/v1/articles/99/reclean").status_code == 404
    client.delete(f"/v1/articles/{article['id']}", headers=match(article))
    assert client.post(f"/v1/articles/{article['id']}/reclean").status_code == 410


@pytest.mark.parametrize("dry_run", [True, False])
def test_only_writers_clean_again(client, make_key, old, dry_run):
    address = f"/v1/articles/{old['id']}/reclean?dry_run={dry_run}"
    assert TestClient(client.app).post(address).status_code == 401
    assert TestClient(client.app, headers=make_key(Scope.READ)).post(address).status_code == 403
    assert client.get(f"/v1/articles/{old['id']}").json() == old


@pytest.mark.parametrize("dry_run", [True, False])
def test_if_match_is_honoured(client, old, patch, dry_run):
    patch(old, section="City")
    address = f"/v1/articles/{old['id']}/reclean?dry_run={dry_run}"
    stale = client.post(address, headers=match(old))
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert client.post(address, headers={"If-Match": f'"{old["id"]}-2"'}).status_code == 200


def test_repetition_under_an_idempotency_key_gets_the_first_answer(client, old):
    address, headers = f"/v1/articles/{old['id']}/reclean", {"Idempotency-Key": "k"}
    first, again = client.post(address, headers=headers), client.post(address, headers=headers)
    assert (first.json()["to"], again.content) == (2, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_text_that_came_in_meanwhile_is_the_one_that_counts(client, engine, page):
    first = client.post("/v1/ingest", json={"raw": page, "external_id": "x"}).json()
    prepared = prepare_recleaning(engine, first["id"])
    longer = page.replace("Related Articles", "The works cost nine million euros, the city said on Tuesday.")
    second = client.post("/v1/ingest", json={"raw": longer, "external_id": "x"}).json()
    with write_session(engine) as session:
        result = reclean_article(session, get_article(session, first["id"]), prepared, dry_run=False).result
    assert result["fields"] == []
    assert client.get(f"/v1/articles/{first['id']}").json() == second


def test_deleted_article_leaves_nothing_of_its_edits(client, engine, old, patch):
    patch(old, headline="Bridge opens")
    client.delete(f"/v1/articles/{old['id']}", headers={"If-Match": "*"})
    with read_session(engine) as session:
        row = session.get(Article, old["id"])
    assert row is not None
    assert HEADLINE not in row.model_dump_json()
    assert (row.edited, row.version_fields) == ({}, [])


@pytest.fixture
def run(settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `dateline reclean` on the test's store."""
    environment = {**os.environ, "DATELINE_DATA_DIR": str(settings.data_dir), "NO_COLOR": "1"}
    if settings.database_url is not None:
        environment["DATELINE_DATABASE_URL"] = settings.effective_database_url

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", "reclean", *arguments],
            capture_output=True, text=True, timeout=60, check=False, env=environment,
        )  # fmt: skip

    return call


def test_command_cleans_what_older_rules_have_cleaned(client, page, old, ingest_long_ago, make_article, run):
    client.post("/v1/ingest", content=page + "More.", headers={"Content-Type": "text/plain"})
    make_article()
    same = ingest_long_ago(page.replace("bridge", "tunnel"))
    shown = run("--dry-run")
    assert (shown.returncode, shown.stdout) == (0, f"{old['id']}\t2\theadline,body\n")
    assert "1 of 2 articles would change" in shown.stderr
    assert client.get(f"/v1/articles/{old['id']}").json() == old
    done = run()
    assert (done.returncode, done.stdout) == (0, shown.stdout)
    assert "1 of 2 articles changed" in done.stderr
    for article_id in (old["id"], same):
        assert client.get(f"/v1/articles/{article_id}/ledger").json()["cleaning_version"] == VERSION
    assert client.get(f"/v1/articles/{old['id']}").json()["headline"] == HEADLINE
    again = run()
    assert (again.returncode, again.stdout, "0 of 0" in again.stderr) == (0, "", True)
    assert "0 of 3 articles changed" in run("--below", str(VERSION + 1)).stderr


def test_command_looks_only_at_the_newest_text_of_an_article(client, page, ingest_long_ago, run):
    article_id = ingest_long_ago(stated={"external_id": "x"})
    longer = page.replace("Related Articles", "The works cost nine million euros, the city said on Tuesday.")
    client.post("/v1/ingest", json={"raw": longer, "external_id": "x"})
    assert client.get(f"/v1/articles/{article_id}/ledger").json()["cleaning_version"] == VERSION
    assert "0 of 0" in run().stderr


def test_command_cleans_named_articles_and_says_which_it_cannot(old, make_article, run):
    structured = make_article()["id"]
    done = run(str(old["id"]), str(structured), "99")
    assert (done.returncode, done.stdout) == (1, f"{old['id']}\t2\theadline,body\n")
    assert f"{structured}: " in done.stderr
    assert "2 of 3 articles could not be cleaned" in done.stderr
    assert run("0").returncode == 2
