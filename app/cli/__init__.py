"""The command line: `dateline serve`, and the same work as over HTTP for a person at a terminal.

Exit codes: 0 done, 1 something failed (said on standard error), 2 wrong usage, which a setting that cannot be
used is too: an impossible value, a database that is not there, a port that is taken. Results go to standard
output, so that they can be piped; everything said about them goes to standard error.
"""

import gc


def main() -> None:
    """Run the command line.

    All that is loaded for it stays: to look through it for garbage meanwhile was a fifth of the start.
    """
    gc.disable()
    from app.cli.commands import run

    gc.freeze()
    gc.enable()
    run()
