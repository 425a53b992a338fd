"""`dateline serve` and `dateline migrate`."""

import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack
from typing import Annotated

import typer
import uvicorn

from app.cli.terminal import fail, open_store, terminal
from app.connections import PatientProtocol
from app.database import migrate
from app.demo import load_demo
from app.keys import make_first_key
from app.logs import make_log_config
from app.metrics import FOLDER_VARIABLE
from app.settings import Settings

commands = typer.Typer()

# How long requests may still take after SIGTERM; with the end of the threads it stays below 20 seconds.
SECONDS_TO_FINISH = 12
# A worker that has not answered its parent by then is killed and begun anew. Uvicorn's own 5 seconds are less
# than one takes to load on a busy machine: it never came up there.
SECONDS_TO_START = 60
SAMPLE = """\
Ferry link to the islands returns after winter repairs

This news has been read 312 times!

HELSINKI, May 7 (Reuters) - The ferry to the outer islands sailed again on Tuesday, the harbour office said.
Three crossings a day are planned until June, and six a day in the summer months.

Related Articles
Kindly disable the Ad blocker"""


@commands.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; DATELINE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; DATELINE_PORT.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes; DATELINE_WORKERS.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load ten demo articles first.")] = False,
) -> None:
    """Migrate the database, make the first key if there is none, and serve."""
    settings, engine = open_store()
    host, port = host or settings.host, settings.port if port is None else port
    _check_port(host, port)
    try:
        key = make_first_key(engine, settings)
    except ValueError as error:
        fail(f"DATELINE_ADMIN_KEY cannot be used: {error}", code=2)
    if demo:
        terminal.print(f"demo: {load_demo(engine)} new articles")
    engine.dispose()
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
            http=PatientProtocol,
            ws="none",
            proxy_headers=False,  # `create_app` sees to them, and believes nobody unless told to
            access_log=False,  # measured: it costs 37 % of the throughput; ours is off by default
            log_config=make_log_config(settings.log_format, settings.log_level),
            server_header=False,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
            timeout_worker_healthcheck=SECONDS_TO_START,
        )


def _check_port(host: str, port: int) -> None:
    """End the program in one plain line if the address cannot be listened on: uvicorn says so only after the
    start, between its other lines."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fail(f"port {port} of {host} cannot be listened on: {reason}", code=2)


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


@commands.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to this program's schema."""
    migrate(Settings())
    terminal.print("the database has the current schema")
