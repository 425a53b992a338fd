"""Rules: tables of what page furniture says.

A rule is certain: a line that it matches is never a part of an article, wherever it stands. What can only be
judged in context is the labeller's affair. The tables are furniture_english.py and furniture_other.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.cleaning.ledger import Reason

_READ = 300  # characters of a line that rules look at: bounds what a pattern can cost
_LONGER = "\x00"  # stands after a line that was cut there, so that "$" does not match


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern for the beginning of a line, in lower case, and why such a line is removed.

    opens: the line is the heading of a list, whose entries are removed for the same reason.
    """

    reason: Reason
    pattern: str
    language: str
    example: str
    negatives: tuple[str, ...] = ()
    opens: bool = False


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rules compiled into one pattern: a line is read once, however many rules there are."""

    rules: tuple[Rule, ...]
    pattern: re.Pattern[str]

    def match(self, text: str) -> Rule | None:
        """Return the first rule that matches a line."""
        read = text.lower() if len(text) <= _READ else text[:_READ].lower() + _LONGER
        found = self.pattern.match(read)
        return self.rules[found.lastindex - 1] if found and found.lastindex else None


def compile_rules(*tables: tuple[Rule, ...]) -> RuleBook:
    """Compile tables of rules; patterns must not capture groups."""
    rules = tuple(rule for table in tables for rule in table)
    # An empty group behind each tells which one it was: a group around it would keep `re` from looking at the
    # first letter only, which spares a third of the time.
    return RuleBook(rules, re.compile("|".join(f"(?:{rule.pattern})()" for rule in rules)))
