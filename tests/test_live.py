"""What people and programs run against a live server: the documents' commands, recipes, metrics, logs."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

DOCS = Path(__file__).parent.parent / "docs"
ADDRESS = "http://127.0.0.1:8000"
IN_CI = "CI" in os.environ  # where nothing may be left out
KEY = "dl_livetest_0123456789abcdef"
# A Python with openapi-python-client, which needs other versions of our libraries; CI makes it.
GENERATOR = os.environ.get("DATELINE_TEST_GENERATOR_PYTHON")
MISSING = [name for name in ("bash", "curl", "jq", "node") if shutil.which(name) is None]
needs_tools = pytest.mark.skipif(
    bool(MISSING) and not IN_CI, reason=f"COMMANDS OF docs/ NOT RUN: no {', '.join(MISSING)}"
)


class Server(NamedTuple):
    """A running `dateline serve`."""

    url: str
    log: Path
    environment: dict[str, str]

    def get(self, path: str, **options) -> httpx.Response:
        """Ask it with its key."""
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {KEY}"}, timeout=20, **options)


class Block(NamedTuple):
    """A fenced block of a document."""

    language: str
    text: str


def read_blocks(page: str) -> list[Block]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    return [Block(*block) for block in found]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the quick start's own command, with two workers, on a free port."""
    folder = tmp_path_factory.mktemp("live")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    environment |= {
        "DATELINE_DATA_DIR": str(folder / "data"),
        "DATELINE_ADMIN_KEY": KEY,
        "DATELINE_KEY": KEY,
        "DATELINE_PORT": str(port),
        "DATELINE_WORKERS": "2",
        "DATELINE_ACCESS_LOG": "true",
        "PYTHONPATH": str(DOCS.parent),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command, *arguments = read_blocks("quickstart.md")[0].text.split()
    assert command == "dateline"
    log = folder / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *arguments], env=environment, stdout=output, stderr=output
        )
    made = Server(f"http://127.0.0.1:{port}", log, environment)
    for _ in range(200):
        try:
            if httpx.get(made.url + "/health/ready", timeout=10).status_code == 200:
                break
        except httpx.TransportError:
            pass
        assert running.poll() is None, log.read_text()
        time.sleep(0.2)
    yield made
    running.terminate()
    assert running.wait(30) == 0


