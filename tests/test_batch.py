"""POST /v1/ingest/batch: a receipt for every line, whatever the line is."""

import asyncio
import gzip
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import orjson
import pytest
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from app.articles.rows import PreparedArticle
from app.database import make_engine, read_session, write_session
from app.errors import CleaningFailed, NoArticleFound
from app.ingest import batch, cleaners
from app.ingest.cleaners import Cleaners
from app.ingest.lines import Line, LineSplitter
from app.keys import Scope, create_key
from app.main import create_app
from app.tables import Article, ArticleTerm, Change

NDJSON = {"Content-Type": "application/x-ndjson"}
ARTICLE = {"headline": "Bridge reopens", "body": "The bridge reopened.\n\nTraffic flows."}
MANY = cleaners.FEW_LINES + 1  # so many that they go to a child
KEY = "dl_bulk_0123456789abcdef"
DATABASES = ("sqlite", "postgresql")
_NUMBERS = itertools.count(2)


@pytest.fixture(scope="module", params=DATABASES)
def settings(request, new_store, tmp_path_factory):
    """A store that these tests share, since each application has processes of its own."""
    with new_store(request.param, tmp_path_factory.mktemp("batch")) as made:
        yield made


@pytest.fixture(scope="module")
def engine(settings):
    made = make_engine(settings)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def auth(engine):
    with write_session(engine) as session:
        return {"Authorization": f"Bearer {create_key(session, Scope.WRITE)[1]}"}


@pytest.fixture(scope="module")
def client(settings, auth):
    with TestClient(create_app(settings), headers=auth, raise_server_exceptions=False) as running:
        yield running


def make_article(**over):
    """Make an article with a body of its own."""
    return {"headline": "Bridge reopens", "body": f"The bridge reopened {next(_NUMBERS)} times.", **over}


def write(*lines):
    return b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)


def send(client, *lines, **over):
    response = client.post("/v1/ingest/batch", content=write(*lines), **{"headers": NDJSON, **over})
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def test_every_line_gets_its_receipt_in_order(client, page):
    page = page.replace("bridge", "gate")
    receipts = send(
        client,
        {"article": make_article()},
        b"",
        {"raw": page, "source": "Harbour News"},
        b"{broken",
        {"article": {**ARTICLE, "headline": 5, "colour": "red"}},
        {"raw": "Related Articles"},
        {"raw": page},
        {"article": make_article(), "id": 4},
        [],
        {"raw": " "},
        b"\xff\xfe",
        b'{"raw": "\\ud800 ' + b"x" * 200_000 + b'"}',
        {"article": make_article(tags=["gate"])},
    )
    assert [(receipt["line"], receipt["status"], receipt.get("code")) for receipt in receipts] == [
        (1, 201, None),
        (3, 201, None),
        (4, 400, "malformed-request"),
        (5, 422, "invalid-payload"),
        (6, 422, "no-article-found"),
        (7, 200, None),
        (8, 422, "invalid-payload"),
        (9, 422, "invalid-payload"),
        (10, 422, "empty-text"),
        (11, 400, "malformed-request"),
        (12, 413, "body-too-large"),
        (13, 201, None),
    ]
    assert {error["field"] for error in receipts[3]["errors"]} == {"headline", "colour"}
    assert receipts[5]["article_id"] == receipts[1]["article_id"]
    for receipt in receipts:
        if receipt["status"] == 201:
            article = client.get(f"/v1/articles/{receipt['article_id']}").json()
            assert (article["version"], article["seq"]) == (receipt["version"], receipt["seq"])
    assert article["tags"] == ["gate"]
    assert [found["id"] for found in client.get("/v1/articles?tag=GATE").json()["items"]] == [article["id"]]


FULL = {
    **ARTICLE,
    "body": "The bridge opened.\n\nAt last.",
    "kicker": "Traffic",
    "standfirst": "Cyclists first.",
    "byline": "By A B",
    "authors": [{"name": "A B", "role": None}],
    "dateline": {"text": "OSLO, May 7", "places": [{"name": "Oslo"}], "date": {"value": "2026-05-07"}},
    "agency": "AP",
    "source": {"name": "N", "domain": "example.org"},
    "url": "https://example.org/a",
    "external_id": "7",
    "language": "en-GB",
    "section": "Local",
    "tags": ["a", "A", "b"],
    "media": [{"caption": "C"}],
    "metrics": [{"kind": "reads", "value": 3}],
    "published_at": "2026-05-07T10:00:00+02:00",
    "modified_at": "2026-05-08",
}


