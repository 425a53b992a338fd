"""Counters that pages print: how often a story was read, shared, liked or commented on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from app.cleaning.article import Metric
from app.cleaning.draft import Draft
from app.cleaning.ledger import Reason, Role
from app.cleaning.measures import has_digit

_LONGEST = 80  # letters: no counter is longer, and it bounds what a pattern can cost
_NUMBER = re.compile(
    r"(\d{1,3}(?:[., \u2019']\d{3}){1,3}(?!\d)|\d{1,12}(?:[.,]\d{1,2})?)(?: ?(k|m|tsd|mil|万|만)(?![a-z]))?"
)
_FACTORS = {"k": 1_000, "m": 1_000_000, "tsd": 1_000, "mil": 1_000, "万": 10_000, "만": 10_000}


@dataclass(frozen=True, slots=True)
class Counter:
    """The printed form of a counter, in lower case; "#" stands for the number."""

    kind: Literal["reads", "views", "comments", "shares", "likes"]
    pattern: str
    language: str
    example: str
    value: int


COUNTERS: tuple[Counter, ...] = (
    Counter(
        "comments",
        r"(?:view |show |all )?comments?:? ?[(:]? ?#\)?|# (?:comments?|replies)",
        "en",
        "56 Comments",
        56,
    ),
    Counter(
        "comments",
        r"# (?:kommentare?|commentaires?|comentarios?|comentários?|commenti|reacties)"
        r"|(?:kommentare|commentaires|comentarios|comentários|commenti) ?[(:] ?#\)?",
        "de",
        "12 Kommentare",
        12,
    ),
    Counter(
        "comments",
        r"コメント(?:数)?[:：]? ?[(（]?#件?[)）]?|#件のコメント|评论[(（]?#[)）]?|댓글 ?#",
        "ja",
        "コメント 8件",
        8,
    ),
    Counter(
        "likes",
        r"# (?:likes?|people like this|j'aime|me gusta|gefällt mir)|likes?:? #",
        "en",
        "231 likes",
        231,
    ),
    Counter(
        "reads",
        r"(?:this )?(?:news|article|story|post|page|item|report)? ?(?:has been |was )?"
        r"(?:read|reads)(?: by)?:? ?#(?: times?| people| readers)?|#\+? (?:reads?|readers|"
        r"people (?:have )?read this)",
        "en",
        "This story was read 2,310 times.",
        2310,
    ),
    Counter(
        "reads",
        r"(?:bereits |schon )?(?:gelesen|aufrufe|angesehen|klicks|zugriffe):? #(?: ?mal)?"
        r"|(?:(?:dieser |der )?(?:artikel|beitrag) wurde )?(?:bereits |schon )?# ?(?:mal|"
        r"-mal) (?:gelesen|angesehen|aufgerufen)|# (?:aufrufe|klicks|leser)",
        "de",
        "Gelesen: 123 mal",
        123,
    ),
    Counter(
        "reads",
        r"# (?:vues|lectures|fois lu)|(?:cet article a été )?(?:lu|vu) # fois|(?:vues|lectures) ?: ?#",
        "fr",
        "Lu 340 fois",
        340,
    ),
    Counter(
        "reads",
        r"# (?:lecturas|visitas|vistas|visualizaciones|visualizações|leituras|letture|visualizzazioni|"
        r"acessos)"
        r"|(?:(?:esta |este )?(?:noticia|notícia|artículo|artigo|articolo)? ?(?:ha sido |foi |"
        r"è stato )?)(?:leíd[oa]|vist[oa]|lid[oa]|lett[oa]) # (?:veces|vezes|volte)"
        r"|(?:lecturas|visitas|vistas|visualizações|letture): ?#",
        "es",
        "Leído 77 veces",
        77,
    ),
    Counter(
        "reads",
        r"(?:閲覧数|再生回数|アクセス数|アクセス|閲覧|阅读量?|閱讀|浏览(?:次数|量)?|點閱|조회(?:수)?)"
        r"[:：]? ?#(?:回|次|件)?"
        r"|#(?:回閲覧.{0,6}|"
        r"回視聴|次浏览|次阅读|阅读)",
        "ja",
        "閲覧数：1,024",
        1024,
    ),
    Counter(
        "shares",
        r"# (?:shares?|times shared|mal geteilt|partages|compartidos|compartilhamentos|condivisioni)|"
        r"shares?:? ?\(?#\)?",
        "en",
        "258 Shares",
        258,
    ),
    Counter(
        "views",
        r"(?:this )?(?:news|article|story|post|page|item|report)? ?(?:has been |was )?"
        r"(?:viewed|seen|visited|views?|hits?|visits?|page ?views?)(?: by)?:? ?#(?: times?| people)?|"
        r"#\+? (?:views?|hits|visits|page ?views)",
        "en",
        "1.2K views",
        1200,
    ),
)

REASONS = {
    "comments": Reason.COMMENTS,
    "likes": Reason.SHARE_LINKS,
    "reads": Reason.READ_COUNTER,
    "shares": Reason.SHARE_LINKS,
    "views": Reason.READ_COUNTER,
}
_PATTERN = re.compile(
    rf"\W{{0,4}}(?:{'|'.join(f'({counter.pattern})' for counter in COUNTERS)})[\s.!)|·•]{{0,4}}"
)


def read_counter(text: str) -> Metric | None:
    """Return what a line counts, if it is a counter and nothing else.

    >>> read_counter("1.2K views")
    Metric(kind='views', value=1200)
    >>> read_counter("56 comments were deleted")
    """
    if len(text) > _LONGEST or not has_digit(text):
        return None
    lowered = text.lower()
    number = _NUMBER.search(lowered)
    if number is None:
        return None
    form = _PATTERN.fullmatch(f"{lowered[: number.start()]}#{lowered[number.end() :]}")
    if form is None or form.lastindex is None:
        return None
    return Metric(COUNTERS[form.lastindex - 1].kind, _parse_number(number[1], number[2]))


def _parse_number(digits: str, unit: str | None) -> int:
    if unit:
        return (
            round(float(digits.replace(",", ".").replace(" ", "")) * _FACTORS[unit])
            if digits.count(".") + digits.count(",") < 2
            else 0
        )
    return int(re.sub(r"\D", "", digits))


def read_counters(draft: Draft) -> Draft:
    """Keep what the counters of the page say, each kind and value once.

    Leaves the lines removed, as the labeller left them.
    """
    metrics: dict[Metric, None] = {}
    reasons = set(REASONS.values())
    for line in draft.lines:
        if line.role is Role.REMOVED and line.reason in reasons:
            metric = read_counter(line.text)
            if metric:
                metrics[metric] = None
    return replace(draft, metrics=tuple(metrics))
