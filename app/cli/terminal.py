"""What the commands share: the terminal, the way they fail, and the store that they work on."""

import sys
from typing import NoReturn

from rich.console import Console
from sqlalchemy import Engine

from app.database import make_engine, migrate
from app.settings import Settings, list_unknown_variables

terminal = Console(stderr=True, highlight=False)


def fail(message: str) -> NoReturn:
    """End the program: something failed."""
    terminal.print(f"[red]error:[/red] {message}")
    sys.exit(1)


def open_store() -> tuple[Settings, Engine]:
    """Read the settings and open the database, brought to this program's schema."""
    settings = Settings()
    for name in list_unknown_variables():
        terminal.print(f"[yellow]warning:[/yellow] {name} is no setting of Dateline")
    migrate(settings)
    return settings, make_engine(settings)
