"""Idempotency-Key: one request is carried out once, whoever repeats it, and wherever."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlmodel import func, select

from app.articles.conditional import make_json_response
from app.database import read_session, write_session
from app.idempotency import PRUNED_AT_ONCE, Repetition, answer_once
from app.keys import Scope
from app.main import create_app
from app.tables import IdempotencyRecord

CONTENT = {"headline": "Bridge reopens", "body": "The bridge reopened."}
REPLAYED = "Idempotent-Replayed"


def post(client, key="k", content=CONTENT, **over):
    return client.post("/v1/articles", json=content, headers={"Idempotency-Key": key}, **over)


@pytest.fixture
def age_records(engine) -> Callable[[timedelta], None]:
    """Move the kept answers back in time."""

    def age(by: timedelta) -> None:
        with write_session(engine) as session:
            session.execute(update(IdempotencyRecord).values(created_at=datetime.now(UTC) - by))

    return age


def count_records(engine) -> int:
    with read_session(engine) as session:
        return session.exec(select(func.count()).select_from(IdempotencyRecord)).one()


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_repetition_gets_the_same_status_headers_and_bytes(client):
    first, again = post(client), post(client)
    assert (again.status_code, again.content) == (201, first.content)
    for name in ("Location", "ETag", "Dateline-Seq", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")


def test_repetition_gets_the_first_answer_whatever_has_happened_since(client):
    first = post(client)
    client.delete("/v1/articles/1", headers={"If-Match": '"1-1"'})
    assert post(client).content == first.content
    assert client.get("/v1/articles/1").status_code == 410


def test_ingestion_is_repeated_byte_for_byte(client, page):
    request = {"json": {"raw": page.replace("eleven", "ele\ud83dven")}, "params": {"explain": True}}
    body = json.dumps(request.pop("json"))
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    first, again = (client.post("/v1/ingest", content=body, headers=headers, **request) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers[REPLAYED] == "true"


RAW = {"raw": "The bridge reopened on Tuesday, the city said. Traffic flows over it again."}


@pytest.mark.parametrize(
    ("address", "content"),
    [
        ("/v1/articles", {**CONTENT, "headline": "Other"}),
        ("/v1/ingest", RAW),
        ("/v1/ingest?explain=true", RAW),
    ],
)
def test_another_request_under_the_key_is_refused(client, address, content):
    headers = {"Idempotency-Key": "k"}
    client.post("/v1/ingest?explain=false", json=RAW, headers=headers)
    response = client.post(address, json=content, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")


def test_refused_requests_are_not_remembered(client, engine):
    post(client, "k1", {**CONTENT, "external_id": "x"})
    conflict = {**CONTENT, "headline": "Other", "external_id": "x"}
    for _ in range(2):
        refused = post(client, "k2", conflict)
        assert (refused.status_code, REPLAYED in refused.headers) == (409, False)
    assert post(client, "k2", {"headline": "x"}).status_code == 422
    assert count_records(engine) == 1
    assert post(client, "k2", {**conflict, "external_id": "y"}).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_impossible_key_is_refused(client, key):
    response = post(client, key)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-parameter")
    assert post(client, "x" * 255).status_code == 201


def test_answers_are_kept_over_a_restart(settings, auth):
    answers = []
    for _ in range(2):
        with TestClient(create_app(settings), headers=auth) as running:
            answers.append(post(running))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].content == answers[0].content
    assert answers[1].headers[REPLAYED] == "true"


@pytest.fixture
def other_process(client, settings, auth) -> Iterator[TestClient]:
    """A client of another application on the same store; both have answered their first request.

    FastAPI builds its routes at the first request, in a way that only one event loop of a process may.
    """
    with TestClient(create_app(settings), headers=auth) as running:
        for each in (client, running):
            assert post(each, content={}).status_code == 422
        yield running


def test_requests_at_once_are_carried_out_once(client, other_process):
    for attempt in range(5):
        content = {**CONTENT, "body": f"Body {attempt}."}
        answers = at_once([partial(post, who, f"k{attempt}", content) for who in (client, other_process) * 4])
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sorted(REPLAYED in answer.headers for answer in answers) == [False, *[True] * 7]
    assert len(client.get("/v1/articles").json()["items"]) == 5
    assert client.get("/v1/changes").json()["last_seq"] == 5


def test_of_different_requests_at_once_one_is_carried_out(client, other_process):
    contents = [{**CONTENT, "body": f"Body {number}."} for number in range(6)]
    calls = [
        partial(post, who, "k", content)
        for who, content in zip((client, other_process) * 3, contents, strict=True)
    ]
    assert sorted(answer.status_code for answer in at_once(calls)) == [201, *[422] * 5]
    assert len(client.get("/v1/articles").json()["items"]) == 1


def test_request_under_a_key_whose_first_use_was_refused_at_the_same_time_is_carried_out(client):
    post(client, "other", {**CONTENT, "external_id": "x"})
    refused = {**CONTENT, "headline": "Other", "external_id": "x"}
    answers = at_once([lambda: post(client, "k", refused), lambda: post(client, "k", CONTENT)])
    # The good one is carried out; the bad one is refused for what it is, or for the key that is used by now.
    assert answers[1].status_code == 201
    assert answers[0].status_code in (409, 422)


def test_answer_is_kept_for_24_hours(client, engine, age_records):
    first = post(client)
    age_records(timedelta(hours=23, minutes=59))
    assert post(client).headers[REPLAYED] == "true"
    age_records(timedelta(hours=24, seconds=1))
    later = post(client)
    assert (later.status_code, REPLAYED in later.headers) == (201, False)
    assert later.json()["id"] != first.json()["id"]
    assert count_records(engine) == 1
    assert post(client).content == later.content


def _answer(number: int) -> Callable[..., Any]:
    return lambda _session: make_json_response(str(number))


def test_old_answers_are_removed_some_at_a_time(client, engine, age_records, make_key):
    key_id = make_key(Scope.WRITE)["Authorization"].split("_")[1]
    count = 2 * PRUNED_AT_ONCE + 50
    with write_session(engine) as session:
        for number in range(count):
            answer_once(session, Repetition(key_id, f"old-{number}", "0"), _answer(number))
    age_records(timedelta(days=3))
    assert count_records(engine) == count
    left = []
    for number in range(4):
        assert post(client, f"new-{number}", {**CONTENT, "body": f"Body {number}."}).status_code == 201
        left.append(count_records(engine))
    assert left == [count - 99, count - 198, 3, 4]


def test_old_answer_is_not_given_even_if_it_is_not_removed_yet(engine, age_records):
    key_id = "abcd"
    with write_session(engine) as session:
        for number in range(PRUNED_AT_ONCE + 1):
            answer_once(session, Repetition(key_id, f"old-{number:03}", "0"), _answer(number))
    age_records(timedelta(days=3))
    with write_session(
        engine
    ) as session:  # this one is the youngest, so it is not among those that are removed
        session.execute(
            update(IdempotencyRecord)
            .where(IdempotencyRecord.idempotency_key == f"old-{PRUNED_AT_ONCE:03}")
            .values(created_at=datetime.now(UTC) - timedelta(days=2))
        )
    with write_session(engine) as session:
        response = answer_once(session, Repetition(key_id, f"old-{PRUNED_AT_ONCE:03}", "1"), _answer(-1))
        assert (response.body, REPLAYED in response.headers) == (b"-1", False)
    assert count_records(engine) == 1
