"""Faults of the database and the disk: 503 as long as they last, never a hang, and no help needed after."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import select

from app import commits as group
from app import health
from app.articles.shapes import ArticleContent
from app.articles.writes import create_article
from app.changes import list_changes
from app.commits import GroupCommit
from app.database import STATEMENT_SECONDS, make_engine, read_session, write_session
from app.errors import DatabaseBusy, NotFound
from app.index import Follower
from app.main import create_app
from app.settings import Settings
from app.tables import Article

ARTICLE = {"headline": "Bridge reopens", "body": "The bridge reopened."}


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The application, which waits for nothing longer than a moment."""
    return create_app(settings.model_copy(update={"busy_timeout_seconds": 0.3}))


@pytest.fixture
def only_postgres(settings: Settings) -> None:
    if settings.database_url is None:
        pytest.skip("SQLite has no server")


@pytest.fixture
def only_sqlite(settings: Settings) -> None:
    if settings.database_url is not None:
        pytest.skip("of SQLite's file")


@contextmanager
def write_lock(engine: Engine) -> Iterator[None]:
    """Hold the lock that all writes take."""
    with write_session(engine) as session:
        session.execute(text("SELECT 1"))
        yield


def post(client: TestClient, **over: Any) -> httpx.Response:
    return client.post("/v1/articles", json={**ARTICLE, **over})


def assert_busy(response: httpx.Response) -> None:
    assert (response.status_code, response.json()["code"]) == (503, "database-busy")
    assert response.headers["Retry-After"]


def assert_works(client: TestClient) -> None:
    assert post(client).status_code == 201
    assert client.get("/health/ready").status_code == 200


def test_locked_database_makes_the_server_unready_for_as_long(client, engine):
    with write_lock(engine):
        assert_busy(post(client))
        response = client.get("/health/ready")
        assert (response.status_code, response.json()["code"]) == (503, "not-ready")
        assert client.get("/health/live").status_code == 200
        assert client.get("/v1/articles").status_code == 200
    assert_works(client)


# Commits one batch after the other, as another worker under load does.
BUSY_WRITER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
while True:
    connection.execute("BEGIN IMMEDIATE")
    print(flush=True)
    time.sleep(0.05)
    connection.execute("COMMIT")
    time.sleep(0.0005)
