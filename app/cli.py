"""The command line: `dateline serve`, and the same work as over HTTP for a person at a terminal.

Exit codes: 0 done, 1 something failed (said on standard error), 2 wrong usage. Results go to standard output,
so that they can be piped; everything said about them goes to standard error.
"""

import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import track
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from app import index
from app.articles.queries import get_article, list_briefs
from app.backup import make_backup, restore_backup
from app.changes import find_last_before, prune_changes
from app.cleaning import VERSION as RULES_VERSION
from app.database import (
    UNAVAILABLE,
    StoreError,
    explain,
    lift_limits,
    make_engine,
    migrate,
    read_session,
    write_session,
)
from app.demo import load_demo
from app.errors import DatelineError
from app.ingest.articles import clean_submission, render_result, store_submission
from app.ingest.recleaning import list_outdated, prepare_recleaning, reclean_article
from app.ingest.submissions import Submission, read_submission
from app.keys import Scope, create_key, describe_state, list_keys, make_first_key, revoke_key
from app.logs import make_log_config
from app.metrics import FOLDER_VARIABLE
from app.operations import operations
from app.search import find_ids
from app.settings import Settings, list_unknown_variables
from app.store_checks import check_store

cli = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Raw news text in, structured articles out."
)
key_commands = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
cli.add_typer(key_commands, name="key")
change_commands = typer.Typer(no_args_is_help=True, help="Look after the change feed.")
cli.add_typer(change_commands, name="changes")
cli.add_typer(operations)
terminal = Console(stderr=True, highlight=False)

# How long requests may still take after SIGTERM; with the end of the threads it stays below 20 seconds.
SECONDS_TO_FINISH = 12
# A worker that has not answered its parent by then is killed and begun anew. Uvicorn's own 5 seconds are less
# than one takes to load on a busy machine: it never came up there.
SECONDS_TO_START = 60
CONTENT_TYPES = {".html": "text/html", ".htm": "text/html", ".json": "application/json"}
# Changes looked at in one transaction when old ones are removed: a server's writes wait for no longer.
PRUNED_AT_ONCE = 5000
SAMPLE = """\
Ferry link to the islands returns after winter repairs

This news has been read 312 times!

HELSINKI, May 7 (Reuters) - The ferry to the outer islands sailed again on Tuesday, the harbour office said.
Three crossings a day are planned until June, and six a day in the summer months.

Related Articles
Kindly disable the Ad blocker"""


def main() -> None:
    """Run the command line; an error that has a plain explanation is shown as one line."""
    try:
        cli()
    except DatelineError as error:
        _fail(error.detail)
    except StoreError as error:
        _fail(str(error))
    except (*UNAVAILABLE, DatabaseError) as error:
        if not isinstance(error, UNAVAILABLE) and type(error) is not DatabaseError:
            raise  # a fault of ours; the others are of the database, such as a damaged file
        _fail(f"the database cannot be used: {explain(error)}")
    except ValidationError as error:
        names = ", ".join(f"DATELINE_{part['loc'][0]}".upper() for part in error.errors() if part["loc"])
        _fail(f"these settings have impossible values: {names}")


def _fail(message: str) -> None:
    terminal.print(f"[red]error:[/red] {message}")
    sys.exit(1)


def _open_store() -> tuple[Settings, Engine]:
    """Read the settings and open the database, brought to this program's schema."""
    settings = Settings()
    for name in list_unknown_variables():
        terminal.print(f"[yellow]warning:[/yellow] {name} is no setting of Dateline")
    migrate(settings)
    return settings, make_engine(settings)


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; DATELINE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; DATELINE_PORT.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes; DATELINE_WORKERS.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load ten demo articles first.")] = False,
) -> None:
    """Migrate the database, make the first key if there is none, and serve."""
    settings, engine = _open_store()
    key = make_first_key(engine, settings)
    if demo:
        terminal.print(f"demo: {load_demo(engine)} new articles")
    engine.dispose()
    host, port = host or settings.host, settings.port if port is None else port
    _greet(f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}", key)
    # Uvicorn drains at SIGTERM and then raises it once more, for whoever it would have stopped: a stop that
    # was asked for is no failure.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    workers = workers or settings.workers
    with ExitStack() as held:
        if workers > 1:  # they count in files in common, so that any of them can tell the sums
            folder = tempfile.TemporaryDirectory(prefix="dateline-metrics-", ignore_cleanup_errors=True)
            os.environ[FOLDER_VARIABLE] = held.enter_context(folder)
        uvicorn.run(
            "app.main:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            access_log=False,  # measured: it costs 37 % of the throughput; ours is off by default
            log_config=make_log_config(settings.log_format, settings.log_level),
            server_header=False,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
            timeout_worker_healthcheck=SECONDS_TO_START,
        )


