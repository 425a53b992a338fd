"""The Dockerfile, deploy/, and commands that need a machine of their own: read by the tools they are for.

A tool that is not installed is skipped loudly; what can be known without it is checked always.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import PREFIX, SECRET_FIELDS, Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
GUIDE = (ROOT / "docs" / "deploying.md").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def run(*command: str, **options: Any) -> str:
    """Run a tool; skips where it is missing. Returns all that it says."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"NOT READ BY {command[0]}: it is not installed")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def list_machine_blocks() -> list[str]:
    """List the guide's blocks that are of no language: commands that need a machine of their own."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return [text for language, text in blocks if not language]


@pytest.mark.parametrize("path", [ROOT / "Dockerfile", *sorted(DEPLOY.iterdir())], ids=lambda path: path.name)
def test_only_settings_that_there_are_are_set(path):
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRET_FIELDS}
    if path.is_file():
        set_ = set(re.findall(r"^[^#\n]*?(DATELINE_[A-Z_]+)", path.read_text(), re.MULTILINE))
        assert set_ <= known


def test_image_is_made_of_what_the_tree_has():
    ignored = (ROOT / ".dockerignore").read_text().split()
    for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists(), source
            assert not any(fnmatch(source, pattern) for pattern in ignored), source
    assert len(set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))) == 1
    checked = re.search(r'CMD \["python", "-m", "(.*?)"\]', DOCKERFILE)[1]
    assert importlib.util.find_spec(checked)
    program = re.search(r'^CMD \["(\w+)", "serve"\]', DOCKERFILE, re.MULTILINE)[1]
    assert program in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    user = re.search(r"--uid (\d+)", DOCKERFILE)[1]
    assert f"user {user}" in GUIDE
    assert "chown " + user in GUIDE


def test_compose_file_is_whole():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    for name, service in services.items():
        volumes = {volume.partition(":")[0] for volume in service["volumes"]}
        assert (set(service["secrets"]), volumes) <= (set(compose["secrets"]), set(compose["volumes"])), name
    dateline = services["dateline"]
    assert dateline["read_only"]
    assert dateline["ports"] == ["127.0.0.1:8000:8000"]
    # Longer than a drain takes.
    assert int(dateline["stop_grace_period"].removesuffix("s")) > 20
    assert "healthcheck" in services["database"]
    assert set(dateline["depends_on"]) <= set(services)
    if shutil.which("docker") and "compose" in run("docker", "--help"):
        run("docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet")


def test_secrets_are_made_as_the_guide_says(tmp_path):
    (block,) = [text for text in list_machine_blocks() if "deploy/secrets" in text]
    (tmp_path / "deploy").mkdir()
    run("bash", "-euc", block.replace("docker compose up -d", "true"), cwd=tmp_path)
    secrets = tmp_path / "deploy" / "secrets"
    password = (secrets / "postgres_password").read_text().strip()
    assert (secrets / "database_url").read_text() == f"postgresql://dateline:{password}@database/dateline\n"
    assert secrets.stat().st_mode & 0o777 == 0o700
    for secret in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["secrets"].values():
        assert (tmp_path / "deploy" / secret["file"]).exists()


def test_docker_understands_the_commands_of_the_guide():
    lines = "".join(list_machine_blocks()).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("docker ")]
    assert [words[1] for words in commands] == ["build", "run", "logs", "exec"]
    if shutil.which("docker") is None:
        pytest.skip("NOT READ BY docker: it is not installed")
    nowhere = {
        **os.environ,
        "DOCKER_HOST": "unix:///nowhere",
    }  # what is wrong in them is said before it is asked
    for words in commands:
        done = subprocess.run(
            words, env=nowhere, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Cannot connect" in done.stderr, done.stderr


def test_systemd_reads_the_unit(tmp_path):
    unit = (DEPLOY / "dateline.service").read_text()
    assert "/opt/dateline/bin/dateline serve" in unit
    here = tmp_path / "dateline.service"
    here.write_text(unit.replace("/opt/dateline/bin/dateline", shutil.which("true")))
    assert run("systemd-analyze", "verify", str(here)) == ""
    exposure = re.search(r"`systemd-analyze security`: ([\d.]+) of 10", GUIDE)[1]
    said = run("systemd-analyze", "security", "--offline=yes", str(here))
    assert re.search(r"exposure level for dateline\.service: ([\d.]+)", said)[1] == exposure


def test_nginx_reads_its_example(tmp_path):
    subject = ["-subj", "/CN=news.example.org", "-keyout", f"{tmp_path}/key", "-out", f"{tmp_path}/pem"]
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject)
    example = (DEPLOY / "nginx.conf").read_text()
    example = re.sub(r"(ssl_certificate\s+)\S+;", rf"\g<1>{tmp_path}/pem;", example)
    example = re.sub(r"(ssl_certificate_key\s+)\S+;", rf"\g<1>{tmp_path}/key;", example)
    path = tmp_path / "nginx.conf"
    path.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ access_log off;\n{example}\n}}"
    )
    assert "test is successful" in run("nginx", "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(path))


def test_caddy_reads_its_example(tmp_path):
    example = (DEPLOY / "Caddyfile").read_text()
    if tuple(map(int, re.findall(r"\d+", run("caddy", "version"))[:2])) < (2, 7):
        example = re.sub(r"request_buffers.*", "", example)  # Debian's does not know it yet
    (tmp_path / "Caddyfile").write_text(example)
    home = {**os.environ, "HOME": str(tmp_path)}
    said = run(
        "caddy", "validate", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile", env=home
    )
    assert "Valid configuration" in said
