"""The command line: what it prints, where, and its exit codes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
COMMANDS = [
    "serve",
    "ingest",
    "reclean",
    "stories",
    "changes",
    "backup",
    "restore",
    "export",
    "import",
    "clean",
    "search",
    "key",
    "migrate",
    "reindex",
    "check",
    "config",
    "doctor",
    "healthcheck",
]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `dateline` in an empty folder of its own."""

    def call(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={
                **os.environ,
                "DATELINE_DATA_DIR": str(tmp_path / "data"),
                "NO_COLOR": "1",
                "COLUMNS": "200",
            },
        )

    return call


def test_help_names_every_command(run):
    shown = run("--help")
    assert shown.returncode == 0
    for command in COMMANDS:
        assert command in shown.stdout, command


def test_wrong_usage_exits_with_2(run):
    assert run("frobnicate").returncode == 2
    assert run("key", "create", "--scope", "king").returncode == 2


def test_files_become_articles_that_are_found(run, tmp_path, page):
    (tmp_path / "a.txt").write_text(page)
    (tmp_path / "b.json").write_text(
        json.dumps({"raw": page.replace("bridge", "tunnel"), "external_id": "b"})
    )
    (tmp_path / "c.txt").write_text("Home\nSign in\n")
    files = [str(tmp_path / name) for name in ("a.txt", "b.json", "c.txt", "missing.txt")]
    stored = run("ingest", *files)
    assert stored.returncode == 1
    assert stored.stdout.splitlines() == [
        "1\tnew\tHarbour bridge reopens after winter repairs",
        "2\tnew\tHarbour tunnel reopens after winter repairs",
    ]
    assert "c.txt" in stored.stderr
    assert "2 of 4 files gave no article" in stored.stderr
    again = run("ingest", "-", stdin=page)
    assert (again.returncode, again.stdout) == (0, "1\tknown\tHarbour bridge reopens after winter repairs\n")
    found = run("search", "tunnel")
    assert (found.returncode, found.stdout.split("\t")[0]) == (0, "2")
    checked = run("check")
    assert (checked.returncode, checked.stdout) == (0, "store and index agree\n")
    assert run("reindex").returncode == 0


