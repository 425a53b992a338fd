"""The query language of search: a text becomes a tree, which no engine's own parser ever sees.

Words, "phrases", "near each other"~10, prefix*, AND OR NOT, -word, ( ), and the scopes headline: body:
byline: caption: dateline:. Operators are written in capitals. What is left open is closed, what stands in
the wrong place is ignored: a text is refused only for its size.

Words that stand side by side at the top are wanted as many as possible (`Best`). Everything a person spelt
out is binding: a phrase, a scope, the operands of AND, OR and NOT, and what stands in brackets.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from app.analysis import list_words as list_surfaces
from app.analysis import tokenise
from app.errors import FieldError, InvalidQuery

# Questions that people have written down for test collections have up to 1,400 characters and 213 words.
MAX_LENGTH = 4000
MAX_CLAUSES = 400
# Terms, which are more than clauses: a phrase has several, and so has a word of Chinese.
MAX_TERMS = 800
# A prefix stands for all the words that begin with it, so a query of many is expensive.
MAX_PREFIXES = 16
MAX_DEPTH = 20
MAX_SLOP = 100
# Of more words than this, all in capitals and without brackets or quotes, AND, OR and NOT are words as well.
MAX_CAPITALS = 6
# Beside more plain words than this, and without operators, a quotation is no demand.
MAX_QUOTED_WORDS = 12


class Scope(StrEnum):
    """A part of the article that a word can be looked for in."""

    HEADLINE = "headline"
    BODY = "body"
    BYLINE = "byline"
    CAPTION = "caption"
    DATELINE = "dateline"


@dataclass(frozen=True, slots=True)
class Words:
    """One term or several in a row, as the index has them, each with its place in the row."""

    terms: tuple[tuple[int, str], ...]
    scope: Scope | None = None
    slop: int = 0
    is_phrase: bool = False
    is_prefix: bool = False
    surface: str = field(default="", compare=False)
    """The word as it was written, if its other forms are wanted too: neither quoted nor a prefix."""


@dataclass(frozen=True, slots=True)
class All:
    """All of these must match; with none it matches every article."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of these must match."""

    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This must not match."""

    node: "Node"


@dataclass(frozen=True, slots=True)
class Best:
    """As many of these as possible, in their order; at least one. Only at the root, or in its `All`."""

    words: tuple[Words, ...]


Node = Words | All | Any | Not | Best

_QUOTE = '"“”„‟＂'
_LEXEME = re.compile(
    rf"""(?P<space>\s+)
    |(?P<open>\()
    |(?P<close>\))
    |(?P<phrase>[{_QUOTE}](?P<quoted>[^{_QUOTE}]*)(?:[{_QUOTE}](?:~(?P<slop>\d+))?|$))
    |(?P<operator>AND|OR|NOT)(?=[\s()]|$)
    |(?P<minus>-)(?=[^\s\-)])
    |(?P<scope>{"|".join(Scope)}):(?=\s*[^\s):])
    |(?P<word>[^\s(){_QUOTE}]+)""",
    re.VERBOSE,
)
_SENTENCE = re.compile(r"[,.;:?!](?:\s|$)")
_FUZZY = re.compile(r"~\d*\Z")


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str
    text: str
    at: int
    slop: int = 0


@dataclass(slots=True)
class _Reading:
    """The lexemes, and how far they have been read."""

    lexemes: list[_Lexeme]
    next: int = 0

    def peek(self) -> _Lexeme | None:
        """Return the next lexeme without taking it."""
        return self.lexemes[self.next] if self.next < len(self.lexemes) else None

    def take(self, kind: str, *texts: str) -> _Lexeme | None:
        """Take the next lexeme if it is one of these."""
        lexeme = self.peek()
        if lexeme is None or lexeme.kind != kind or (texts and lexeme.text not in texts):
            return None
        self.next += 1
        return lexeme


def parse_query(text: str) -> Node:
    """Read a query; raises InvalidQuery for one that is too long, too deep or has too many parts.

    >>> parse_query("bridge -Oslo")
    All(nodes=(Not(node=Words(terms=((0, 'oslo'),), scope=None, slop=0, is_phrase=False, is_prefix=False)), \
Words(terms=((0, 'bridge'),), scope=None, slop=0, is_phrase=False, is_prefix=False)))
    """
    if len(text) > MAX_LENGTH:
        raise _refuse(f"A query has at most {MAX_LENGTH} characters.", MAX_LENGTH)
    lexemes = list(_read_lexemes(text))
    if _is_shouted(text, lexemes):
        lexemes = [replace(each, kind="word") if each.kind == "operator" else each for each in lexemes]
    if not any(each.kind in ("operator", "minus", "scope") for each in lexemes):
        lexemes = list(_read_prose(lexemes))
    node = _parse_alternatives(_Reading(lexemes), None, depth=0)
    if node is None:
        # Nothing but operators: then they are what is looked for.
        words = [replace(lexeme, kind="word") for lexeme in lexemes if lexeme.kind == "operator"]
        node = _parse_alternatives(_Reading(words), None, depth=0)
    _check_size(node)
    return All(()) if node is None else node


def list_words(node: Node) -> list[Words]:
    """List the words that a query asks for; those that it excludes are left out."""
    if isinstance(node, Words):
        return [node]
    if isinstance(node, Not):
        return []
    parts = node.words if isinstance(node, Best) else node.nodes
    return [words for part in parts for words in list_words(part)]


def describe(node: Node) -> dict[str, object]:
    """Write a tree as JSON shows it.

    >>> describe(parse_query("bridge -toll*"))["all"][0]
    {'not': {'word': 'toll', 'kind': 'prefix', 'scope': None, 'distance': 0}}
    """
    if isinstance(node, Words):
        kind = "prefix" if node.is_prefix else "phrase" if node.is_phrase else "word"
        text = " ".join(term for _, term in node.terms)
        return {"word": text, "kind": kind, "scope": node.scope, "distance": node.slop}
    if isinstance(node, Not):
        return {"not": describe(node.node)}
    parts = node.words if isinstance(node, Best) else node.nodes
    return {type(node).__name__.lower(): [describe(part) for part in parts]}


def _refuse(detail: str, position: int) -> InvalidQuery:
    errors = [FieldError(field="q", message=f"at character {position}")]
    return InvalidQuery(detail, errors=errors, extension={"position": position})


def _read_lexemes(text: str) -> Iterator[_Lexeme]:
    depth = clauses = prefixes = 0
    for match in _LEXEME.finditer(text):
        kind = match.lastgroup if match.lastgroup not in ("quoted", "slop") else "phrase"
        if kind is None or kind == "space":
            continue
        at, lexeme = match.start(), match["quoted"] if kind == "phrase" else match[0]
        depth += {"open": 1, "close": -1}.get(kind, 0)
        depth = max(depth, 0)
        clauses += kind in ("word", "phrase")
        prefixes += kind == "word" and lexeme.endswith("*")
        slop = match["slop"] or "0"
        for refused, detail in (
            (depth > MAX_DEPTH, f"Brackets are nested more than {MAX_DEPTH} deep."),
            (clauses > MAX_CLAUSES, f"A query has at most {MAX_CLAUSES} words and phrases."),
            (prefixes > MAX_PREFIXES, f"A query has at most {MAX_PREFIXES} prefixes."),
            (len(slop) > 3 or int(slop) > MAX_SLOP, f"A phrase's distance is at most {MAX_SLOP}."),
        ):
            if refused:
                raise _refuse(detail, at)
        yield _Lexeme(kind, lexeme.removesuffix(":") if kind == "scope" else lexeme, at, int(slop))


def _is_shouted(text: str, lexemes: list[_Lexeme]) -> bool:
    """Tell whether capitals mean nothing: wires write their headlines and texts in them, AND and NOT too."""
    kinds = Counter(lexeme.kind for lexeme in lexemes)
    is_text = not (kinds["open"] or kinds["phrase"]) or _SENTENCE.search(text) is not None
    return text == text.upper() and kinds["word"] > MAX_CAPITALS and is_text


def _read_prose(lexemes: list[_Lexeme]) -> Iterator[_Lexeme]:
    """Take the brackets out of what has no operators: they group operands, else they are punctuation.

    In a long text quotation marks are punctuation too.
    """
    is_long = sum(lexeme.kind == "word" for lexeme in lexemes) > MAX_QUOTED_WORDS
    for lexeme in lexemes:
        if lexeme.kind == "phrase" and is_long and not lexeme.slop:
            yield from (_Lexeme("word", word, lexeme.at) for word in lexeme.text.split())
        elif lexeme.kind not in ("open", "close"):
            yield lexeme


def _check_size(node: Node | None) -> None:
    terms = 0 if node is None else sum(len(words.terms) for words in _list_all_words(node))
    if terms > MAX_TERMS:
        raise _refuse(f"The query's words make more than {MAX_TERMS} terms.", MAX_LENGTH)


def _list_all_words(node: Node) -> list[Words]:
    if isinstance(node, Not):
        return _list_all_words(node.node)
    if isinstance(node, Words):
        return [node]
    parts = node.words if isinstance(node, Best) else node.nodes
    return [words for part in parts for words in _list_all_words(part)]


def _parse_alternatives(reading: _Reading, scope: Scope | None, *, depth: int) -> Node | None:
    """Parse sequences with OR between, up to the closing bracket."""
    sequences = [_parse_sequence(reading, scope, depth=depth)]
    while reading.take("operator", "OR"):
        sequences.append(_parse_sequence(reading, scope, depth=depth))
    found = [sequence for sequence in sequences if sequence]
    if len(found) > 1:
        return Any(tuple(_require(nodes) for nodes in found))
    if not found:
        return None
    return _prefer(found[0]) if depth == 0 and scope is None else _require(found[0])


@dataclass(frozen=True, slots=True)
class _Item:
    node: Node
    is_binding: bool


def _parse_sequence(reading: _Reading, scope: Scope | None, *, depth: int) -> list[_Item]:
    """Parse what stands side by side or with AND between, up to OR or the closing bracket."""
    items: list[_Item] = []
    after_and = False
    while (lexeme := reading.peek()) is not None:
        if lexeme.kind == "operator" and lexeme.text == "OR":
            break
        if reading.take("operator", "AND"):
            after_and = bool(items)
            if items:
                items[-1] = replace(items[-1], is_binding=True)
            continue
        if lexeme.kind == "close":
            if depth:
                break
            reading.next += 1  # closes nothing
            continue
        node, is_binding = _parse_clause(reading, scope, depth=depth)
        if node is not None:
            items.append(_Item(node, is_binding or after_and))
            after_and = False
    return items


def _parse_clause(reading: _Reading, scope: Scope | None, *, depth: int) -> tuple[Node | None, bool]:
    """Parse a word, phrase or bracket with the signs and scopes before it; tell whether it is binding."""
    is_negated = is_scoped = False
    while True:
        if reading.take("minus") or reading.take("operator", "NOT"):
            is_negated = not is_negated
        elif lexeme := reading.take("scope"):
            scope, is_scoped = Scope(lexeme.text), True
        else:
            break
    lexeme = reading.peek()
    if lexeme is None or lexeme.kind in ("close", "operator"):
        return None, False  # the sign before it stands alone
    reading.next += 1
    if lexeme.kind == "open":
        node = _parse_alternatives(reading, scope, depth=depth + 1)
        reading.take("close")
    else:
        node = _read_words(lexeme, scope)
    is_binding = is_negated or is_scoped or lexeme.kind != "word"
    return (Not(node) if is_negated and node is not None else node), is_binding


def _read_words(lexeme: _Lexeme, scope: Scope | None) -> Words | None:
    """Make the terms of a word or phrase; None for one that has no letter or digit."""
    is_phrase = lexeme.kind == "phrase"
    text = lexeme.text if is_phrase else _FUZZY.sub("", lexeme.text)
    tokens = [token for token in tokenise(text) if not token.is_tail]
    if not tokens:
        return None
    # A single character of a script without spaces begins a pair wherever it stands (see app/analysis.py).
    is_prefix = (not is_phrase and text.endswith("*")) or (len(tokens) == 1 and tokens[0].is_single)
    first = tokens[0].position
    terms = tuple((token.position - first, token.term) for token in tokens)
    surfaces = [] if is_phrase or is_prefix else list_surfaces(text)
    surface = surfaces[0] if len(surfaces) == len(terms) == 1 else ""
    return Words(terms, scope, lexeme.slop, is_phrase, is_prefix, surface)


def _require(items: list[_Item]) -> Node:
    nodes = tuple(item.node for item in items)
    return nodes[0] if len(nodes) == 1 else All(nodes)


def _prefer(items: list[_Item]) -> Node:
    """Bind what was spelt out, and want of the plain words as many as possible."""
    binding = [item.node for item in items if item.is_binding]
    plain = (item.node for item in items if not item.is_binding)
    # A word that is repeated stays so: it weighs more.
    words = tuple(node for node in plain if isinstance(node, Words))
    if len(set(words)) > 1 or (words and len(words[0].terms) > 1):
        binding.append(Best(words))
    else:
        binding.extend(words[:1])
    return binding[0] if len(binding) == 1 else All(tuple(binding))
