"""The change feed: pages, long poll, stream, pruning; nobody who follows misses an entry."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import text
from sqlalchemy.event import listen, remove

from app import index
from app.articles.shapes import ArticleContent
from app.articles.writes import create_article
from app.changes import endpoints, prune_changes, watching
from app.commits import GroupCommit
from app.database import make_engine, read_session, write_session

STREAM = {"Accept": "text/event-stream"}
PATIENCE = 30.0


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


@pytest.fixture
def live(app, auth) -> Iterator[httpx.Client]:
    """A client of the application behind a real server, which can stream."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=auth, timeout=PATIENCE) as client:
        yield client
    app.state.stopping.set()  # as the signal does
    server.should_exit = True
    thread.join(PATIENCE)
    assert not thread.is_alive()


def post(client: Any, headline: str = "h") -> dict[str, Any]:
    """Store an article and return its JSON."""
    response = client.post("/v1/articles", json={"headline": headline, "body": "b"})
    assert response.status_code == 201, response.text
    return response.json()


def edit(client: Any, article: dict[str, Any], **fields: str) -> None:
    """Change fields of an article, whatever its version is by now."""
    path = f"/v1/articles/{article['id']}"
    etag = client.get(path).headers["ETag"]
    assert client.patch(path, json=fields, headers={"If-Match": etag}).status_code == 200


def list_seqs(response: Any) -> list[int]:
    """List the seqs of a page."""
    return [item["seq"] for item in response.json()["items"]]


@contextmanager
def open_stream(client: httpx.Client, **over: Any) -> Iterator[Iterator[tuple[str, str, Any]]]:
    """Open the stream and read its events: id, kind and data."""
    headers = {**STREAM, **over.pop("headers", {})}
    with client.stream("GET", "/v1/changes", headers=headers, **over) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["Content-Type"].startswith("text/event-stream")
        yield read_events(response.iter_lines())


def read_events(lines: Iterator[str]) -> Iterator[tuple[str, str, Any]]:
    """Read events as the specification says; comments are left out."""
    event: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line == "" and "data" in event:
            yield event["id"], event["event"], json.loads(event["data"])
            event = {}
        elif name:
            event[name] = value


def test_entries_say_what_happened(client, make_article):
    article = make_article()
    edit(client, article, headline="Another", kicker="Harbour")
    etag = client.get(f"/v1/articles/{article['id']}").headers["ETag"]
    client.delete(f"/v1/articles/{article['id']}", headers={"If-Match": etag})
    items = client.get("/v1/changes").json()["items"]
    assert [(item["kind"], item["article_id"], item["version"]) for item in items[:2]] == [
        ("created", article["id"], 1),
        ("updated", article["id"], 2),
    ]
    assert items[2]["kind"] == "deleted"
    assert set(items[1]["fields"]) == {"headline", "kicker"}
    assert items[0]["at"] == article["created_at"]


def test_kinds_can_be_chosen(client, make_article):
    article = make_article()
    edit(client, article, headline="x")
    make_article()
    assert list_seqs(client.get("/v1/changes?kind=updated")) == [2]
    assert list_seqs(client.get("/v1/changes?kind=updated&kind=created")) == [1, 2, 3]
    nothing = client.get("/v1/changes?kind=deleted").json()
    assert nothing == {"items": [], "next": None, "last_seq": 3}
    assert client.get("/v1/changes?kind=burnt").status_code == 400


@pytest.mark.parametrize("query", ["wait=-1", "wait=31", "wait=x", "limit=0", "since=x", "cursor=1"])
def test_impossible_parameters_are_refused(client, query):
    refused = client.get(f"/v1/changes?{query}")
    assert (refused.status_code, refused.json()["status"]) == (400, 400)


def test_a_reader_ahead_of_the_store_sees_that(client, make_article):
    make_article()
    assert client.get("/v1/changes?since=99").json() == {"items": [], "next": None, "last_seq": 1}


def test_reading_needs_a_key_where_reading_is_closed(settings, auth):
    from fastapi.testclient import TestClient

    from app.main import create_app

    closed = settings.model_copy(update={"public_read": False})
    with TestClient(create_app(closed)) as client:
        for headers in ({}, STREAM):
            assert client.get("/v1/changes", headers=headers).status_code == 401
        assert client.get("/v1/changes", headers=auth).status_code == 200


