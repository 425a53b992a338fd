"""The connection to the database, and the two kinds of session.

Write transactions run one after the other on both databases: on SQLite they begin with BEGIN IMMEDIATE (with
a plain BEGIN 258 of 320 concurrent read-then-write transactions failed with "database is locked"), on
PostgreSQL with an advisory lock. So a look-up followed by an insert is safe, and the numbers of the change
feed are given in the order of commits (decision 0002). Code of the domain may flush, never commit.
"""

import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

import orjson
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import Depends, Header, Request
from sqlalchemy import Connection, Engine, Table, create_engine, event, func, make_url, select
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session, col
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from app.numbers import write_numbers
from app.settings import Settings
from app.tables import Change

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
# Pages of the log that are copied into the database at a time. Of 100 new articles a commit writes some 2,000
# (their hashes are scattered), so with SQLite's own 1,000 nearly every commit would copy them: on a store of
# 100,000 articles that is a fifth of what storing costs.
CHECKPOINT_PAGES = 4000
# Both for a command that stores many articles, of which each touches pages anywhere in the store: on one of
# 60,000 storing costs an eighth less, and the more so the larger it is. The log may grow to 64 MB.
BULK_CACHE_KIB, BULK_CHECKPOINT_PAGES = 65_536, 16_000
# How often a write asks for SQLite's lock.
ASK_SECONDS = 0.001
# A PostgreSQL that has vanished without a word (its machine is gone) is noticed after about as many seconds.
VANISHED_SECONDS = 10

# What comes of a database that is locked, full, stopped, too busy, or only a standby: a retry may succeed.
# InternalError is what psycopg makes of "read-only transaction" and of a transaction that was idle too long.
UNAVAILABLE = (OperationalError, InterfaceError, InternalError, PendingRollbackError, PoolTimeout)

# After a replica could not be reached, reads go to the primary for so long before it is tried again.
REPLICA_RETRY_SECONDS = 5.0

_log = logging.getLogger(__name__)


class StoreError(Exception):
    """The store cannot be used as asked; the text says in one line why."""


def make_engine(settings: Settings) -> Engine:
    """Make the engine for the settings' database; on SQLite, make the data folder too."""
    return _make_engine(settings, settings.effective_database_url)


def make_replica_engine(settings: Settings) -> Engine | None:
    """Make the engine for the replica that reads may go to; None if there is none."""
    if settings.database_read_url is None:
        return None
    return _make_engine(settings, settings.database_read_url.get_secret_value())


def _make_engine(settings: Settings, address: str) -> Engine:
    url = make_url(address)
    limits = {"pool_size": POOL_SIZE, "max_overflow": 0, "pool_timeout": settings.busy_timeout_seconds}
    json: dict[str, Any] = {"json_serializer": _dump_json, "json_deserializer": orjson.loads}
    if url.get_backend_name() == "sqlite":
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        arguments = {"timeout": settings.busy_timeout_seconds, "check_same_thread": False}
        engine = create_engine(url, connect_args=arguments, **json, **limits)
        event.listen(engine, "reset", _end_transaction)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", partial(_begin_sqlite, seconds=settings.busy_timeout_seconds))
        return engine
    engine = create_engine(
        url,
        # A connection that died while it lay in the pool is found out before it is used.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "keepalives_idle": VANISHED_SECONDS // 2,
            "keepalives_interval": 1,
            "keepalives_count": VANISHED_SECONDS // 2,
            "tcp_user_timeout": VANISHED_SECONDS * 1000,
            "options": f"-c statement_timeout={STATEMENT_SECONDS}s "
            f"-c lock_timeout={int(settings.busy_timeout_seconds * 1000)} "
            f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s -c timezone=UTC",
        },
        **json,
        **limits,
    )
    event.listen(engine, "reset", _end_transaction)
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
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _end_transaction(connection: Any, _record: object, _state: object) -> None:
    """End what is open on a connection that goes back into the pool.

    SQLAlchemy takes a transaction whose COMMIT has failed for ended; on SQLite it may not be, and the
    connection would keep the write lock while it lies in the pool.
    """
    connection.rollback()


def _begin_sqlite(connection: Connection, *, seconds: float) -> None:
    """Begin a transaction; one that writes waits so long for the lock.

    SQLite itself asks every 100 ms. Beside a process that commits one batch after the other it would find the
    lock taken each time.
    """
    if not _is_for_writing(connection):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.dbapi_connection
    deadline = time.monotonic() + seconds
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline and _finds_lock_taken(driver):
            time.sleep(ASK_SECONDS)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # raises, as SQLAlchemy words it
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")


