"""docs/cleaning.md explains every role, reason, edit and warning, and nothing else."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

from app.cleaning import EditReason, Reason, Role, Warning_

DOCS = (Path(__file__).parents[2] / "docs" / "cleaning.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("heading", "words"),
    [("Roles", Role), ("Reasons", Reason), ("Edits", EditReason), ("Warnings", Warning_)],
)
def test_every_word_is_explained(heading: str, words: type[StrEnum]) -> None:
    section = DOCS.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    explained = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    assert explained == sorted(set(words) - {Role.UNDECIDED})
