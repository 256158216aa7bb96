"""Data quality: find what is wrong with the rows before you enlarge the model.

Made from foundations/09_data_quality.ipynb; edit it there.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lessons.foundations.numpy import squared_distances

__all__ = [
    "Array",
    "Damaged",
    "Labels",
    "Mask",
    "find_duplicates",
    "find_gap",
    "find_imbalance",
    "find_label_noise",
    "find_outliers",
    "nearest_distance",
    "out_of_fold",
    "robust_z",
    "self_confidence",
    "unit_factors",
    "with_duplicates",
    "with_gap",
    "with_imbalance",
    "with_label_noise",
    "with_outliers",
    "with_unit_error",
]

# From cell 9bdafb75 of foundations/09_data_quality.ipynb.
Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]
Damaged = tuple[Array, Labels, Mask]


# From cell b73fb154 of foundations/09_data_quality.ipynb.
def _draw(rows: int, share: float, rng: np.random.Generator) -> Mask:
    hit = np.zeros(rows, dtype=bool)
    hit[rng.choice(rows, round(share * rows), replace=False)] = True
    return hit


def with_gap(
    X: Array,
    y: Labels,
    inside: Callable[[Array, Labels], Mask],
    share: float,
    rng: np.random.Generator,
) -> Damaged:
    """Lose a share of the rows in one region.

    Args:
        X: features, (N, D).
        y: class labels, (N,).
        inside: from X and y to a mask (N,) of the region.
        share: of the region that is lost, 0 to 1.
        rng: draws the rows.

    Returns:
        The kept rows, their labels, and the mask of the lost rows (N,) among the
        rows that came in.
    """
    region = np.flatnonzero(inside(X, y))
    hit = np.zeros(len(y), dtype=bool)
    hit[region[_draw(len(region), share, rng)]] = True
    return X[~hit], y[~hit], hit


def with_imbalance(
    X: Array, y: Labels, label: int, share: float, rng: np.random.Generator
) -> Damaged:
    """Lose a share of one class; the mask (N,) marks the lost rows that came in."""
    return with_gap(X, y, lambda _, labels: labels == label, share, rng)


# From cell 08c96a88 of foundations/09_data_quality.ipynb.
def with_label_noise(
    X: Array, y: Labels, share: float, rng: np.random.Generator
) -> Damaged:
    """Give a share of the rows a wrong class; the mask (N,) marks them.

    Raises:
        ValueError: if there is only one class.
    """
    num_classes = int(y.max()) + 1
    if num_classes < 2:
        raise ValueError("with one class there is no wrong label")
    hit = _draw(len(y), share, rng)
    shift = rng.integers(1, num_classes, len(y))
    return X.copy(), np.where(hit, (y + shift) % num_classes, y), hit


def with_duplicates(
    X: Array, y: Labels, share: float, jitter: float, rng: np.random.Generator
) -> Damaged:
    """Append copies of a share of the rows, measured again.

    Args:
        X: features, (N, D).
        y: class labels, (N,).
        share: of the rows that are copied.
        jitter: scatter of the second measurement, in standard deviations.
        rng: draws rows and scatter.

    Returns:
        X (N + M, D), y (N + M,), and the mask (N + M,) of the M copies.
    """
    rows = np.flatnonzero(_draw(len(y), share, rng))
    copies = X[rows] + jitter * X.std(axis=0) * rng.normal(size=X[rows].shape)
    hit = np.arange(len(y) + len(rows)) >= len(y)
    return np.vstack([X, copies]), np.append(y, y[rows]), hit


# From cell b1a9c4a7 of foundations/09_data_quality.ipynb.
def with_outliers(
    X: Array, y: Labels, share: float, size: float, rng: np.random.Generator
) -> Damaged:
    """Push one column of a share of the rows up by ``size`` standard deviations."""
    hit = _draw(len(y), share, rng)
    column = rng.integers(0, X.shape[1], len(y))
    pushed = hit[:, None] & (column[:, None] == np.arange(X.shape[1]))
    return X + size * X.std(axis=0) * pushed, y.copy(), hit


def with_unit_error(
    X: Array,
    y: Labels,
    column: int,
    factor: float,
    share: float,
    rng: np.random.Generator,
) -> Damaged:
    """Multiply one column of a share of the rows by ``factor``; the mask marks them."""
    hit = _draw(len(y), share, rng)
    wrong = X.copy()
    wrong[hit, column] *= factor
    return wrong, y.copy(), hit


# From cell 7fd0f017 of foundations/09_data_quality.ipynb.
def robust_z(X: Array) -> Array:
    """Distance from the median in robust standard deviations, (N, D).

    The median absolute deviation is scaled by 1.4826, so that it estimates the
    standard deviation of Gaussian data.
    """
    centre = np.median(X, axis=0)
    spread = 1.4826 * np.median(np.abs(X - centre), axis=0)
    return np.asarray((X - centre) / spread)


def find_outliers(X: Array, limit: float = 5.0) -> Mask:
    """Mark rows (N,) with a robust z-score beyond the limit in any column of (N, D)."""
    return np.asarray((np.abs(robust_z(X)) > limit).any(axis=1))


def unit_factors(x: Array, factors: Sequence[float]) -> Array:
    """Guess which factor each positive value was multiplied by.

    Args:
        x: one column, (N,), positive; most values in the right unit.
        factors: the candidates, such as 1 and 10; 1 for the right unit.

    Returns:
        For each value the factor that explains best how far it is from the median.
    """
    candidates = np.asarray(factors, dtype=float)
    ratio = np.log(x / np.median(x))
    nearest = np.abs(ratio[:, None] - np.log(candidates)).argmin(axis=1)
    return np.asarray(candidates[nearest])


# From cell 8dfb3555 of foundations/09_data_quality.ipynb.
def out_of_fold(
    fit_predict: Callable[[Array, Labels, Array], Array],
    X: Array,
    y: Labels,
    folds: Sequence[Labels],
) -> Array:
    """Probabilities for each row from a model that never saw it.

    Args:
        fit_predict: from X, y to learn from and X to judge, to probabilities.
        X: features, (N, D).
        y: class labels, (N,).
        folds: row numbers, each row in one fold; each fold is judged once.

    Returns:
        Probabilities, (N, C).
    """
    probs = np.zeros((len(y), int(y.max()) + 1))
    for fold in folds:
        rest = np.setdiff1d(np.arange(len(y)), fold)
        probs[fold] = fit_predict(X[rest], y[rest], X[fold])
    return probs


def self_confidence(y: Labels, probs: Array) -> Array:
    """Mean probability of class k over the rows labelled k, (C,).

    Args:
        y: given labels, (N,), each class at least once.
        probs: out-of-fold probabilities, (N, C).

    Source: Northcutt, Jiang and Chuang (2021).
    """
    return np.array([probs[y == k, k].mean() for k in range(probs.shape[1])])


def find_label_noise(y: Labels, probs: Array, confidence: float | Array = 0.9) -> Mask:
    """Mark rows whose label a model doubts that never saw them.

    Args:
        y: given labels, (N,).
        probs: out-of-fold probabilities, (N, C).
        confidence: probability that another class must reach; one for all classes,
            or one a class, (C,).
    """
    other = probs.argmax(axis=1)
    bar = np.broadcast_to(confidence, probs.shape[1])[other]
    return np.asarray((other != y) & (probs.max(axis=1) >= bar))


# From cell 3b379d6d of foundations/09_data_quality.ipynb.
def nearest_distance(X: Array, known: Array | None = None) -> Array:
    """Distance from each row of X (N, D) to the nearest known row (M, D), (N,).

    Without ``known``, to the nearest *other* row of X.
    """
    squared = squared_distances(X, X if known is None else known)
    if known is None:
        np.fill_diagonal(squared, np.inf)
    return np.asarray(np.sqrt(squared.min(axis=1)))


def find_gap(X: Array, known: Array, quantile: float = 0.99) -> Mask:
    """Mark rows further from the known ones than those are from one another.

    Args:
        X: new rows, (N, D), in the same scale as ``known``.
        known: training rows, (M, D).
        quantile: of the distances among the known rows that is still usual.
    """
    usual = np.quantile(nearest_distance(known), quantile)
    return np.asarray(nearest_distance(X, known) > usual)


def find_duplicates(X: Array, tolerance: float) -> Mask:
    """Mark rows (N,) that lie within ``tolerance`` of an *earlier* row of X (N, D)."""
    close = squared_distances(X, X) <= tolerance**2
    return np.asarray(np.tril(close, -1).any(axis=1))


def find_imbalance(y: Labels, shares: Sequence[float]) -> Array:
    """Standard errors by which each class's count misses its expected share, (C,)."""
    expected = len(y) * np.asarray(shares)
    counts = np.bincount(y, minlength=len(expected))
    return np.asarray((counts - expected) / np.sqrt(expected * (1 - np.array(shares))))
