"""`dateline search`, `reindex` and `check`: the search index."""

import sys
from typing import Annotated

import orjson
import typer

from app import index
from app.articles.queries import list_briefs
from app.cli.terminal import open_store, terminal
from app.database import read_session
from app.search import find_ids
from app.store_checks import check_store

commands = typer.Typer()


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
