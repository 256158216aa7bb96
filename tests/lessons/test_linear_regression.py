"""Lesson 06's module against scikit-learn, PyTorch and SciPy, on shapes of all kinds."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from sklearn import linear_model
from sklearn.metrics import mean_squared_error
from sklearn.preprocessing import StandardScaler

from lessons.exercises import Status
from lessons.exercises import linear_regression as exercises
from lessons.foundations.linear_regression import (
    LinearRegression,
    gradient_check,
    gradient_descent,
    gradients,
    mse,
    standardize,
    unstandardize,
)

relaxed = settings(max_examples=40, deadline=None)


@st.composite
def problems(draw):
    """X (N, D) of columns with unlike scales, y (N, 1), W (D, 1), b (1,)."""
    D = draw(st.integers(1, 6))
    N = draw(st.integers(D + 2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = 10.0 ** rng.uniform(-2, 2, D)
    X = rng.normal(size=(N, D)) * scale + 3 * scale * rng.normal(size=D)
    y = rng.normal(5, 3, (N, 1))
    return X, y, rng.normal(size=(D, 1)), rng.normal(size=1)


@relaxed
@given(problems())
def test_mse_is_that_of_scikit_learn(problem) -> None:
    X, y, W, b = problem
    assert mse(y, X @ W + b) == pytest.approx(mean_squared_error(y, X @ W + b))


@pytest.mark.parametrize("shape", [(5,), (1, 5), (4, 1), ()])
def test_mse_refuses_to_broadcast(shape) -> None:
    with pytest.raises(ValueError, match=r"y is \(5, 1\), y_hat is"):
        mse(np.zeros((5, 1)), np.zeros(shape))


@relaxed
@given(problems())
def test_gradients_are_those_of_autograd(problem) -> None:
    X, y, *params = problem
    W, b = (torch.tensor(p, requires_grad=True) for p in params)
    loss = torch.nn.functional.mse_loss(torch.tensor(X) @ W + b, torch.tensor(y))
    loss.backward()
    for ours, theirs in zip(gradients(X, y, *params), (W.grad, b.grad), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@relaxed
@given(problems())
def test_the_check_passes_a_right_gradient_and_no_wrong_one(problem) -> None:
    X, y, W, b = problem
    X = standardize(X)[0]

    def loss(W, b):
        return mse(y, X @ W + b)

    dW, db = gradients(X, y, W, b)
    largest = max(np.abs(dW).max(), np.abs(db).max())
    assert gradient_check(loss, [W, b], [dW, db]) < 1e-6
    assert gradient_check(loss, [W, b], [-dW, -db]) == pytest.approx(2, rel=1e-4)
    nudged = dW.copy()
    nudged[-1] += 0.01 * largest
    assert gradient_check(loss, [W, b], [nudged, db]) == pytest.approx(0.01, rel=1e-2)


def test_the_check_measures_what_scipy_measures() -> None:
    def loss(W):
        return float(np.sum(np.sin(W)))

    W = np.linspace(0.1, 1, 6).reshape(2, 3)
    by_scipy = approx_fprime(W.ravel(), loss, 1e-7).reshape(2, 3)
    assert gradient_check(loss, [W], [by_scipy]) < 1e-6


def test_the_check_leaves_the_parameters_alone() -> None:
    W = np.ones((2, 1))
    gradient_check(lambda W: float(np.sum(W**2)), [W], [2 * W])
    np.testing.assert_array_equal(W, np.ones((2, 1)))


@relaxed
@given(problems())
def test_standardize_is_the_scaler(problem) -> None:
    X, *_ = problem
    half = len(X) // 2 + 1
    scaler = StandardScaler().fit(X[:half])
    _, mean, std = standardize(X[:half])
    np.testing.assert_allclose(
        standardize(X, mean, std)[0], scaler.transform(X), rtol=1e-6, atol=1e-6
    )


def test_a_constant_column_is_only_centred() -> None:
    X = np.array([[2.0, 1], [2, 3]])
    Z, mean, std = standardize(X)
    np.testing.assert_allclose(Z, [[0, -1], [0, 1]])
    np.testing.assert_allclose(std, [0, 1])
    np.testing.assert_allclose(
        standardize(np.array([[5.0, 2]]), mean, std)[0], [[3, 0]]
    )


@relaxed
@given(problems())
def test_unstandardize_predicts_the_same(problem) -> None:
    X, y, W, b = problem
    (Z, *x), (_, *t) = standardize(X), standardize(y)
    W_raw, b_raw = unstandardize(W, b, *x, *t)
    there = (Z @ W + b) * t[1] + t[0]
    np.testing.assert_allclose(X @ W_raw + b_raw, there, rtol=1e-7, atol=1e-7)


@relaxed
@given(problems())
def test_a_solve_is_that_of_scikit_learn(problem) -> None:
    X, y, *_ = problem
    ours = LinearRegression().fit(X, y)
    theirs = linear_model.LinearRegression().fit(X, y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours.W.T, theirs.coef_, rtol=1e-5, atol=1e-7)
    assert ours.W.shape == (X.shape[1], 1)
    assert ours.b.shape == (1,)


@pytest.mark.parametrize("D", [1, 3])
def test_a_walk_ends_where_a_solve_does(D) -> None:
    rng = np.random.default_rng(D)
    X = rng.normal(size=(60, D)) * 100 + 50
    y = X @ rng.normal(size=(D, 1)) + rng.normal(size=(60, 1)) - 7
    walked = LinearRegression(lr=0.1, num_epochs=500).fit(X, y)
    np.testing.assert_allclose(walked.W, LinearRegression().fit(X, y).W, rtol=1e-8)


def test_descent_is_that_of_torch() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
    W, b, losses = gradient_descent(X, y, 0.05, 30)
    model = torch.nn.Linear(3, 1, dtype=torch.float64)
    for p in model.parameters():
        torch.nn.init.zeros_(p)
    opt, seen = torch.optim.SGD(model.parameters(), lr=0.05), []
    for _ in range(30):
        opt.zero_grad()
        loss = torch.nn.functional.mse_loss(model(torch.tensor(X)), torch.tensor(y))
        loss.backward()
        opt.step()
        seen.append(loss.item())
    np.testing.assert_allclose(W.T, model.weight.detach(), rtol=1e-10)
    np.testing.assert_allclose(b, model.bias.detach(), rtol=1e-10)
    np.testing.assert_allclose(losses, seen, rtol=1e-10)


def test_descent_goes_on_from_where_it_is_told() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(9, 2)), rng.normal(size=(9, 1))
    W, b, _ = gradient_descent(X, y, 0.1, 4)
    kept = W.copy(), b.copy()
    half = gradient_descent(X, y, 0.1, 3, W, b)
    np.testing.assert_array_equal(W, kept[0])
    np.testing.assert_array_equal(b, kept[1])
    whole = gradient_descent(X, y, 0.1, 7)
    np.testing.assert_allclose(half[0], whole[0])
    np.testing.assert_allclose(half[1], whole[1])


@pytest.mark.parametrize("town", exercises.choose_alpha.cases.values())
def test_the_penalty_asked_for_is_best_on_flats_never_listed(town) -> None:
    X, y, groups, alphas = town
    first = [np.flatnonzero(groups == g)[0] for g in np.unique(groups)]
    second = [np.flatnonzero(groups == g)[1] for g in np.unique(groups)]
    np.testing.assert_allclose(X[first], X[second], atol=0.1)
    wanted = exercises.choose_alpha.expected(*town)
    for fold in range(3):
        held_out = groups % 3 == fold
        errors = {
            alpha: mean_squared_error(
                y[held_out],
                linear_model.Ridge(alpha)
                .fit(X[~held_out], y[~held_out])
                .predict(X[held_out]),
            )
            for alpha in alphas
        }
        assert errors[wanted] < errors[min(alphas)]


def test_batches_may_be_yielded_and_need_not_end() -> None:
    def dealt(N, batch_size, rng):
        order = rng.permutation(N)
        for k in range(0, N, batch_size):
            yield order[k : k + batch_size]

    def endless(N, batch_size, rng):
        while True:
            yield from dealt(N, batch_size, rng)

    assert exercises.batch_iterator.verdict(dealt).status is Status.CORRECT
    assert exercises.batch_iterator.verdict(endless).status is Status.WRONG
