"""Commands for who runs Dateline: what is set, what is wrong, whether the server can serve.

None of them changes anything: not even a missing database is made.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from dotenv import dotenv_values
from pydantic import SecretStr
from sqlalchemy import Engine, func, make_url, select
from sqlmodel import Session, col

from app.changes import get_last_seq
from app.cleaning import clean
from app.database import UNAVAILABLE, explain, is_migrated, is_writable, make_engine, read_session
from app.health import LEAST_FREE_BYTES
from app.healthcheck import find_fault
from app.index.folder import find_folder, read_index, read_position
from app.keys import describe_state, list_keys
from app.settings import PREFIX, SECRET_FIELDS, Settings, list_unknown_variables
from app.tables import Change

operations = typer.Typer()

# A disk with less is not full yet, but will be.
LOW_FREE_BYTES = 1024**3
# Changes that a running server may be about to index.
USUAL_LAG = 1000
CLOCK_TOLERANCE = timedelta(seconds=60)
_SAMPLE = (
    "Ferries sail again\n\nOSLO, May 7 (AP) - The ferries to the outer islands sailed again on Tuesday, "
    "the harbour office said.\nThree crossings a day are planned until the end of June.\n"
)


@operations.command(name="config")
def show_config() -> None:
    """Show every setting: its variable, its value, and where that comes from; secrets are masked."""
    settings = Settings()
    rows = [
        (PREFIX + name.upper(), _show_value(getattr(settings, name)), _find_origin(name))
        for name in Settings.model_fields
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        typer.echo(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}")
    for name in list_unknown_variables():
        typer.echo(f"warning: {name} is no setting of Dateline", err=True)


def _show_value(value: Any) -> str:
    if isinstance(value, SecretStr):
        return _mask(value.get_secret_value())
    return "not set" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _mask(secret: str) -> str:
    """Show of a secret what helps to know it by: where a database is, the id of a key."""
    if "://" in secret:
        # What stands behind the ? can hold a password too.
        return make_url(secret).set(query={}).render_as_string(hide_password=True)
    prefix, _, rest = secret.partition("_")
    return f"dl_{rest.partition('_')[0]}_***" if prefix == "dl" and "_" in rest else "***"


def _find_origin(name: str) -> str:
    """Say where a setting comes from, in the order in which Settings looks; empty variables do not count."""
    variable = PREFIX + name.upper()
    environment = {key.upper(): value for key, value in os.environ.items()}
    if environment.get(variable):
        return "environment"
    if name in SECRET_FIELDS and (path := os.environ.get(f"{variable}_FILE")):
        return f"file {path}"
    in_file = {key.upper(): value for key, value in dotenv_values(".env").items()}
    return ".env" if in_file.get(variable) and variable not in environment else "default"


@operations.command()
def healthcheck(
    host: Annotated[str | None, typer.Option(help="Where the server listens; DATELINE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="DATELINE_PORT.")] = None,
) -> None:
    """Ask the server on this machine whether it can serve; exit code 1 if it cannot."""
    settings = Settings()
    if fault := find_fault(host or settings.host, port or settings.port):
        sys.exit(fault)


class State(StrEnum):
    """How a check came out; a note is nothing wrong, but good to know."""

    OK = "ok"
    NOTE = "note"
    FAILED = "FAILED"


class Finding(NamedTuple):
    """What a check found."""

    state: State
    text: str


@operations.command()
def doctor() -> None:
    """Check all that Dateline needs, one line each; exit code 1 if something is wrong."""
    settings = Settings()
    engine = make_engine(settings) if _has_store(settings) else None
    checks: dict[str, Callable[[], Finding]] = {
        "settings": _check_settings,
        "data folder": lambda: _check_folder(settings.data_dir),
        "index folder": lambda: _check_folder(settings.effective_index_dir),
        "cleaning": _check_cleaning,
        "database": lambda: _check_database(engine),
    }
    if engine is not None:
        checks |= {
            "keys": lambda: _check_keys(engine),
            "clock": lambda: _check_clock(engine),
            "search index": lambda: _check_index(engine, settings),
        }
    failed = 0
    for name, check in checks.items():
        try:
            found = check()
        except UNAVAILABLE as error:
            found = Finding(State.FAILED, explain(error))
        failed += found.state is State.FAILED
        typer.echo(f"{found.state:7} {name}: {found.text}")
    if engine is not None:
        engine.dispose()
    if failed:
        sys.exit(1)


def _has_store(settings: Settings) -> bool:
    """Tell whether there is a database to open; SQLite would make one."""
    url = make_url(settings.effective_database_url)
    return url.get_backend_name() != "sqlite" or (url.database is not None and Path(url.database).exists())


def _check_settings() -> Finding:
    if unknown := list_unknown_variables():
        return Finding(State.NOTE, f"no setting of Dateline: {', '.join(unknown)}")
    return Finding(State.OK, "no unknown variable")


def _check_folder(folder: Path) -> Finding:
    """Try to write where the folder is, or where it would be made."""
    place = folder.resolve()
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"dateline")
            file.flush()
    except OSError as error:
        return Finding(State.FAILED, f"{place} cannot be written: {error.strerror}")
    free = shutil.disk_usage(place).free
    said = f"{folder} can be written, {free / 1024**3:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return Finding(State.FAILED, f"the disk of {folder} is full")
    return Finding(State.NOTE if free < LOW_FREE_BYTES else State.OK, said)


def _check_cleaning() -> Finding:
    """Clean a text: the labeller's model, the one of languages, and the lists of names are loaded for it."""
    cleaned = clean(_SAMPLE)
    if cleaned.language != "en" or cleaned.dateline is None or not cleaned.body:
        return Finding(State.FAILED, "a sample text is not cleaned as it should be: reinstall Dateline")
    return Finding(State.OK, f"models load, rules version {cleaned.version}")


