"""Exercises of lesson 09."""

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from lessons.exercises import Exercise, Mistake

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]
LESSON = "foundations/09_data_quality"

_rng = np.random.default_rng(0)


def _nearest(known: Array, X: Array, k: int = 1) -> Array:
    """scikit-learn's distance from each row of X to its k-th nearest known row."""
    return np.asarray(
        NearestNeighbors(n_neighbors=k).fit(known).kneighbors(X)[0][:, -1]
    )


def _margin(X: Array, y: Labels) -> Array:
    found = np.empty(len(y))
    for label in np.unique(y):
        found[y == label] = _nearest(X[y != label], X[y == label])
    return found


def _any_class(X: Array, y: Labels) -> Array:
    return _nearest(X, X, 2)


margin = Exercise(
    LESSON,
    1,
    "A row with a tiny margin is on the border, or has the wrong label. A row whose "
    "margin is smaller than the distance to its own class deserves a second reading.",
    [
        "Which pairs of rows do not count, and how can a minimum be made to skip them?",
        "Take all distances (N, N); make those within one class infinite.",
        "np.where(y[:, None] == y, np.inf, distances).min(axis=1).",
    ],
    [
        Mistake(
            _any_class,
            "this is the nearest row of *any* class: its neighbours mostly share its "
            "own, so the border is not seen.",
        ),
        Mistake(
            lambda X, y: np.zeros(len(y)),
            "each row was compared with itself, too: at distance 0 it is its own "
            "nearest row.",
        ),
        Mistake(
            lambda X, y: _margin(X, y) ** 2,
            "these are squared distances; the root is missing.",
        ),
    ],
    {
        "two classes": (_rng.normal(size=(6, 2)), np.array([0, 0, 0, 1, 1, 1])),
        "three classes": (_rng.normal(size=(9, 3)), np.arange(9) % 3),
    },
    _margin,
)


def _near(train: Array, test: Array, tolerance: float) -> Mask:
    return _nearest(train, test) <= tolerance


def _leaked(X_train: Array, X_test: Array, tolerance: float) -> Mask:
    """All rows on one scale, that of the training rows."""
    std = X_train.std(axis=0)
    return _near(X_train / std, X_test / std, tolerance)


def _one_divisor(X_train: Array, X_test: Array, tolerance: float) -> Mask:
    return _near(X_train, X_test, tolerance * float(X_train.std(axis=0).max()))


def _two_scales(X_train: Array, X_test: Array, tolerance: float) -> Mask:
    train, test = ((X - X.mean(axis=0)) / X.std(axis=0) for X in (X_train, X_test))
    return _near(train, test, tolerance)


_train = _rng.normal(size=(20, 2)) * [1.0, 100.0]
_shift = np.repeat([[0.0, 0.0], [0.0, 2.0], [3.0, 0.0]], 2, axis=0)
_copies = _train[:6] + _shift
_strangers = _rng.normal(size=(4, 2)) * [3.0, 300.0]

leak = Exercise(
    LESSON,
    2,
    "One ruler for both tables: the training columns' spread. Run it before every "
    "evaluation that seems too good.",
    [
        "If one column is a hundred times as wide, which column decides the distance?",
        "Divide both tables by the standard deviations of X_train.",
        "All distances (M, N), their minimum over the training rows, <= tolerance.",
    ],
    [
        Mistake(
            _near,
            "distances in raw units: the column with the largest numbers decides.",
        ),
        Mistake(
            _one_divisor,
            "one divisor for all columns: the widest column still decides.",
        ),
        Mistake(
            _two_scales,
            "each table was standardised by itself, so the same row is no longer the "
            "same row.",
        ),
    ],
    {
        "four copies and two strangers": (_train, _copies, 0.05),
        "strangers only": (_train, _strangers, 0.02),
    },
    _leaked,
)


def _true_accuracy(agreement: float, rate: float) -> float:
    """Solve for the shares of right and wrong answers, which add up to 1."""
    shares = np.linalg.solve([[1 - rate, rate], [1.0, 1.0]], [agreement, 1.0])
    return float(shares[0])


noisy_test = Exercise(
    LESSON,
    3,
    "Noise in the test labels squeezes every accuracy towards one half. A model can be "
    "right more often than its labels.",
    [
        "In which two ways can the model agree with a label?",
        "Right and not flipped, or wrong and flipped: agreement = a(1 - r) + (1 - a)r.",
        "Solve that for a: subtract the rate, divide by 1 minus twice the rate.",
    ],
    [
        Mistake(
            lambda agreement, rate: agreement / (1 - rate),
            "a wrong answer can agree with a flipped label; that lucky agreement has "
            "been counted as earned.",
        ),
        Mistake(
            lambda agreement, rate: agreement + rate,
            "not every flipped label turns a right answer into a disagreement: some "
            "turn a wrong one into an agreement.",
        ),
        Mistake(
            lambda agreement, rate: agreement * (1 - rate) + (1 - agreement) * rate,
            "this adds the noise a second time, instead of taking it away.",
        ),
        Mistake(
            lambda agreement, rate: agreement - rate,
            "the lucky agreements are gone, but the scale is still squeezed: a model "
            "that is always right would get 1 minus twice the rate.",
        ),
    ],
    {"a tenth flipped": (0.86, 0.1), "a quarter flipped": (0.6, 0.25)},
    _true_accuracy,
)


_TRUE = {
    7: np.array([12.0, 14.0, 15.0, 16.0, 18.0, 21.0, 13.0]),
    9: np.array([0.9, 1.2, 1.4, 1.0, 2.1, 0.8, 1.1, 1.6, 0.6]),
}


def _around(centre: float, x: Array) -> Array:
    return np.asarray(x / 10 ** np.round(np.log10(x / centre)))


units = Exercise(
    LESSON,
    4,
    "Units are steps on a logarithmic ruler, and the median says where the ruler's "
    "zero is, as long as most values are right.",
    [
        "What does multiplying by ten do to a logarithm?",
        "How many whole steps of log10 is a value away from the median's?",
        "Divide by 10 to the rounded log10 of x / median.",
    ],
    [
        Mistake(
            lambda x: _around(float(np.mean(x)), x),
            "the mean was pulled up by the wrong values: the right ones were repaired "
            "towards them.",
        ),
        Mistake(
            lambda x: x / 10 ** np.trunc(np.log10(x / np.median(x))),
            "the power was cut off, not rounded: 7 times too large is nearer to ten "
            "times than to one.",
        ),
        Mistake(
            lambda x: np.where(x > 3 * np.median(x), x / 10, x),
            "only values ten times too large were mended; a hundred times is possible, "
            "and so is a tenth.",
        ),
        Mistake(
            lambda x: np.where(x > 3 * np.median(x), np.median(x), x),
            "the wrong values were replaced by the median: what they said is lost, "
            "though it can be had back.",
        ),
    ],
    {
        "one other unit": (_TRUE[7] * [1, 10, 1, 1, 10, 1, 100],),
        "three other units": (_TRUE[9] * [1, 1, 1000, 1, 0.1, 1, 1, 0.01, 10],),
    },
    lambda x: _TRUE[len(x)],
)
