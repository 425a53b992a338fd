"""What every answer bears, what our pages may load, who may call from a browser, and the log of writes."""

import logging
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from app.errors import Problem
from app.keys import Scope
from app.main import create_app
from app.requests import PAGE_POLICY

ARTICLE = {"headline": "Bridge reopens", "body": "The bridge reopened on Tuesday."}


def read_policy(response):
    parts = response.headers["Content-Security-Policy"].split(";")
    return {part.split()[0]: part.split()[1:] for part in parts if part.strip()}


@pytest.mark.parametrize(
    "path", ["/v1/articles", "/nowhere", "/docs", "/redoc", "/openapi.json", "/health/live"]
)
def test_every_answer_is_told_what_it_is_and_loads_nothing_inline(client, path):
    response = client.get(path)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    policy = read_policy(response)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    scripts = policy.get("script-src", [])
    assert set(scripts) <= {"'self'"}, "no inline script, no eval, no other origin"


def test_policy_of_pages_allows_no_inline_style_either():
    assert b"unsafe" not in PAGE_POLICY


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_reference_pages_hold_no_inline_script_or_handler(client, path):
    html = client.get(path).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"\son\w+=|javascript:|<style", html) == []


def test_browsers_of_other_origins_are_let_in_by_setting_only(client, settings):
    origin = {"Origin": "https://reader.example"}
    ask = {**origin, "Access-Control-Request-Method": "GET"}
    assert "Access-Control-Allow-Origin" not in client.get("/v1/articles", headers=origin).headers
    assert client.options("/v1/articles", headers=ask).status_code == 405
    chosen = create_app(settings.model_copy(update={"cors_origins": "https://reader.example"}))
    with TestClient(chosen) as open_client:
        answer = open_client.get("/v1/articles", headers=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://reader.example"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert open_client.options("/v1/articles", headers=ask).status_code == 200
        evil = {"Origin": "https://evil.example"}
        assert "Access-Control-Allow-Origin" not in open_client.get("/v1/articles", headers=evil).headers


def test_only_the_named_hosts_are_served(settings):
    chosen = create_app(settings.model_copy(update={"trusted_hosts": "news.example *.news.example [::1]"}))
    with TestClient(chosen) as client:
        for host in ("news.example", "NEWS.example:8000", "a.news.example", "[::1]:80", "[::1]"):
            assert client.get("/v1/articles", headers={"Host": host}).status_code == 200, host
        for host in ("evil.example", "news.example.evil.example", "xnews.example", "news.example@evil", ""):
            response = client.get("/v1/articles", headers={"Host": host})
            problem = Problem.model_validate(response.json())
            assert (response.status_code, problem.code) == (400, "untrusted-host"), host
            assert problem.request_id == response.headers["X-Request-ID"]


def test_of_two_hosts_the_first_counts(settings):
    chosen = create_app(settings.model_copy(update={"trusted_hosts": "news.example"}))
    with TestClient(chosen) as client:
        hosts = [("Host", "evil.example"), ("Host", "news.example")]
        assert client.get("/v1/articles", headers=hosts).status_code == 400


def list_facts(caplog):
    names = ("operation", "article_id", "key_id", "status")
    records = [record for record in caplog.records if record.name == "dateline.audit"]
    assert all(record.request_id and record.client for record in records)
    return [tuple(getattr(record, name) for name in names) for record in records]


def test_writes_and_refusals_are_logged_and_reads_are_not(client, make_key, auth, caplog, page):
    caplog.set_level(logging.INFO, logger="dateline.audit")
    key_id = auth["Authorization"].split("_")[1]
    reader = make_key(Scope.READ)
    article = client.post("/v1/articles", json=ARTICLE).json()
    url, match = f"/v1/articles/{article['id']}", {"If-Match": f'"{article["id"]}-1"'}
    text = client.post("/v1/ingest", content=page, headers={"Content-Type": "text/plain"}).json()
    client.patch(url, json={"headline": "h"}, headers=match)
    client.patch(url, json={"headline": "h2"}, headers=match)
    client.get(url)
    client.post("/v1/clean", content=page, headers={"Content-Type": "text/plain"})
    client.delete(url, headers=reader)
    client.delete(url, headers={"Authorization": "Bearer dl_0000_secretsecret"})
    assert list_facts(caplog) == [
        ("create_article", article["id"], key_id, 201),
        ("ingest_raw_text", text["id"], key_id, 201),
        ("change_article", article["id"], key_id, 200),
        ("change_article", article["id"], key_id, 412),
        ("delete_article", article["id"], reader["Authorization"].split("_")[1], 403),
        ("delete_article", article["id"], None, 401),
    ]
    secrets = [header["Authorization"].split("_", 2)[2] for header in (auth, reader)]
    for secret in (*secrets, "secretsecret"):
        assert secret not in caplog.text


def test_secrets_are_in_no_answer(client, auth, settings):
    secret = auth["Authorization"].split("_", 2)[2]
    for path in ("/openapi.json", "/health/ready", "/v1/articles", "/nowhere"):
        assert secret not in client.get(path).text
        assert settings.effective_database_url not in client.get(path).text


def test_no_address_is_fetched(client, page):
    """Whatever a text or a field names, nothing calls it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        text = f'{page}\n\n<img src="{url}"> {url}'
        for kind in ("text/plain", "text/html"):
            raw = {"raw": f"{text} {kind}", "url": url, "content_type": kind}
            assert client.post("/v1/ingest", json=raw).status_code == 201
        article = {**ARTICLE, "url": url, "body": f"See {url} there."}
        assert client.post("/v1/articles", json=article).status_code == 201
        listener.settimeout(0.3)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_homoglyph_is_kept_and_found_as_it_is_written(client, make_article):
    pretended = "p\u0430ypal"  # with a Cyrillic letter
    article = make_article(headline=f"Letters from {pretended}", body="It was not they who wrote.")
    assert client.get(f"/v1/articles/{article['id']}").json()["headline"] == f"Letters from {pretended}"
    found = {
        word: [
            item["id"]
            for item in client.get("/v1/search", params={"q": word, "min_seq": article["seq"]}).json()[
                "items"
            ]
        ]
        for word in (pretended, "paypal")
    }
    assert found == {pretended: [article["id"]], "paypal": []}


def test_stored_text_injects_nothing_into_headers_or_scripts(client, make_article):
    forged = "x\r\nSet-Cookie: stolen=1</script><img src=x onerror=alert(1)>"
    article = make_article(
        headline=forged,
        tags=[forged],
        section=forged,
        external_id="1\r\nX-Injected: 1",
        source={"name": forged},
    )
    page = client.get(f"/articles/{article['id']}", headers={"Accept": "text/html"})
    assert "<img src=x" not in page.text
    for path in (
        f"/v1/articles/{article['id']}",
        f"/v1/articles/{article['id']}?format=jsonld",
        f"/v1/articles/{article['id']}?format=markdown",
        "/v1/export?format=csv",
        "/v1/feed.atom",
        "/v1/articles?limit=1",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert not {"set-cookie", "x-injected"} & set(answer.headers)
        assert not any("\n" in value or "\r" in value for value in answer.headers.values())


def test_changes_and_deletion_at_once_leave_no_deleted_article_in_searches(client, make_article):
    for number in range(10):
        article = make_article(headline=f"Ferry {number}", body=f"The ferry sailed for the {number}. time.")
        path, version = f"/v1/articles/{article['id']}", {"If-Match": "*"}
        with ThreadPoolExecutor(4) as threads:
            changes = [
                threads.submit(client.patch, path, json={"kicker": f"k{change}"}, headers=version)
                for change in range(3)
            ]
            deletion = threads.submit(client.delete, path, headers=version)
        assert deletion.result().status_code == 204
        assert {change.result().status_code for change in changes} <= {200, 410, 412}
        seq = int(client.get("/v1/changes?limit=1&since=0").json()["last_seq"])
        found = client.get("/v1/search", params={"q": "ferry", "min_seq": seq}).json()["items"]
        assert found == []


def test_what_is_not_declared_is_not_installed():
    """Forms are not read, so their parser, which has had an advisory a year, is not here."""
    code = "import app.main, sys; print('python_multipart' in sys.modules or 'multipart' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
