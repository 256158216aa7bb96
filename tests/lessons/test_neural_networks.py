"""Lesson 08's module against PyTorch, SciPy and scikit-learn, on shapes of all kinds."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F  # noqa: N812

from lessons import datasets
from lessons.foundations.linear_regression import gradient_check
from lessons.foundations.logistic_regression import (
    SoftmaxRegression,
    cross_entropy,
    stratified_split,
)
from lessons.foundations.neural_networks import (
    MLP,
    backward,
    dropout_masks,
    forward,
    he_normal,
    relu,
    train_epoch,
    xavier_normal,
)

relaxed = settings(max_examples=25, deadline=None)


@st.composite
def networks(draw):
    """X (N, D), y (N,), W and b of one to four layers, and an l2."""
    sizes = draw(st.lists(st.integers(1, 7), min_size=1, max_size=4))
    sizes.append(draw(st.integers(2, 5)))
    N = draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    W = [rng.normal(size=pair) for pair in pairwise(sizes)]
    b = [rng.normal(size=size) for size in sizes[1:]]
    X, y = rng.normal(size=(N, sizes[0])), rng.integers(0, sizes[-1], N)
    return X, y, W, b, draw(st.sampled_from([0.0, 0.01, 1.0]))


def run_torch(X, W, b, masks=None):
    """The same network in PyTorch's words; W and b are leaves."""
    h = torch.tensor(X)
    for k, (weight, bias) in enumerate(zip(W, b, strict=True)):
        h = F.linear(h, weight.T, bias)
        if k < len(W) - 1:
            h = F.relu(h) * (1 if masks is None else torch.tensor(masks[k]))
    return h


def leaves(arrays):
    return [torch.tensor(array, requires_grad=True) for array in arrays]


@relaxed
@given(networks(), st.sampled_from([0.0, 0.5]))
def test_logits_and_gradients_are_those_of_autograd(problem, dropout) -> None:
    X, y, W, b, l2 = problem
    hidden, rng = [len(bias) for bias in b[:-1]], np.random.default_rng(0)
    masks = dropout_masks(len(X), hidden, dropout, rng) if dropout else None
    W_torch, b_torch = leaves(W), leaves(b)
    logits = run_torch(X, W_torch, b_torch, masks)
    penalty = l2 / 2 * sum((w**2).sum() for w in W_torch)
    (F.cross_entropy(logits, torch.tensor(y)) + penalty).backward()
    a = forward(X, W, b, masks)
    np.testing.assert_allclose(a[-1], logits.detach(), rtol=1e-9, atol=1e-9)
    dW, db = backward(a, y, W, l2, masks)
    for ours, theirs in zip(dW + db, W_torch + b_torch, strict=True):
        np.testing.assert_allclose(ours, theirs.grad, rtol=1e-9, atol=1e-9)


def test_gradients_are_those_that_are_measured() -> None:
    rng = np.random.default_rng(1)
    W, b = (
        [rng.normal(size=(3, 6)), rng.normal(size=(6, 4))],
        [rng.normal(size=6), np.zeros(4)],
    )
    X, y = rng.normal(size=(9, 3)), rng.integers(0, 4, 9)
    masks = dropout_masks(9, [6], 0.4, rng)

    def loss(*params):
        penalty = 0.05 * sum(np.sum(w**2) for w in params[:2])
        return cross_entropy(forward(X, params[:2], params[2:], masks)[-1], y) + penalty

    dW, db = backward(forward(X, W, b, masks), y, W, 0.1, masks)
    assert gradient_check(loss, [*W, *b], [*dW, *db]) < 1e-6
    assert gradient_check(loss, [*W, *b], [*dW, 2 * db[0], db[1]]) > 1e-3


@relaxed
@given(networks())
def test_forward_keeps_what_each_layer_was_given(problem) -> None:
    X, _, W, b, _ = problem
    a = forward(X, W, b)
    assert [part.shape for part in a] == [(len(X), len(w)) for w in W] + [
        (len(X), len(b[-1]))
    ]
    assert a[0] is X
    assert all((part >= 0).all() for part in a[1:-1])


