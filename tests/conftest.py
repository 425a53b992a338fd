"""The fixtures of every test: a real database made by the migrations, the real application, a key."""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine

from app.database import make_engine, migrate, write_session
from app.keys import Scope, create_key
from app.main import create_app
from app.settings import Settings
from tests.postgresql import lend_postgres, migrated_postgres, postgres

__all__ = ["lend_postgres", "migrated_postgres", "postgres"]  # fixtures, from here for all

hypothesis_settings.register_profile("dateline", deadline=None, derandomize=True)
hypothesis_settings.load_profile("dateline")

DATABASES = ("sqlite", "postgresql")
NewStore = Callable[[str, Path], AbstractContextManager[Settings]]

PAGE = """\
Harbour bridge reopens after winter repairs

This news has been read 1204 times!

Cyclists cross the harbour bridge on its first morning in Helsinki. (AP)

HELSINKI, May 7, (AP): The harbour bridge of Helsinki opened again on Tuesday after four months of repairs.
"We had expected to need until June," said Aino Lehto, who led the works, as she watched the morning traffic.
Three of the eleven cables were replaced, and the deck was raised by nine centimetres to let boats pass.

Related Articles

Kindly disable the Ad blocker
"""


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and no rows, made by the migrations once and copied by each test."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate(Settings(data_dir=folder, _env_file=None))
    return folder / "dateline.db"


@pytest.fixture(scope="session")
def new_store(request: pytest.FixtureRequest) -> NewStore:
    """Make the settings of an empty, migrated store of a kind in a folder, while the context lasts."""

    @contextmanager
    def make(kind: str, folder: Path) -> Iterator[Settings]:
        common = {"data_dir": folder, "max_body_bytes": 200_000, "_env_file": None}
        if kind == "sqlite":
            shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "dateline.db")
            yield Settings(**common)
            return
        with request.getfixturevalue("lend_postgres")() as url:
            yield Settings(**common, database_url=url.render_as_string(hide_password=False))

    return make


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, new_store: NewStore, tmp_path: Path) -> Iterator[Settings]:
    """Settings of an empty store of this test's own, on each database."""
    with new_store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The engine of the test's store."""
    made = make_engine(settings)
    yield made
    made.dispose()


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The application."""
    return create_app(settings)


@pytest.fixture
def make_key(engine: Engine) -> Callable[..., dict[str, str]]:
    """Make a key and return the header that bears it."""

    def make(scope: Scope, **over: Any) -> dict[str, str]:
        with write_session(engine) as session:
            text = create_key(session, scope, **over)[1]
        return {"Authorization": f"Bearer {text}"}

    return make


@pytest.fixture
def auth(make_key: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The header of a key that may write."""
    return make_key(Scope.WRITE)


@pytest.fixture
def client(app: FastAPI, auth: dict[str, str]) -> Iterator[TestClient]:
    """A client of the running application that bears a key that may write."""
    with TestClient(app, headers=auth, raise_server_exceptions=False) as running:
        yield running


@pytest.fixture
def make_article(client: TestClient) -> Callable[..., dict[str, Any]]:
    """Store a structured article and return its JSON."""

    def make(**over: Any) -> dict[str, Any]:
        content = {"headline": "Bridge reopens", "body": "The bridge reopened.\n\nTraffic flows.", **over}
        response = client.post("/v1/articles", json=content)
        assert response.status_code == 201, response.text
        return response.json()

    return make


@pytest.fixture
def page() -> str:
    """A raw page in the shape that services post: counters, caption, dateline, body, page furniture."""
    return PAGE


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
