"""The numbers of articles and changes, given in the order of commits.

A transaction reads a counter once, counts on in memory, and writes the counter back when it commits: two
statements for a commit of many articles instead of two for each. Write transactions run one after the other
(`app.database`), so no other can count in between, and one that is rolled back gives its numbers back.
"""

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from app.tables import Counter, get_table

_COUNTERS = get_table(Counter)
_IS_THIS = _COUNTERS.c.name == bindparam("counter")
_READ = select(_COUNTERS.c.value).where(_IS_THIS)
_WRITE = update(_COUNTERS).where(_IS_THIS).values(value=bindparam("number"))


def take_number(session: Session, name: str) -> int:
    """Take the next number of a counter; it is given back if the transaction is rolled back."""
    return take_numbers(session, name, 1)[0]


def take_numbers(session: Session, name: str, count: int) -> range:
    """Take the next numbers of a counter, which follow each other."""
    numbers: dict[str, int] = session.info.setdefault("numbers", {})
    if name not in numbers:
        numbers[name] = session.connection().execute(_READ, {"counter": name}).scalar_one()
    first = numbers[name] + 1
    numbers[name] += count
    return range(first, first + count)


def write_numbers(session: Session) -> None:
    """Write back what was counted; the last statement of a write transaction."""
    if numbers := session.info.get("numbers"):
        session.connection().execute(
            _WRITE, [{"counter": name, "number": number} for name, number in numbers.items()]
        )


def list_numbers(session: Session) -> dict[str, int]:
    """List the last number that the transaction has taken of each counter."""
    return dict(session.info.get("numbers", {}))


def give_back(session: Session, numbers: dict[str, int]) -> None:
    """Count on from these numbers: what was done since `list_numbers` gave them has been rolled back."""
    session.info["numbers"] = numbers