def test_relu_is_that_of_torch() -> None:
    z = np.random.default_rng(0).normal(size=(3, 4, 5))
    np.testing.assert_array_equal(relu(z), torch.relu(torch.tensor(z)))
    assert relu(np.array([-1.0, 0.0, 2.0])).tolist() == [0, 0, 2]


@pytest.mark.parametrize(("fan_in", "fan_out"), [(400, 100), (100, 400), (300, 300)])
def test_first_weights_have_the_size_of_torchs(fan_in: int, fan_out: int) -> None:
    torch.manual_seed(0)
    empty = torch.empty(fan_out, fan_in, dtype=torch.float64)
    he = nn.init.kaiming_normal_(empty.clone(), nonlinearity="relu").std().item()
    xavier = nn.init.xavier_normal_(empty.clone()).std().item()
    for ours, theirs in ((he_normal, he), (xavier_normal, xavier)):
        drawn = ours(fan_in, fan_out, np.random.default_rng(0))
        assert drawn.shape == (fan_in, fan_out)
        assert drawn.std() == pytest.approx(theirs, rel=0.03)
        assert abs(drawn.mean()) < 0.05 * drawn.std()


@relaxed
@given(st.floats(0.05, 0.9), st.integers(0, 2**32 - 1))
def test_dropout_keeps_the_mean(dropout: float, seed: int) -> None:
    first, second = dropout_masks(400, [60, 3], dropout, np.random.default_rng(seed))
    assert (first.shape, second.shape) == ((400, 60), (400, 3))
    np.testing.assert_allclose(np.unique(first), [0, 1 / (1 - dropout)])
    assert np.mean(first == 0) == pytest.approx(dropout, abs=0.02)
    assert first.mean() == pytest.approx(1, abs=0.1)
    theirs = nn.Dropout(dropout)(torch.ones(4, 4000, dtype=torch.float64)).unique()
    np.testing.assert_allclose(np.unique(first), theirs)


@pytest.mark.parametrize(
    ("N", "batch_size"), [(7, 3), (6, 3), (5, 9), (4, None), (4, 1)]
)
def test_an_epoch_sees_every_row_once(N: int, batch_size: int | None) -> None:
    """Each row has a weight of its own, which moves by its slope over the batch size."""
    W, b = [np.zeros((N, 2))], [np.zeros(2)]
    y, rng = np.zeros(N, dtype=int), np.random.default_rng(3)
    train_epoch(np.eye(N), y, W, b, 1e-9, rng, batch_size)
    size = min(batch_size or N, N)
    last = N % size or size
    shares = [1 / size] * (N - last) + [1 / last] * last
    np.testing.assert_allclose(sorted(W[0][:, 0] / 0.5e-9), sorted(shares), rtol=1e-6)


@pytest.mark.parametrize("batch_size", [None, 8])
def test_an_epoch_is_that_of_torchs_sgd(batch_size: int | None) -> None:
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(20, 3)), rng.integers(0, 3, 20)
    W = [he_normal(3, 6, rng), he_normal(6, 3, rng)]
    b = [np.zeros(6), np.zeros(3)]
    W_torch, b_torch = leaves(W), leaves(b)
    groups = [{"params": W_torch, "weight_decay": 0.02}, {"params": b_torch}]
    optimizer = torch.optim.SGD(groups, lr=0.3)
    dealt = np.random.default_rng(9)
    rng = np.random.default_rng(9)
    for _ in range(5):
        train_epoch(X, y, W, b, 0.3, rng, batch_size, l2=0.02)
        order, size = dealt.permutation(20), batch_size or 20
        for k in range(0, 20, size):
            rows = order[k : k + size]
            optimizer.zero_grad()
            logits = run_torch(X[rows], W_torch, b_torch)
            F.cross_entropy(logits, torch.tensor(y[rows])).backward()
            optimizer.step()
    for ours, theirs in zip(W + b, W_torch + b_torch, strict=True):
        np.testing.assert_allclose(ours, theirs.detach(), rtol=1e-8, atol=1e-10)


@pytest.fixture(scope="module")
def spiral():
    drops = datasets.load("spiral")
    X, y = drops[["x1", "x2"]].to_numpy(), drops["label"].to_numpy()
    return X, y, *stratified_split(y, (0.4, 0.2, 0.4), seed=1)


