"""Search for the text that cleaning takes longest for: python -m fuzz.slowest_text [SECONDS] [SEED].

Texts are small patterns repeated up to a size. A pattern is made of pieces: characters that are known to be
awkward, the examples of cleaning's own rules, whole and cut, and what its expressions and word lists are made
of, in whatever language: such a text comes close to what they look for. Markup is put round them. The slowest
are kept and changed further, some at full size, since what grows faster than the text shows only there.
"""

import importlib
import pkgutil
import random
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from app import cleaning
from app.cleaning import Hints, clean
from app.cleaning.furniture_english import ENGLISH
from app.cleaning.furniture_other import OTHER_LANGUAGES

FULL_SIZE = 2 * 1024 * 1024
TRIED_SIZE = 250_000
# Of so many patterns one is measured at full size.
FULL_EVERY = 8
KEPT = 24
AWKWARD = (
    *"aA1 \t.,;:-–—_()[]{}<>|/\\@#&%'\"“”’!?*+=~^·•…©\u200b\u200d\u0300\u0323\u00ad\u202e\ufeff\ufffd",
    *"中あ가ไéÃ👩\n\r\u2028\x00\ud800\u0f73\ufdfa",
    *("\n\n", "Ã©", "â€™", "&amp;", "&#8217;", "e\u0301", "http://", "https://a.b/", "www.", "@a.b"),
    *("By ", "Von ", "Par ", " and ", "Ann Lee", "Smith", "Dr. ", "St. ", "U.S. ", "de la ", "van der "),
    *("(Reuters)", "(AP) - ", "TOKYO", "LONDON, May 7 ", "New York", "Special to ", "correspondent", "O'"),
    *("Photo: ", "Foto: ", "Credit: ", "Image", "/AP", "AP Photo", "Tags: ", "Share", "Comments ("),
    *("2024", "12:30", "April 5, ", "5 April 2024", "2024-04-05", "05/04/24", "Monday, ", "ago", "1,801"),
    *("views", "reads", "said ", "the ", "of ", "and ", "Published ", "Updated: ", "Advertisement"),
    *("<div>", "</div>", "<p>", "<a href=x>", "<table><tr><td>", "<!--", "<script>", "<br>", "<li>", "<b"),
    *("The council said on Monday that the bridge would be repaired. ", "<h2>", "<figure>", "<time>"),
)
# What can stand round a pattern in HTML; the pattern takes the place of the dots.
FRAMES = (
    "…",
    "<p>…</p>",
    "<div><p>…</p><a href=/x>…</a></div>",
    "<li><a href='/x'>…</a>",
    "<span>…",
    '<meta property="og:title" content="…">',
    '<meta name="author" content="…">',
    '<script type="application/ld+json">{"@type":"NewsArticle","headline":"…","author":["…"]}</script>',
    '<script type="application/ld+json">[{"a":"…"},',
    '<div class="…" id="…">',
    '<div class="byline author">…</div>',
    '<p class="caption">…<figcaption>…</figcaption>',
    '<time datetime="…">…</time>',
    "<title>…</title><h1>…</h1>",
    "<table><tr><td>…</td></tr></table>",
    "<p>The council said on Monday that the bridge would be repaired soon.</p><p>…</p>",
)


