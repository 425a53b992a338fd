"""One shape for every error of every endpoint, and no request that is answered with 500."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.database import write_session
from app.errors import Problem, list_error_classes
from app.main import create_app

JSON = {"Content-Type": "application/json"}
CONTENT = {"headline": "h", "body": "b"}
PATHS = [
    (method, path) for path, operations in create_app().openapi()["paths"].items() for method in operations
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_unknown_parameter_has_the_shape_of_an_error(client, method, path):
    url = path.replace("{article_id}", "1").replace("{version}", "1")
    response = client.request(method, url, params={"nonsense": "1"})
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = Problem.model_validate(response.json())
    assert (problem.code, problem.status) == ("unknown-parameter", 400)
    assert problem.request_id == response.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/v1/articles/", 404, "not-found"),
        ("PUT", "/v1/search", 405, "method-not-allowed"),
        ("BREW", "/v1/articles", 405, "method-not-allowed"),
        ("GET", "/v1/articles/..%2f..%2fetc%2fpasswd", 404, "not-found"),
        ("GET", "/static-offline-docs/..%2f..%2fmain.py", 404, "not-found"),
    ],
)
def test_framework_errors_have_the_same_shape(client, method, path, status, code):
    response = client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    Problem.model_validate(response.json())
    if status == 405:
        assert response.headers["Allow"]


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        (JSON, b"{", 400, "malformed-request"),
        (JSON, b"[" * 50_000, 400, "malformed-request"),
        (JSON, b'{"headline":"a","body":"b"}{}', 400, "malformed-request"),
        (JSON, b"[]", 422, "invalid-payload"),
        (JSON, b'{"headline":"a","body":"b","x":NaN}', 422, "invalid-payload"),
        (JSON, b'{"headline":"a","body":"b","x":' + b"9" * 5000 + b"}", 400, "malformed-request"),
        (JSON, b'{"headline":"t"}', 422, "invalid-payload"),
        ({"Content-Type": "text/plain"}, b'{"headline":"a","body":"b"}', 415, "unsupported-media-type"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=b", 415, "unsupported-media-type"),
        ({}, b'{"headline":"a","body":"b"}', 415, "unsupported-media-type"),
    ],
)  # fmt: skip
def test_unreadable_body_is_refused(client, headers, body, status, code):
    response = client.post("/v1/articles", content=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_input_is_never_echoed(client):
    marker = "zq-secret-marker"
    body = {"headline": [marker], "body": {marker: marker}, "language": marker, "url": marker, "tags": marker}
    response = client.post("/v1/articles", json=body)
    assert response.status_code == 422
    assert marker not in response.text.replace(f"body.{marker}", "")


def test_fault_is_answered_without_detail(app, caplog):
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret detail")

    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/broken")
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert "secret" not in response.text
    assert response.json()["request_id"] in caplog.text


def test_locked_database_is_answered_with_503(settings, engine, auth):
    short = create_app(settings.model_copy(update={"busy_timeout_seconds": 0.05}))
    with TestClient(short, headers=auth) as other:
        with write_session(engine) as session:
            session.execute(text("SELECT 1"))  # now no other transaction can write
            response = other.post("/v1/articles", json={"headline": "h", "body": "b"})
            assert (response.status_code, response.json()["code"]) == (503, "database-busy")
            assert response.headers["Retry-After"] == "1"
            assert other.get("/v1/articles").status_code == 200, "reading goes on"
        assert other.post("/v1/articles", json={"headline": "h", "body": "b"}).status_code == 201


def test_answers_bear_the_common_headers(client):
    for path in ("/v1/articles", "/nowhere", "/docs", "/health/live"):
        response = client.get(path)
        assert response.headers["X-Content-Type-Options"] == "nosniff", path
        assert response.headers["X-Request-ID"], path


def test_codes_are_unique():
    codes = [error.code for error in list_error_classes()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/v1/articles", {"params": {"from": "hunter2"}}),
        ("GET", "/v1/search", {"params": {"to": "2024-13-hunter2"}}),
        ("GET", "/v1/feed.atom", {"params": {"updated_since": "hunter2"}}),
        ("POST", "/v1/articles", {"json": {**CONTENT, "published_at": "hunter2"}}),
        (
            "POST",
            "/v1/articles",
            {"json": {**CONTENT, "dateline": {"text": "A", "date": {"value": "hunter2"}}}},
        ),
        (
            "POST",
            "/v1/articles",
            {"json": {**CONTENT, "dateline": {"text": "A", "date": {"value": "--hunter2"}}}},
        ),
        ("POST", "/v1/ingest", {"json": {"raw": "text", "received_at": "hunter2"}}),
    ],
)
def test_wrong_date_is_named_and_not_repeated(client, method, path, asked):
    response = client.request(method, path, **asked)
    assert response.status_code in (400, 422)
    (fault,) = response.json()["errors"]
    assert fault["message"].startswith("must be")
    assert "hunter2" not in response.text
