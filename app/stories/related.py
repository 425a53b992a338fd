"""Articles on the same matter: what the index finds for an article's most telling words.

The words are those that the article uses often and few others use at all (tf-idf over headline and body). The
article's own story and copies of others are left out.
"""

import heapq
import math
from collections import Counter
from collections.abc import Mapping

from tantivy import Occur, Query

from app import analysis, stemming
from app.cleaning.stopwords import STOP_WORDS
from app.index import Snapshot
from app.index.schema import COPY, SCHEMA, TEXT, find_stemming_language
from app.search.hits import Hit
from app.search.queries import scale_score
from app.stories.texts import MAX_CHARACTERS
from app.tables import Article

# Terms that are looked for: enough that a story is recognised in other words, few enough to be fast.
MOST_TERMS = 20
# Of these such a share must be there: with less, a name that both mention would do.
LEAST_SHARE = 0.2
# A word of the headline counts as so many of the body.
HEADLINE_WEIGHT = 3
# Terms whose frequency the index is asked for; those that an article uses most.
MOST_WEIGHED = 300
# A term that is in more of the articles says nothing of any.
MOST_COMMON = 0.1
# In a small store every word is rare; in so few articles nothing is too common.
FEW_ARTICLES = 50


def find_related(snapshot: Snapshot, article: Article, *, limit: int) -> list[Hit]:
    """Find the articles that share the most telling words with an article, the closest first."""
    terms = _choose_terms(snapshot, article)
    if not terms:
        return []
    query = Query.boolean_query(
        [
            *((Occur.Should, Query.boost_query(_match(TEXT, term), weight)) for term, weight in terms),
            (Occur.MustNot, _match("story_id", article.story_id or 0)),
            (Occur.MustNot, _match("has", COPY)),
        ],
        minimum_number_should_match=math.ceil(len(terms) * LEAST_SHARE),
    )
    found = snapshot.searcher.search(query, limit=limit, count=False).hits
    ids = snapshot.searcher.fast_field_values("id", [address for _, address in found])
    return [Hit(int(number or 0), scale_score(score)) for number, (score, _) in zip(ids, found, strict=True)]


def _match(field: str, value: str | int) -> Query:
    return Query.term_query(SCHEMA, field, value)


def _choose_terms(snapshot: Snapshot, article: Article) -> list[tuple[str, float]]:
    """Choose an article's most telling terms, each with its weight: 1 for the most telling one."""
    stems = stemming.list_stems(find_stemming_language(article))
    counts = Counter(_list_stems(article.body[:MAX_CHARACTERS], stems))
    for term in _list_stems(article.headline or "", stems):
        counts[term] += HEADLINE_WEIGHT
    total = snapshot.searcher.num_docs
    most = max(FEW_ARTICLES, total * MOST_COMMON)
    weighed = []
    for term, count in counts.most_common(MOST_WEIGHED):
        bearers = snapshot.searcher.doc_freq(TEXT, term)
        if 1 < bearers <= most:  # a term of this article alone finds nothing
            weighed.append(((1 + math.log(count)) * math.log(1 + total / bearers), term))
    best = heapq.nlargest(MOST_TERMS, weighed)
    return [(term, weight / best[0][0]) for weight, term in best]


def _list_stems(text: str, stems: Mapping[str, str]) -> list[str]:
    """List the stems in a text that can tell anything; the last character of a run of Chinese does not."""
    return [
        stems[row[0]].split(" ")[0]
        for row in analysis.list_rows(text)
        if not row[4] and row[0] not in STOP_WORDS
    ]
