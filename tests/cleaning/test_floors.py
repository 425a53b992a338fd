"""Our own pages, cleaned by the benchmark, reach the floors that were measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_own_pages_reach_their_floors(tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/cleaning.py", "--floor"]
    environment = {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [*command, "benchmarks/floors.json"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    too_high = tmp_path / "floors.json"
    too_high.write_text('{"plain lines": 1.01}')
    run = subprocess.run([*command, too_high], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 1
    assert "below their floors: {'plain lines'" in run.stderr