def _check_database(engine: Engine | None) -> Finding:
    if engine is None:
        return Finding(State.NOTE, "there is none yet; the first `dateline serve` makes it")
    if not is_migrated(engine):
        return Finding(
            State.FAILED, "it has another schema than this program; `dateline migrate` brings it up"
        )
    # As a write begins: the lock must be free, and a standby or a read-only file takes none.
    with Session(engine.execution_options(write=True)) as session:
        writable = is_writable(session.connection())
    if not writable:
        return Finding(State.FAILED, "it takes no writes: it is a standby, or set to read only")
    return Finding(State.OK, f"{engine.dialect.name} reached, schema current, takes writes")


def _check_keys(engine: Engine) -> Finding:
    with read_session(engine) as session:
        valid = [key for key in list_keys(session) if describe_state(key) == "valid"]
    if not any({"write", "admin"} & set(key.scopes) for key in valid):
        return Finding(State.FAILED, "no valid key may write; `dateline key create --scope admin` makes one")
    return Finding(State.OK, f"{len(valid)} valid")


def _check_clock(engine: Engine) -> Finding:
    """Compare this clock with the newest change, which some clock has stamped."""
    with read_session(engine) as session:
        newest = session.execute(
            select(col(Change.at)).where(col(Change.seq) == select(func.max(Change.seq)).scalar_subquery())
        ).scalar()
    now = datetime.now(UTC)
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        return Finding(
            State.FAILED, f"it is {now:%Y-%m-%d %H:%M:%S} UTC here, before the store's newest change"
        )
    return Finding(State.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _check_index(engine: Engine, settings: Settings) -> Finding:
    folder = find_folder(settings.effective_index_dir)
    with read_session(engine) as session:
        last_seq = get_last_seq(session)
    if not folder.exists():
        return Finding(State.NOTE, "there is none yet; the next `dateline serve` builds it")
    try:
        read_index(folder)
        seq = read_position(folder).seq
    except ValueError as error:
        return Finding(State.FAILED, f"{error}; `dateline reindex` builds it anew")
    if seq > last_seq:
        return Finding(State.FAILED, "it is of another store; `dateline reindex` builds it anew")
    said = f"at change {seq} of {last_seq}"
    return Finding(State.OK if last_seq - seq <= USUAL_LAG else State.NOTE, said)
