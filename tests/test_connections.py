"""Slow and endless senders, on real sockets of a real server, with short deadlines."""

import json
import socket
import threading
import time
from contextlib import suppress

import httpx
import pytest
import uvicorn

from app import connections
from app.articles.shapes import ArticleCreate
from app.articles.writes import create_article
from app.connections import PatientProtocol
from app.database import make_engine, write_session
from app.keys import Scope, create_key
from app.main import create_app


@pytest.fixture
def store(new_store, tmp_path):
    with new_store("sqlite", tmp_path) as settings:
        yield settings


@pytest.fixture
def server(store, monkeypatch):
    """The address of a running server whose deadlines are tenths of seconds."""
    monkeypatch.setattr(connections, "SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.4)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.4)
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(create_app(store), http=PatientProtocol, ws="none", log_config=None)
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield listener.getsockname()
        running.should_exit = True
        thread.join()


def drip(address, begin, piece, *, times=200):
    """Send a beginning, then a piece now and then, until the server closes; return what it answered."""
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(begin)
        client.settimeout(0.02)
        answer = b""
        for _ in range(times):
            try:
                received = client.recv(65536)
                if not received:
                    return answer
                answer += received
            except TimeoutError:
                pass
            except ConnectionResetError:  # closed before it had read all that was sent
                return answer
            with suppress(ConnectionError):
                client.sendall(piece)
    raise AssertionError("the server has waited all the time")


def read_problem(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return int(head.split()[1]), json.loads(body)["code"]


POST = b"POST /v1/clean HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET /v1/articles HTTP/1.1\r\n", b"a: b\r\n"),
        (b"GET /v1/art", b"i"),
        (POST + b"Content-Length: 100000\r\n\r\n", b"a"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        # A connection that has served a request before.
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HTTP/1.1\r\n", b"a: b\r\n"),
    ],
    ids=["headers", "address", "body", "chunks", "second request"],
)
def test_slow_request_is_answered_408_and_closed(server, caplog, begin, piece):
    answer = drip(server, begin, piece)
    assert "Traceback" not in caplog.text
    assert read_problem(answer[answer.rindex(b"HTTP/1.1") :]) == (408, "request-timeout")


def test_silent_connection_is_closed(server):
    assert read_problem(drip(server, b"", b"")) == (408, "request-timeout")


def test_endless_head_is_refused(server):
    answer = drip(server, b"GET /v1/articles HTTP/1.1\r\n", b"a: " + b"b" * 8000 + b"\r\n")
    assert read_problem(answer) == (431, "head-too-large")


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x00\xa5\x01\x00\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"x\r\n\r\n"]
)
def test_what_is_no_http_is_a_problem_too(server, sent):
    assert read_problem(drip(server, sent, b"")) == (400, "malformed-request")


def test_export_that_nobody_reads_holds_up_nothing_and_is_closed(server, store, monkeypatch):
    """Eight clients ask for all articles and take none: others write, the database's log is emptied."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 30.0)  # the machine may be busy
    engine = make_engine(store)
    with write_session(engine) as session:
        key = create_key(session, Scope.WRITE)[1]
    lines = [json.dumps({"article": {"headline": f"Long {n}", "body": "word " * 30_000}}) for n in range(40)]
    base, auth = "http://{}:{}".format(*server), {"Authorization": f"Bearer {key}"}
    batch = httpx.post(
        f"{base}/v1/ingest/batch",
        content="\n".join(lines),
        headers={**auth, "Content-Type": "application/x-ndjson"},
        timeout=60,
    )
    assert batch.text.count('"status":201') == len(lines), batch.text[:200]
    readers = [socket.socket() for _ in range(8)]
    for reader in readers:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        reader.settimeout(10)
        reader.connect(server)
        reader.sendall(b"GET /v1/export HTTP/1.1\r\nHost: x\r\n\r\n")
        assert reader.recv(1000).startswith(b"HTTP/1.1 200")
    short = {"headline": "Short", "body": "It rains."}
    assert httpx.post(f"{base}/v1/articles", json=short, headers=auth).status_code == 201
    with engine.connect() as connection:
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    assert busy == 0
    time.sleep(1.0)
    for reader in readers:
        taken = 0
        with suppress(ConnectionResetError), reader:
            while received := reader.recv(1 << 20):
                taken += len(received)
        assert taken < sum(map(len, lines)), "the server has waited for the reader, and gone on"
    engine.dispose()


def test_steady_sender_and_streams_are_left_alone(server):
    """What comes at a good speed takes as long as it needs, and so does an answer that is read."""
    piece = b"All good news arrives slowly. " * 150 + b"\n"
    with socket.create_connection(server, timeout=10) as client:
        client.sendall(POST + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % (30 * len(piece)))
        for _ in range(30):
            client.sendall(piece)
            time.sleep(0.04)
        answer = b""
        while received := client.recv(65536):
            answer += received
    assert answer.startswith(b"HTTP/1.1 200")
    with socket.create_connection(server, timeout=10) as client:
        client.sendall(b"GET /v1/changes HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        time.sleep(1.0)
        client.setblocking(False)
        with suppress(BlockingIOError):  # there is nothing more to read, and it is still open
            while client.recv(65536):
                pass
            pytest.fail("the server has closed the stream")


@pytest.mark.parametrize("path", ["/v1/export", "/v1/articles", "/v1/changes", "/nowhere"])
def test_connection_goes_on_after_a_head(store, server, path):
    engine = make_engine(store)
    with write_session(engine) as session:
        create_article(session, ArticleCreate(headline="Bridge reopens", body="b"))
    engine.dispose()
    request = "{} {} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream, */*\r\n{}\r\n"
    with socket.create_connection(server, timeout=10) as client:
        client.sendall(request.format("HEAD", path, "").encode())
        client.sendall(request.format("GET", "/health/live", "Connection: close\r\n").encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    heads = answer.split(b"HTTP/1.1 ")
    assert len(heads) == 3
    assert heads[1].endswith(b"\r\n\r\n")
    assert heads[2].startswith(b"200")