@pytest.mark.parametrize("content", [ARTICLE, FULL], ids=["short", "full"])
def test_rows_are_those_of_a_single_article(client, engine, content):
    def read_rows(article_id):
        with read_session(engine) as session:
            row = session.get(Article, article_id).model_dump()
            terms = session.execute(
                select(ArticleTerm.field, ArticleTerm.value).where(ArticleTerm.article_id == article_id)
            ).all()
            change = session.get(Change, row["seq"]).model_dump()
        document, brief = json.loads(row.pop("document")), json.loads(row.pop("brief"))
        assert row["created_at"] == row["updated_at"] == change["at"]
        if content is ARTICLE:
            assert row.pop("sorted_at") == row["created_at"]
        for made in (row, document, brief, change):
            for name in ("id", "uri", "seq", "story_id", "article_id", "created_at", "updated_at", "at"):
                made.pop(name, None)
        return row, sorted(map(tuple, terms)), change, list(document.items()), list(brief.items())

    single = client.post("/v1/articles", json=content).json()["id"]
    expected = read_rows(single)
    client.delete(f"/v1/articles/{single}", headers={"If-Match": f'"{single}-1"'})
    (receipt,) = send(client, {"article": content})
    assert receipt["status"] == 201
    assert read_rows(receipt["article_id"]) == expected
    assert client.get("/v1/changes").json()["last_seq"] == receipt["seq"]


def test_on_duplicate_means_what_it_means_for_one(client, page):
    named = {"article": make_article(external_id="8", source={"name": "N"})}
    for line in ({"raw": page}, {"article": make_article()}, named):
        first, second = send(client, line, line)
        assert (first["status"], second["status"]) == (201, 200)
        assert second["article_id"] == first["article_id"]
        (refused,) = send(client, line, params={"on_duplicate": "reject"})
        assert (refused["status"], refused["code"]) == (409, "duplicate-article")
        assert refused["article_id"] == first["article_id"]
        (again,) = send(client, line, params={"on_duplicate": "new"})
        if line is named:  # a name stands for one article
            assert (again["status"], again["article_id"]) == (200, first["article_id"])
        else:
            copy, original = (
                client.get(f"/v1/articles/{found['article_id']}").json() for found in (again, first)
            )
            assert (again["status"], again["duplicate_of"]) == (201, copy["duplicate_of"])
            assert copy["story_id"] == original["story_id"]
    changed = {"article": {**named["article"], "body": "Another text."}}
    receipts = send(client, changed, named)
    assert [(found["status"], found["version"]) for found in receipts] == [(200, 2), (200, 3)]
    assert {found["article_id"] for found in receipts} == {first["article_id"]}


@pytest.mark.parametrize("proxy", [None, "X-Forwarded-For", "Via", "Forwarded"])
def test_answer_begins_while_lines_come_unless_a_proxy_passes_them_on(client, proxy):
    headers = {**NDJSON, "Authorization": client.headers["Authorization"], "Host": "x"}
    headers |= {proxy: "192.0.2.1"} if proxy else {}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/ingest/batch",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
    }
    told: list[tuple[str, int]] = []  # what was sent, and how many parts of the body had been read
    lines = [write({"article": make_article()}) + b"\n" for _ in range(2)]

    async def converse() -> None:
        before, read, answered = client.app.state.commits.seq, 0, asyncio.Event()

        async def receive():
            nonlocal read
            if read == 1:  # the second comes when the first is stored, or has its receipt
                while client.app.state.commits.seq == before:
                    await asyncio.sleep(0.01)
                if proxy is None:
                    await asyncio.wait_for(answered.wait(), 20)
                else:
                    await asyncio.sleep(0.2)
            if read == 2:
                await asyncio.sleep(60)  # the client stays
            read += 1
            return {"type": "http.request", "body": lines[read - 1], "more_body": read < 2}

        async def send(message):
            told.append((message["type"], read))
            if message.get("body"):
                answered.set()

        await client.app(scope, receive, send)

    client.portal.call(converse)
    (kind, read_before), *_ = told
    assert kind == "http.response.start"
    assert (read_before == 2) == (proxy is not None)


def test_batch_may_be_compressed(client):
    lines = write({"article": make_article(external_id="gz")}, {"article": {}})
    packed = client.post(
        "/v1/ingest/batch", content=gzip.compress(lines), headers={**NDJSON, "Content-Encoding": "gzip"}
    )
    assert [orjson.loads(line)["status"] for line in packed.text.splitlines()] == [201, 422]
    broken = client.post("/v1/ingest/batch", content=lines, headers={**NDJSON, "Content-Encoding": "gzip"})
    (receipt,) = map(orjson.loads, broken.text.splitlines())
    assert (receipt["line"], receipt["code"]) == (1, "malformed-request")


