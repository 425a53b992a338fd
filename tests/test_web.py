"""The pages as the server writes them: what is shown, what is escaped, how errors are told."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.cleaning.ledger import Warning_
from app.demo import read_demo_submissions
from app.keys import Scope
from app.main import create_app
from app.web.rendering import STATIC
from app.web.words import WARNINGS

HOSTILE = '<img src=x onerror="alert(1)"> & <script>alert(2)</script>'
RAW = {"Content-Type": "text/plain"}
DATELINE = {
    "text": "KYOTO, May 9 -",
    "places": [{"name": "Kyoto", "country": "JP"}],
    "date": {"value": "2024-05-09"},
}


def words_of(html: str) -> str:
    """Return the text that a page shows, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def show(client: TestClient, path: str, status: int = 200, **more: Any) -> str:
    """Return a page's HTML, after what holds of every page."""
    response = client.get(path, **more)
    assert response.status_code == status, response.text[:500]
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    html = response.text
    for tag, attributes in list_tags(html):
        # Nothing that the policy would block: no inline script, style or handler, nothing from another host.
        assert tag != "style"
        assert tag != "script" or "src" in attributes
        assert not [name for name in attributes if name == "style" or name.startswith("on")], attributes
        if tag in ("script", "link", "img"):
            assert attributes.get("src", attributes.get("href", "")).startswith("/")
    return html


def list_tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """List the start tags of a page with their attributes, as a browser reads them."""
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append((tag, dict(attributes)))
    parser.feed(html)
    return tags


