"""Exercises of lesson 06."""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import linear_model
from sklearn.model_selection import GroupKFold, KFold

from lessons.exercises import Exercise, Mistake, Property

Array = NDArray[np.float64]
Gradient = tuple[Array, Array]
LESSON = "foundations/06_linear_regression"

_rng = np.random.default_rng(0)
_X = _rng.normal(size=(6, 2))
_y = _rng.normal(size=(6, 1)) + 3


def _absolute(X: Array, y: Array, W: Array, b: Array) -> Gradient:
    """PyTorch's gradient, which is 0 where the error is."""
    import torch

    params = [torch.tensor(p, requires_grad=True) for p in (W, b)]
    error = torch.tensor(X) @ params[0] + params[1] - torch.tensor(y)
    dW, db = torch.autograd.grad(error.abs().mean(), params)
    return dW.numpy(), db.numpy()


def _squared(X: Array, y: Array, W: Array, b: Array) -> Gradient:
    e = X @ W + b - y
    return 2 / len(X) * X.T @ e, 2 * e.mean(axis=0)


def _scaled(factor: Callable[[Array], float]) -> Callable[..., Gradient]:
    def answer(X: Array, y: Array, W: Array, b: Array) -> Gradient:
        dW, db = _absolute(X, y, W, b)
        return factor(X) * dW, factor(X) * db

    return answer


def _one_sided(X: Array, y: Array, W: Array, b: Array) -> Gradient:
    side = np.where(X @ W + b >= y, 1.0, -1.0)
    return X.T @ side / len(X), side.mean(axis=0)


absolute = Exercise(
    LESSON,
    1,
    "Far off or nearly right, every row pulls equally hard, so a typing error has one "
    "vote. At 0 the curve has a corner, and any slope from −1 to 1 is fair.",
    [
        "How much does |e| change if e grows by a hair? Does the size of e matter?",
        "The slope of |e| is the sign of e; the rest of the chain is as in the lesson.",
        "np.sign gives -1, 0 or 1; put it where the squared error has 2 * e.",
    ],
    [
        Mistake(
            _squared,
            "this is the gradient of the squared error: large errors pull harder.",
        ),
        Mistake(
            _scaled(len),
            "you summed over the rows; the gradient of a mean is a mean, too.",
        ),
        Mistake(
            _scaled(lambda X: -1.0),
            "right size, wrong sign: this points downhill. Is your error y_hat - y?",
        ),
        Mistake(
            _one_sided,
            "the row that the line passes through still pulls; at the corner it shall "
            "count nothing.",
        ),
    ],
    {
        "two rows, one above": (
            np.array([[2.0], [5.0]]),
            np.array([[9.0], [4.0]]),
            np.array([[1.0]]),
            np.array([0.0]),
        ),
        "a row on the line": (
            np.array([[1.0], [2.0], [4.0]]),
            np.array([[3.0], [4.0], [7.0]]),
            np.array([[1.0]]),
            np.array([2.0]),
        ),
        "six rows, two columns": (_X, _y, np.ones((2, 1)), np.array([2.0])),
    },
    _absolute,
)


def _stacked(model: Any) -> Array:
    """Bias first, then the weights, (D + 1, 1)."""
    return np.append(model.intercept_, model.coef_).reshape(-1, 1)


def _weighted(X: Array, y: Array, w: Array) -> Array:
    fit = linear_model.LinearRegression().fit(X, y, sample_weight=w)
    return _stacked(fit)


