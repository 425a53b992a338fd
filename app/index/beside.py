"""A process that keeps the index up to date while another stores many articles.

Both are mostly Python, so that in threads of one process each would wait for the other. Where a server runs
too, it is the one that writes the index, and this one only sees how far it is.
"""

import gc
import signal
import subprocess
import sys
from typing import IO, cast

from app.children import start_child
from app.database import make_engine
from app.index.follower import Follower
from app.index.following import find_last_seq
from app.settings import Settings

CHILD = ("-P", "-m", "app.index.beside")
# Nobody waits for single articles meanwhile. Commits of 500 articles cost as much again as indexing them, by
# the merging of what they leave; of 5,000 hardly anything.
REST = 1.0
# An index that has not moved for so many seconds will not soon: its disk is full, or its folder not ours.
PATIENCE = 30.0


def start_following() -> "subprocess.Popen[bytes]":
    """Start the process."""
    return start_child(*CHILD)


def finish_following(child: "subprocess.Popen[bytes]") -> bool:
    """Wait until searches find all that has been stored; False if the index does not get there."""
    cast(IO[bytes], child.stdin).close()
    return child.wait() == 0


def main() -> None:
    """Follow until the standard input ends, and then to the end of what is stored."""
    # The signals of a terminal reach children too; this one ends with its parent.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    settings = Settings()
    engine = make_engine(settings)
    follower = Follower(engine, settings.effective_index_dir, most_rest=REST)
    follower.start()
    gc.freeze()  # what has been loaded stays, and need not be looked through again and again
    sys.stdin.buffer.read()
    last_seq, reached = find_last_seq(engine), 0
    while not (is_done := follower.wait_for(last_seq, PATIENCE)) and follower.seq > reached:
        reached = follower.seq
    follower.stop()
    sys.exit(not is_done)


if __name__ == "__main__":
    main()
