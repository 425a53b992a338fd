"""Every rule removes its example and leaves its negatives."""

from __future__ import annotations

import pytest

from app.cleaning.counters import COUNTERS, REASONS, Counter, read_counter
from app.cleaning.ledger import Reason
from app.cleaning.notes import _NOTES, is_note
from app.cleaning.readings import FURNITURE, read_text
from app.cleaning.rules import Rule


@pytest.mark.parametrize("rule", FURNITURE.rules, ids=lambda rule: rule.example[:40])
def test_rule_names_its_example_and_leaves_its_negatives(rule: Rule) -> None:
    assert read_text(rule.example).reason is rule.reason
    for negative in rule.negatives:
        assert FURNITURE.match(negative) is None, negative


@pytest.mark.parametrize("counter", COUNTERS, ids=lambda counter: counter.example)
def test_counter_counts_its_example(counter: Counter) -> None:
    metric = read_counter(counter.example)
    assert metric is not None
    assert (metric.kind, metric.value) == (counter.kind, counter.value)
    assert read_text(counter.example).reason is REASONS[counter.kind]


@pytest.mark.parametrize(
    "text",
    [
        "In 2015 the bridge opened",
        "56 comments were deleted",
        "Read 3 books",
        "Views differ, 3 to 1",
        "May 4",
        "",
    ],
)
def test_sentence_with_a_number_is_no_counter(text: str) -> None:
    assert read_counter(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234 views", 1234), ("1.234 Aufrufe", 1234), ("2,5k views", 2500), ("12 likes", 12)],
)
def test_counter_reads_printed_numbers(text: str, value: int) -> None:
    metric = read_counter(text)
    assert metric is not None
    assert metric.value == value


@pytest.mark.parametrize("example", [example for _, example in _NOTES])
def test_note_is_known(example: str) -> None:
    assert is_note(example)


def test_rules_stand_in_the_order_of_their_reasons() -> None:
    english = [rule.reason.value for rule in FURNITURE.rules if rule.language == "en"]
    assert english == sorted(english)


def test_long_line_is_not_cut_into_a_match() -> None:
    assert FURNITURE.match("Advertisement" + " " * 287 + "is what it was about.") is None


def test_every_reason_has_a_rule_or_is_the_labellers() -> None:
    ruled = {rule.reason for rule in FURNITURE.rules} | set(REASONS.values())
    assert set(Reason) - ruled == {
        Reason.BEYOND_LIMIT,
        Reason.OTHER_ARTICLE,
        Reason.OUTSIDE_ARTICLE,
        Reason.REPEATED,
    }


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("À lire aussi", True),
        ("Lire aussi | Pourquoi les bacs restent à quai", False),
        ("Lesen Sie auch:", True),
        ("Lesen Sie auch: Fähren kehren zurück", False),
        ("【関連記事】", True),
        ("【関連記事】フェリー再開", False),
    ],
)
def test_heading_that_holds_its_entry_opens_no_list(text: str, opens: bool) -> None:
    reading = read_text(text)
    assert (reading.reason, reading.opens) == (Reason.RELATED_LINKS, opens)
