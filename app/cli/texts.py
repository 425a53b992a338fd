"""`dateline ingest`, `clean` and `reclean`: raw texts into articles."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.progress import track

from app.articles.queries import get_article
from app.cleaning import VERSION as RULES_VERSION
from app.cli.terminal import fail, open_store, terminal
from app.database import read_session, write_session
from app.errors import DatelineError
from app.ingest.articles import clean_submission, render_result, store_submission
from app.ingest.recleaning import list_outdated, prepare_recleaning, reclean_article
from app.ingest.submissions import Submission, read_submission

commands = typer.Typer()

CONTENT_TYPES = {".html": "text/html", ".htm": "text/html", ".json": "application/json"}
Files = Annotated[
    list[str], typer.Argument(help="Files with raw text, HTML or JSON submissions; - reads standard input.")
]
Type = Annotated[str | None, typer.Option("--type", help="Content type; by default from the file's ending.")]


def _read_file(path: str, content_type: str | None) -> Submission:
    body = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    kind = content_type or CONTENT_TYPES.get(Path(path).suffix.lower(), "text/plain")
    return read_submission(kind, body)


@commands.command(name="ingest")
def ingest_files(files: Files, content_type: Type = None) -> None:
    """Clean raw texts and store their articles; prints id, new or known, and headline of each."""
    _settings, engine = open_store()
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
        fail(f"{failed} of {len(files)} files gave no article")


@commands.command(name="clean")
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
        fail(f"{file}: {error.strerror}")
    typer.echo(
        orjson.dumps(orjson.loads(render_result(clean_submission(submission))), option=orjson.OPT_INDENT_2)
    )


@commands.command(name="reclean")
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
    _settings, engine = open_store()
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
        fail(f"{failed} of {len(ids)} articles could not be cleaned; they stay as they are")