def test_waiting_ends_at_once_where_there_is_something(client, make_article):
    make_article()
    assert list_seqs(client.get("/v1/changes?wait=30")) == [1]


def test_waiting_ends_empty_when_the_time_is_over(client, make_article):
    make_article()
    assert client.get("/v1/changes?since=1&wait=1").json() == {"items": [], "next": None, "last_seq": 1}


def test_a_commit_of_this_process_ends_waiting_without_a_look(app, client, monkeypatch):
    monkeypatch.setattr(watching, "POLL_SECONDS", 3600.0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get, "/v1/changes?wait=30")
        wait_until(lambda: app.state.watch.followers == 1)
        post(client)
        assert list_seqs(waiting.result()) == [1]
    assert app.state.watch.followers == 0


def test_a_commit_of_another_process_ends_waiting(app, client, engine):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get, "/v1/changes?wait=30")
        wait_until(lambda: app.state.watch.followers == 1)
        with write_session(engine) as session:
            create_article(session, ArticleContent(headline="h", body="b"))
        assert list_seqs(waiting.result()) == [1]


def test_other_kinds_do_not_end_waiting(app, client, make_article):
    article = make_article()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get, "/v1/changes?kind=updated&wait=30")
        wait_until(lambda: app.state.watch.followers == 1)
        make_article()
        edit(client, article, headline="x")
        answer = waiting.result().json()
    assert ([item["seq"] for item in answer["items"]], answer["last_seq"]) == ([3], 3)


def test_200_who_wait_leave_others_served_and_all_hear(app, live):
    port = live.base_url.port
    waiting = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(200)]
    for each in waiting:
        each.sendall(b"GET /v1/changes?wait=30 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    wait_until(lambda: app.state.watch.followers == 200)
    assert live.get("/v1/articles").status_code == 200
    post(live)
    for each in waiting:
        answer = b""
        while part := each.recv(65536):
            answer += part
        each.close()
        assert b'"items":[{"seq":1,' in answer
    wait_until(lambda: app.state.watch.followers == 0)


def test_many_streams_share_one_reader(app, live):
    post(live)
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    with ExitStack() as stack:
        streams = [stack.enter_context(open_stream(live)) for _ in range(20)]
        assert {next(events)[0] for events in streams} == {"1"}
        listen(app.state.engine, "before_cursor_execute", note)
        post(live)
        assert {next(events)[0] for events in streams} == {"2"}
        remove(app.state.engine, "before_cursor_execute", note)
    assert any("ORDER BY changes.seq DESC" in statement for statement in statements)
    assert not any("changes.seq <=" in statement for statement in statements), "none read for itself"


def test_too_many_followers_are_sent_away(app, live, monkeypatch):
    monkeypatch.setattr(watching, "MOST_FOLLOWERS", 1)
    with open_stream(live):
        wait_until(lambda: app.state.watch.followers == 1)
        for refused in (live.get("/v1/changes?wait=1"), live.get("/v1/changes", headers=STREAM)):
            assert (refused.status_code, refused.json()["code"]) == (503, "too-many-followers")
            assert refused.headers["Retry-After"] == "5"
        assert live.get("/v1/changes").status_code == 200
    wait_until(lambda: app.state.watch.followers == 0)
    with open_stream(live):
        pass


def test_stream_begins_with_what_was_and_goes_on(live, engine):
    article = post(live, "first")
    with open_stream(live) as events:
        assert next(events)[:2] == ("1", "created")
        edit(live, article, headline="second")
        assert next(events)[:2] == ("2", "updated")
        with write_session(engine) as session:  # as another process does
            create_article(session, ArticleContent(headline="h", body="b"))
        assert next(events)[:2] == ("3", "created")
        post(live)
        seq, _, data = next(events)
    assert seq == "4"
    assert data == live.get("/v1/changes?since=3").json()["items"][0]


def test_stream_goes_on_where_the_last_event_was(live):
    for _ in range(5):
        post(live)
    with open_stream(live, headers={"Last-Event-ID": "3"}, params={"since": 1}) as events:
        assert [next(events)[0] for _ in range(2)] == ["4", "5"]
    with open_stream(live, params={"since": 1}) as events:
        assert next(events)[0] == "2"


def test_stream_of_more_than_a_page_and_more_than_is_remembered(live, monkeypatch, engine):
    monkeypatch.setattr(watching, "REMEMBERED", 3)
    monkeypatch.setattr(endpoints, "MAX_LIMIT", 2)
    for _ in range(5):
        post(live)
    with open_stream(live) as events:
        seen = [next(events)[0] for _ in range(5)]
        with write_session(engine) as session:
            for _ in range(7):
                create_article(session, ArticleContent(headline="h", body="b"))
        seen += [next(events)[0] for _ in range(7)]
    assert seen == [str(number) for number in range(1, 13)]


def test_stream_of_one_kind(live):
    with open_stream(live, params={"kind": "updated"}) as events:
        article = post(live)
        edit(live, article, headline="x")
        assert next(events)[:2] == ("2", "updated")


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "", "99", str(2**70)])
def test_impossible_last_event_id_is_refused(client, make_article, last):
    make_article()
    refused = client.get("/v1/changes", headers={**STREAM, "Last-Event-ID": last})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-parameter")
    assert refused.json()["errors"][0]["field"] == "Last-Event-ID"


