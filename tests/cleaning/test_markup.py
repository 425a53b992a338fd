"""What a page in HTML shows, and that its elements count when its lines are chosen."""

from __future__ import annotations

import json

import pytest

from app.cleaning import Hints, clean, show_markup

HTML = Hints(content_type="text/html")

STORY = (
    "The harbour reopened on Friday after a storm that had kept ferries in port for two days.",
    "Officials said that the first boats left before dawn and that none of the piers was damaged.",
    "Crews had worked through the night to clear sand from the channel, the port authority said.",
    "About four hundred passengers waited at the terminal, some of them since Wednesday evening.",
    "The company will run two extra crossings at the weekend, and tickets stay valid until Monday.",
)
ASIDE = (
    "The council votes on the new bridge next week, and the opposition has announced a protest.",
    "Farmers in the valley expect a poor harvest, for the rain came too late, a union said.",
)


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<p>one<p>two", ["one", "", "two"]),
        ("one<br>two<br><br>three", ["one", "two", "", "three"]),
        ("<div>one <b>two</b>\n three</div>four", ["one two three", "four"]),
        ("<table><tr><td>one<td>two<tr><td>three</table>", ["one two", "three"]),
        ("<pre>one\n  two</pre>", ["one", "two"]),
        ("<i>&amp;lt; &lt;b&gt; &nbsp;x</i>", ["&lt; <b> x"]),
        ('<a title="a>b <p>">one</a> two', ["one two"]),
        ("<div hidden><div>no</div>no</div>one", ["one"]),
        ('<div hidden id="S:1f"><p>late</p></div>one', ["late", "", "one"]),
        ('<div STYLE="color:red;display:none">no</div>one', ["one"]),
        ("<figure>no<figure>no</figure>no</figure><button>no</button>one", ["one"]),
        ("<!-- <p>no</p> --><script>'<p>no'</script><style>no</style>one", ["one"]),
        ("<script><!-- <script>no</script> --></script>one", ["one"]),
        ("<svg><title>no</title></svg><select><option>no</select>one", ["one"]),
        ("</p>one</div></body>two", ["onetwo"]),
    ],
)
def test_page_shows(markup: str, shown: list[str]) -> None:
    assert clean(markup, HTML).text.split("\n") == shown


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<P>one<p CLASS=x>two</p>", "one\n\ntwo"),
        ("<p>one<br/>two<BR><br>three</p>", "one\ntwo\n\nthree"),
        ("<div>one <b>two</b>\n three</div>four", "one two three\nfour"),
        ("<tr><td>one<td>two</tr><tr><th>three</tr></table>", "one two\nthree"),
        ("<pre>one\n  two</pre><p>three</p>", "one\ntwo\n\nthree"),
        ("<i>&amp;lt; &lt;b&gt; &nbsp;x &eacute;</i>", "&lt; <b> x é"),
        ('<a title="a>b <p>">one</a> two', "one two"),
        ("<a title='a=\"b' x=\">\" y = '>'>one</a>", "one"),
        ("<div hidden><p>no</p>no</div>one", "one"),
        ('<div STYLE="color:red;display:none">no</div><p class="hidden">one</p>', "one"),
        ("<figure>no<b>no</b></figure><button>no</button>one", "one"),
        ("<figure>yes<p>one</p>", "yes\n\none"),
        ("<!-- <p>no</p> --><script>'<p>no'</script><STYLE>no</STYLE >one", "one"),
        ("<!doctype no><?xml no?><p>3 < 5 <6</p>one<", "3 < 5 <6\n\none<"),
        ("<p>one</p><b never ends", "one\n\n<b never ends"),
    ],
)
def test_structured_text_shows(markup: str, shown: str) -> None:
    assert show_markup(markup) == shown


def test_page_of_very_many_tags_is_read_without_a_tree() -> None:
    page = "".join(f"<p>{each}</p>" for each in STORY) + "<i></i>" * 11_000
    assert clean(page, HTML).body == "\n\n".join(STORY)


def test_elements_of_form_are_none_of_the_text() -> None:
    described = '{"@type": "NewsArticle", "headline": "Ferries <b>sail</b> again"}'
    script = f'<script type="application/ld+json">{described}</script>'
    story = "".join(f"<p>{each}</p>" for each in STORY)
    cleaned = clean(f"{script}<h1>Ferries &lt;b&gt;sail&lt;/b&gt; again</h1><p><B><font x>{story}", HTML)
    assert (cleaned.headline, cleaned.body) == ("Ferries <b>sail</b> again", "\n\n".join(STORY))
    assert "x-dl" not in cleaned.text


def test_elements_tell_the_article() -> None:
    story = "".join(f"<p>{each}</p>" for each in STORY)
    teasers = "".join(f'<li class="teaser"><a href="/x">{each}</a></li>' for each in ASIDE)
    head = '<header><nav class="menu"><a href="/">Home</a></nav></header>'
    page = (
        f'<body>{head}<article class="article-body"><h1>Ferries sail</h1>{story}</article>'
        f'<aside class="related"><ul class="teasers">{teasers}</ul></aside></body>'
    )
    assert clean(page, HTML).body == "\n\n".join(STORY)
    inside = story + "".join(f"<p>{each}</p>" for each in ASIDE)
    page = f'<body>{head}<article class="article-body"><h1>Ferries sail again</h1>{inside}</article></body>'
    assert clean(page, HTML).body == "\n\n".join(STORY + ASIDE)


def test_clock_that_was_never_set_is_no_date() -> None:
    meta = '<meta property="article:published_time" content="0001-01-01T00:00:00Z">'
    page = f"<head>{meta}</head><p>May 3, 2024</p>" + "".join(f"<p>{each}</p>" for each in STORY)
    stamp = clean(page, HTML).published_at
    assert stamp is not None
    assert stamp.value == "2024-05-03"


def test_body_that_only_the_markup_states_is_read() -> None:
    body = "\n".join(STORY).replace("the port authority", "the &quot;port&quot; authority")
    stated = json.dumps({"@type": "NewsArticle", "headline": "Ferries sail", "articleBody": body})
    script = f'<script type="application/ld+json">{stated}</script>'
    shell = f"<head>{script}</head><body><h1>Ferries sail</h1><p>Loading …</p>"
    assert clean(shell, HTML).body == "\n\n".join(STORY).replace("the port authority", 'the "port" authority')
    shown = shell + "".join(f"<p>{each}</p>" for each in STORY)
    assert clean(shown, HTML).text.count(STORY[0]) == 1
