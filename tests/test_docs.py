"""What the documentation must name: settings, error codes, endpoints, filters, files."""

import re
from pathlib import Path

import pytest

from app.errors import list_error_classes
from app.main import create_app
from app.settings import PREFIX, SECRET_FIELDS, Settings

ROOT = Path(__file__).parent.parent
API = (ROOT / "docs" / "api.md").read_text()


def test_every_error_code_is_documented_with_its_status():
    documented = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", API, re.MULTILINE))
    assert documented == {error.code: str(error.status) for error in list_error_classes()}


def test_every_endpoint_is_documented():
    documented = set(re.findall(r"^\| `([A-Z]+) (/\S+)` \|", API, re.MULTILINE))
    real = {
        (method.upper(), path)
        for path, operations in create_app().openapi()["paths"].items()
        for method in operations
    }
    assert documented == real


def test_every_setting_is_documented_with_its_default():
    text = (ROOT / "docs" / "settings.md").read_text()
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+?) \|", text, re.MULTILINE))
    real = {
        PREFIX + name.upper(): "not set" if field.default is None else f"`{str(field.default).lower()}`"
        for name, field in Settings.model_fields.items()
    }
    assert documented == real
    for name in SECRET_FIELDS:
        assert f"`{PREFIX}{name.upper()}_FILE`" in text


def test_every_filter_is_documented():
    parameters = create_app().openapi()["paths"]["/v1/articles"]["get"]["parameters"]
    for parameter in parameters:
        if not parameter["name"].startswith("not_"):
            assert f"`{parameter['name']}`" in API, parameter["name"]


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=str)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert target.startswith("http") or (page.parent / target).exists(), target
