"""`dateline backup` and `restore`: the store as one file."""

from pathlib import Path
from typing import Annotated

import typer

from app.backup import make_backup, restore_backup
from app.cli.terminal import fail, open_store, terminal
from app.database import make_engine
from app.settings import Settings

commands = typer.Typer()


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; one that is there is replaced.")],
) -> None:
    """Copy the store as it is at this moment into a SQLite file; servers go on writing."""
    try:
        count = make_backup(make_engine(Settings()), file)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    terminal.print(f"{file} holds {count} articles")


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `dateline backup` has written.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what the store holds.")] = False,
) -> None:
    """Put a backup into the store, keys and all. Stop the servers first."""
    settings, engine = open_store()
    count = restore_backup(engine, settings, file, force=force)
    terminal.print(f"the store holds {count} articles; the search index follows at the next start")