"""


@pytest.mark.usefixtures("only_sqlite")
def test_write_gets_its_turn_beside_a_process_that_writes_all_the_time(settings, engine, auth):
    waiting = create_app(settings.model_copy(update={"busy_timeout_seconds": 1}))
    command = [sys.executable, "-c", BUSY_WRITER, str(engine.url.database)]
    with (
        TestClient(waiting, headers=auth) as client,
        subprocess.Popen(command, stdout=subprocess.PIPE) as writer,
    ):
        assert writer.stdout is not None
        writer.stdout.readline()
        try:
            answers = [post(client, external_id=str(number)).status_code for number in range(6)]
        finally:
            writer.kill()
    assert set(answers) == {201}


def test_live_answers_while_every_thread_waits(settings, engine, auth):
    patient = create_app(settings.model_copy(update={"busy_timeout_seconds": 30}))
    with TestClient(patient, headers=auth) as client, ThreadPoolExecutor(45) as threads:
        with write_lock(engine):
            waiting = [threads.submit(post, client, external_id=str(number)) for number in range(45)]
            while sum(one.running() for one in waiting) < 45:
                time.sleep(0.01)
            assert client.get("/health/live").status_code == 200
            health_probe = threads.submit(client.get, "/health/ready")
            assert not any(one.done() for one in waiting)
        assert {one.result().status_code for one in waiting} == {201}
        health_probe.result()


def test_readiness_does_not_wait_for_a_database_that_hangs(settings, engine, auth, monkeypatch):
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.2)
    patient = create_app(settings.model_copy(update={"busy_timeout_seconds": 30}))
    with TestClient(patient, headers=auth, raise_server_exceptions=False) as client:
        with write_lock(engine):
            for _ in range(2):
                response = client.get("/health/ready")
                assert (response.status_code, response.json()["code"]) == (503, "not-ready")
        wait_until(lambda: client.get("/health/ready").status_code == 200)


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(400):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_used_up_pool_is_answered_with_503(client, app):
    with ExitStack() as stack:
        # Until there is none left: a thread of the application may hold one now and give it back in a moment.
        with suppress(PoolTimeout):
            while True:
                stack.enter_context(app.state.engine.connect())
        assert_busy(client.get("/v1/articles"))
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503
    assert_works(client)


@pytest.mark.usefixtures("only_sqlite")
def test_full_disk_refuses_writes_and_serves_reads(client, app):
    limit = 1  # SQLite takes it for the size that the file has

    @event.listens_for(app.state.engine, "checkout")
    def bound_size(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit}")

    assert_busy(post(client, body="long " * 20_000))
    assert client.get("/v1/articles").json()["items"] == []
    limit = 2**31 - 2
    assert_works(client)


def test_disk_without_room_makes_the_server_unready(client, monkeypatch):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 2**62)
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["code"]) == (503, "not-ready")
    monkeypatch.undo()
    assert client.get("/health/ready").status_code == 200


@pytest.mark.usefixtures("only_sqlite")
def test_file_that_may_not_be_written_is_answered_with_503(client, app):
    only_read = True

    @event.listens_for(app.state.engine, "checkout")
    def forbid_writing(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA query_only={only_read:d}")

    assert_busy(post(client))
    assert client.get("/v1/articles").status_code == 200
    only_read = False
    assert_works(client)


@pytest.mark.parametrize(("is_invalidated", "status"), [(False, 500), (True, 503)])
def test_other_database_errors_are_faults_unless_the_connection_is_lost(client, app, is_invalidated, status):
    @app.get("/odd")
    def fail() -> None:
        raise DataError("SELECT", None, Exception("odd"), connection_invalidated=is_invalidated)

    assert client.get("/odd").status_code == status


@pytest.mark.usefixtures("only_postgres")
class TestPostgres:
    """What only a server can do to its clients."""

    def terminate_others(self, engine: Engine) -> None:
        with engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database() "
                    "AND application_name <> 'holder'"
                )
            )

    def test_terminated_backends_are_replaced(self, client, settings):
        assert_works(client)
        admin = make_engine(settings)
        for _ in range(3):
            self.terminate_others(admin)
            assert client.get("/v1/articles").status_code == 200, "dead connections are found out before use"
            assert_works(client)
        admin.dispose()

    def test_write_whose_backend_is_terminated_is_answered_with_503(self, settings, auth, engine):
        patient = create_app(settings.model_copy(update={"busy_timeout_seconds": 30}))
        admin = make_engine(settings)
        with TestClient(patient, headers=auth) as client, ThreadPoolExecutor(1) as threads:
            with write_session(engine) as session:
                session.execute(text("SET LOCAL application_name = 'holder'"))
                waiting = threads.submit(post, client)
                wait_until(lambda: count_waiting(admin) > 0)
                self.terminate_others(admin)
                assert_busy(waiting.result())
            assert_works(client)
        admin.dispose()

    def test_locked_table_is_answered_with_503(self, client, engine):
        with engine.connect() as connection:
            connection.execute(text("LOCK TABLE articles IN ACCESS EXCLUSIVE MODE"))
            assert_busy(client.get("/v1/articles"))
            assert_busy(post(client))
        assert_works(client)

    def test_statement_over_its_time_is_answered_with_503(self, app, client):
        assert STATEMENT_SECONDS <= 10

        @event.listens_for(app.state.engine, "checkout")
        def hurry(connection: Any, *_: object) -> None:
            connection.execute("SET statement_timeout = 100")
            connection.commit()

        def work(session: Any) -> None:
            session.execute(text("SELECT pg_sleep(30)"))

        @app.get("/slow")
        def read_slowly() -> None:
            app.state.commits.run(work)

        assert_busy(client.get("/slow"))
        event.remove(app.state.engine, "checkout", hurry)
        assert post(client).status_code == 201

    def test_database_that_takes_no_writes_is_answered_with_503(self, app, client):
        only_read = True

        @event.listens_for(app.state.engine, "checkout")
        def forbid_writing(connection: Any, *_: object) -> None:
            connection.execute(f"SET default_transaction_read_only = {'on' if only_read else 'off'}")
            connection.commit()

        assert_busy(post(client))
        assert client.get("/v1/articles").status_code == 200
        only_read = False
        assert_works(client)


def count_waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return connection.execute(text(waiting)).scalar_one()


@pytest.fixture
def commits(engine: Engine) -> Iterator[GroupCommit]:
    """The committing thread alone."""
    made = GroupCommit(engine, after_commit=lambda: None)
    made.start()
    yield made
    made.stop()


def test_thread_that_commits_survives_whatever_a_write_does(commits):
    class Panic(BaseException):
        """What a library written in Rust raises."""

    def panic(_session: Any) -> None:
        raise Panic

    with pytest.raises(Panic):
        commits.run(panic)

    def take_too_long(_session: Any) -> None:
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="own"):
        commits.run(take_too_long)
    assert commits.run(lambda session: session.execute(text("SELECT 7")).scalar_one()) == 7


def run_in_loop(commits: GroupCommit, work: Any) -> Any:
    return asyncio.run(commits.run_together(lambda session, _: [work(session)], None))


@pytest.mark.parametrize("run", [GroupCommit.run, run_in_loop])
def test_write_that_waits_too_long_is_taken_back(commits, monkeypatch, run):
    monkeypatch.setattr(group, "ANSWER_SECONDS", 0.1)
    go_on, ran = threading.Event(), []
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(run, commits, lambda _session: go_on.wait(20))
        wait_until(lambda: slow.done())
        with pytest.raises(DatabaseBusy):
            slow.result()
        with pytest.raises(DatabaseBusy):
            run(commits, lambda _session: ran.append("never"))
        go_on.set()
    monkeypatch.undo()
    assert run(commits, lambda _session: "again") == "again"
    assert ran == []


@pytest.mark.parametrize("run", [GroupCommit.run, run_in_loop])
def test_refused_write_leaves_nothing_in_the_commit_that_it_shares(commits, engine, run):
    """Neither rows nor numbers: the feed has no gap, and the others of the commit are stored."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_session: Any) -> None:
        begun.set()
        go_on.wait(20)

    def write(session: Any, number: int) -> int:
        article = create_article(session, ArticleContent(headline=f"h{number}", body=f"b {number}"))
        stored = session.get(Article, article.id)
        stored.kicker = "flushed by the refused ones too"
        session.flush()
        if number % 2:
            raise NotFound("refused after it has written")
        return article.seq

    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(commits.run, hold)
        begun.wait(20)
        waiting = [threads.submit(run, commits, partial(write, number=number)) for number in range(8)]
        wait_until(lambda: commits._waiting.qsize() == 8)
        go_on.set()
        first.result()
        refused = [one for one in waiting if isinstance(one.exception(), NotFound)]
        seqs = sorted(one.result() for one in waiting if one not in refused)
    assert len(refused) == 4
    assert seqs == [1, 2, 3, 4]
    assert commits.seq == 4
    with read_session(engine) as session:
        assert sorted(session.exec(select(Article.id))) == [1, 2, 3, 4]
        assert list_changes(session, since=0, limit=10).last_seq == 4
    assert commits.run(lambda session: write(session, 8)) == 5


