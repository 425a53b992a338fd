"""Copying a whole store: to a backup, and from it back into a store.

A backup is a SQLite database with Dateline's schema, whatever database the store is in: one file that either
database takes back, that any SQLite tool opens, and that `dateline serve` serves as it is. It holds the store
as it was at one moment; others go on writing meanwhile.
"""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlmodel import SQLModel, col

from app.database import StoreError, is_migrated, lift_limits, make_engine, migrate, read_session
from app.settings import Settings
from app.tables import Article, Change

# Rows that are in memory at once; a body may have megabytes.
CHUNK = 200


def make_backup(engine: Engine, target: Path) -> int:
    """Write a backup and return how many articles it holds. The file is there whole or not at all."""
    with _new_file(target) as made, _explaining("the backup failed"):
        if engine.dialect.name == "sqlite":
            _copy_sqlite(engine, made)
        elif is_migrated(engine):
            _copy_into_file(engine, made)
        else:
            raise StoreError("the database has another schema than this program: let that version back it up")
        with closing(sqlite3.connect(made)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            count: int = copy.execute("SELECT count(*) FROM articles WHERE deleted_at IS NULL").fetchone()[0]
    return count


def restore_backup(engine: Engine, settings: Settings, source: Path, *, force: bool) -> int:
    """Put a backup into the settings' store and return how many articles it holds; all or nothing happens.

    Raises StoreError for a file that is no backup, and for a store with content unless it shall be replaced.
    """
    _check_backup(source)
    if not force and _has_content(engine):
        raise StoreError("the store is not empty; --force replaces what is in it")
    with _new_file(settings.data_dir / "restored.db", keep=False) as copy:
        # A copy, since it is migrated: it may be of an older version than this program.
        shutil.copyfile(source, copy)
        of_copy = _describe_file(copy)
        migrate(of_copy)
        from_copy = make_engine(of_copy)
        try:
            _copy_rows(from_copy, engine)
        finally:
            from_copy.dispose()
    with read_session(engine) as session:
        living = select(func.count(col(Article.id))).where(col(Article.deleted_at).is_(None))
        count: int = session.execute(living).scalar_one()
    return count


@contextmanager
def _new_file(target: Path, *, keep: bool = True) -> Iterator[Path]:
    """Give a file to fill, which then takes the target's place, on disk; else nothing of it stays."""
    if not target.parent.is_dir():
        raise StoreError(f"there is no folder {target.parent}")
    made = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield made
        if keep:
            _sync(made)
            os.replace(made, target)
            _sync(target.parent)
    finally:
        for rest in (made, *(made.with_name(made.name + ending) for ending in ("-wal", "-shm", "-journal"))):
            rest.unlink(missing_ok=True)


@contextmanager
def _explaining(what: str) -> Iterator[None]:
    """Turn what SQLite says of a file into a StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{what}: {error}") from error


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _describe_file(path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{path}", data_dir=path.parent, _env_file=None)


def _copy_sqlite(engine: Engine, target: Path) -> None:
    """Copy page by page in one read transaction, which in WAL mode holds nobody up."""
    pooled = engine.raw_connection()
    try:
        source: Any = pooled.dbapi_connection
        with closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    finally:
        pooled.close()


def _copy_into_file(engine: Engine, target: Path) -> None:
    of_file = _describe_file(target)
    migrate(of_file)
    file = make_engine(of_file)
    try:
        _copy_rows(engine, file)
    finally:
        file.dispose()


def _copy_rows(source: Engine, target: Engine) -> None:
    """Replace every row of the target by the source's, which are read as they are at one moment."""
    level = {"isolation_level": "REPEATABLE READ"} if source.dialect.name == "postgresql" else {}
    writing = target.execution_options(write=True)
    with source.connect().execution_options(**level) as reader, writing.begin() as writer:
        lift_limits(reader)
        lift_limits(writer)
        tables = SQLModel.metadata.sorted_tables
        for table in reversed(tables):
            writer.execute(delete(table))
        for table in tables:
            found = reader.execution_options(yield_per=CHUNK).execute(
                select(table).order_by(*table.primary_key.columns)
            )
            for rows in found.mappings().partitions():
                writer.execute(insert(table), [dict(row) for row in rows])
        _continue_numbers(writer)


def _continue_numbers(writer: Connection) -> None:
    """Let PostgreSQL's own counters go on after the numbers that were copied."""
    if writer.dialect.name != "postgresql":
        return
    for table in SQLModel.metadata.sorted_tables:
        if (column := table.autoincrement_column) is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            writer.execute(select(func.setval(sequence, select(func.max(column)).scalar_subquery())))


def _check_backup(path: Path) -> None:
    with (
        _explaining(f"{path} is no backup of Dateline"),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file,
    ):
        is_whole = file.execute("PRAGMA quick_check").fetchone() == ("ok",)
        is_ours = file.execute("SELECT count(*) FROM alembic_version, counters").fetchone()[0] > 0
    if not is_whole or not is_ours:
        raise StoreError(f"{path} is {'no backup of Dateline' if is_whole else 'damaged'}")


def _has_content(engine: Engine) -> bool:
    with read_session(engine) as session:
        numbers = (col(Article.id), col(Change.seq))
        return any(session.execute(select(number).limit(1)).first() for number in numbers)