def test_silent_stream_has_a_heartbeat(live, monkeypatch):
    monkeypatch.setattr(endpoints, "HEARTBEAT_SECONDS", 0.01)
    with live.stream("GET", "/v1/changes", headers=STREAM) as response:
        chunks = response.iter_raw()
        assert b"".join(next(chunks) for _ in range(3)).startswith(b": heartbeat\n\n: heartbeat\n\n")


def test_stream_and_waiting_end_when_the_server_stops(app, live):
    post(live)
    with ThreadPoolExecutor(1) as pool, open_stream(live) as events:
        next(events)
        waiting = pool.submit(live.get, "/v1/changes?since=1&wait=30")
        wait_until(lambda: app.state.watch.followers == 2)
        app.state.stopping.set()
        assert list(events) == []  # the end of the answer; one cut off would raise
        assert waiting.result().json()["items"] == []


@pytest.fixture
def rename(engine) -> Callable[[str, str], None]:
    """Rename a table: the database cannot be used as it should."""

    def do(old: str, new: str) -> None:
        with write_session(engine) as session:
            session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    return do


def test_stream_at_the_end_outlives_a_fault_of_the_database(live, rename, caplog):
    post(live)
    with open_stream(live) as events:
        next(events)
        rename("changes", "kept")
        wait_until(lambda: "the change feed cannot be read" in caplog.text)
        rename("kept", "changes")
        post(live)
        assert next(events)[0] == "2"


def test_stream_ends_when_the_database_fails_and_can_be_opened_again(live, engine, rename):
    post(live)
    with open_stream(live) as events:
        next(events)
        rename("counters", "kept")
        with write_session(engine) as session:
            session.execute(
                text("INSERT INTO changes SELECT 5, article_id, version, kind, fields, at FROM changes")
            )
        ended = list(events)
    rename("kept", "counters")
    assert ended == []
    with open_stream(live, headers={"Last-Event-ID": "1"}) as events:
        assert next(events)[0] == "5"


def test_terminated_server_ends_its_streams(settings, auth, free_port):
    port = free_port
    environment = {
        **os.environ,
        "DATELINE_DATA_DIR": str(settings.data_dir),
        "DATELINE_DATABASE_URL": settings.effective_database_url,
    }
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with (
        subprocess.Popen(command, env=environment, **quiet) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=auth, timeout=PATIENCE) as client,
    ):
        try:
            wait_until(partial(is_up, client))
            post(client)
            with open_stream(client) as events:
                assert next(events)[0] == "1"
                server.send_signal(signal.SIGTERM)
                assert list(events) == []
            server.wait(PATIENCE)
        finally:
            server.kill()


def is_up(client: httpx.Client) -> bool:
    """Tell whether the server answers."""
    try:
        return client.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def pruned(client, make_article, engine) -> None:
    """A feed of five entries of which 2 and 3 have been removed; 1 is the newest of its article."""
    make_article()
    article = make_article()
    for headline in ("second", "third", "fourth"):
        edit(client, article, headline=headline)
    with write_session(engine) as session:
        assert prune_changes(session, after=0, up_to=3) == 2