def _greet(url: str, key: str | None) -> None:
    """Tell what a person needs first: the key, the addresses, and a request to paste."""
    if key is not None:
        typer.echo(f"\nFirst admin key, shown only now:\n\n  {key}\n")
    shown = key or "$DATELINE_KEY"
    quote = "'" if key else '"'
    typer.echo(
        f"API page   {url}/docs\nReference  {url}/redoc\nArticles   {url}/v1/articles\n\nA first request:\n"
    )
    typer.echo(
        f"curl {url}/v1/ingest -H {quote}Authorization: Bearer {shown}{quote} "
        f"-H 'Content-Type: text/plain' --data-binary '{SAMPLE}'\n"
    )
    sys.stdout.flush()


@cli.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to this program's schema."""
    migrate(Settings())
    terminal.print("the database has the current schema")


def _read_file(path: str, content_type: str | None) -> Submission:
    body = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    kind = content_type or CONTENT_TYPES.get(Path(path).suffix.lower(), "text/plain")
    return read_submission(kind, body)


Files = Annotated[
    list[str], typer.Argument(help="Files with raw text, HTML or JSON submissions; - reads standard input.")
]
Type = Annotated[str | None, typer.Option("--type", help="Content type; by default from the file's ending.")]


@cli.command(name="ingest")
def ingest_files(files: Files, content_type: Type = None) -> None:
    """Clean raw texts and store their articles; prints id, new or known, and headline of each."""
    _settings, engine = _open_store()
    failed = 0
    shown = track(files, "cleaning", console=terminal) if len(files) > 1 and terminal.is_terminal else files
    for path in shown:
        try:
            found = clean_submission(_read_file(path, content_type))
            with write_session(engine) as session:
                article, created = store_submission(session, found)
                typer.echo(f"{article.id}\t{'new' if created else 'known'}\t{article.headline or ''}")
        except (DatelineError, OSError) as error:
            failed += 1
            terminal.print(
                f"[red]{path}:[/red] {error.detail if isinstance(error, DatelineError) else error.strerror}"
            )
    if failed:
        _fail(f"{failed} of {len(files)} files gave no article")


@cli.command(name="clean")
def clean_file(
    file: Annotated[
        str, typer.Argument(help="File with raw text, HTML or a JSON submission; - reads standard input.")
    ],
    content_type: Type = None,
) -> None:
    """Show as JSON what ingestion would make of a raw text; nothing is stored."""
    try:
        submission = _read_file(file, content_type)
    except OSError as error:
        _fail(f"{file}: {error.strerror}")
    typer.echo(
        orjson.dumps(orjson.loads(render_result(clean_submission(submission))), option=orjson.OPT_INDENT_2)
    )


@cli.command(name="reclean")
def reclean_articles(
    ids: Annotated[
        list[int] | None, typer.Argument(min=1, help="Articles; by default all that older rules cleaned.")
    ] = None,
    below: Annotated[
        int, typer.Option(min=1, metavar="VERSION", help="Without IDS: clean what older rules have cleaned.")
    ] = RULES_VERSION,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes, store nothing.")] = False,
) -> None:
    """Clean kept raw texts again with today's rules; prints id, version and fields of each that changes."""
    _settings, engine = _open_store()
    if not ids:
        with read_session(engine) as session:
            ids = list_outdated(session, below)
    changed = failed = 0
    for article_id in track(ids, "cleaning", console=terminal) if terminal.is_terminal else ids:
        try:
            prepared = prepare_recleaning(engine, article_id)
            with read_session(engine) if dry_run else write_session(engine) as session:
                article = get_article(session, article_id)
                result = reclean_article(session, article, prepared, dry_run=dry_run).result
        except DatelineError as error:
            failed += 1
            terminal.print(f"[red]{article_id}:[/red] {error.detail}")
            continue
        if result["fields"]:
            changed += 1
            names = ",".join(field["field"] for field in result["fields"])
            typer.echo(f"{article_id}\t{result['to']}\t{names}")
    terminal.print(f"{changed} of {len(ids)} articles {'would change' if dry_run else 'changed'}")
    if failed:
        _fail(f"{failed} of {len(ids)} articles could not be cleaned; they stay as they are")