def test_bound_key_writes_lines_of_its_source_only(client, engine):
    with write_session(engine) as session:
        key = create_key(session, Scope.WRITE, source="Quay Herald")[1]
    own, foreign = ({"name": "Quay Herald"}, {"name": "Other"})
    lines = [{"article": make_article(external_id="bound", source=source)} for source in (own, foreign)]
    lines += [{"article": make_article(external_id="bound 2")}, {"raw": "Text.", "source": "Other"}]
    receipts = send(client, *lines, headers={**NDJSON, "Authorization": f"Bearer {key}"})
    assert [found["status"] for found in receipts] == [201, 403, 201, 403]
    assert {found.get("code") for found in receipts} == {None, "source-not-allowed"}
    named = client.get(f"/v1/articles/{receipts[2]['article_id']}").json()
    assert named["source"]["name"] == "Quay Herald"


def test_line_that_the_database_refuses_is_refused_alone(client, engine):
    with write_session(engine) as session:
        session.execute(text("CREATE UNIQUE INDEX odd ON articles (section)"))
    try:
        receipts = send(client, *({"article": make_article(section=name)} for name in "abac"))
    finally:
        with write_session(engine) as session:
            session.execute(text("DROP INDEX odd"))
    assert [receipt["status"] for receipt in receipts] == [201, 201, 500, 201]
    assert receipts[2]["code"] == "internal-error"
    stored = client.get("/v1/articles?section=a&section=b&section=c&sort=oldest").json()["items"]
    assert [article["id"] for article in stored] == [receipts[n]["article_id"] for n in (0, 1, 3)]


def test_database_that_is_busy_ends_the_batch(settings, engine, auth):
    hasty = create_app(settings.model_copy(update={"busy_timeout_seconds": 0.3}))
    with TestClient(hasty, headers=auth) as client:
        with write_session(engine) as session:
            session.execute(text("SELECT 1"))
            receipts = send(client, {"article": make_article()}, b"{broken")
        assert [(found["line"], found["status"], found["code"]) for found in receipts] == [
            (1, 503, "database-busy"),
            (2, 503, "database-busy"),
            (3, 503, "batch-interrupted"),
        ]
        assert all(found["retry"] for found in receipts)
        assert [found["status"] for found in send(client, {"article": make_article()})] == [201]


def test_what_is_no_batch_is_refused_before_it_is_read(settings, auth):
    bounded = create_app(settings.model_copy(update={"max_batch_bytes": 4000}))
    with TestClient(bounded, headers=auth) as client:
        for headers, status, code in (
            ({"Content-Type": "application/json"}, 422, "invalid-payload"),
            ({"Content-Type": "text/plain"}, 415, "unsupported-media-type"),
            ({}, 415, "unsupported-media-type"),
            ({**NDJSON, "Content-Encoding": "br"}, 415, "unsupported-media-type"),
            ({**NDJSON, "Authorization": ""}, 401, "invalid-key"),
            ({**NDJSON, "Content-Length": "5000"}, 413, "body-too-large"),
        ):
            response = client.post("/v1/ingest/batch", content=write({"article": ARTICLE}), headers=headers)
            assert (response.status_code, response.json()["code"]) == (status, code), headers
        assert client.post("/v1/ingest/batch", params={"colour": "red"}).json()["code"] == "unknown-parameter"


def test_limit_ends_a_batch_and_receipts_are_whole_through_a_file(settings, auth, monkeypatch):
    monkeypatch.setattr(batch, "RECEIPTS_IN_MEMORY", 50)
    monkeypatch.setattr(batch, "SENT_AT_ONCE", 7)
    bounded = create_app(settings.model_copy(update={"max_batch_bytes": 4000}))
    lines = [{"article": make_article(standfirst="x" * 1000)} for _ in range(6)]
    with TestClient(bounded, headers=auth) as client:
        assert [found["status"] for found in send(client, *lines[:3])] == [201, 201, 201]
        # Sent in chunks, its length is not known before.
        answer = client.post("/v1/ingest/batch", content=iter([write(*lines)]), headers=NDJSON)
        (ending,) = [json.loads(line) for line in answer.text.splitlines()]
        assert (ending["line"], ending["status"], ending["code"]) == (1, 413, "body-too-large")


def test_lines_are_cut_the_same_wherever_the_stream_is():
    text = b"one\r\n\n  two  \nthree" + b"x" * 20 + b"\nfour\nfive"
    for size in (1, 2, 3, 7, len(text)):
        splitter, lines = LineSplitter(12), []
        for start in range(0, len(text), size):
            lines += splitter.feed(text[start : start + size])
        lines += splitter.finish()
        assert [line[:2] for line in lines] == [
            (1, b"one"),
            (3, b"two"),
            (4, None),
            (5, b"four"),
            (6, b"five"),
        ]


NO_ARTICLE = {"outcome": "no-article-found"}
POISONED = """
import os
from app.ingest import cleaners
prepare_line = cleaners.prepare_line
cleaners.prepare_line = lambda line: {
    b"poison": lambda: os._exit(9), b"child": lambda: None}.get(line.text, lambda: prepare_line(line))()
cleaners.main()
"""


