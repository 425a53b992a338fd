"""Every command of the documents runs: `dateline …` here, shell blocks and programs in test_live.py.

Commands that need a machine of their own (docker, systemctl) are read in test_deploy.py.
"""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.commands import cli
from app.database import make_engine, write_session
from app.keys import Scope, create_key
from app.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
# In a code span, or alone in the line of a block.
COMMAND = re.compile(
    r"`((?:[A-Z_]+=\S+\s)?dateline\s[^`]+)`|^(?:docker exec dateline )?(dateline .*)$", re.MULTILINE
)
# They need a server, or are one: test_live.py runs them.
LIVE = {"serve", "healthcheck"}
# Files that a command writes; it finds all others.
WRITTEN = {"backup": "new.db", "export": "new.ndjson"}
READ = {"restore": "backup.db", "import": "articles.ndjson"}


def list_commands() -> list[str]:
    """List the commands of the documents, each once."""
    found = (pair for page in PAGES for pair in COMMAND.findall(page.read_text()))
    return sorted({" ".join((span or line).split("#")[0].split()) for span, line in found})


@pytest.fixture(scope="module")
def filled(tmp_path_factory, migrated_sqlite) -> Path:
    """A folder with a store that holds an article, and with the files that documents speak of."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "data").mkdir()
    shutil.copy(migrated_sqlite, folder / "data" / "dateline.db")
    text = "Ferry sails\n\nOSLO, May 7 (AP) - The ferry sailed again on Tuesday, the harbour office said.\n"
    (folder / "page.txt").write_text(text)
    (folder / "page.html").write_text(f"<article><h1>Ferry</h1><p>{text}</p></article>")
    engine = make_engine(Settings(data_dir=folder / "data", _env_file=None))
    with write_session(engine) as session:
        create_key(session, Scope.ADMIN)
    engine.dispose()
    return folder


def run(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command in a folder, in this process; return what it has printed."""
    words = shlex.split(command)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATELINE_DATA_DIR", "data")
    while "=" in words[0]:
        monkeypatch.setenv(*words.pop(0).split("=", 1))
    done = CliRunner().invoke(cli, words[1:])
    assert done.exit_code == 0, (command, done.output, done.exception)
    return done.output


def test_every_documented_command_of_dateline_runs(filled, tmp_path, monkeypatch):
    for command in ("ingest page.txt", "reindex", "export articles.ndjson"):
        run(f"dateline {command}", filled, monkeypatch)
    for name in ("backup.db", "move.db", "before-upgrade.db"):
        run(f"dateline backup {name}", filled, monkeypatch)
    key = re.search(r"^\S+", run("dateline key list", filled, monkeypatch).splitlines()[-1])[0]
    ran = 0
    for number, command in enumerate(list_commands()):
        name = command.partition("dateline ")[2].split()[0]
        alone = command.split()[-1] == name
        if name in LIVE or (alone and name in WRITTEN | READ):  # as the name of a command
            assert "Usage" in CliRunner().invoke(cli, [name, "--help"]).output
            continue
        folder = shutil.copytree(filled, tmp_path / str(number))
        if name == "restore" and "--force" not in command:
            shutil.rmtree(folder / "data")
        if name == "backup":
            (folder / command.split()[-1]).unlink(missing_ok=True)
        command = command.replace("FILE", {**WRITTEN, **READ}.get(name, "")).replace("ID", key)
        run(command, folder, monkeypatch)
        ran += 1
    assert ran >= 20


def test_plan_for_backups_finds_that_store_and_index_agree(filled, tmp_path, monkeypatch):
    guide = (ROOT / "docs" / "deploying.md").read_text()
    block, shown = re.search(
        r"^```sh\n(.*?)^```\n\n```text\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL
    ).groups()
    folder, variables, said = shutil.copytree(filled, tmp_path / "plan"), "", ""
    for line in block.splitlines():
        if line.startswith("export "):
            variables = line.removeprefix("export ") + " "
        else:
            said = run(variables + line, folder, monkeypatch)
    assert said == shown
