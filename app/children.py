"""Child processes that run a module of this program."""

import os
import subprocess
import sys
from pathlib import Path

import app


def start_child(*arguments: str) -> "subprocess.Popen[bytes]":
    """Start Python with these arguments, so that it finds the same program wherever this one was started.

    The child ends when its standard input does, so that it never outlives this process by much.
    """
    package = str(Path(app.__file__).parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, "PYTHONPATH": path},
    )
