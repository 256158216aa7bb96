"""Measure how hard the projects are to tag and to date."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set

import numpy as np
from corpus import Record, named
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

SEED = 7
Array = NDArray[np.int64]
Scores = NDArray[np.float64]


def tag_counts(records: Sequence[Record]) -> Counter[str]:
    """Count the uses of each tag."""
    return Counter(tag for record in records for tag in record.tags)


def common_tags(records: Sequence[Record], least: int = 30) -> list[str]:
    """Return the tags with at least `least` uses, in alphabetical order."""
    return sorted(t for t, count in tag_counts(records).items() if count >= least)


def multi_hot(tag_sets: Sequence[Set[str]], tags: Sequence[str]) -> Array:
    """Return one row per set and one column per tag."""
    return np.array([[tag in own for tag in tags] for own in tag_sets], np.int64)


def weighted_f1(truth: Array, guess: Array) -> float:
    """Return the F1 of each tag, averaged by its number of records."""
    return float(f1_score(truth, guess, average="weighted", zero_division=0))


def rules_f1(records: Sequence[Record], tags: Sequence[str]) -> float:
    """Score the rule: a text has the tags that it names."""
    truth = multi_hot([set(r.tags) for r in records], tags)
    return weighted_f1(truth, multi_hot([named(r.text) for r in records], tags))


def split(records: Sequence[Record]) -> tuple[list[Record], list[Record], list[Record]]:
    """Split at random into training 70 %, validation 15 % and test 15 %."""
    train, rest = train_test_split(list(records), test_size=0.3, random_state=SEED)
    validation, test = train_test_split(rest, test_size=0.5, random_state=SEED)
    return train, validation, test


def linear_model() -> Pipeline:
    """Return TF-IDF of words and pairs with one logistic regression per tag."""
    one = LogisticRegression(C=10, class_weight="balanced", solver="liblinear")
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_pipeline(words, OneVsRestClassifier(one))


def linear_f1(
    train: Sequence[Record],
    validation: Sequence[Record],
    test: Sequence[Record],
    tags: Sequence[str],
) -> float:
    """Score the linear model with its threshold tuned on validation."""
    model = linear_model()
    model.fit([r.text for r in train], _truth(train, tags))
    scores = [model.predict_proba([r.text for r in p]) for p in (validation, test)]
    truth = _truth(validation, tags)
    best = max(
        np.linspace(0.1, 0.9, 33),
        key=lambda level: weighted_f1(truth, (scores[0] >= level).astype(np.int64)),
    )
    return weighted_f1(_truth(test, tags), (scores[1] >= best).astype(np.int64))


def _truth(records: Sequence[Record], tags: Sequence[str]) -> Array:
    return multi_hot([set(r.tags) for r in records], tags)


def undated(record: Record) -> str:
    """Return the text without digits of years."""
    return re.sub(r"\b(?:19|20)\d\d\b", " ", record.text)


def _dating_model() -> Pipeline:
    words = TfidfVectorizer(sublinear_tf=True, min_df=2)
    return make_pipeline(words, LogisticRegression(C=10, solver="liblinear"))


def year_accuracy(records: Sequence[Record]) -> tuple[float, float]:
    """Return how often the year is guessed exactly, and within one year."""
    years = np.array([r.year for r in records])
    texts = [undated(r) for r in records]
    words = TfidfVectorizer(sublinear_tf=True, min_df=2)
    model = make_pipeline(words, LinearSVC(C=0.5))
    guess = cross_val_predict(model, texts, years, cv=4)
    miss = np.abs(guess - years)
    return float(np.mean(miss == 0)), float(np.mean(miss <= 1))


def early_late(
    records: Sequence[Record], permutations: int = 999
) -> tuple[float, float]:
    """Tell 2019-21 from 2024-26: cross-validated AUC, and permutation p."""
    dated = [r for r in records if r.year <= 2021 or r.year >= 2024]
    late = np.array([r.year >= 2024 for r in dated], np.int64)
    texts = [undated(r) for r in dated]
    scores = cross_val_predict(
        _dating_model(), texts, late, cv=5, method="predict_proba"
    )[:, 1]
    auc = float(roc_auc_score(late, scores))
    rng = np.random.default_rng(SEED)
    chance = [roc_auc_score(rng.permutation(late), scores) for _ in range(permutations)]
    return auc, (1 + sum(c >= auc for c in chance)) / (1 + permutations)