def test_articles_move_from_store_to_store(run, tmp_path, page):
    lines = [{"article": {"headline": f"H{n}", "body": f"Body {n}."}} for n in range(250)]
    text = "".join(json.dumps(line) + "\n" for line in lines) + "{broken\n" + json.dumps({"raw": page})
    (tmp_path / "a.ndjson").write_text(text)
    state, rejects = tmp_path / "a.ndjson.import-state", tmp_path / "a.ndjson.rejects"
    about = (tmp_path / "a.ndjson").stat()
    source = {"size": about.st_size, "modified_ns": about.st_mtime_ns}
    state.write_text(json.dumps({"line": 100, "source": source}))  # as a cut import leaves it
    moved = run("import", str(tmp_path / "a.ndjson"))
    assert (moved.returncode, moved.stdout) == (1, "151\tnew\n0\tknown\n1\trejected\n"), moved.stderr
    (reject,) = map(json.loads, rejects.read_text().splitlines())
    assert (reject["line"], reject["code"], reject["text"]) == (251, "malformed-request", "{broken")
    assert not state.exists()
    again = run("import", "-", "--rejects", str(rejects), stdin=text)
    assert again.stdout == "100\tnew\n151\tknown\n1\trejected\n"
    out = tmp_path / "out.ndjson"
    assert run("export", str(out)).returncode == 0
    whole = out.read_bytes()
    assert whole.count(b"\n") == 251
    out.write_bytes(whole[: len(whole) // 2])  # in the middle of a line
    assert run("export", str(out), "--resume").returncode == 0
    assert out.read_bytes() == whole
    filtered = run("export", "-", "--query", "agency=AP&has=byline&has=dateline", "--format", "csv")
    assert filtered.returncode == 0
    assert filtered.stdout.startswith("id,uri,")
    assert run("export", "-", "--query", "agnecy=AP").returncode == 2
    assert run("export", str(out), "--resume", "--format", "csv").returncode == 2
    assert run("import", str(tmp_path / "missing")).returncode == 1


def test_large_import_ends_when_all_is_found(run):
    lines = [json.dumps({"article": {"headline": f"H{n}", "body": f"Body {n}."}}) for n in range(1500)]
    moved = run("import", "-", stdin="\n".join(lines))
    assert (moved.returncode, moved.stdout) == (0, "1500\tnew\n0\tknown\n0\trejected\n"), moved.stderr
    checked = run("check")
    assert (checked.returncode, checked.stdout) == (0, "store and index agree\n")


def test_clean_prints_json_and_needs_no_store(run, tmp_path, page):
    shown = run("clean", "-", stdin=page)
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["article"]["agency"] == "AP"
    assert not (tmp_path / "data").exists()
    refused = run("clean", "-", stdin="Home\nSign in\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "reads like an article" in refused.stderr


def test_keys_are_made_listed_and_revoked(run):
    made = run("key", "create", "--scope", "write", "--name", "feeder")
    assert re.fullmatch(r"dl_[0-9a-f]{8}_[\w-]{43}\n", made.stdout)
    key_id = made.stdout.split("_")[1]
    listed = run("key", "list").stdout.split("\t")
    assert (listed[0], *listed[1:3], *listed[4:]) == (key_id, "write", "valid", "-", "-", "feeder\n")
    assert made.stdout.split("_", 2)[2] not in run("key", "list").stdout
    assert run("key", "revoke", key_id).returncode == 0
    assert "revoked" in run("key", "list").stdout
    assert run("key", "revoke", "nobody").returncode == 1


def test_impossible_setting_is_named(run, monkeypatch):
    monkeypatch.setenv("DATELINE_WORKERS", "many")
    refused = run("migrate")
    assert refused.returncode == 2
    assert "DATELINE_WORKERS" in refused.stderr
    assert "many" not in refused.stderr


@pytest.mark.parametrize("url", ["nonsense://u:geheim@x", "postgresql://u:geheim@127.0.0.1:1/x"])
def test_database_that_cannot_be_used_is_said_in_one_line(run, monkeypatch, url):
    monkeypatch.setenv("DATELINE_DATABASE_URL", url)
    refused = run("serve")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert refused.stderr.startswith("error: ")
    assert "geheim" not in refused.stderr


@pytest.mark.parametrize("key", ["geheim", "dl_geheim", "dl__geheim", "dl_ops_geheimé"])
def test_admin_key_that_is_none_is_said_in_one_line(run, monkeypatch, key):
    monkeypatch.setenv("DATELINE_ADMIN_KEY", key)
    refused = run("serve", "--port", "0")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert refused.stderr.startswith("error: DATELINE_ADMIN_KEY")
    assert "geheim" not in refused.stderr


def test_taken_port_is_said_in_one_line(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("serve", "--port", port)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1), "no key was made"
    assert port in refused.stderr


def test_unknown_setting_is_warned_of(run, monkeypatch):
    monkeypatch.setenv("DATELINE_DATADIR", "x")
    assert (
        "DATELINE_DATADIR is no setting of Dateline; did you mean DATELINE_DATA_DIR?"
        in run("key", "list").stderr
    )


def test_served_from_nothing_with_a_request_to_paste(tmp_path):
    environment = {**os.environ, "DATELINE_DATA_DIR": str(tmp_path / "data")}
    with subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--demo", "--port", "18431"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            greeting = ""
            while "--data-binary" not in greeting or not greeting.endswith("'\n"):
                greeting += server.stdout.readline()
            _wait_until_ready("http://127.0.0.1:18431/health/ready")
            pasted = greeting[greeting.index("curl ") :]
            answer = subprocess.run(
                ["sh", "-c", pasted], capture_output=True, text=True, check=True, timeout=20
            )
            article = json.loads(answer.stdout)
            assert article["dateline"]["places"][0]["name"] == "Helsinki"
            assert article["id"] == 11, "after ten demo articles"
            listed = httpx.get("http://127.0.0.1:18431/v1/articles", params={"limit": 200}).json()
            assert len(listed["items"]) == 11
            assert httpx.get("http://127.0.0.1:18431/", follow_redirects=True).status_code == 200
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=20)


def _wait_until_ready(url: str) -> None:
    for _ in range(200):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server did not become ready")
