"""Lesson 09's module: defects by their promises, detectors against the libraries."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import NearestNeighbors

from lessons.foundations.data_quality import (
    find_duplicates,
    find_gap,
    find_imbalance,
    find_label_noise,
    find_outliers,
    nearest_distance,
    out_of_fold,
    robust_z,
    self_confidence,
    unit_factors,
    with_duplicates,
    with_gap,
    with_imbalance,
    with_label_noise,
    with_outliers,
    with_unit_error,
)

relaxed = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 2**32 - 1)
shares = st.floats(0, 1)


@st.composite
def tables(draw):
    """X (N, D), y (N,) with at least two classes, and a generator."""
    rng = np.random.default_rng(draw(seeds))
    N, D, C = draw(st.integers(5, 40)), draw(st.integers(1, 4)), draw(st.integers(2, 4))
    y = np.append(rng.integers(0, C, N - 2), [0, C - 1])
    return rng.normal(10, 2, size=(N, D)), y, rng


@relaxed
@given(tables(), shares)
def test_a_gap_takes_rows_of_the_region_and_no_others(table, share) -> None:
    X, y, rng = table
    middle = np.median(X[:, 0])
    X_gap, y_gap, hit = with_gap(X, y, lambda X, _: X[:, 0] < middle, share, rng)
    region = X[:, 0] < middle
    assert not np.any(hit & ~region)
    assert hit.sum() == round(share * region.sum())
    assert np.array_equal(X_gap, X[~hit])
    assert np.array_equal(y_gap, y[~hit])


@relaxed
@given(tables(), shares)
def test_imbalance_takes_one_class(table, share) -> None:
    X, y, rng = table
    X_few, y_few, hit = with_imbalance(X, y, 0, share, rng)
    assert set(y[hit]) <= {0}
    assert np.sum(y_few == 0) == np.sum(y == 0) - round(share * np.sum(y == 0))
    assert len(X_few) == len(y_few) == len(y) - hit.sum()


@relaxed
@given(tables(), shares)
def test_noise_changes_exactly_the_labels_that_are_marked(table, share) -> None:
    X, y, rng = table
    X_same, wrong, hit = with_label_noise(X, y, share, rng)
    assert np.array_equal(wrong != y, hit)
    assert hit.sum() == round(share * len(y))
    assert set(wrong) <= set(range(y.max() + 1))
    assert np.array_equal(X_same, X)
    assert not np.shares_memory(X_same, X)


def test_one_class_can_not_be_mislabelled() -> None:
    with pytest.raises(ValueError, match="no wrong label"):
        with_label_noise(
            np.ones((3, 1)), np.zeros(3, int), 0.5, np.random.default_rng()
        )


@relaxed
@given(tables(), shares)
def test_copies_are_appended_and_found(table, share) -> None:
    X, y, rng = table
    X_dup, y_dup, hit = with_duplicates(X, y, share, 0.0, rng)
    assert np.array_equal(X_dup[: len(y)], X)
    assert hit.sum() == round(share * len(y)) == len(y_dup) - len(y)
    assert np.array_equal(find_duplicates(X_dup, 1e-9), hit)
    for row, label in zip(X_dup[hit], y_dup[hit], strict=True):
        assert label in y[(row == X).all(axis=1)]


@relaxed
@given(tables(), shares)
def test_outliers_move_one_column_by_the_size(table, share) -> None:
    X, y, rng = table
    X_out, _, hit = with_outliers(X, y, share, 12.0, rng)
    moved = (X_out - X) / X.std(axis=0)
    assert np.array_equal((moved != 0).sum(axis=1), hit.astype(int))
    np.testing.assert_allclose(moved[hit].sum(axis=1), 12.0)


@relaxed
@given(tables(), st.floats(0, 0.4), st.sampled_from([10.0, 0.1, 25.4]))
def test_a_wrong_unit_is_found_and_undone(table, share, factor) -> None:
    X, y, rng = table
    X = rng.uniform(9, 11, X.shape)
    before = X.copy()
    wrong, _, hit = with_unit_error(X, y, 0, factor, share, rng)
    found = unit_factors(wrong[:, 0], (1.0, factor))
    assert np.array_equal(found != 1, hit)
    np.testing.assert_allclose(wrong[:, 0] / found, X[:, 0])
    assert np.array_equal(wrong[:, 1:], X[:, 1:])
    assert np.array_equal(X, before)


@relaxed
@given(tables())
def test_distances_are_those_of_scikit_learn(table) -> None:
    X, _, rng = table
    theirs = NearestNeighbors(n_neighbors=1).fit(X)
    np.testing.assert_allclose(nearest_distance(X), theirs.kneighbors()[0][:, 0])
    new = rng.normal(10, 4, size=(7, X.shape[1]))
    ours = nearest_distance(new, X)
    np.testing.assert_allclose(ours, theirs.kneighbors(new)[0][:, 0])
    limit = np.quantile(theirs.kneighbors()[0], 0.9)
    assert np.array_equal(find_gap(new, X, 0.9), ours > limit)


@relaxed
@given(seeds)
def test_the_robust_score_is_that_of_scipy(seed) -> None:
    X = np.random.default_rng(seed).normal(size=(50, 3))
    spread = scipy.stats.median_abs_deviation(X, axis=0, scale="normal")
    theirs = (X - np.median(X, axis=0)) / spread
    np.testing.assert_allclose(robust_z(X), theirs, rtol=1e-4)
    assert np.array_equal(find_outliers(X, 2.0), np.abs(theirs).max(axis=1) > 2)


def test_out_of_fold_is_cross_val_predict() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    folds = np.array_split(np.random.default_rng(0).permutation(len(y)), 5)
    ours = out_of_fold(
        lambda X, y, X_new: GaussianNB().fit(X, y).predict_proba(X_new), X, y, folds
    )
    splits = [(np.setdiff1d(np.arange(len(y)), fold), fold) for fold in folds]
    theirs = cross_val_predict(GaussianNB(), X, y, cv=splits, method="predict_proba")
    np.testing.assert_allclose(ours, theirs)


def test_only_confident_disagreement_is_flagged() -> None:
    probs = np.array([[0.95, 0.05], [0.95, 0.05], [0.6, 0.4], [0.1, 0.9]])
    flagged = find_label_noise(np.array([0, 1, 1, 0]), probs)
    assert flagged.tolist() == [False, True, False, True]


def test_each_class_can_have_its_own_bar() -> None:
    probs = np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.4, 0.6], [0.1, 0.9]])
    y = np.array([0, 1, 1, 0, 0])
    bar = self_confidence(y, probs)
    np.testing.assert_allclose(bar, [1.3 / 3, 1.1 / 2])
    assert find_label_noise(y, probs, bar).tolist() == [False, True, False, True, True]
    strict = find_label_noise(y, probs, np.array([0.7, 0.8]))
    assert strict.tolist() == [False, False, False, False, True]


@relaxed
@given(seeds, st.floats(0.1, 0.9))
def test_imbalance_squared_is_the_chi_square_statistic(seed, share) -> None:
    y = np.append(np.random.default_rng(seed).integers(0, 2, 40), [0, 1])
    ours = find_imbalance(y, [1 - share, share])
    expected = len(y) * np.array([1 - share, share])
    theirs = scipy.stats.chisquare(np.bincount(y), expected).statistic
    np.testing.assert_allclose(ours**2, [theirs, theirs])