def fitted(spiral, **changes) -> MLP:
    X, y, train, *_ = spiral
    given = {"sizes": (2, 16, 16, 3), "lr": 0.5, "num_epochs": 20, "batch_size": 60}
    return MLP(**(given | changes)).fit(X[train], y[train])


def test_the_spiral_is_learnt_where_straight_cuts_fail(spiral) -> None:
    X, y, train, _, test = spiral
    straight = SoftmaxRegression(lr=0.5, num_epochs=200).fit(X[train], y[train])
    model = fitted(spiral, num_epochs=60)
    assert np.mean(straight.predict(X[test]) == y[test]) < 0.6
    assert np.mean(model.predict(X[test]) == y[test]) > 0.95
    assert len(model.losses) == 60
    assert model.losses[-1] == pytest.approx(
        cross_entropy(model.logits(X[train]), y[train])
    )


def test_predictions_are_those_of_scikit_learn_with_the_same_weights(spiral) -> None:
    X, y, train, _, test = spiral
    model, sk = fitted(spiral), MLPClassifier((16, 16), max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        sk.fit(X[train], y[train])
    sk.coefs_, sk.intercepts_ = model.W, model.b
    Z = StandardScaler().fit(X[train]).transform(X[test])
    np.testing.assert_allclose(
        model.predict_proba(X[test]), sk.predict_proba(Z), atol=1e-10
    )
    np.testing.assert_array_equal(model.predict(X[test]), sk.predict(Z))


def test_no_hidden_layer_is_softmax_regression(spiral) -> None:
    X, y, train, _, test = spiral
    model = fitted(spiral, sizes=(2, 3), batch_size=None, num_epochs=800, l2=0.01)
    theirs = SoftmaxRegression(lr=0.5, num_epochs=800, l2=0.01).fit(X[train], y[train])
    np.testing.assert_allclose(
        model.predict_proba(X[test]), theirs.predict_proba(X[test]), atol=1e-6
    )


def test_a_seed_repeats_and_another_does_not(spiral) -> None:
    X = spiral[0]
    first, again, other = (fitted(spiral, seed=s, dropout=0.2) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.logits(X), again.logits(X))
    assert not np.allclose(first.logits(X), other.logits(X))


def test_a_second_fit_starts_anew(spiral) -> None:
    X, y, train, *_ = spiral
    model = fitted(spiral, num_epochs=3)
    kept = model.logits(X)
    model.fit(X[train], y[train])
    np.testing.assert_array_equal(model.logits(X), kept)
    assert len(model.losses) == 3


def test_the_unit_of_a_column_does_not_matter(spiral) -> None:
    X, y, train, *_ = spiral
    model = fitted(spiral, num_epochs=5)
    scaled = X * [1000, 0.1] + [5, -3]
    other = MLP((2, 16, 16, 3), 0.5, 5, batch_size=60).fit(scaled[train], y[train])
    np.testing.assert_allclose(
        model.logits(X), other.logits(scaled), rtol=1e-6, atol=1e-6
    )


def test_epochs_hand_over_in_between(spiral) -> None:
    X, y, train, *_ = spiral
    model = MLP((2, 8, 3), 0.3, 4, batch_size=100)
    seen = []
    for epoch in model.epochs(X[train], y[train]):
        assert len(model.losses) == epoch
        seen.append(model.logits(X))
    assert epoch == len(seen) == 4
    assert not np.allclose(seen[0], seen[-1])
    np.testing.assert_array_equal(
        seen[-1],
        MLP((2, 8, 3), 0.3, 4, batch_size=100).fit(X[train], y[train]).logits(X),
    )


def test_a_penalty_makes_the_weights_smaller(spiral) -> None:
    norms = [
        sum(np.sum(w**2) for w in fitted(spiral, l2=l2).W) for l2 in (0.0, 0.01, 0.1)
    ]
    assert norms[0] > norms[1] > norms[2]


def test_prediction_leaves_dropout_out(spiral) -> None:
    X = spiral[0]
    model = fitted(spiral, dropout=0.5)
    np.testing.assert_array_equal(model.logits(X), model.logits(X))