def _finds_lock_taken(driver: sqlite3.Connection) -> bool:
    """Try to begin a transaction that writes."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


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
        write_numbers(session)
        session.commit()


def insert_plain(session: Session, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many small rows, each the plain values of all the table's columns in their order.

    Past SQLAlchemy, which takes as long to bind a row as SQLite to insert it; on PostgreSQL as one statement,
    whose columns are arrays.
    """
    if not rows:
        return
    connection = session.connection()
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in table.columns)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", list(rows))
        return
    arrays = ", ".join(f"%s::{column.type.compile(connection.dialect)}[]" for column in table.columns)
    values = tuple(list(column) for column in zip(*rows, strict=True))
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})", values)


@contextmanager
def read_session(engine: Engine) -> Iterator[Session]:
    """Open a session that only reads."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


def enlarge_cache(connection: Connection) -> None:
    """Have a connection keep more pages in memory, in a process that stores many articles and no more."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size=-{BULK_CACHE_KIB}")
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={BULK_CHECKPOINT_PAGES}")


def lift_limits(connection: Connection) -> None:
    """Let the transaction's statements take as long as they need: it works on the whole store."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def is_writable(connection: Connection) -> bool:
    """Tell whether a write transaction may write; on SQLite it would not have begun otherwise."""
    if connection.dialect.name != "postgresql":
        return True
    return connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"


class Replica:
    """The replica that reads go to, as long as it can be reached and has what the client must see."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._next_try = 0.0

    def find_session(self, min_seq: int = 0) -> Session | None:
        """Open a session that sees the change `min_seq` and all before it; None if the replica has none."""
        if time.monotonic() < self._next_try:
            return None
        session = Session(self.engine, expire_on_commit=False)
        try:
            reached = session.execute(select(func.max(col(Change.seq)))).scalar() if min_seq else None
            session.connection()
        except UNAVAILABLE as error:
            session.close()
            self._next_try = time.monotonic() + REPLICA_RETRY_SECONDS
            _log.warning("the replica cannot be read, reads go to the primary: %s", explain(error))
            return None
        if min_seq > (reached or 0):
            session.close()
            return None
        return session


def explain(error: BaseException) -> str:
    """Say in one line what the database said, without the statement and its values."""
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0]


MinSeq = Annotated[
    int,
    Header(
        alias="Dateline-Min-Seq",
        ge=0,
        le=2**63 - 1,
        description="The `Dateline-Seq` of a write that the answer must reflect, also where reads go to "
        "a replica that is behind.",
    ),
]


def open_read_session(state: State, min_seq: int) -> Session:
    """Open a session of the application that reads: on the replica, if one has what is asked."""
    session: Session | None = state.replica.find_session(min_seq) if state.replica else None
    return session or Session(state.engine, expire_on_commit=False)


async def _open_read_session(request: Request, dateline_min_seq: MinSeq = 0) -> AsyncIterator[Session]:
    """Open the session of a request that reads.

    A session that is opened touches no database, so only what does goes to a thread.
    """
    state = request.app.state
    asked = request.query_params.get("min_seq", "")  # a search names the change there
    if asked.isascii() and asked.isdigit() and len(asked) < 20:
        dateline_min_seq = max(dateline_min_seq, int(asked))
    if state.replica:
        session = await run_in_threadpool(open_read_session, state, dateline_min_seq)
    else:
        session = open_read_session(state, dateline_min_seq)
    try:
        yield session
    finally:
        if state.engine.dialect.name == "sqlite":
            session.close()
        elif session.in_transaction():  # a rollback over the network
            await run_in_threadpool(session.close)


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
    """Bring the database to the schema of this program; nothing happens where it has it already.

    Raises StoreError for a database that a newer program has migrated.
    """
    engine = make_engine(settings)
    try:
        revision = _find_revision(engine)
    finally:
        engine.dispose()
    known = _list_revisions()
    if revision == known[0]:
        return
    if revision is not None and revision not in known:
        raise StoreError(
            f"the database has schema {revision}, which this program does not know (its own is {known[0]}): "
            "a newer Dateline has migrated it"
        )
    command.upgrade(make_alembic_config(settings), "head")


@cache
def _list_revisions() -> list[str]:
    """List the schemas that this program knows, its own first."""
    config = Config()
    config.set_main_option("script_location", str(_find_migrations()))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def _find_revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_migrated(engine: Engine) -> bool:
    """Tell whether the database has the schema of this program."""
    return _find_revision(engine) == _list_revisions()[0]
