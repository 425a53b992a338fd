"""Liveness and readiness."""

from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings


def test_healthy_server_is_live_and_ready(client):
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}


def test_server_without_its_schema_lives_but_is_not_ready(tmp_path):
    with TestClient(create_app(Settings(data_dir=tmp_path, _env_file=None))) as client:
        assert client.get("/health/live").status_code == 200
        response = client.get("/health/ready")
        assert (response.status_code, response.json()["code"]) == (503, "not-ready")
        assert response.headers["Retry-After"]
        refused = client.get("/v1/articles")
        assert (refused.status_code, refused.json()["code"]) == (503, "database-busy")