def test_line_that_kills_its_cleaner_is_refused_and_no_other(monkeypatch):
    monkeypatch.setattr(cleaners, "CHILD", ("-c", POISONED))
    pool = Cleaners(1)
    good = Line(1, write({"article": ARTICLE}))
    try:
        # Until the child has started, lines are prepared here, where this one is no JSON.
        wait_until(lambda: pool.prepare([Line(1, b"child")] * MANY).result(60)[0] is None)
        found = pool.prepare([good, Line(2, b"poison"), good]).result(60)
        assert [type(one) for one in found] == [PreparedArticle, CleaningFailed, PreparedArticle]
        (child,) = list_children(os.getpid(), "poison")
        os.kill(child, signal.SIGKILL)
        assert [type(one) for one in pool.prepare([good]).result(60)] == [PreparedArticle]
        # What a child has cleaned is counted here, where /metrics is answered.
        wait_until(lambda: pool.prepare([Line(1, b"child")] * MANY).result(60)[0] is None)
        before = REGISTRY.get_sample_value("dateline_cleaned_total", NO_ARTICLE) or 0
        assert isinstance(
            pool.prepare([Line(1, write({"raw": "Home\nLog in"}))]).result(60)[0], NoArticleFound
        )
        assert REGISTRY.get_sample_value("dateline_cleaned_total", NO_ARTICLE) == before + 1
    finally:
        pool.close()
    assert list_children(os.getpid(), "poison") == []


def list_children(parent, mark="cleaners"):
    """List the processes of a process whose command has a word in it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, born_by = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(born_by) == parent and state != "Z" and mark in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return found


@pytest.fixture
def served(tmp_path, free_port):
    """A server of its own with the client's socket to it, in the middle of a batch."""
    port = free_port
    environment = {**os.environ, "DATELINE_DATA_DIR": str(tmp_path / "data"), "DATELINE_ADMIN_KEY": KEY}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: is_ready(port))
            with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                client.sendall(
                    b"POST /v1/ingest/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                    b"Content-Type: application/x-ndjson\r\nAuthorization: Bearer "
                    + KEY.encode()
                    + b"\r\n\r\n"
                )
                send_chunk(
                    client, write(*({"article": {**ARTICLE, "body": f"Body {n}."}} for n in range(MANY)))
                )
                send_chunk(client, b'\n{"article": {"headline": "Cut off", "body": "Cut')
                answer = client.makefile("rb")
                receipts = [read_receipt(answer) for _ in range(MANY)]
                assert [found["status"] for found in receipts] == [201] * MANY, (
                    "they come while lines are sent"
                )
                yield server, client, answer, port
        finally:
            server.kill()


def send_chunk(client, data):
    client.sendall(b"%x\r\n%s\r\n" % (len(data), data))


def read_receipt(answer):
    """Read the next receipt out of a chunked answer."""
    while not (line := answer.readline()).startswith(b"{"):
        assert line, "the answer has ended"
    return json.loads(line)


def is_ready(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(holds):
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_client_that_goes_away_leaves_what_has_its_receipt(served):
    _server, client, answer, port = served
    answer.close()
    client.shutdown(socket.SHUT_RDWR)
    time.sleep(0.3)
    found = httpx.get(f"http://127.0.0.1:{port}/v1/articles?limit=50", timeout=60).json()["items"]
    assert [article["headline"] for article in found] == [ARTICLE["headline"]] * MANY


def test_server_that_stops_says_which_lines_it_has_not_taken(served):
    server, client, answer, _port = served
    (child,) = list_children(server.pid)
    server.send_signal(signal.SIGTERM)
    ending = read_receipt(answer)
    assert (ending["line"], ending["status"], ending["code"]) == (MANY + 1, 503, "batch-interrupted")
    client.close()
    answer.close()
    assert server.wait(20) == 0
    wait_until(lambda: not os.path.exists(f"/proc/{child}"))


def test_children_do_not_outlive_a_killed_server(served, tmp_path):
    server, _client, _answer, port = served
    (tmp_path / "a.ndjson").write_bytes(write({"article": make_article()}, b"{broken"))
    sent = subprocess.run(
        [sys.executable, "-m", "app.cli", "import", str(tmp_path / "a.ndjson"), "--url", f"http://127.0.0.1:{port}"],
        env={**os.environ, "DATELINE_KEY": KEY}, capture_output=True, text=True,
    )  # fmt: skip
    assert (sent.returncode, sent.stdout) == (1, "1\tnew\n0\tknown\n1\trejected\n"), sent.stderr
    (child,) = list_children(server.pid)
    server.kill()
    wait_until(lambda: not os.path.exists(f"/proc/{child}"))
