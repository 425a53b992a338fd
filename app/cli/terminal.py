"""What the commands share: the terminal, the way they fail, and the store that they work on."""

import sys
from difflib import get_close_matches
from typing import NoReturn

from rich.console import Console
from sqlalchemy import Engine

from app.database import UNAVAILABLE, explain, make_engine, migrate
from app.settings import PREFIX, Settings, list_unknown_variables

terminal = Console(stderr=True, highlight=False)


def fail(message: str, *, code: int = 1) -> NoReturn:
    """End the program: something failed. Said in one line, as whoever reads logs wants it."""
    terminal.print(f"[red]error:[/red] {message}", soft_wrap=True)
    sys.exit(code)


def open_store() -> tuple[Settings, Engine]:
    """Read the settings and open the database, brought to this program's schema."""
    settings = Settings()
    for name in list_unknown_variables():
        near = get_close_matches(name, [PREFIX + known.upper() for known in Settings.model_fields], 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        terminal.print(f"[yellow]warning:[/yellow] {name} is no setting of Dateline{hint}", soft_wrap=True)
    try:
        migrate(settings)
    except UNAVAILABLE as error:
        fail(f"the database cannot be used: {explain(error)}", code=2)
    return settings, make_engine(settings)
