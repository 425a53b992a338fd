"""`dateline search`, `reindex`, `check` and `stories`: what is derived from the articles."""

import sys
from typing import Annotated

import orjson
import typer
from rich.progress import track

from app import index
from app.articles.queries import list_briefs
from app.cli.terminal import open_store, terminal
from app.database import read_session, write_session
from app.search import find_ids
from app.store_checks import check_store
from app.stories.rebuilding import list_stored, place_stored

commands = typer.Typer()

# Articles that `dateline stories` looks up in one transaction: some hundred milliseconds.
PLACED_AT_ONCE = 100


@commands.command(name="search")
def search_articles(
    words: Annotated[list[str], typer.Argument(help="What to look for, in the language of docs/search.md.")],
    limit: Annotated[int, typer.Option(min=1, max=200)] = 10,
) -> None:
    """Find articles; prints id, date and headline of each, the best first."""
    settings, engine = open_store()
    snapshot = index.catch_up_once(engine, settings.effective_index_dir)
    ids = find_ids(snapshot, " ".join(words), limit=limit)
    with read_session(engine) as session:
        briefs = list_briefs(session, ids)
    for found in (orjson.loads(briefs[article_id]) for article_id in ids if article_id in briefs):
        day = (found["published_at"] or {"value": found["created_at"]})["value"][:10]
        typer.echo(f"{found['id']}\t{day}\t{found['headline'] or ''}")


@commands.command()
def reindex() -> None:
    """Build the search index anew from the tables; a running server goes on serving."""
    settings, engine = open_store()
    terminal.print(index.rebuild(engine, settings.effective_index_dir))


@commands.command(name="stories")
def find_stories() -> None:
    """Look for copies among the stored articles: once after an upgrade from a version that did not look for
    near-duplicates, or to repair what `dateline check` finds. Nothing is taken out of a story.
    """
    _settings, engine = open_store()
    with read_session(engine) as session:
        ids = list_stored(session)
    batches = [ids[start : start + PLACED_AT_ONCE] for start in range(0, len(ids), PLACED_AT_ONCE)]
    copies = 0
    for batch in track(batches, "comparing", console=terminal) if terminal.is_terminal else batches:
        with write_session(engine) as session:
            copies += place_stored(session, batch)
    terminal.print(f"{copies} articles are copies of others")


@commands.command()
def check() -> None:
    """Check the tables and the search index against each other; says in one line each what is wrong."""
    settings, engine = open_store()
    faults = [*check_store(engine), *index.check(engine, settings.effective_index_dir)]
    for fault in faults:
        typer.echo(fault)
    if faults:
        sys.exit(1)
    typer.echo("store and index agree")