@dataclass(frozen=True)
class Pattern:
    """Pieces, and how they are repeated: the head once, the body to fill, a line end after each n-th body; in
    HTML each body in a frame."""

    head: str
    body: str
    every: int
    is_html: bool
    is_numbered: bool
    frame: str = "…"

    def write(self, size: int) -> str:
        """Write the text."""
        body = self.frame.replace("…", self.body) if self.is_html else self.body
        if self.is_numbered:
            end = "\n" if self.every else " "
            unit = body * max(1, self.every)
            return self.head + "".join(f"{n} {unit}{end}" for n in range(size // (len(unit) + 5)))[:size]
        unit = body * self.every + "\n" if self.every else body
        return (self.head + unit * (size // len(unit) + 1))[:size]


@cache
def _list_pieces() -> tuple[tuple[str, ...], ...]:
    """List the kinds of pieces: awkward ones, examples, and the words of each module of cleaning."""
    examples = tuple(rule.example for rule in (*ENGLISH, *OTHER_LANGUAGES))
    names = [found.name for found in pkgutil.iter_modules(cleaning.__path__)]
    words = [tuple(_list_words(importlib.import_module(f"app.cleaning.{name}"))) for name in names]
    return (AWKWARD, AWKWARD, AWKWARD, examples, *filter(None, words))


def _list_words(module: object) -> Iterator[str]:
    """List what a module's expressions and tables of words are made of."""
    for value in vars(module).values():
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
            yield from (word for word in re.split(r"[^\w' ]+|\\\w", value.pattern) if len(word) > 1)
        elif isinstance(value, frozenset | set | tuple | dict):
            yield from (word for word in sorted(map(str, value))[:500] if 1 < len(word) < 40)


def _choose_piece(random_: random.Random) -> str:
    return random_.choice(random_.choice(_list_pieces()))


def _make_body(random_: random.Random) -> str:
    parts = []
    for _ in range(random_.choice((1, 1, 2, 2, 3, 4, 6, 12))):
        piece = _choose_piece(random_)
        if len(piece) > 3 and random_.random() < 0.4:
            piece = piece[: random_.randrange(1, len(piece))]
        parts.append(piece * random_.choice((1, 1, 1, 2, 5, 40)))
    return random_.choice(("", "", " ", ", ")).join(parts) or "a"


def _change(random_: random.Random, pattern: Pattern) -> Pattern:
    body, head, frame = pattern.body, pattern.head, pattern.frame
    kind = random_.randrange(6)
    if kind == 0:
        at = random_.randrange(len(body) + 1)
        body = body[:at] + _choose_piece(random_) + body[at:]
    elif kind == 1 and len(body) > 1:
        at = random_.randrange(len(body))
        body = body[:at] + body[at + random_.randrange(1, 8) :] or body
    elif kind == 2:
        body = body + _make_body(random_)
    elif kind == 3:
        head = _make_body(random_)
    elif kind == 4:
        frame = random_.choice(FRAMES)
    every = random_.choice((0, 0, 1, 1, 2, 10, 50)) if random_.random() < 0.4 else pattern.every
    is_html = not pattern.is_html if random_.random() < 0.1 else pattern.is_html
    is_numbered = not pattern.is_numbered if random_.random() < 0.1 else pattern.is_numbered
    return Pattern(head, body[:400], every, is_html, is_numbered, frame)


def make_patterns(random_: random.Random) -> Iterator[Pattern]:
    """Make new patterns without end."""
    while True:
        yield Pattern(
            head=_make_body(random_) if random_.random() < 0.2 else "",
            body=_make_body(random_),
            every=random_.choice((0, 0, 1, 1, 2, 10, 50)),
            is_html=random_.random() < 0.4,
            is_numbered=random_.random() < 0.3,
            frame=random_.choice(FRAMES),
        )


def measure(pattern: Pattern, size: int) -> float:
    """Return the seconds of CPU that cleaning takes."""
    text = pattern.write(size)
    hints = Hints(content_type="text/html" if pattern.is_html else "text/plain")
    start = time.process_time()
    clean(text, hints)
    return time.process_time() - start


def search(seconds: float, random_: random.Random) -> list[tuple[float, Pattern]]:
    """Search for so many seconds of CPU, or until it is interrupted; return the slowest with their costs."""
    fresh = make_patterns(random_)
    slowest: list[tuple[float, Pattern]] = []
    tried = 0
    clean("What is loaded once is no cost of a text.")
    end = time.process_time() + seconds
    with suppress(KeyboardInterrupt):
        while time.process_time() < end:
            is_new = not slowest or random_.random() < 0.4
            pattern = next(fresh) if is_new else _change(random_, random_.choice(slowest)[1])
            tried += 1
            size = TRIED_SIZE if tried % FULL_EVERY else FULL_SIZE
            slowest.append((measure(pattern, size) * TRIED_SIZE / size, pattern))
            # One of a kind: else the slowest pattern's own variants fill the list.
            unique = {each[1].body[:12]: each for each in sorted(slowest, key=lambda each: each[0])}
            slowest = sorted(unique.values(), key=lambda each: -each[0])[:KEPT]
    print(f"{tried} patterns of {TRIED_SIZE} characters tried")
    return slowest


def main() -> None:
    """Search, and print the slowest."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for cost, pattern in search(seconds, random.Random(seed))[:12]:
        full = measure(pattern, FULL_SIZE)
        print(f"{cost:6.3f} s  2 MiB {full:6.2f} s  x{full / cost / (FULL_SIZE / TRIED_SIZE):.2f}  {pattern}")


if __name__ == "__main__":
    main()
