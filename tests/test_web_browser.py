"""The pages in Chromium: searching as one types, the playground, the keyboard, phones, axe-core, one host.

One store and one browser serve all tests of this file; none of them depends on what another has done.
"""

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.database import make_engine, write_session
from app.demo import load_demo, read_demo_submissions
from app.keys import Scope, create_key
from app.main import create_app

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ,
    reason="Chromium is not installed: apt-get install chromium to test the pages in it",
)
expect.set_options(timeout=20_000)  # a page is waited for as long as a busy machine needs
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PAGES = (
    "/",
    "/?q=ferr&language=en",
    "/?q=zebra",
    "/?from=x",
    "/articles/2?from=1&to=2",
    "/articles/11",
    "/articles/404",
    "/playground",
)

# Longer than a line and than a phone is wide, and from right to left.
HARD_TO_SET = {
    "headline": "Donaudampfschifffahrts" * 8 + " " + "جسر الميناء القديم " * 12,
    "standfirst": "x" * 300,
    "byline": "y" * 300,
    "source": {"name": "z" * 200},
    "body": "https://daily.example/" + "w" * 300,
    "language": "ar",
}


@pytest.fixture(scope="module")
def host(tmp_path_factory, new_store) -> Iterator[dict[str, str]]:
    """A running server with the demo articles, one of which has two versions, and a key that may write."""
    with new_store("sqlite", tmp_path_factory.mktemp("pages")) as settings:
        settings = settings.model_copy(update={"max_body_bytes": 2 * 1024 * 1024})
        engine = make_engine(settings)
        load_demo(engine)
        with write_session(engine) as session:
            key = create_key(session, Scope.WRITE)[1]
        engine.dispose()
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error"))
        running = threading.Thread(target=server.run, args=([listening],))
        running.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
        while not server.started:
            time.sleep(0.02)
        try:
            articles = f"{url}/v1/articles"
            changed = {"headline": "Another headline"}
            httpx.patch(f"{articles}/2", json=changed, headers=headers).raise_for_status()
            httpx.post(articles, json=HARD_TO_SET, headers=headers).raise_for_status()
            yield {"url": url, "key": key}
        finally:
            server.should_exit = True
            running.join()
            listening.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    assert CHROMIUM, "the pages must be tested in CI: install chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def open_page(browser, host):
    """Open a page of the server; at the end no script has failed and no request has left the host."""
    opened, faults = [], []

    def open_(path: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": WIDE, **options})
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        own = (host["url"], "blob:" + host["url"], "data:")
        page.on("request", lambda sent: None if sent.url.startswith(own) else faults.append(sent.url))
        page.set_default_timeout(20_000)
        opened.append(context)
        page.goto(host["url"] + path)
        return page

    yield open_
    for context in opened:
        context.close()
    assert faults == []


@pytest.fixture
def clean_example(open_page):
    """Open the playground and clean the first example."""

    def clean(**options: Any) -> Page:
        page = open_page("/playground", **options)
        page.get_by_label("Example").select_option("1")
        expect(page.locator("#status")).to_contain_text("lines kept")
        return page

    return clean


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide and light", "phone and dark"]
)
def test_every_page_is_accessible_and_fits(host, clean_example, viewport, scheme):
    page = clean_example(viewport=viewport, color_scheme=scheme)
    for path in ("cleaned", *PAGES):
        if path != "cleaned":
            page.goto(host["url"] + path)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [
            (fault["id"], [node["html"] for node in fault["nodes"]][:3])
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
        assert serious == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_reference_pages_need_no_other_host(open_page, path):
    page = open_page(path)
    expect(page.get_by_text("Ingest Raw Text").filter(visible=True).first).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_search_answers_while_one_types(open_page, host):
    page = open_page("/?language=en")
    page.get_by_label("Search the articles").press_sequentially("tide")
    expect(page.locator(".entry mark").first).to_have_text("tide")
    expect(page).to_have_url(f"{host['url']}/?language=en&q=tide")
    expect(page.locator("#status")).to_contain_text("for “tide”")
    page.get_by_role("link", name="AP", exact=True).click()
    expect(page.locator(".chosen")).to_contain_text("Agency: AP")
    expect(page.get_by_label("Search the articles")).to_have_value("tide")
    page.get_by_label("From", exact=True).fill("2025-01-01")
    expect(page.locator("#results")).to_contain_text("Nothing was found")
    page.get_by_label("From", exact=True).fill("")
    page.get_by_role("link", name="Lisbon port").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lisbon port")
    page.go_back()
    expect(page.locator(".chosen")).to_contain_text("Agency: AP")


def test_reading_and_searching_need_no_script(open_page):
    page = open_page("/", java_script_enabled=False)
    page.get_by_label("Search the articles").fill("another headline")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Another headline").click()
    page.get_by_role("link", name="What changed").click()
    expect(page.locator("#versions del").first).to_contain_text("Indonesian")


def test_keyboard_alone_leads_from_the_search_to_the_article(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Search the articles")).to_be_focused()
    page.keyboard.type("glacier")
    expect(page.locator("#status")).to_contain_text("1 article")
    result = page.get_by_role("link", name="The glacier keeps")
    for _ in range(20):
        page.keyboard.press("Tab")
        if result.evaluate("link => link === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("glacier")


def test_playground_ties_fields_to_their_lines(clean_example):
    page = clean_example()
    raw = read_demo_submissions()[0].raw
    expect(page.locator("#lines .line")).to_have_count(len(raw.splitlines()))
    expect(page.locator("#line-3 .role")).to_have_text("removed: read counter")
    expect(page.locator("#line-7 del")).to_have_text("LISBON, May 17, (AP): ")
    expect(page.locator("#article .warning")).to_contain_text("no year")
    page.locator("#article .headline").hover()
    expect(page.locator("#line-1")).to_have_class("line of-head lit")
    page.locator("#line-5").hover()
    expect(page.locator("#article figcaption .lit").first).to_contain_text("Port engineer")
    # The same by keyboard: from a field to its line, on to another line, and back to that line's field.
    page.get_by_role("button", name="headline: from raw line 1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#line-1")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#line-7")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="dateline: from raw line 7")).to_be_focused()


@pytest.mark.parametrize("number", [1, 5])
def test_playground_and_article_show_the_same_lines(open_page, number):
    def list_rows(page: Page) -> list[list[str]]:
        return page.locator(".line").evaluate_all(
            "rows => rows.map(row => [row.id, row.className, row.querySelector('.text').innerHTML,"
            " row.querySelector('.role').textContent.replace(/\\s+/g, ' ').trim()])"
        )

    page = open_page("/playground")
    page.get_by_label("Example").select_option(str(number))
    expect(page.locator("#status")).to_contain_text("lines kept")
    shown = list_rows(page)
    page = open_page(f"/articles/{number}")
    assert shown == list_rows(page)


def test_playground_shows_the_request_that_does_the_same(clean_example, host):
    page = clean_example()
    command = page.locator("#curl").text_content()
    assert command.startswith(f"curl {host['url']}/v1/clean ")
    body = command.split("<<'JSON'\n")[1].removesuffix("\nJSON\n")
    answer = httpx.post(f"{host['url']}/v1/clean", content=body, headers={"Content-Type": "application/json"})
    assert answer.json() == json.loads(page.locator("#json").text_content())


def test_playground_stores_only_what_is_saved_with_a_key(open_page, host):
    def count() -> int:
        return httpx.get(f"{host['url']}/v1/search?count=exact").json()["count"]

    page, before = open_page("/playground"), count()
    text = (
        "A quiet harbour\n\nLONDON, May 7 (AP) - The harbour was quiet on Tuesday, its master said at noon.\n"
    )
    page.locator("#raw").fill(text + "Related Articles")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#article .headline")).to_contain_text("A quiet harbour")
    page.get_by_role("button", name="Save this article").click()
    expect(page.get_by_role("alert")).to_contain_text("needs a key")
    assert count() == before
    page.get_by_label("API key").fill("dl_aaaa_wrong")
    page.get_by_role("button", name="Save this article").click()
    expect(page.get_by_role("alert")).to_contain_text("not valid")
    page.get_by_label("API key").fill(host["key"])
    page.get_by_role("button", name="Save this article").click()
    page.locator("#saved").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A quiet harbour")
    assert count() == before + 1


def test_playground_says_why_there_is_no_article(open_page):
    page = open_page("/playground")
    page.get_by_role("button", name="Clean").click()
    expect(page.get_by_role("alert")).to_contain_text("no text")
    page.locator("#raw").fill("Home\nNews\nSport\nLog in")
    page.get_by_role("button", name="Clean").click()
    expect(page.get_by_role("alert")).to_contain_text("No article was found")
    expect(page.locator("#lines .role").first).to_contain_text("removed: navigation")
    page.get_by_role("button", name="Edit the text").click()
    expect(page.locator("#raw")).to_have_value("Home\nNews\nSport\nLog in")


def test_playground_takes_200_kilobytes(open_page):
    page = open_page("/playground")
    body = "\n".join(
        f"The ferry number {number} left the quay at noon, its crew said, and came back at dusk."
        for number in range(2400)
    )
    text = "Many ferries left the quay\n" + body + "\nRelated Articles"
    page.locator("#raw").evaluate("(area, text) => { area.value = text }", text)  # typed, it would take long
    page.get_by_role("button", name="Clean").click()
    expect(page.locator("#status")).to_contain_text("lines kept", timeout=60_000)
    expect(page.locator("#lines .line")).to_have_count(2402)
    page.locator("#lines").focus()
    page.keyboard.press("End")
    expect(page.locator("#line-2402")).to_be_in_viewport()
    expect(page.locator("#line-2402 .role")).to_have_text("removed: related links")


def test_html_is_told_from_text(open_page):
    page = open_page("/playground")
    page.locator("#raw").fill(
        "<!doctype html><title>x</title><nav>Home</nav><article><h1>Quay opens</h1><p>LONDON (AP) - The quay "
        "opened on Tuesday, its master said at noon.</p><p>Boats had waited for it since March.</p>"
    )
    page.get_by_role("button", name="Clean").click()
    expect(page.locator("#article .headline")).to_contain_text("Quay opens")
    assert json.loads(page.locator("#curl").text_content().split("\n")[-3])["content_type"] == "text/html"
