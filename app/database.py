"""The connection to the database, and the two kinds of session.

Write transactions run one after the other on both databases: on SQLite they begin with BEGIN IMMEDIATE (with
a plain BEGIN 258 of 320 concurrent read-then-write transactions failed with "database is locked"), on
PostgreSQL with an advisory lock. So a look-up followed by an insert is safe, and the numbers of the change
feed are given in the order of commits (decision 0002). Code of the domain may flush, never commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from app.settings import Settings

# Any number that no other program on the same database uses: "dateline" as bytes, cut to 63 bits.
WRITE_LOCK = int.from_bytes(b"dateline") >> 1
CONNECT_SECONDS = 3
STATEMENT_SECONDS = 10
IDLE_SECONDS = 30
# At least the size of the thread pool that runs the endpoints (40), or requests queue for connections.
POOL_SIZE = 48
# Pages of 1 KiB per connection; SQLite's own default. A large cache on each thread's connection is memory
# lost.
SQLITE_CACHE_KIB = 2048


def make_engine(settings: Settings) -> Engine:
    """Make the engine for the settings' database; on SQLite, make the data folder too."""
    url = make_url(settings.effective_database_url)
    limits = {"pool_size": POOL_SIZE, "max_overflow": 0, "pool_timeout": settings.busy_timeout_seconds}
    if url.get_backend_name() == "sqlite":
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        arguments = {"timeout": settings.busy_timeout_seconds, "check_same_thread": False}
        engine = create_engine(url, connect_args=arguments, json_serializer=_dump_json, **limits)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        # A connection that died while it lay in the pool is found out before it is used.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={STATEMENT_SECONDS}s "
            f"-c lock_timeout={int(settings.busy_timeout_seconds * 1000)} "
            f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s -c timezone=UTC",
        },
        json_serializer=_dump_json,
        **limits,
    )
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _dump_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Set up a new SQLite connection: what is acknowledged is on disk (synchronous=FULL)."""
    connection.isolation_level = None  # the driver begins no transactions of its own; _begin_sqlite does
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"cache_size=-{SQLITE_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _is_for_writing(connection) else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if _is_for_writing(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


def _is_for_writing(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("write", False))


@contextmanager
def write_session(engine: Engine) -> Iterator[Session]:
    """Open a session that may write, and commit it at the end; an exception rolls it back.

    Requests write through `commits`, which puts many into one such session.
    """
    with Session(engine.execution_options(write=True), expire_on_commit=False) as session:
        yield session
        session.commit()


@contextmanager
def read_session(engine: Engine) -> Iterator[Session]:
    """Open a session that only reads."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


def _open_read_session(request: Request) -> Iterator[Session]:
    with read_session(request.app.state.engine) as session:
        yield session


ReadSession = Annotated[Session, Depends(_open_read_session, scope="function")]


def _find_migrations() -> Path:
    """Find the migrations: inside the installed package, or at the top of a checkout."""
    packaged = Path(__file__).parent / "alembic"
    return packaged if packaged.exists() else Path(__file__).parent.parent / "alembic"


def make_alembic_config(settings: Settings) -> Config:
    """Make the configuration under which Alembic migrates the settings' database."""
    config = Config()
    config.set_main_option("script_location", str(_find_migrations()))
    config.attributes["url"] = settings.effective_database_url
    return config


def migrate(settings: Settings) -> None:
    """Bring the database to the schema of this program; nothing happens where it has it already."""
    if make_url(settings.effective_database_url).get_backend_name() == "sqlite":
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    command.upgrade(make_alembic_config(settings), "head")


def is_migrated(engine: Engine, settings: Settings) -> bool:
    """Tell whether the database has the schema of this program."""
    head = ScriptDirectory.from_config(make_alembic_config(settings)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
