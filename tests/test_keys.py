"""Who may do what."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text

from app.database import write_session
from app.keys import Scope, list_keys, make_first_key, revoke_key
from app.main import create_app
from app.tables import Key

BODY = {"headline": "h", "body": "b"}


@pytest.fixture
def anyone(app):
    with TestClient(app, raise_server_exceptions=False) as running:
        yield running


def test_reading_is_open_and_writing_is_not(anyone):
    assert anyone.get("/v1/articles").status_code == 200
    response = anyone.post("/v1/articles", json=BODY)
    assert (response.status_code, response.json()["code"]) == (401, "key-required")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_reading_can_be_closed(settings, make_key):
    closed = create_app(settings.model_copy(update={"public_read": False}))
    reader = make_key(Scope.READ)
    with TestClient(closed) as client:
        for path in ("/v1/articles", "/v1/articles/1", "/v1/changes", "/v1/search?q=x"):
            assert client.get(path).json()["code"] == "key-required", path
        assert client.get("/v1/articles", headers=reader).status_code == 200
        assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize(("scope", "status"), [(Scope.READ, 403), (Scope.WRITE, 201), (Scope.ADMIN, 201)])
def test_scope_decides_over_writing(anyone, make_key, scope, status):
    assert anyone.post("/v1/articles", json=BODY, headers=make_key(scope)).status_code == status


@pytest.mark.parametrize(
    "header",
    [
        "Bearer dl_0000_nothing", "Bearer x", "Bearer", "", "Basic dl_0000_nothing", "Bearer dl__",
        "Bearer dl_é_é", "Bearer dl_a_\xff",
    ],
)  # fmt: skip
def test_bad_key_is_refused_even_where_reading_is_open(anyone, header):
    response = anyone.get("/v1/articles", headers={"Authorization": header.encode("latin-1")})
    assert (response.status_code, response.json()["code"]) == (401, "invalid-key")


def test_right_id_with_wrong_secret_is_refused(anyone, auth):
    wrong = auth["Authorization"][:-1] + ("A" if auth["Authorization"][-1] != "A" else "B")
    assert anyone.post("/v1/articles", json=BODY, headers={"Authorization": wrong}).status_code == 401


def test_expired_and_revoked_keys_are_refused(anyone, make_key, engine):
    expired = make_key(Scope.WRITE, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert anyone.post("/v1/articles", json=BODY, headers=expired).status_code == 401
    revoked = make_key(Scope.WRITE)
    with write_session(engine) as session:
        assert revoke_key(session, revoked["Authorization"].split("_")[1])
        assert not revoke_key(session, "none")
    assert anyone.post("/v1/articles", json=BODY, headers=revoked).status_code == 401


def test_secret_is_not_stored(engine, auth):
    secret = auth["Authorization"].split("_", 2)[2]
    with engine.connect() as connection:
        stored = str(connection.execute(text("SELECT * FROM keys")).all())
    assert auth["Authorization"].split("_")[1] in stored
    assert secret not in stored


def test_first_key_is_made_once(engine, settings):
    first = make_first_key(engine, settings)
    assert first is not None
    assert first.startswith("dl_")
    assert make_first_key(engine, settings) is None
    with write_session(engine) as session:
        assert [(key.scopes, key.name) for key in list_keys(session)] == [(["admin"], "first key")]


def test_operator_can_bring_the_first_key(engine, settings):
    chosen = settings.model_copy(update={"admin_key": SecretStr("dl_ops_0123456789abcdef0123456789abcdef")})
    assert make_first_key(engine, chosen) is None
    assert make_first_key(engine, chosen) is None
    with write_session(engine) as session:
        assert session.get(Key, "ops") is not None
        assert len(list_keys(session)) == 1