def test_articles_posted_together_are_stored_as_if_one_by_one(app, client):
    """Copies find each other, names are unique, requests are repeated, and one refusal leaves no gap."""
    together = []

    @event.listens_for(app.state.engine, "before_cursor_execute")
    def watch(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("INSERT INTO articles"):
            together.append(len(values) if isinstance(values, list) else 1)
            if "Unstorable" in str(values):
                raise ValueError("found while it is stored")

    copied = " ".join(
        f"The council has moved {number} of its trees to street {number + 50}." for number in range(9)
    )
    posts = [
        *({"headline": f"h{number}", "body": f"Body of number {number}."} for number in range(8)),
        {"headline": "a", "body": f"{copied} It rained later."},
        {"headline": "b", "body": copied},
        {"headline": "Unstorable", "body": "b"},
        {"headline": "n", "body": "n", "external_id": "1", "source": {"name": "S"}},
        {"headline": "other", "body": "n", "external_id": "1", "source": {"name": "S"}},
        {"headline": "r", "body": "repeated"},
        {"headline": "r", "body": "repeated"},
    ]
    begun, go_on = threading.Event(), threading.Event()

    def hold(_session: Any) -> None:
        begun.set()
        go_on.wait(20)

    def send(content: dict[str, Any]) -> Any:
        headers = {"Idempotency-Key": "k"} if content["headline"] == "r" else {}
        return client.post("/v1/articles", json=content, headers=headers)

    with ThreadPoolExecutor(len(posts) + 1) as threads:
        first = threads.submit(app.state.commits.run, hold)
        begun.wait(20)
        sent = [threads.submit(send, content) for content in posts]
        wait_until(lambda: app.state.commits.depth == len(posts))
        go_on.set()
        first.result()
        answers = [one.result() for one in sent]
    by_headline = {content["headline"]: answer for content, answer in zip(posts, answers, strict=True)}
    assert max(together) >= 4
    assert by_headline["Unstorable"].status_code == 500
    assert sorted(by_headline[name].status_code for name in ("n", "other")) == [201, 409]
    assert [answer.status_code for answer in answers[:10] + answers[-2:]] == [201] * 12
    assert answers[-1].json() == answers[-2].json()
    copies = [by_headline["a"].json(), by_headline["b"].json()]
    first_id = min(copy["id"] for copy in copies)
    assert {copy["story_id"] for copy in copies} == {first_id}
    assert {copy["duplicate_of"] for copy in copies} == {None, first_id}
    stored = client.get("/v1/changes", params={"limit": 100}).json()["items"]
    assert [entry["seq"] for entry in stored] == list(range(1, 13))
    assert {entry["article_id"] for entry in stored} == {
        answer.json()["id"] for answer in answers if answer.status_code == 201
    }


def test_failed_commit_fails_all_its_writes(commits, engine):
    failing = True

    @event.listens_for(engine, "commit")
    def fail(_connection: object) -> None:
        if failing:
            raise OperationalError("COMMIT", None, Exception("disk I/O error"))

    with ThreadPoolExecutor(8) as threads:
        work = [lambda session: session.execute(text("SELECT 1")).scalar_one()] * 8
        waiting = [threads.submit(commits.run, one) for one in work]
        for one in waiting:
            with pytest.raises(OperationalError):
                one.result()
    failing = False
    assert commits.run(work[0]) == 1


def test_failed_commit_leaves_no_transaction_in_the_pool(engine, monkeypatch):
    commit = engine.dialect.do_commit

    def fail(_connection: object) -> None:
        monkeypatch.setattr(engine.dialect, "do_commit", commit)
        raise engine.dialect.loaded_dbapi.OperationalError("database is locked")

    monkeypatch.setattr(engine.dialect, "do_commit", fail)
    with pytest.raises(OperationalError, match="locked"), write_lock(engine):
        pass
    for _ in range(3):
        with write_lock(engine):
            pass


def test_follower_that_cannot_follow_says_so_once_and_heals(engine, tmp_path, caplog):
    (tmp_path / "occupied").write_text("no folder")
    follower = Follower(engine, tmp_path / "occupied")
    with caplog.at_level(logging.WARNING):
        follower.start()
        wait_until(lambda: bool(caplog.records))
        time.sleep(1.2)  # time for two more tries
    assert len(caplog.records) == 1
    (tmp_path / "occupied").unlink()
    assert follower.wait_for(0, 20)
    follower.stop()


def test_sigterm_lets_requests_finish_and_exits_with_0(settings, engine, auth, free_port):
    workers = 1 if settings.database_url is None else 2
    address = f"http://127.0.0.1:{free_port}"
    with start_server(settings, free_port, workers) as server, ThreadPoolExecutor(4) as threads:
        wait_until(lambda: is_ready(address))
        with write_lock(engine):
            writes = [
                threads.submit(httpx.post, f"{address}/v1/articles", json=ARTICLE, headers=auth, timeout=20)
                for _ in range(3)
            ]
            poll = threads.submit(httpx.get, f"{address}/v1/changes?wait=20&since=999", timeout=30)
            time.sleep(1)
            begun = time.monotonic()
            server.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        assert [write.result().status_code for write in writes] == [201, 201, 201]
        poll.result()
        assert server.wait(20) == 0
        assert time.monotonic() - begun < 20


@contextmanager
def start_server(settings: Settings, port: int, workers: int) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        **os.environ,
        "DATELINE_DATA_DIR": str(settings.data_dir),
        "DATELINE_DATABASE_URL": settings.effective_database_url,
    }
    command = ["serve", "--port", str(port), "--workers", str(workers)]
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready").status_code == 200
    except httpx.TransportError:
        return False