@pytest.mark.usefixtures("pruned")
@pytest.mark.parametrize("headers", [{}, STREAM, {**STREAM, "Last-Event-ID": "2"}])
def test_reader_at_a_pruned_change_is_told(client, headers):
    gone = client.get("/v1/changes", headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (410, "changes-pruned")
    assert (gone.json()["first_seq"], gone.json()["last_seq"]) == (4, 5)


@pytest.mark.usefixtures("pruned")
def test_what_was_not_pruned_is_read_on(client):
    assert client.get("/v1/changes?since=2").status_code == 410
    assert list_seqs(client.get("/v1/changes?since=3")) == [4, 5]
    assert list_seqs(client.get("/v1/changes?since=4")) == [5]


@pytest.mark.usefixtures("pruned")
def test_pruning_leaves_each_articles_newest_change(engine, settings):
    with write_session(engine) as session:
        assert prune_changes(session, after=0, up_to=5) == 1
        assert session.execute(text("SELECT seq FROM changes ORDER BY seq")).scalars().all() == [1, 5]
        assert prune_changes(session, after=0, up_to=5) == 0
    wait_until(lambda: index.check(engine, settings.effective_index_dir) == [])


def test_stream_across_a_pruned_change_ends(live, engine, monkeypatch):
    monkeypatch.setattr(watching, "REMEMBERED", 1)
    article = post(live)
    with open_stream(live) as events:
        next(events)
        with write_session(engine) as session:
            for _ in range(3):
                create_article(session, ArticleContent(headline="h", body="b"))
            session.execute(text("DELETE FROM changes WHERE seq = 2"))
            session.execute(text("UPDATE counters SET value = 2 WHERE name = 'changes_pruned'"))
        assert list(events) == []
    assert live.get("/v1/changes?since=1").status_code == 410
    assert live.get(f"/v1/articles/{article['id']}").status_code == 200


@pytest.mark.usefixtures("pruned")
def test_stream_after_a_pruned_change_goes_on(live):
    with open_stream(live, params={"since": 3}) as events:
        assert [next(events)[0] for _ in range(2)] == ["4", "5"]
        post(live)
        assert next(events)[0] == "6"


def test_old_changes_are_pruned_by_command(client, engine, settings, make_article):
    article = make_article()
    edit(client, article, headline="x")
    edit(client, article, headline="y")
    month = datetime.now(UTC) - timedelta(days=31)
    with write_session(engine) as session:
        session.execute(text("UPDATE changes SET at = :at WHERE seq < 3"), {"at": month.isoformat(" ")})
    assert run_prune(settings, 40) == "0 changes removed\n"
    assert client.get("/v1/changes").status_code == 200
    assert run_prune(settings, 30) == "2 changes removed\n"
    assert client.get("/v1/changes").json()["first_seq"] == 3
    assert run_prune(settings, 0) == "0 changes removed\n", "the newest of an article stays"


def run_prune(settings: Any, days: int) -> str:
    """Run the command on the test's store."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "changes", "prune", "--older-than", str(days)],
        env={
            **os.environ,
            "DATELINE_DATA_DIR": str(settings.data_dir),
            "DATELINE_DATABASE_URL": settings.effective_database_url,
        },
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip


def test_no_reader_misses_what_processes_commit_at_once(settings, engine, client):
    """Four processes' worth of committing threads write at once; a reader sees every seq, in order."""
    engines = [make_engine(settings) for _ in range(4)]
    committers = [GroupCommit(own, after_commit=lambda: None) for own in engines]

    def write_some(commits: GroupCommit) -> None:
        for _ in range(25):
            commits.run(partial(create_article, content=ArticleContent(headline="h", body="b")))

    def read_all() -> list[int]:
        seen: list[int] = []
        while len(seen) < 200:
            page = client.get("/v1/changes", params={"since": seen[-1] if seen else 0, "wait": 10})
            found = list_seqs(page)
            assert found, "a change never came"
            seen += found
        return seen

    for commits in committers:
        commits.start()
    with ThreadPoolExecutor(9) as pool:
        reading = pool.submit(read_all)
        writing = [pool.submit(write_some, commits) for commits in committers for _ in range(2)]
        for each in writing:
            each.result()
        assert reading.result() == list(range(1, 201))
    for commits, own in zip(committers, engines, strict=True):
        commits.stop()
        own.dispose()
    with read_session(engine) as session:
        assert session.execute(text("SELECT value FROM counters WHERE name = 'changes'")).scalar() == 200
