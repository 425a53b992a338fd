"""IPTC ninjs 3.1: the news industry's own JSON, without a key that its schema does not know."""

from typing import Any

SCHEMA_URI = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
_EXACT = ("minute", "second")


def make_ninjs(article: dict[str, Any]) -> dict[str, Any]:
    """Make the ninjs object of an article; what is not known is left out, since ninjs has no null.

    The dateline has no key of its own there: its places are `located` and `places`, its agency stands in
    `infoSources`. `contentCreated` wants a moment, so a date of publication without a time is left out.
    """
    dateline = article["dateline"] or {}
    places = dateline.get("places", [])
    published = article["published_at"]
    ninjs = {
        "uri": article["uri"],
        "type": "text",
        "representationType": "full",
        "version": str(article["version"]),
        "firstCreated": article["created_at"],
        "versionCreated": article["updated_at"],
        "contentCreated": published["value"] if published and published["precision"] in _EXACT else None,
        "pubStatus": article["status"],
        "language": None if article["language"] == "und" else article["language"],
        "headlines": _list_texts(("main", article["headline"]), ("kicker", article["kicker"])),
        "descriptions": _list_texts(("standfirst", article["standfirst"])),
        "bodies": [
            {
                "role": "main",
                "contentType": "text/plain",
                "charCount": len(article["body"]),
                "wordCount": article["word_count"],
                "value": article["body"],
            }
        ],
        "by": article["byline"],
        "people": [{"name": author["name"], "rel": "author"} for author in article["authors"]],
        "located": ", ".join(place["name"] for place in places),
        "places": [_make_place(place) for place in places],
        "infoSources": _list_sources(article),
        "subjects": [{"name": tag, "rel": "about"} for tag in article["tags"]]
        + ([{"name": article["section"], "rel": "section"}] if article["section"] else []),
        "altIds": [
            {"role": role, "value": str(article[role])}
            for role in ("id", "external_id", "url")
            if article[role]
        ],
        "associations": [
            _make_association(article["uri"], number, media)
            for number, media in enumerate(article["media"], 1)
        ],
        "standard": {"name": "ninjs", "version": "3.1", "schema": SCHEMA_URI},
    }
    return {name: value for name, value in ninjs.items() if value}


def _list_texts(*texts: tuple[str, str | None]) -> list[dict[str, str]]:
    return [{"role": role, "contentType": "text/plain", "value": text} for role, text in texts if text]


def _make_place(place: dict[str, Any]) -> dict[str, Any]:
    address = {"locality": place["name"], "area": place["region"], "country": place["country"]}
    return {
        "name": place["name"],
        "rel": "dateline",
        "contactInfo": [{"address": {name: value for name, value in address.items() if value}}],
    }


def _list_sources(article: dict[str, Any]) -> list[dict[str, str]]:
    source = article["source"] or {}
    named = {"publisher": source.get("name") or source.get("domain"), "agency": article["agency"]}
    return [{"name": name, "role": role} for role, name in named.items() if name]


def _make_association(uri: str, number: int, media: dict[str, Any]) -> dict[str, Any]:
    """Make the object of a picture or video. Dateline has only what is said of it, so it is a part of the
    article and named as one."""
    name = f"media-{number}"
    made = {
        "name": name,
        "uri": f"{uri}#{name}",
        "type": media["type"],
        "descriptions": _list_texts(("caption", media["caption"])),
        "by": media["credit"],
    }
    return {key: value for key, value in made.items() if value}
