"""`dateline key`: API keys."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.terminal import fail, open_store, terminal
from app.database import read_session, write_session
from app.keys import Scope, create_key, describe_state, list_keys, revoke_key

commands = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")


@commands.command(name="create")
def create_api_key(
    scope: Annotated[Scope, typer.Option(help="What the key may do; each scope holds the ones before it.")],
    name: Annotated[str, typer.Option(help="A name to know it by.")] = "",
    expires: Annotated[
        datetime | None, typer.Option(help="Day or moment (UTC) from which it is not valid.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="The only source that it may write for; needs scope write.")
    ] = None,
) -> None:
    """Make a key and print it; it cannot be shown again."""
    if source is not None and scope is not Scope.WRITE:
        fail("only a key with scope write can be bound to a source")
    _settings, engine = open_store()
    expires_at = expires and expires.replace(tzinfo=UTC)
    with write_session(engine) as session:
        typer.echo(create_key(session, scope, name=name, expires_at=expires_at, source=source)[1])


@commands.command(name="list")
def list_api_keys() -> None:
    """List the keys: id, scope, state, time of creation, time of the last use, source, name."""
    _settings, engine = open_store()
    with read_session(engine) as session:
        for key in list_keys(session):
            created = f"{key.created_at:%Y-%m-%d %H:%M}"
            used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "-"
            scopes, source = ",".join(key.scopes), key.source or "-"
            typer.echo("\t".join([key.id, scopes, describe_state(key), created, used, source, key.name]))


@commands.command(name="revoke")
def revoke_api_key(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `dateline key list` shows it.")],
) -> None:
    """Revoke a key; running servers refuse it within 5 seconds."""
    _settings, engine = open_store()
    with write_session(engine) as session:
        if not revoke_key(session, key_id):
            fail("there is no key with this id")
    terminal.print("revoked")
