"""The connection to the database, and the two kinds of session.

One request is one transaction, committed before its answer leaves: the dependencies below have
`scope="function"` (with FastAPI's default scope a commit that fails after `yield` still answers 201). Code of
the domain may flush, never commit. Writers on SQLite begin with BEGIN IMMEDIATE: with a plain BEGIN 258 of
320 concurrent read-then-write transactions failed with "database is locked", with IMMEDIATE none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlmodel import Session

from app.settings import Settings

# At least the size of the thread pool that runs the endpoints (40), or requests queue for connections.
POOL_SIZE = 48
# Pages of 1 KiB per connection; SQLite's own default. A large cache on each thread's connection is memory
# lost.
SQLITE_CACHE_KIB = 2048


def make_engine(settings: Settings) -> Engine:
    """Make the engine for the settings' database; on SQLite, make the data folder too."""
    url = make_url(settings.effective_database_url)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=POOL_SIZE, max_overflow=0, pool_pre_ping=True)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        connect_args={"timeout": settings.busy_timeout_seconds, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


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
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def write_session(engine: Engine) -> Iterator[Session]:
    """Open a session that may write, and commit it at the end; an exception rolls it back."""
    with Session(engine.execution_options(write=True), expire_on_commit=False) as session:
        yield session
        session.commit()


@contextmanager
def read_session(engine: Engine) -> Iterator[Session]:
    """Open a session that only reads."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


def _open_write_session(request: Request) -> Iterator[Session]:
    with write_session(request.app.state.engine) as session:
        yield session
    # Only after the commit: whoever waits for changes must find them.
    request.app.state.follower.wake()


def _open_read_session(request: Request) -> Iterator[Session]:
    with read_session(request.app.state.engine) as session:
        yield session


WriteSession = Annotated[Session, Depends(_open_write_session, scope="function")]
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