weighted = Exercise(
    LESSON,
    2,
    "A trust of 2 is the same as listing the row twice, and 0 the same as deleting it.",
    [
        "What would you do to the table if a row's trust were 2?",
        "Minimising the sum of w * e**2 is ordinary least squares on rescaled rows.",
        "A row's factor must square to w; rescale y and X1, ones included, then lstsq.",
    ],
    [
        Mistake(
            lambda X, y, w: _weighted(X, y, w**2),
            "the trust got squared: the loss squares whatever you multiply a row by.",
        ),
        Mistake(
            lambda X, y, w: _weighted(X, y, np.ones(len(X))),
            "this is the answer without trust; w has no effect yet.",
        ),
        Mistake(
            lambda X, y, w: np.linalg.lstsq(
                np.hstack([np.ones((len(X), 1)), X * np.sqrt(w)[:, None]]),
                y * np.sqrt(w)[:, None],
                rcond=None,
            )[0],
            "the column of ones belongs to the row, too: rescale it with the rest.",
        ),
    ],
    {
        "trust 1, 1, 1, 0, 2, 5": (_X, _y, np.array([1.0, 1, 1, 0, 2, 5])),
        "equal trust": (_X, _y, np.ones(6)),
    },
    _weighted,
)


Rows = NDArray[np.int64]


def _batches(N: int, batch_size: int, rng: np.random.Generator) -> list[Rows]:
    order = rng.permutation(N)
    return [order[k : k + batch_size] for k in range(0, N, batch_size)]


def _drawn(N: int, batch_size: int, rng: np.random.Generator) -> list[Rows]:
    return [rng.integers(0, N, batch_size) for _ in range(0, N, batch_size)]


def _unshuffled(N: int, batch_size: int, rng: np.random.Generator) -> list[Rows]:
    return np.split(np.arange(N), range(batch_size, N, batch_size))


def _epochs(answer: Any, N: int, batch_size: int, rng: np.random.Generator) -> object:
    """Two epochs, one after the other, and the first again from the same state."""
    again = copy.deepcopy(rng)
    epochs = {}
    for name, source in (("first", rng), ("second", rng), ("first again", again)):
        epoch = answer(N, batch_size, source)
        if isinstance(epoch, Iterator):  # `yield` is welcome; one batch a row at most
            epoch = list(islice(epoch, N + 1))
        if not isinstance(epoch, list | tuple):
            return epoch
        epochs[name] = epoch
    return epochs


def _rows(epoch: Any) -> list[int]:
    return [int(row) for batch in epoch for row in batch]


def _lengths(epoch: Any) -> list[int]:
    return [len(batch) for batch in epoch]


_TWICE = "some rows come twice and others never: deal them out, do not draw each batch."
_MISSING = "some rows are never seen: the last batch may be short, but not left out."
_LENGTH = "a batch has the wrong length; only the last may be shorter than batch_size."
_SAME = "the second epoch repeats the order of the first: draw it anew from `rng`."
_OTHER = "one `rng` gave two orders: the order must come from it and nothing else."