def run(server: Server, command: list[str], folder: Path, **options) -> str:
    done = subprocess.run(
        command, cwd=folder, env=server.environment, capture_output=True, text=True, timeout=90, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_block(server: Server, block: Block, folder: Path, python: str = sys.executable) -> str:
    """Run a block as it stands in the document, but against the server under test."""
    text = block.text.replace(ADDRESS, server.url)
    if block.language == "sh":
        return run(server, ["bash", "-euo", "pipefail", "-c", text], folder)
    if block.language == "python":
        return run(server, [python, "-c", text], folder)
    (folder / "recipe.mjs").write_text(text)
    return run(server, ["node", "recipe.mjs"], folder)


def run_page(server: Server, blocks: list[Block], folder: Path) -> int:
    """Run all blocks; what a block shows in the document stands in what it prints. Returns how many ran."""
    ran, printed = 0, ""
    for block in blocks:
        if block.language in ("sh", "python", "js"):
            printed = run_block(server, block, folder)
            ran += 1
        else:
            lines = [line.rstrip() for line in printed.splitlines()]
            for line in block.text.splitlines():
                assert line in lines, f"{line!r} is not in:\n{printed}"
    return ran


@needs_tools
def test_quick_start_does_what_it_shows(server, tmp_path):
    served, _key, *blocks = read_blocks("quickstart.md")
    assert served.text == "dateline serve --demo\n"
    shell = "\n".join(block.text for block in blocks if block.language == "sh")
    shown = [block for block in blocks if block.language != "sh"]
    assert run_page(server, [Block("sh", shell), *shown], tmp_path) == 1


@needs_tools
def test_recipes_do_what_they_show(server, tmp_path):
    blocks = read_blocks("recipes.md")
    generated = next(i for i, block in enumerate(blocks) if "openapi-python-client" in block.text)
    assert run_page(server, blocks[:generated], tmp_path) == 9


@needs_tools
def test_commands_of_the_guides_are_answered(server, tmp_path):
    (tmp_path / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
    (tmp_path / "articles.ndjson").write_text(server.get("/v1/export?language=en").text)
    here = server._replace(environment={**server.environment, "CURL_HOME": str(tmp_path)})
    shown = [block.text for block in read_blocks("../README.md") if block.text.startswith("curl")]
    for page in ("api.md", "search.md"):
        shown += re.findall(r"^ {4,}curl .*\n(?: {4,}.*\n)*", (DOCS / page).read_text(), re.MULTILINE)
    assert len(shown) == 7
    for text in shown:
        text = text.replace(ADDRESS, server.url).replace("localhost:8000", server.url)
        text = text.replace("min_seq=1234", "min_seq=1").strip()
        if "event-stream" in text:  # without end: curl's 28 is that the time is over
            text += " --max-time 1 || test $? = 28"
        assert run(here, ["bash", "-euo", "pipefail", "-c", text], tmp_path), text


def test_sync_recipe_follows_changes_and_deletions(server, tmp_path):
    (recipe,) = [block for block in read_blocks("recipes.md") if "copy.db" in block.text]
    admin = {"Authorization": f"Bearer {KEY}"}
    run_block(server, recipe, tmp_path)

    def read_copy():
        with sqlite3.connect(tmp_path / "copy.db") as copy:
            return dict(copy.execute("SELECT id, version FROM articles"))

    def read_store():
        items = server.get("/v1/articles", params={"limit": 200}).json()["items"]
        return {item["id"]: item["version"] for item in items}

    first = read_copy()
    assert (first, len(first) >= 10) == (read_store(), True)
    changed, deleted = sorted(first)[:2]
    address = f"{server.url}/v1/articles"
    httpx.patch(f"{address}/{changed}", json={"section": "News"}, headers={**admin, "If-Match": "*"})
    httpx.delete(f"{address}/{deleted}", headers={**admin, "If-Match": "*"})
    run_block(server, recipe, tmp_path)
    assert read_copy() == read_store() != first
    with sqlite3.connect(tmp_path / "copy.db") as copy:  # as if the server had been put back
        copy.execute("UPDATE position SET seq = 1000000")
        copy.execute("DELETE FROM articles")
    run_block(server, recipe, tmp_path)
    assert read_copy() == read_store()


def test_generated_client_works(server, tmp_path):
    if GENERATOR is None and not IN_CI:
        pytest.skip("NO CLIENT GENERATED: DATELINE_TEST_GENERATOR_PYTHON names no Python with the generator")
    assert GENERATOR, ".ci/run makes the Python that has the generator"
    blocks = read_blocks("recipes.md")
    start = next(i for i, block in enumerate(blocks) if "openapi-python-client" in block.text)
    server.environment["PATH"] = f"{Path(GENERATOR).parent}:{server.environment['PATH']}"
    run_block(server, blocks[start], tmp_path)
    assert run_block(server, blocks[start + 1], tmp_path, GENERATOR) == "Mill burns NO\n"


def test_metrics_are_the_sums_of_all_workers(server):
    def read_count():
        text = server.get("/metrics").text
        labels = 'method="GET",route="/v1/articles/{article_id}",status="200"'
        found = re.search(
            rf"^dateline_http_requests_total\{{{re.escape(labels)}\}} (\S+)$", text, re.MULTILINE
        )
        assert text.count("dateline_database_up 1.0") == 1
        return float(found[1]) if found else 0.0

    before = read_count()
    article = server.get("/v1/articles?limit=1").json()["items"][0]["id"]
    for _ in range(20):  # each on a connection of its own, so that both workers get some
        assert server.get(f"/v1/articles/{article}").status_code == 200
    assert {read_count() for _ in range(6)} == {before + 20}


def test_log_is_json_with_request_ids_and_without_secrets(server):
    answer = server.get("/v1/articles", params={"place": "secretly searched"})
    request_id = answer.headers["X-Request-Id"]
    for _ in range(100):  # it is written after the answer is sent
        if request_id in (text := server.log.read_text()):
            break
        time.sleep(0.1)
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line.get("request_id") == request_id]
    assert (line["logger"], line["route"], line["level"]) == ("dateline.access", "/v1/articles", "info")
    assert line["message"] == "GET /v1/articles 200"
    assert "secretly" not in text
    assert KEY.rpartition("_")[2] not in text
    assert any(line["message"].startswith("Uvicorn running") for line in lines)


def test_client_that_goes_away_is_no_fault(server):
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST /v1/clean HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n")
        connection.sendall(b"Content-Length: 100\r\n\r\nHalf a ")
    for _ in range(100):
        if "POST /v1/clean 400" in (text := server.log.read_text()):
            break
        time.sleep(0.1)
    assert "POST /v1/clean 400" in text
    assert "Traceback" not in text


def test_healthcheck_and_doctor_find_nothing_wrong(server, tmp_path):
    run(server, [sys.executable, "-m", "app.healthcheck"], tmp_path)
    checked = run(server, [sys.executable, "-m", "app.cli", "doctor"], tmp_path)
    assert "FAILED" not in checked
    for name in ("settings", "data folder", "database", "keys", "clock", "search index", "cleaning"):
        assert re.search(rf"^(ok|note) +{name}: ", checked, re.MULTILINE), name
