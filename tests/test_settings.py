"""Settings: where they come from, what they refuse, and that their documentation is complete."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, list_unknown_variables


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default():
    settings = Settings()
    assert settings.effective_database_url == "sqlite:///data/dateline.db"
    assert settings.effective_index_dir == Path("data/index")


def test_environment_comes_before_file_before_dotenv(tmp_path, monkeypatch):
    Path(".env").write_text("DATELINE_DATABASE_URL=sqlite:///dotenv.db\nDATELINE_PORT=81\n")
    assert Settings().effective_database_url == "sqlite:///dotenv.db"
    secret = tmp_path / "url"
    secret.write_text("sqlite:///file.db\n")
    monkeypatch.setenv("DATELINE_DATABASE_URL_FILE", str(secret))
    assert Settings().effective_database_url == "sqlite:///file.db"
    monkeypatch.setenv("DATELINE_DATABASE_URL", "sqlite:///environment.db")
    assert Settings().effective_database_url == "sqlite:///environment.db"
    assert Settings().port == 81


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("MAX_BODY_BYTES", "12"),
        ("PUBLIC_READ", "perhaps"),
        ("DATABASE_URL", "mysql://host/db"),
        ("DATABASE_READ_URL", "no address"),
    ],
)
def test_impossible_value_is_refused_without_echo(monkeypatch, name, value):
    monkeypatch.setenv(f"DATELINE_{name}", value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert f"input_value='{value}'" not in str(caught.value)


def test_empty_variable_is_as_good_as_none(monkeypatch):
    monkeypatch.setenv("DATELINE_PORT", "")
    assert Settings().port == 8000


def test_secrets_are_not_shown(monkeypatch):
    monkeypatch.setenv("DATELINE_ADMIN_KEY", "dl_ops_verysecret")
    assert "verysecret" not in repr(Settings())


def test_unknown_names_are_listed(monkeypatch):
    monkeypatch.setenv("DATELINE_PORTT", "1")
    monkeypatch.setenv("DATELINE_ADMIN_KEY_FILE", "/x")
    monkeypatch.setenv("DATELINE_PORT_FILE", "/x")
    assert list_unknown_variables() == ["DATELINE_PORTT", "DATELINE_PORT_FILE"]
