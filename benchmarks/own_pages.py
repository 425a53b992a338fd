"""Pages of our own, laid out in the ways in which pages come: what CI measures the cleaning on.

The texts were written for this file. They are few and easy: the floors guard against breaking something, the
measuring sticks judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Article:
    """A story, with what its page prints around it."""

    lang: str
    headline: str
    byline: str
    body: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]


ARTICLES = (
    Article(
        "en",
        "Lighthouse keepers return to the northern cape after forty years",
        "By Ines Calder",
        (
            "Two keepers moved into the lighthouse on the northern cape on Sunday, forty years after the "
            "lamp was made to run by itself and the last family left the rock.",
            "The coast guard says that the automatic lamp failed eleven times last winter, and that no "
            "crew could reach the cape by boat for nine days in February.",
            "“A lamp can be mended in ten minutes if somebody is there,” said Torben Aas, who commands "
            "the district. “If nobody is there, it takes a helicopter and a calm day.”",
            "Why keepers are cheaper",
            "A pair of keepers costs about as much as four flights a month. The district will pay for "
            "them out of the money that it used to set aside for repairs.",
            "The two were chosen from sixty people who applied. Both have worked on oil platforms, and "
            "one of them was born in the house below the tower.",
            "The district will decide in the autumn whether two more lamps on the outer islands get "
            "keepers again.",
        ),
        ("Home", "News", "Coast", "Weather", "Sign in", "Subscribe", "Share on Facebook"),
        (
            "Related articles",
            "Ferry timetable for the winter",
            "Herring prices fall for a third week",
            "Sign up for our newsletter",
            "3 comments",
            "© 2031 The Cape Courier",
            "Privacy policy",
        ),
    ),
    Article(
        "de",
        "Stadt lässt die alten Wasserräder am Mühlbach wieder laufen",
        "Von Jule Brandt",
        (
            "Am Mühlbach drehen sich seit Samstag wieder drei Wasserräder. Die Stadt hat sie nach den "
            "Plänen von 1887 nachbauen lassen und will mit ihnen Strom für das Schulzentrum erzeugen.",
            "Die Anlage kostet 640.000 Euro und soll im Jahr rund 90.000 Kilowattstunden liefern. Das "
            "reicht nach Angaben des Bauamts für die Beleuchtung beider Schulen und der Turnhalle.",
            "„Wir haben lange überlegt, ob sich das rechnet“, sagte Bürgermeisterin Anke Weiß bei der "
            "Einweihung. „Nach elf Jahren ist das Geld wieder drin, und die Räder halten vierzig.“",
            "Angler hatten gegen den Bau geklagt, weil sie um die Bachforellen fürchteten. Das Gericht "
            "ließ ihn zu, nachdem die Stadt eine Fischtreppe in die Pläne aufgenommen hatte.",
            "Im Frühjahr sollen zwei weitere Räder oberhalb der Brücke folgen, falls der Rat dem Haushalt "
            "zustimmt.",
        ),
        ("Startseite", "Lokales", "Sport", "Kultur", "Anmelden", "Merken"),
        (
            "Mehr zum Thema",
            "Freibad öffnet zwei Wochen früher",
            "Neue Buslinie zum Bahnhof",
            "Newsletter abonnieren",
            "Impressum",
            "Datenschutz",
        ),
    ),
    Article(
        "fr",
        "Les bergers du plateau comptent leurs moutons par satellite",
        "Par Odile Marchand",
        (
            "Depuis le début de juin, quarante bergers du plateau suivent leurs troupeaux sur l’écran "
            "d’un téléphone, grâce à des colliers qui envoient leur position toutes les dix minutes.",
            "La coopérative a payé les deux tiers des appareils, le département le reste. Un collier pèse "
            "cent vingt grammes et tient une saison entière sans être rechargé.",
            "« Avant, je passais mes soirées à chercher les retardataires », raconte Luc Ferrand, qui "
            "garde six cents bêtes au-dessus du lac. « Maintenant je sais dans quel ravin elles dorment. "
            "»",
            "Trois attaques de loup ont été évitées cet été parce que les troupeaux couraient "
            "en pleine nuit et que les téléphones avaient sonné, selon la coopérative.",
            "Le plateau voisin décidera en octobre s’il s’équipe à son tour.",
        ),
        ("Accueil", "Région", "Sports", "Se connecter", "Partager"),
        (
            "Lire aussi",
            "La route du col fermée jusqu’à lundi",
            "Un marché de plus le jeudi",
            "Mentions légales",
        ),
    ),
)


def list_pages() -> list[tuple[str, str, str, str]]:
    """Return name, style (plain or html), raw text and gold body of every page."""
    pages = []
    for article in ARTICLES:
        kept = (article.headline, article.byline, *article.body)
        body = "\n\n".join(article.body)
        layouts = {
            "one line each": "\n".join((*article.above, *kept, *article.below)),
            "blank lines": "\n\n".join((*article.above, *kept, *article.below)),
            "no furniture": "\n\n".join(kept),
            "furniture below": "\n".join((*kept, *article.below)),
            "wrapped": "\n\n".join((*article.above, *map(_wrap, kept), *article.below)),
            "shop window": "\n".join((*article.above, *kept, *_list_teasers(article), *article.below)),
        }
        pages += [(f"{article.lang} {name}", "plain", raw, body) for name, raw in layouts.items()]
        pages.append((f"{article.lang} html", "html", _lay_out(article), body))
    return pages


def _wrap(text: str, width: int = 66) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def _list_teasers(article: Article) -> list[str]:
    """Return the openings of the other stories, as below an article."""
    return [
        line
        for other in ARTICLES
        if other is not article
        for line in (other.headline, other.body[0][:90] + "…")
    ]


def _lay_out(article: Article) -> str:
    menu = "".join(f'<li><a href="#">{escape(each)}</a></li>' for each in article.above)
    text = "".join(
        f"<h2>{escape(each)}</h2>" if len(each) < 40 else f"<p>{escape(each)}</p>" for each in article.body
    )
    links = "".join(f'<li class="teaser"><a href="#">{escape(each)}</a></li>' for each in article.below)
    return (
        f"<html><head><title>{escape(article.headline)}</title><script>let a = 1;</script></head><body>"
        f"<nav><ul>{menu}</ul></nav><main><article><h1>{escape(article.headline)}</h1>"
        f'<div class="byline">{escape(article.byline)}</div><div class="body">{text}</div></article></main>'
        f'<aside class="related"><ul>{links}</ul></aside></body></html>'
    )
