"""Search for the text that cleaning takes longest for: python -m fuzz.slowest_text [SECONDS] [SEED].

Texts are small patterns repeated up to a size. A pattern is made of pieces: characters that are known to be
awkward, and the examples of cleaning's own rules, whole and cut, which come close to what its expressions
look for. The slowest are kept and changed further; at the end the slowest ones are measured at 2 MiB.
"""

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from app.cleaning import Hints, clean
from app.cleaning.furniture_english import ENGLISH
from app.cleaning.furniture_other import OTHER_LANGUAGES

FULL_SIZE = 2 * 1024 * 1024
TRIED_SIZE = 250_000
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
)


@dataclass(frozen=True)
class Pattern:
    """Pieces, and how they are repeated: the head once, the body to fill, a line end after each n-th body."""

    head: str
    body: str
    every: int
    is_html: bool
    is_numbered: bool

    def write(self, size: int) -> str:
        """Write the text."""
        unit = self.body + ("\n" if self.every == 1 else "")
        if self.is_numbered:
            return self.head + "".join(f"{unit}{n} " for n in range(size // (len(unit) + 5)))[:size]
        if self.every > 1:
            unit = self.body * self.every + "\n"
        return (self.head + unit * (size // len(unit) + 1))[:size]


def _list_pieces() -> list[str]:
    examples = [rule.example for rule in (*ENGLISH, *OTHER_LANGUAGES)]
    return [*AWKWARD * 4, *examples]


def _make_body(random_: random.Random, pieces: list[str]) -> str:
    parts = []
    for _ in range(random_.choice((1, 1, 2, 2, 3, 4, 6))):
        piece = random_.choice(pieces)
        if len(piece) > 3 and random_.random() < 0.4:
            piece = piece[: random_.randrange(1, len(piece))]
        parts.append(piece * random_.choice((1, 1, 1, 2, 5, 40)))
    return "".join(parts) or "a"


def _change(random_: random.Random, pieces: list[str], pattern: Pattern) -> Pattern:
    body, head = pattern.body, pattern.head
    kind = random_.randrange(5)
    if kind == 0:
        at = random_.randrange(len(body) + 1)
        body = body[:at] + random_.choice(pieces) + body[at:]
    elif kind == 1 and len(body) > 1:
        at = random_.randrange(len(body))
        body = body[:at] + body[at + random_.randrange(1, 8) :] or body
    elif kind == 2:
        body = body + _make_body(random_, pieces)
    elif kind == 3:
        head = _make_body(random_, pieces)
    every = random_.choice((0, 0, 1, 1, 2, 10, 50)) if random_.random() < 0.4 else pattern.every
    is_html = not pattern.is_html if random_.random() < 0.1 else pattern.is_html
    is_numbered = not pattern.is_numbered if random_.random() < 0.1 else pattern.is_numbered
    return Pattern(head, body[:400], every, is_html, is_numbered)


def make_patterns(random_: random.Random) -> Iterator[Pattern]:
    """Make new patterns without end."""
    pieces = _list_pieces()
    while True:
        yield Pattern(
            head=_make_body(random_, pieces) if random_.random() < 0.2 else "",
            body=_make_body(random_, pieces),
            every=random_.choice((0, 0, 1, 1, 2, 10, 50)),
            is_html=random_.random() < 0.3,
            is_numbered=random_.random() < 0.2,
        )


def measure(pattern: Pattern, size: int) -> float:
    """Return the seconds of CPU that cleaning takes."""
    text = pattern.write(size)
    hints = Hints(content_type="text/html" if pattern.is_html else "text/plain")
    start = time.process_time()
    clean(text, hints)
    return time.process_time() - start


def main() -> None:
    """Search, and print the slowest."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0
    random_ = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    pieces = _list_pieces()
    fresh = make_patterns(random_)
    slowest: list[tuple[float, Pattern]] = []
    end, tried = time.process_time() + seconds, 0
    while time.process_time() < end:
        pattern = (
            _change(random_, pieces, random_.choice(slowest)[1])
            if slowest and random_.random() < 0.6
            else next(fresh)
        )
        tried += 1
        slowest.append((measure(pattern, TRIED_SIZE), pattern))
        # One of a kind: else the slowest pattern's own variants fill the list.
        unique = {
            pattern.body[:12]: (cost, pattern) for cost, pattern in sorted(slowest, key=lambda each: each[0])
        }
        slowest = sorted(unique.values(), key=lambda each: -each[0])[:KEPT]
    print(f"{tried} patterns of {TRIED_SIZE} characters tried")
    for cost, pattern in slowest[:12]:
        full = measure(pattern, FULL_SIZE)
        print(f"{cost:6.3f} s  2 MiB {full:6.2f} s  x{full / cost / (FULL_SIZE / TRIED_SIZE):.2f}  {pattern}")


if __name__ == "__main__":
    main()
