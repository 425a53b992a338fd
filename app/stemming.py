"""Stems: what the forms of a word have in common, by the rules of the language that a text is in.

An article is stemmed by its own language. A query has none: its words are stemmed by the languages of the
articles that are searched, and every form that comes out is looked for.
"""

from collections.abc import Sequence
from functools import cache

from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

from app.analysis import MAX_WORD, Remembered, fold_word

# Raise it whenever a word could get another stem: the index is then built anew.
VERSION = 1
UNKNOWN = "und"  # the language of articles that came without one
# Snowball's stemmers, as Tantivy has them, by the primary subtag of BCP 47.
_STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian", "nb": "norwegian", "nl": "dutch",
    "nn": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
# Words that a sentence needs and nobody searches for; they are looked for only if there are no others.
_STOP_WORDS = {
    "en": "a about after again against all am an and any are as at be because been before being between "
    "both but by can could did do does down during each few for from further had has have he her "
    "here his how i if in into is it its just may me might more most my no nor not of off on once "
    "only or other our out over own same shall she should so some such than that the their them "
    "then there these they this those through to too under until up very was we were what when "
    "where which while who whom whose why will with would you your",
    "de": "aber als am an auch auf aus bei bin bis da das dass dem den der des die doch du durch ein "
    "eine einem einen einer eines er es für gegen hat hatte ich ihr ihre im in ist ja kann mit "
    "nach nicht noch nur ob oder ohne sich sie sind so über um und uns unter vom von vor war "
    "waren was wenn wer wie wir wird wo zu zum zur",
    "fr": "à au aux avec ce ces cette comme d dans de des du elle en est et eux il ils je l la le les "
    "leur leurs lui mais mes mon ne nos notre nous on ont ou où par pas plus pour qu que qui sa "
    "sans se ses si son sont sur ta tu un une vos votre vous y",
    "es": "a al como con cuando de del donde el ella ellos en entre era es esta este esto fue ha han "
    "hasta la las le les lo los más me mi muy no nos o para pero por porque que qué quién se si "
    "sin sobre son su sus también un una uno y ya",
    "it": "a ai al alla alle anche che chi come con da dal dalla dei del della delle di e è gli ha "
    "hanno i il in io la le lo ma nel nella non o per più quando quanto questa questo se si "
    "sono su sua sul sulla suo tra un una uno",
    "pt": "a ao aos as com como da das de do dos e é ela ele em entre era essa esse esta este eu foi "
    "há isso já mais mas na nas não no nos o os ou para pela pelo por qual quando que quem se "
    "sem ser seu sua são também um uma",
    "nl": "aan als bij dan dat de der deze die dit door een en er haar had heb heeft het hij hoe hun "
    "ik in is je kan maar me met mijn naar niet nog of om onder ook op over te tot uit van voor "
    "was wat we wie wij worden wordt zal ze zich zij zijn zo",
    "ru": "а без был была были было быть в во вот все вы где да для до его ее если есть же за и из "
    "или им их к как когда кто ли мы на над не нет но о об он она они от по под при с со так "
    "также там то только у уже что чтобы эта эти это этот я",
    "sv": "alla att av den det de dem denna där efter eller en ett för från ha han har hon hur i inte "
    "jag kan med men mot när och om på sig sin ska som till under upp ut vad var vem vi vid är",
    "da": "af alle at blev da de dem den der det efter eller en er et for fra han har havde hun hvad "
    "hvem hvor i ikke jeg kan med men mod når og om på sig sin skal som til ud under ved vi var",
    "nb": "alle at av ble da de dem den der det en er et etter for fra ha han har hun hva hvem hvor i "
    "ikke jeg kan med men mot når og om på seg sin skal som til ut under ved vi var",
    "fi": "ei en että he hän ja joka jos kuin kun me mikä mitä mutta myös ne nyt oli on ovat se sekä "
    "tai tämä",
    "tr": "ama bir bu çok da daha de değil diye en gibi hem için ile ise kadar ki mi mu ne o olan "
    "olarak şu ve veya ya",
    "ar": "أن أو إلى التي الذي الى ان او عن على في قد كان كل لا لم ما مع من هذا هذه هو هي و",
}  # fmt: skip


def read_subtag(language: str) -> str:
    """Return the primary subtag of a BCP 47 tag."""
    return language.partition("-")[0].lower()


@cache
def list_stems(language: str) -> Remembered:
    """Return what words become in a text of this language (a primary subtag): their stem.

    It is folded as terms are. Where dropping the accents first gives another stem, it comes too, after a
    space: a person may type them or not. A word of a language without stemmer becomes its term.

    >>> list_stems("en")["Elections"], list_stems("pt")["educações"], list_stems("ja")["elections"]
    ('elect', 'educ educaco', 'elections')
    """
    name = _STEMMERS.get(language)
    if name is None:
        return Remembered(fold_word)
    stemmer = TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer(name)).build()

    def stem(word: str) -> str:
        folded = fold_word(word)
        found = fold_word("".join(stemmer.analyze(folded))) or folded
        if word.isascii():
            return found
        accented = fold_word("".join(stemmer.analyze(word[:MAX_WORD].lower()))) or folded
        return found if accented == found else f"{accented} {found}"

    return Remembered(stem)


def list_forms(word: str, languages: Sequence[str]) -> list[str]:
    """List what a word of a query may have become in texts of these languages, and as it is.

    >>> list_forms("elections", ["en", "de"])
    ['elect', 'election', 'elections']
    """
    stems = [stem for language in languages for stem in list_stems(language)[word].split(" ")]
    return [stem for stem in dict.fromkeys((*stems, fold_word(word))) if stem]


@cache
def _list_stop_words(language: str) -> frozenset[str]:
    return frozenset(fold_word(word) for word in _STOP_WORDS.get(language, "").split())


def is_stop_word(term: str, languages: Sequence[str]) -> bool:
    """Tell whether a term only holds a sentence together, in one of these languages."""
    return any(term in _list_stop_words(language) for language in languages)
