"""`dateline changes`: the change feed."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.changes import find_last_before, prune_changes
from app.cli.terminal import open_store
from app.database import lift_limits, read_session, write_session

commands = typer.Typer(no_args_is_help=True, help="Look after the change feed.")

# Changes looked at in one transaction when old ones are removed: a server's writes wait for no longer.
PRUNED_AT_ONCE = 5000


@commands.command(name="prune")
def prune_old_changes(
    older_than: Annotated[int, typer.Option(min=0, metavar="DAYS", help="Age from which they are removed.")],
) -> None:
    """Remove old changes, but each article's newest; who still stands at one must begin anew (410)."""
    _settings, engine = open_store()
    with read_session(engine) as session:
        lift_limits(session.connection())
        last = find_last_before(session, datetime.now(UTC) - timedelta(days=older_than))
    removed = 0
    for after in range(0, last, PRUNED_AT_ONCE):
        with write_session(engine) as session:
            removed += prune_changes(session, after=after, up_to=min(after + PRUNED_AT_ONCE, last))
    typer.echo(f"{removed} changes removed")