def change(client: TestClient, article: dict[str, Any], **fields: Any) -> dict[str, Any]:
    headers = {"If-Match": f'"{article["id"]}-{article["version"]}"'}
    response = client.patch(f"/v1/articles/{article['id']}", json=fields, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


def test_reader_shows_the_newest_articles_under_their_days(client, make_article):
    make_article(headline="Older", published_at="2024-05-07")
    newest = make_article(
        headline="Newer", dateline=DATELINE, agency="Reuters", source={"name": "Quay Post"}, language="ja"
    )
    assert client.get("/v1/search", params={"min_seq": newest["seq"]}).status_code == 200  # is indexed
    html = show(client, "/")
    said = words_of(html)
    assert "2 articles." in said
    assert re.search(
        r"9 May 2024 .*Newer .*Kyoto — .*Quay Post .*Reuters .*by its dateline .*7 May 2024 .*Older", said
    )
    assert "Japanese" in said
    assert 'lang="ja"' in html
    assert client.head("/").status_code == 200


def test_page_shows_when_the_source_changed_the_article(client, make_article):
    changed = make_article(published_at="2024-05-07", modified_at="2024-05-08T09:30:00Z")
    words = words_of(show(client, f"/articles/{changed['id']}"))
    assert re.search(r"Published .*7 May 2024 .*Changed by its source .*8 May 2024", words)
    unchanged = make_article(published_at="2024-05-07")
    assert "Changed by its source" not in show(client, f"/articles/{unchanged['id']}")


def test_search_marks_its_words_and_escapes_everything_else(client, make_article):
    made = make_article(headline=f"Bridge {HOSTILE}", body=f"The old bridge. {HOSTILE}", kicker=HOSTILE)
    html = show(client, "/?q=bridge")
    assert "<mark>Bridge</mark> &lt;img" in html
    assert "<mark>bridge</mark>" in html
    make_article(headline="A tram " + "and another " * 30, external_id="2")
    assert re.search(r"A <mark>tram</mark> and [^<]* …</a>", show(client, "/?q=tram"))
    for page in (
        html,
        show(client, "/"),
        show(client, f"/articles/{made['id']}"),
        show(client, "/?q=" + HOSTILE),
    ):
        assert "<img" not in page
        assert "alert(2)</script>" not in page


def test_filters_of_the_address_are_in_force_and_can_be_taken_away(client, make_article):
    make_article(headline="Right", language="en", source={"name": "Quay & Post"})
    make_article(headline="Wrong", language="de", source={"name": "Quay & Post"})
    html = show(client, "/?language=en&source=Quay+%26+Post&q=&from=&utm_source=mail")
    said = words_of(html)
    assert "Right" in said
    assert "Wrong" not in said
    assert "Remove the filter Language: English" in said
    assert 'href="/?source=Quay+%26+Post"' in html  # without the language
    assert '<input type="hidden" name="language" value="en">' in html
    assert "utm_source" not in html
    html = show(client, "/?from=2024-05-01&to=2024")
    assert 'type="date" value="2024-05-01"' in html
    assert '<input type="hidden" name="to" value="2024">' in html
    assert 'type="hidden" name="from"' not in html


def test_pages_of_a_list_lead_to_all_articles(client, make_article):
    for number in range(23):
        make_article(headline=f"Number {number:02}")
    found, path, pages = [], "/", 0
    while path:
        html = show(client, path)
        found += re.findall(r"Number \d\d", html)
        path = unescape((re.findall(r'href="([^"]*)" rel="next"', html) or [""])[0])
        pages += 1
    assert sorted(found) == [f"Number {number:02}" for number in range(23)]
    assert pages == 2
    assert len(html.encode()) < 100_000


def test_an_unfinished_word_finds_what_begins_so(client, make_article):
    for _ in range(21):
        make_article(headline="Lisbon ferries")
    html = show(client, "/?q=lisb")
    assert "21 articles for “lisb…”" in words_of(html)
    following = unescape(re.findall(r'href="([^"]*)" rel="next"', html)[0])
    assert show(client, following).count("entry-headline") == 1
    assert "No article has “lis” under these filters." in words_of(show(client, "/?q=lis&source=Nobody"))


def test_what_cannot_be_searched_is_said_on_the_page_itself(client):
    html = show(client, "/?q=kept&from=yesterday", 400)
    assert "from : " in words_of(html)
    assert 'value="kept"' in html
    assert "start anew" in html
    show(client, "/?cursor=x", 400)
    show(client, "/?q=" + "x " * 600, 400)


def test_reader_leads_to_the_feed_of_its_search(client, make_article):
    make_article(headline="Bridge")
    html = show(client, "/?q=bridge&language=und&sort=newest")
    addresses = {unescape(address) for address in re.findall(r'href="(/v1/feed[^"]*)"', html)}
    assert addresses == {f"/v1/feed.{kind}?q=bridge&language=und" for kind in ("atom", "json")}
    for address in addresses:
        assert "Bridge" in client.get(address).text, address


def test_a_script_gets_the_results_alone(client, make_article):
    make_article(headline="Bridge")
    response = client.get("/?q=bridge", headers={"Dateline-Fragment": "results"})
    assert "<html" not in response.text
    assert 'data-announce="1 article for “bridge”."' in response.text
    assert response.headers["Vary"] == "Dateline-Fragment"


def test_empty_pages_have_words(client, make_article):
    assert "No article has been stored yet." in words_of(show(client, "/"))
    make_article()
    assert "Nothing was found." in words_of(show(client, "/?q=zebra"))


def test_article_page_shows_every_part_and_every_raw_line(client):
    for submission in read_demo_submissions():
        answer = client.post("/v1/ingest", content=submission.stated.model_dump_json(exclude_none=True),
                             headers={"Content-Type": "application/json"}).json()  # fmt: skip
        html = show(client, f"/articles/{answer['id']}")
        said = words_of(html)
        for name in ("kicker", "headline", "standfirst", "byline"):
            assert (answer[name] or "") in said, name
        for paragraph in answer["body"].split("\n\n"):
            assert paragraph.removeprefix("• ") in said
        for medium in answer["media"]:
            assert (medium["caption"] or "") in said
            assert (medium["credit"] or "") in said
        ledger = client.get(f"/v1/articles/{answer['id']}/ledger").json()
        rows = re.findall(r'<li id="line-(\d+)" class="line[^>]*>(.*?)</li>', html, re.DOTALL)
        assert [int(number) for number, _ in rows] == [line["line"] for line in ledger["lines"]]
        for (_, row), line in zip(rows, ledger["lines"], strict=True):
            assert line["role"] == "blank" or line["role"] in words_of(row)
            assert (line["reason"] or "").replace("-", " ") in words_of(row)
        assert f'href="{answer["url"]}" rel="noopener noreferrer"' in html


def test_raw_line_shows_what_was_cut_of_it(client, page):
    article = client.post("/v1/ingest", content=page, headers=RAW).json()
    html = show(client, f"/articles/{article['id']}")
    assert "<del>HELSINKI, May 7, (AP): </del>The harbour bridge" in html
    assert "removed: ad blocker notice" in words_of(html)
    # In the article the dateline stands where it was printed.
    assert "HELSINKI, May 7, (AP): The harbour bridge of Helsinki opened" in words_of(html)


def test_article_page_shows_once_what_is_standfirst_and_opening(client, make_article):
    for standfirst, count in (("The bridge reopened.", 1), ("A bridge opens.", 2)):
        html = show(client, f"/articles/{make_article(standfirst=standfirst)['id']}")
        assert len(re.findall("<p[^>]*>(?:The bridge reopened|A bridge opens)", html)) == count


def test_raw_text_that_is_no_good_text_is_shown_all_the_same(client, page):
    raw = page.replace("opened again", "opened\ud800 again\x00\u202e <b>")
    body = json.dumps({"raw": raw})  # in ASCII: UTF-8 has no half of a pair
    article = client.post("/v1/ingest", content=body, headers={"Content-Type": "application/json"}).json()
    html = show(client, f"/articles/{article['id']}")
    assert (
        "<del>HELSINKI, May 7, (AP): </del>The harbour bridge of Helsinki opened<del>?</del><ins>\ufffd</ins>"
        in html
    )
    assert "surrogates replaced invisible dropped" in words_of(html)
    assert "<b>" not in html.split('class="ledger"')[1].split("</ol>")[0]


def test_versions_differ_visibly(client, make_article):
    made = make_article(body="The old bridge opened.\n\nTraffic flows.", headline="Old")
    body = "The new bridge opened.\n\nTraffic flows."
    changed = change(client, made, body=body, headline="New", tags=["Bridges", "Quays"], dateline=DATELINE)
    html = show(client, f"/articles/{made['id']}?from=1&to=2")
    assert re.search(r"The\s+<del>old</del>\s+bridge opened\.", html)
    assert re.search(r"The\s+<ins>new</ins>\s+bridge opened\.", html)
    assert re.search(r"<del><span class=\"unseen\">before: </span>Old</del>", html)
    assert "after: Bridges, Quays" in words_of(html)
    assert "before: —" in words_of(html)
    assert "places: name: Kyoto, country: JP" in words_of(html)
    assert "say the same" in words_of(show(client, f"/articles/{made['id']}?from=2&to=2"))
    assert "no such version" in words_of(show(client, f"/articles/{made['id']}?from=1&to=77"))
    assert show(client, f"/articles/{made['id']}?from=x&to=-1") == html
    withheld = change(client, changed, status="withheld", headline="Secret")
    change(client, withheld, status="usable", headline="Newest")
    anybody = TestClient(client.app)
    said = words_of(show(anybody, f"/articles/{made['id']}?from=2&to=3"))
    assert "Only a key that may write" in said
    assert "Secret" not in words_of(show(anybody, f"/articles/{made['id']}"))


def test_copies_of_a_text_lead_to_each_other(client, page):
    first = client.post("/v1/ingest", content=page, headers=RAW).json()
    copy = client.post("/v1/ingest?on_duplicate=new", content=page, headers=RAW).json()
    for one, other in ((first, copy), (copy, first)):
        html = show(client, f"/articles/{one['id']}").split('id="copies"')[1].split("</section>")[0]
        assert re.findall(r'href="(/articles/\d+)"', html) == [f"/articles/{other['id']}"]


def test_every_state_of_an_article_is_said_in_words(client, make_article):
    anybody = TestClient(client.app)
    canceled = change(client, make_article(headline="Killed"), status="canceled")
    assert "must not be used" in words_of(show(anybody, f"/articles/{canceled['id']}"))
    withheld = change(client, make_article(headline="Secret"), status="withheld")
    path = f"/articles/{withheld['id']}"
    html = show(anybody, path, 403)
    assert "This article is withheld" in html
    assert f"curl http://testserver/v1{path} " in unescape(html)
    assert "Secret" not in html
    assert "Only keys that may write" in words_of(show(client, path))
    gone = make_article(headline="Gone")
    headers = {"If-Match": f'"{gone["id"]}-1"'}
    client.delete(f"/v1/articles/{gone['id']}", params={"reason": HOSTILE}, headers=headers)
    html = show(anybody, f"/articles/{gone['id']}", 410)
    assert HOSTILE in unescape(html)
    assert "<img" not in html


@pytest.mark.parametrize(
    ("path", "status"),
    [("/articles/99", 404), ("/articles/abc", 400), ("/articles/1/x", 404), ("/nonsense", 404)],
)
def test_errors_are_pages_for_people_and_problems_for_programs(client, path, status):
    said = words_of(show(client, path, status, headers={"Accept": "text/html,*/*"}))
    assert "Search the articles" in said
    assert "x-request-id" in client.get(path).headers
    program = client.get("/v1" + path, headers={"Accept": "text/html"})
    assert program.headers["Content-Type"] == "application/problem+json"
    assert client.get("/nonsense").headers["Content-Type"] == "application/problem+json"


def test_closed_reading_says_what_to_do(settings, make_key, page):
    closed = create_app(settings.model_copy(update={"public_read": False}))
    with TestClient(closed, raise_server_exceptions=False) as anybody:
        made = anybody.post("/v1/ingest", content=page, headers=RAW | make_key(Scope.WRITE)).json()
        for path in ("/", "/?q=bridge", f"/articles/{made['id']}"):
            html = show(anybody, path, 401)
            assert "a page of a browser cannot send a key" in words_of(html)
            assert "bridge" not in html.lower().replace("?q=bridge", "")
            show(anybody, path, headers=make_key(Scope.READ))
        assert "needed here" in words_of(show(anybody, "/playground"))


def test_a_broken_store_is_said_on_a_page(client, engine):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE articles RENAME TO elsewhere"))
    response = client.get("/articles/1")
    assert response.status_code in (500, 503)
    assert response.headers["Content-Type"].startswith("text/html")
    assert "Try again" in response.text
    assert "elsewhere" not in response.text


def test_examples_are_what_cleaning_takes(client):
    html = show(client, "/playground")
    numbers = re.findall(r'<option value="(\d+)">', html)
    assert len(numbers) == len(read_demo_submissions())
    example = client.get(f"/playground/examples/{numbers[-1]}")
    assert client.post("/v1/clean", json=example.json()).status_code == 200
    assert client.get(f"/playground/examples/{len(numbers) + 1}").status_code == 404


def test_static_files_are_named_by_their_content(client):
    html = show(client, "/") + show(client, "/playground")
    addresses = set(re.findall(r'"(/static/[^"]*)"', html))
    assert {address.partition("?v=")[0].removeprefix("/static/") for address in addresses} == {
        path.name for path in STATIC.iterdir()
    }
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "?v=" in address
    assert client.get("/static/../rendering.py").status_code == 404


def test_every_warning_has_words():
    assert set(WARNINGS) == {str(warning) for warning in Warning_}
