"""Asks the server on this machine whether it can serve; `python -m app.healthcheck` for a container.

Apart from the command line, which takes a second of CPU to load: a container is asked every half minute.
"""

import json
import sys
import urllib.error
import urllib.request

from app.settings import Settings

# Readiness says no within five seconds.
SECONDS = 6.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}


def find_fault(host: str, port: int) -> str | None:
    """Ask /health/ready; return what is wrong, None if nothing is."""
    name = _ANY_ADDRESS.get(host, f"[{host}]" if ":" in host else host)
    # A proxy of the environment is for other machines.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{name}:{port}/health/ready", timeout=SECONDS):
            return None
    except urllib.error.HTTPError as error:
        return _read_detail(error.read()) or f"it answers {error.code}"
    except OSError as error:
        return f"it does not answer: {getattr(error, 'reason', None) or error}"


def _read_detail(body: bytes) -> str | None:
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(detail)


def main() -> None:
    """Say what is wrong and exit with 1, or exit with 0."""
    settings = Settings()
    if fault := find_fault(settings.host, settings.port):
        sys.exit(fault)


if __name__ == "__main__":
    main()
