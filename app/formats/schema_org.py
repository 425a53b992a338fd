"""schema.org NewsArticle as JSON-LD, which search engines and archives read out of web pages."""

from typing import Any

import orjson

_MEDIA_TYPES = {"picture": "ImageObject", "video": "VideoObject"}
# Counters for which schema.org has an action.
_ACTIONS = {
    "reads": "ReadAction",
    "views": "ViewAction",
    "comments": "CommentAction",
    "shares": "ShareAction",
    "likes": "LikeAction",
}
# So that the text can stand inside <script> of a page: no markup ends or opens there, and old JavaScript
# reads the two line separators as ends of a line.
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_ESCAPES = tuple((char.encode(), escape.encode()) for char, escape in _ESCAPED.items())


def write_news_article(article: dict[str, Any]) -> bytes:
    """Write the JSON-LD of an article, safe to stand inside a <script> element."""
    written = orjson.dumps(make_news_article(article))
    for char, escape in _ESCAPES:
        written = written.replace(char, escape)
    return written


def make_news_article(article: dict[str, Any]) -> dict[str, Any]:
    """Make the NewsArticle of an article; what is not known is left out.

    `dateModified` is when its source changed the article, `sdDatePublished` when this description was last
    changed here.
    """
    dateline = article["dateline"] or {}
    published, modified = article["published_at"], article["modified_at"]
    made = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": article["uri"],
        "identifier": article["external_id"],
        "version": article["version"],
        "creativeWorkStatus": None if article["status"] == "usable" else article["status"],
        "url": article["url"],
        "headline": article["headline"],
        "description": article["standfirst"],
        "articleSection": article["section"],
        "keywords": article["tags"],
        "dateline": dateline.get("text"),
        "locationCreated": [_make_place(place) for place in dateline.get("places", ())],
        "datePublished": published["value"] if published else None,
        "dateModified": modified["value"] if modified else None,
        "sdDatePublished": article["updated_at"],
        "author": [_make_person(author) for author in article["authors"]],
        "publisher": _make_publisher(article["source"] or {}),
        "sourceOrganization": _make_organization(article["agency"]),
        "inLanguage": None if article["language"] == "und" else article["language"],
        "wordCount": article["word_count"],
        "articleBody": article["body"],
        "associatedMedia": [_make_media(media) for media in article["media"]],
        "interactionStatistic": [
            {
                "@type": "InteractionCounter",
                "interactionType": f"https://schema.org/{_ACTIONS[metric['kind']]}",
                "userInteractionCount": metric["value"],
            }
            for metric in article["metrics"]
            if metric["kind"] in _ACTIONS
        ],
    }
    return _drop_empty(made)


def _drop_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], "")}


def _make_place(place: dict[str, Any]) -> dict[str, Any]:
    address = _drop_empty({"addressRegion": place["region"], "addressCountry": place["country"]})
    made = {"@type": "Place", "name": place["name"]}
    return {**made, "address": {"@type": "PostalAddress", **address}} if address else made


def _make_person(author: dict[str, Any]) -> dict[str, Any]:
    return _drop_empty({"@type": "Person", "name": author["name"], "jobTitle": author["role"]})


def _make_organization(name: str | None, url: str | None = None) -> dict[str, Any] | None:
    return _drop_empty({"@type": "NewsMediaOrganization", "name": name, "url": url}) if name else None


def _make_publisher(source: dict[str, Any]) -> dict[str, Any] | None:
    domain = source.get("domain")
    return _make_organization(source.get("name") or domain, f"https://{domain}" if domain else None)


def _make_media(media: dict[str, Any]) -> dict[str, Any]:
    return _drop_empty(
        {"@type": _MEDIA_TYPES[media["type"]], "caption": media["caption"], "creditText": media["credit"]}
    )
