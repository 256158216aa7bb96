"""Lesson 07's module against PyTorch, SciPy and scikit-learn, on shapes of all kinds."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import LabelEncoder as TheirEncoder
from sklearn.preprocessing import StandardScaler

from lessons.foundations.linear_regression import gradient_check
from lessons.foundations.logistic_regression import (
    LabelEncoder,
    SoftmaxRegression,
    calibration_bins,
    confusion_matrix,
    cross_entropy,
    draw_regions,
    log_softmax,
    precision_recall_f1,
    softmax,
    softmax_gradients,
    stratified_split,
    threshold_sweep,
)

relaxed = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def problems(draw):
    """X (N, D), y (N,), W (D, C), b (C,) and class weights (C,)."""
    N, D, C = draw(st.integers(1, 30)), draw(st.integers(1, 5)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(seeds))
    X, y = rng.normal(size=(N, D)), rng.integers(0, C, N)
    W, b = 2 * rng.normal(size=(D, C)), rng.normal(size=C)
    return X, y, W, b, rng.uniform(0.1, 5, C)


@st.composite
def decisions(draw):
    """y (N,) with both classes and scores (N,) with ties."""
    rng = np.random.default_rng(draw(seeds))
    N = draw(st.integers(2, 60))
    y = np.append(rng.integers(0, 2, N), [0, 1])
    return y, np.round(rng.uniform(size=N + 2), draw(st.integers(1, 5)))


@relaxed
@given(seeds, st.sampled_from([1e-3, 1.0, 1e3, 1e300]))
def test_softmax_is_that_of_scipy_at_any_scale(seed, scale) -> None:
    rng = np.random.default_rng(seed)
    logits = scale * rng.normal(size=(2, 4, 5))
    np.testing.assert_allclose(
        log_softmax(logits), scipy.special.log_softmax(logits, axis=-1), rtol=1e-12
    )
    np.testing.assert_allclose(
        softmax(logits), scipy.special.softmax(logits, axis=-1), atol=1e-12
    )


@relaxed
@given(problems())
def test_the_loss_and_its_gradient_are_those_of_pytorch(problem) -> None:
    X, y, W, b, weights = problem
    for say in (None, weights):
        params = [torch.tensor(p, requires_grad=True) for p in (W, b)]
        loss = torch.nn.functional.cross_entropy(
            torch.tensor(X) @ params[0] + params[1],
            torch.tensor(y),
            weight=None if say is None else torch.tensor(say),
        )
        loss.backward()
        assert cross_entropy(X @ W + b, y, say) == pytest.approx(loss.item())
        ours = softmax_gradients(X, y, W, b, say)
        for own, param in zip(ours, params, strict=True):
            np.testing.assert_allclose(own, param.grad, atol=1e-12)


@relaxed
@given(problems())
def test_the_gradient_stands_a_measurement(problem) -> None:
    X, y, W, b, weights = problem
    grads = softmax_gradients(X, y, W, b, weights)
    if max(np.abs(g).max() for g in grads) < 1e-4:
        return
    gap = gradient_check(
        lambda W, b: cross_entropy(X @ W + b, y, weights), [W, b], grads
    )
    assert gap < 1e-5


@pytest.mark.parametrize("shape", [(3,), (5, 1), ()])
def test_the_loss_wants_a_label_for_each_row(shape) -> None:
    with pytest.raises(ValueError, match=r"logits are \(5, 2\), y is"):
        cross_entropy(np.zeros((5, 2)), np.zeros(shape, dtype=int))


def test_confident_and_wrong_costs_the_difference_of_the_logits() -> None:
    logits = np.array([[0.0, 5_000.0]])
    assert cross_entropy(logits, np.array([0])) == 5_000


def test_three_classes_are_those_of_scikit_learn() -> None:
    X, y = load_wine(return_X_y=True)
    Z, l2 = StandardScaler().fit_transform(X), 0.05
    ours = SoftmaxRegression(0.5, 2_000, l2).fit(X, y)
    theirs = LogisticRegression(C=1 / (l2 * len(y)), tol=1e-9, max_iter=1_000).fit(Z, y)
    np.testing.assert_allclose(
        ours.predict_proba(X), theirs.predict_proba(Z), atol=1e-6
    )
    assert np.array_equal(ours.predict(X), theirs.predict(Z))
    assert np.array_equal(ours.logits(X).argmax(axis=1), ours.predict(X))
    assert ours.losses[0] == pytest.approx(np.log(3))


def test_class_weights_are_those_of_scikit_learn() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    X, weights = X[:, :2], np.array([5.0, 1.0])
    Z = StandardScaler().fit_transform(X)
    ours = SoftmaxRegression(2.0, 800).fit(X, y, weights)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, class_weight={0: 5, 1: 1})
    np.testing.assert_allclose(
        ours.predict_proba(X), theirs.fit(Z, y).predict_proba(Z), atol=1e-5
    )


# NumPy, and so scikit-learn, drops NUL at the end of a text.
TEXTS = st.text(st.characters(exclude_characters="\0"), max_size=3)


@relaxed
@given(st.lists(TEXTS, min_size=1, max_size=30))
def test_the_encoder_is_that_of_scikit_learn(labels) -> None:
    encoder, theirs = LabelEncoder().fit(labels), TheirEncoder().fit(labels)
    y = encoder.encode(labels)
    assert encoder.classes == list(theirs.classes_)
    assert np.array_equal(y, theirs.transform(labels))
    assert encoder.decode(y) == labels
    with pytest.raises(ValueError, match="unknown label 'four'"):
        encoder.encode([*labels, "four"])


@relaxed
@given(
    seeds,
    st.integers(1, 5),
    st.sampled_from([(0.7, 0.15, 0.15), (0.5, 0.5), (0.1,) * 10]),
)
def test_the_split_deals_every_class_fairly(seed, num_classes, sizes) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, num_classes, 90)
    parts = stratified_split(y, sizes, seed)
    assert sorted(np.concatenate(parts)) == list(range(90))
    for part, size in zip(parts, sizes, strict=True):
        for label in np.unique(y):
            fair = size * np.sum(y == label)
            assert abs(np.sum(y[part] == label) - fair) <= 1
    again = stratified_split(y, sizes, seed)
    assert all(np.array_equal(a, b) for a, b in zip(parts, again, strict=True))


def test_shares_must_add_up() -> None:
    with pytest.raises(ValueError, match=r"add up to 0\.80, not 1"):
        stratified_split(np.zeros(10, dtype=int), (0.7, 0.1))


@relaxed
@given(seeds, st.integers(2, 5))
def test_the_metrics_are_those_of_scikit_learn(seed, num_classes) -> None:
    rng = np.random.default_rng(seed)
    y, y_hat = rng.integers(0, num_classes, (2, 25))
    classes = range(num_classes)
    confusion = confusion_matrix(y, y_hat, num_classes)
    assert np.array_equal(confusion, metrics.confusion_matrix(y, y_hat, labels=classes))
    theirs = metrics.precision_recall_fscore_support(
        y, y_hat, labels=classes, zero_division=0
    )
    np.testing.assert_allclose(precision_recall_f1(confusion), theirs[:3])


@relaxed
@given(decisions())
def test_the_sweep_is_scikit_learns_roc_and_its_own_definition(decision) -> None:
    y, scores = decision
    sweep = threshold_sweep(y, scores)
    fpr, tpr, thresholds = metrics.roc_curve(y, scores, drop_intermediate=False)
    np.testing.assert_allclose(sweep.threshold, thresholds)
    np.testing.assert_allclose(sweep.tp / y.sum(), tpr)
    np.testing.assert_allclose(sweep.fp / (1 - y).sum(), fpr)
    for row in sweep.itertuples():
        called = scores >= row.threshold
        assert row.tp + row.fp == np.sum(called)
        assert row.tp + row.tn == np.sum(called == (y == 1))


@relaxed
@given(seeds, st.integers(1, 80), st.integers(1, 12))
def test_calibration_is_that_of_scikit_learn(seed, N, num_bins) -> None:
    rng = np.random.default_rng(seed)
    y, probs = np.append(rng.integers(0, 2, N), [0, 1]), rng.uniform(size=N + 2)
    bins = calibration_bins(y, probs, num_bins)
    observed, predicted = calibration_curve(y, probs, n_bins=num_bins)
    np.testing.assert_allclose(bins.observed, observed)
    np.testing.assert_allclose(bins.predicted, predicted)
    assert bins["count"].sum() == len(y)


def test_a_chance_of_one_falls_into_the_last_bin() -> None:
    bins = calibration_bins(np.array([0, 1]), np.array([0.0, 1.0]), 4)
    assert bins.predicted.tolist() == [0.0, 1.0]


def test_regions_show_every_class_and_row() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)), np.arange(30) % 3
    fig, ax = plt.subplots()
    draw_regions(ax, lambda rows: (rows[:, 0] > 0).astype(int), X, y)
    assert sum(len(line.get_xdata()) for line in ax.lines) == 30
    assert len(ax.lines) == 3
    colours = {tuple(line.get_xydata()[0]): line.get_color() for line in ax.lines}
    assert len(set(colours.values())) == 3
    plt.close(fig)