@cli.command(name="search")
def search_articles(
    words: Annotated[list[str], typer.Argument(help="What to look for, in the language of docs/search.md.")],
    limit: Annotated[int, typer.Option(min=1, max=200)] = 10,
) -> None:
    """Find articles; prints id, date and headline of each, the best first."""
    settings, engine = _open_store()
    snapshot = index.catch_up_once(engine, settings.effective_index_dir)
    ids = find_ids(snapshot, " ".join(words), limit=limit)
    with read_session(engine) as session:
        briefs = list_briefs(session, ids)
    for found in (orjson.loads(briefs[article_id]) for article_id in ids if article_id in briefs):
        day = (found["published_at"] or {"value": found["created_at"]})["value"][:10]
        typer.echo(f"{found['id']}\t{day}\t{found['headline'] or ''}")


@cli.command()
def reindex() -> None:
    """Build the search index anew from the tables; a running server goes on serving."""
    settings, engine = _open_store()
    terminal.print(index.rebuild(engine, settings.effective_index_dir))


@cli.command()
def check() -> None:
    """Check the tables and the search index against each other; says in one line each what is wrong."""
    settings, engine = _open_store()
    faults = [*check_store(engine), *index.check(engine, settings.effective_index_dir)]
    for fault in faults:
        typer.echo(fault)
    if faults:
        sys.exit(1)
    typer.echo("store and index agree")


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; one that is there is replaced.")],
) -> None:
    """Copy the store as it is at this moment into a SQLite file; servers go on writing."""
    try:
        count = make_backup(make_engine(Settings()), file)
    except OSError as error:
        _fail(f"{file}: {error.strerror}")
    terminal.print(f"{file} holds {count} articles")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `dateline backup` has written.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what the store holds.")] = False,
) -> None:
    """Put a backup into the store, keys and all. Stop the servers first."""
    settings, engine = _open_store()
    count = restore_backup(engine, settings, file, force=force)
    terminal.print(f"the store holds {count} articles; the search index follows at the next start")


@key_commands.command(name="create")
def create_api_key(
    scope: Annotated[Scope, typer.Option(help="What the key may do; each scope holds the ones before it.")],
    name: Annotated[str, typer.Option(help="A name to know it by.")] = "",
    expires: Annotated[
        datetime | None, typer.Option(help="Day or moment (UTC) from which it is not valid.")
    ] = None,
) -> None:
    """Make a key and print it; it cannot be shown again."""
    _settings, engine = _open_store()
    with write_session(engine) as session:
        typer.echo(
            create_key(session, scope, name=name, expires_at=expires and expires.replace(tzinfo=UTC))[1]
        )


@key_commands.command(name="list")
def list_api_keys() -> None:
    """List the keys: id, scopes, state, time of creation, name."""
    _settings, engine = _open_store()
    with read_session(engine) as session:
        for key in list_keys(session):
            created = f"{key.created_at:%Y-%m-%d %H:%M}"
            typer.echo("\t".join([key.id, ",".join(key.scopes), describe_state(key), created, key.name]))


@key_commands.command(name="revoke")
def revoke_api_key(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `dateline key list` shows it.")],
) -> None:
    """Revoke a key from now on."""
    _settings, engine = _open_store()
    with write_session(engine) as session:
        if not revoke_key(session, key_id):
            _fail("there is no key with this id")
    terminal.print("revoked")


@change_commands.command(name="prune")
def prune_old_changes(
    older_than: Annotated[int, typer.Option(min=0, metavar="DAYS", help="Age from which they are removed.")],
) -> None:
    """Remove old changes, but each article's newest; who still stands at one must begin anew (410)."""
    _settings, engine = _open_store()
    with read_session(engine) as session:
        lift_limits(session.connection())
        last = find_last_before(session, datetime.now(UTC) - timedelta(days=older_than))
    removed = 0
    for after in range(0, last, PRUNED_AT_ONCE):
        with write_session(engine) as session:
            removed += prune_changes(session, after=after, up_to=min(after + PRUNED_AT_ONCE, last))
    typer.echo(f"{removed} changes removed")


if __name__ == "__main__":
    main()