batch_iterator = Exercise(
    LESSON,
    3,
    "Each row counts once an epoch; without the short batch, a few would be hidden.",
    [
        "How do you deal a pack of cards so that every card is dealt once?",
        "Shuffle the row numbers once, then cut the shuffled list.",
        "One rng.permutation(N); then slices from 0, batch_size, 2 * batch_size …",
    ],
    [
        Mistake(_drawn, _TWICE),
        Mistake(lambda N, size, rng: _batches(N, size, rng)[: N // size], _MISSING),
        Mistake(lambda N, size, rng: [rng.permutation(N)], _LENGTH),
        Mistake(_unshuffled, _SAME),
        Mistake(lambda N, size, _: _batches(N, size, np.random.default_rng()), _OTHER),
    ],
    {
        f"N = {N}, batch_size = {size}": (N, size, np.random.default_rng(0))
        for N, size in ((10, 4), (12, 3))
    },
    properties=[
        Property(
            lambda epochs, *_: all(
                len(set(_rows(epoch))) == len(_rows(epoch)) for epoch in epochs.values()
            ),
            _TWICE,
        ),
        Property(
            lambda epochs, N, *_: all(
                sorted(_rows(epoch)) == list(range(N)) for epoch in epochs.values()
            ),
            _MISSING,
        ),
        Property(
            lambda epochs, *case: all(
                _lengths(epoch) == _lengths(_unshuffled(*case))
                for epoch in epochs.values()
            ),
            _LENGTH,
        ),
        Property(
            lambda epochs, *_: _rows(epochs["first"]) != _rows(epochs["second"]), _SAME
        ),
        Property(
            lambda epochs, *_: _rows(epochs["first"]) == _rows(epochs["first again"]),
            _OTHER,
        ),
    ],
    use=_epochs,
)


def _ridge(X: Array, y: Array, alpha: float) -> Array:
    return _stacked(linear_model.Ridge(alpha).fit(X, y))


def _ridge_all(X: Array, y: Array, alpha: float) -> NDArray[np.floating[Any]]:
    X1 = np.hstack([np.ones((len(X), 1)), X])
    return np.linalg.solve(X1.T @ X1 + alpha * np.eye(X1.shape[1]), X1.T @ y)


ridge = Exercise(
    LESSON,
    4,
    "As alpha grows the weights go to 0, and every prediction to the mean of y, not 0.",
    [
        "With an enormous penalty, what should a sensible model still predict?",
        "It adds alpha to the diagonal of the normal equations, save one entry.",
        "alpha * np.eye(D + 1), its first entry set to 0, added to X1.T @ X1; solve.",
    ],
    [
        Mistake(
            _ridge_all,
            "the bias was penalised, too: predictions shrink to 0 instead of the mean.",
        ),
        Mistake(
            lambda X, y, alpha: _ridge(X, y, alpha * len(X)),
            "alpha got multiplied by N: it stands beside a sum here, not a mean.",
        ),
        Mistake(
            lambda X, y, alpha: _ridge(X, y, alpha / 2),
            "half the penalty: both squares bring down a 2, so the twos cancel.",
        ),
    ],
    {"alpha = 0": (_X, _y, 0.0), "alpha = 10": (_X, _y, 10.0)},
    _ridge,
)


def twice_listed(seed: int) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return X (120, 80), y (120, 1) and groups (120,): 60 flats, each listed twice."""
    rng = np.random.default_rng(seed)
    flats, W = rng.normal(size=(60, 80)), 0.2 * rng.normal(size=(80, 1))
    rents = flats @ W + rng.normal(0, 1.5, (60, 1))
    groups = rng.permutation(np.repeat(np.arange(60), 2))
    X = flats[groups] + rng.normal(0, 0.01, (120, 80))
    return X, rents[groups] + rng.normal(0, 0.02, (120, 1)), groups


Folds = Iterable[tuple[Array, Array]]


def _choose(folds: Callable[[Array, Array], Folds]) -> Callable[..., float]:
    def answer(X: Array, y: Array, groups: Array, alphas: Sequence[float]) -> float:
        def error(alpha: float) -> float:
            model = linear_model.Ridge(alpha)
            return sum(
                float(np.sum((model.fit(X[a], y[a, 0]).predict(X[b]) - y[b, 0]) ** 2))
                for a, b in folds(X, groups)
            )

        return min(alphas, key=error)

    return answer


choose_alpha = Exercise(
    LESSON,
    5,
    "Split by what will be new at prediction time: the flat, not the advertisement.",
    [
        "At prediction time, will the model have met this flat? And in your folds?",
        "Both advertisements of a flat have to fall into the same fold.",
        "Deal np.unique(groups) into folds; np.isin(groups, fold) marks its rows.",
    ],
    [
        Mistake(
            _choose(
                lambda X, groups: KFold(5, shuffle=True, random_state=0).split(X),
            ),
            "too small a penalty: it does best on flats it has met. Is a flat's second "
            "advertisement among the rows you fitted, or are you grading fitted rows?",
        ),
        Mistake(
            lambda X, y, groups, alphas: max(alphas, key=lambda alpha: alpha),
            "too large a penalty: on new flats a smaller one does better. Compare all "
            "of `alphas` by their error.",
        ),
    ],
    {f"town {seed}": (*twice_listed(seed), (0.1, 100.0, 1e5)) for seed in (3, 4)},
    _choose(lambda X, groups: GroupKFold(5).split(X, groups=groups)),
)
