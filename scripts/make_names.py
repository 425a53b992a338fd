"""Write app/cleaning/given_names.txt: given names, by which a line of names is told.

Needs `pip install faker` (not needed to run Dateline). The names are those of Faker's locales
(https://github.com/joke2k/faker, MIT licence). Run from the top of the tree: python scripts/make_names.py
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import faker.providers.person

TARGET = Path("app/cleaning/given_names.txt")
NAME = re.compile("[A-Z\u00c0-\u00de\u0100-\u017f\u0400-\u042f][a-z\u00df-\u024f\u0430-\u04ff'’-]{2,19}")
ABOUT = "# Given names. From Faker (https://github.com/joke2k/faker), MIT licence, by scripts/make_names.py."


def main() -> None:
    """Write the file."""
    names = sorted({name for name in read_names() if NAME.fullmatch(name)})
    TARGET.write_text("\n".join([ABOUT, *names]) + "\n", encoding="utf-8")


def read_names() -> Iterator[str]:
    """Read the given names of every locale."""
    for found in pkgutil.iter_modules(faker.providers.person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{found.name}").Provider
        for attribute in dir(provider):
            values = getattr(provider, attribute)
            if attribute.startswith("first_name") and isinstance(values, (tuple, list, dict)):
                yield from (value if isinstance(value, str) else value[0] for value in values)


if __name__ == "__main__":
    main()
