#!/usr/bin/env python3
"""Writes texts and what scikit-learn's TfidfVectorizer says of them, for the tests of encoders/text/tfidf.

Needs PyPI's scikit-learn. Output, committed: tests/golden/tfidf/expected.json with
  fit       texts that are learned from
  queries   texts that are encoded
  cases     {name: {"max_words", "terms": [in order of the columns], "documents": [of each term], "rows": [[[column, value]] of each query]}}

scikit-learn keeps all terms here: which ones a limit keeps is defined differently (docs/formats/text-encoders.md).

Usage: tools/goldens/make_tfidf_golden.py [FILE]
"""
import json
import pathlib
import sys

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
FIT = [
    "Inhibitor of the epidermal growth factor receptor; blocks the ATP site.",
    "Antagonist of the 5-HT2A receptor and of the D2 receptor",
    "Agonist of the mu opioid receptor, used against pain",
    "The growth factor receptor and the growth of tumours: growth, growth, growth",
    "Beta-lactam antibiotic: inhibits cell-wall synthesis (penicillin-binding proteins)",
    "PROSTAGLANDIN G/H synthase 2 inhibitor (COX_2), 50 mg",
    "α-Glucosidase inhibitor; Größe ½ x² µM naïve Å ЖИЗНЬ 酵素阻害剤",
    "a I x 7 -",
    "cafe\u0301 d\u2019Ulm \u00dcber\u00fcber",
]
QUERIES = FIT + [
    "EGFR inhibitor",
    "growth growth factor receptor receptor receptor antagonist",
    "nothing known here",
    "",
    "\t  receptor,receptor;RECEPTOR\n receptor  ",
    "жизнь 酵素阻害剤 größe x² X½",
]


def case(max_words):
    settings = dict(ngram_range=(1, max_words))
    vectorizer = TfidfVectorizer(sublinear_tf=True, **settings).fit(FIT)
    terms = list(vectorizer.get_feature_names_out())
    counts = CountVectorizer(binary=True, **settings).fit(FIT)
    documents = counts.transform(FIT).toarray().sum(axis=0).tolist()
    rows = []
    for row in vectorizer.transform(QUERIES):
        dense = row.toarray().ravel()
        rows.append([[int(i), float(dense[i])] for i in dense.nonzero()[0]])
    return {"max_words": max_words, "terms": terms, "documents": [int(n) for n in documents], "rows": rows}


def main():
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "tests/golden/tfidf/expected.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    golden = {"fit": FIT, "queries": QUERIES, "cases": {"words": case(1), "pairs": case(2)}}
    target.write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")


main()
