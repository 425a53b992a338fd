"""All commands, and what a failure of any of them says."""

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DatabaseError

from app.cli import backups, changes, keys, searching, serving, texts, transfers
from app.cli.terminal import fail
from app.database import UNAVAILABLE, StoreError, explain
from app.errors import DatelineError
from app.operations import operations

cli = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Raw news text in, structured articles out."
)
for part in (serving, texts, transfers, searching, backups):
    cli.add_typer(part.commands)
cli.add_typer(operations)
cli.add_typer(keys.commands, name="key")
cli.add_typer(changes.commands, name="changes")


def run() -> None:
    """Run the command that was given; an error that has a plain explanation is shown as one line."""
    try:
        cli()
    except DatelineError as error:
        fail(error.detail)
    except StoreError as error:
        fail(str(error))
    except (*UNAVAILABLE, DatabaseError) as error:
        if not isinstance(error, UNAVAILABLE) and type(error) is not DatabaseError:
            raise  # a fault of ours; the others are of the database, such as a damaged file
        fail(f"the database cannot be used: {explain(error)}")
    except ValidationError as error:
        names = ", ".join(f"DATELINE_{part['loc'][0]}".upper() for part in error.errors() if part["loc"])
        fail(f"these settings have impossible values: {names}", code=2)
