"""Logistic regression: turn measurements into chances, and chances into decisions.

Made from foundations/07_logistic_regression.ipynb; edit it there.
"""

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lessons import plotting
from lessons.foundations.linear_regression import standardize, unstandardize
from lessons.foundations.numpy import one_hot

__all__ = [
    "Array",
    "LabelEncoder",
    "Labels",
    "SoftmaxRegression",
    "calibration_bins",
    "confusion_matrix",
    "cross_entropy",
    "draw_regions",
    "log_softmax",
    "precision_recall_f1",
    "softmax",
    "softmax_descent",
    "softmax_gradients",
    "stratified_split",
    "threshold_sweep",
]

# From cell a76b50d6 of foundations/07_logistic_regression.ipynb.
Array = NDArray[np.float64]
Labels = NDArray[np.int64]


# From cell 5e21df82 of foundations/07_logistic_regression.ipynb.
class LabelEncoder:
    """Numbers for class names, in alphabetical order.

    Attributes:
        classes: the names; the class number is the place in this list.
    """

    classes: list[str]

    def fit(self, labels: Sequence[str]) -> Self:
        """Learn the names that occur."""
        self.classes = sorted(set(labels))
        return self

    def encode(self, labels: Sequence[str]) -> Labels:
        """Return class numbers (N,); raises ValueError for an unknown name."""
        if unknown := sorted(set(labels) - set(self.classes)):
            raise ValueError(f"unknown label {unknown[0]!r}; known: {self.classes}")
        return np.array([self.classes.index(label) for label in labels], dtype=np.int64)

    def decode(self, y: Labels) -> list[str]:
        """Return the names of class numbers (N,)."""
        return [self.classes[k] for k in y]


# From cell cfce81bd of foundations/07_logistic_regression.ipynb.
def stratified_split(
    y: Labels, sizes: Sequence[float] = (0.7, 0.15, 0.15), seed: int = 0
) -> tuple[Labels, ...]:
    """Deal row numbers into parts that all have the same mix of classes.

    Args:
        y: class labels, (N,).
        sizes: share of each part; together 1.
        seed: of the order in which rows are dealt.

    Returns:
        Shuffled row numbers, one array a part: train, val, test by default.

    Raises:
        ValueError: if the shares do not add up to 1.
    """
    if not np.isclose(sum(sizes), 1):
        raise ValueError(f"sizes {tuple(sizes)} add up to {sum(sizes):.2f}, not 1")
    rng = np.random.default_rng(seed)
    dealt = []
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        cuts = np.round(np.cumsum(sizes[:-1]) * len(rows)).astype(int)
        dealt.append(np.split(rows, cuts))
    return tuple(rng.permutation(np.concatenate(p)) for p in zip(*dealt, strict=True))


# From cell 4f04da3a of foundations/07_logistic_regression.ipynb.
def log_softmax(logits: Array) -> Array:
    """Logarithms of the probabilities, for logits of any size.

    Args:
        logits: scores, (..., C); the last axis holds the classes.

    Returns:
        Log-probabilities, (..., C), finite for finite logits.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.asarray(shifted - log_sum)


def softmax(logits: Array) -> Array:
    """Turn logits (..., C) into probabilities (..., C) that add up to 1."""
    return np.exp(log_softmax(logits))


# From cell cd672211 of foundations/07_logistic_regression.ipynb.
def cross_entropy(logits: Array, y: Labels, weights: Array | None = None) -> float:
    """Mean negative log-probability that was given to the true classes.

    Args:
        logits: scores, (N, C).
        y: class labels, (N,).
        weights: of the classes, (C,); the mean is weighted, as in PyTorch.

    Raises:
        ValueError: if there is not one label for each row of logits.
    """
    if y.shape != logits.shape[:1]:
        raise ValueError(f"logits are {logits.shape}, y is {y.shape}")
    surprise = -log_softmax(logits)[np.arange(len(y)), y]  # (N,)
    return float(np.average(surprise, weights=None if weights is None else weights[y]))


# From cell 8f7a2189 of foundations/07_logistic_regression.ipynb.
def softmax_gradients(
    X: Array, y: Labels, W: Array, b: Array, weights: Array | None = None
) -> tuple[Array, Array]:
    """Gradient of the mean cross-entropy of the logits X @ W + b.

    Args:
        X: features, (N, D).
        y: class labels, (N,).
        W: weights, (D, C).
        b: biases, (C,).
        weights: of the classes, (C,), as for ``cross_entropy``.

    Returns:
        dW (D, C) and db (C,).
    """
    row_weights = np.ones(len(y)) if weights is None else weights[y]
    error = softmax(X @ W + b) - one_hot(y, len(b))  # (N, C)
    error *= (row_weights / row_weights.sum())[:, None]
    return X.T @ error, error.sum(axis=0)


# From cell a16be8c6 of foundations/07_logistic_regression.ipynb.
def softmax_descent(
    X: Array,
    y: Labels,
    lr: float,
    num_epochs: int,
    l2: float = 0.0,
    weights: Array | None = None,
) -> tuple[Array, Array, list[float]]:
    """Full-batch gradient descent on the mean cross-entropy, from zero weights.

    Args:
        X: features, (N, D), standardised.
        y: class labels, (N,).
        lr: learning rate.
        num_epochs: number of steps; each sees every row.
        l2: strength of the penalty l2 / 2 times the squared weights.
        weights: of the classes, (C,), as for ``cross_entropy``.

    Returns:
        W (D, C), b (C,), and the loss before each step, without the penalty.
    """
    num_classes = int(y.max()) + 1
    W, b = np.zeros((X.shape[1], num_classes)), np.zeros(num_classes)
    losses = []
    for _ in range(num_epochs):
        losses.append(cross_entropy(X @ W + b, y, weights))
        dW, db = softmax_gradients(X, y, W, b, weights)
        W, b = W - lr * (dW + l2 * W), b - lr * db
    return W, b, losses


# From cell 41eec7c9 of foundations/07_logistic_regression.ipynb.
class SoftmaxRegression:
    """Multinomial logistic regression, by full-batch gradient descent.

    It standardises the features with the mean and std of the rows it was fitted on.

    Args:
        lr: learning rate on standardised data.
        num_epochs: steps; each sees every row.
        l2: strength of the penalty l2 / 2 times the squared standardised weights.

    Attributes:
        W: weights, (D, C), in the units of the fitted data.
        b: biases, (C,).
        losses: mean cross-entropy before each step, without the penalty.
    """

    W: Array
    b: Array
    losses: list[float]

    def __init__(self, lr: float, num_epochs: int, l2: float = 0.0) -> None:
        self.lr, self.num_epochs, self.l2 = lr, num_epochs, l2

    def fit(self, X: Array, y: Labels, weights: Array | None = None) -> Self:
        """Fit features X (N, D) to labels y (N,); weights (C,) are of the classes."""
        Z, mean, std = standardize(X)
        walk = softmax_descent(Z, y, self.lr, self.num_epochs, self.l2, weights)
        W, b, self.losses = walk
        self.W, self.b = unstandardize(W, b, mean, std, np.zeros(1), np.ones(1))
        return self

    def logits(self, X: Array) -> Array:
        """Return scores (N, C) for X (N, D)."""
        return X @ self.W + self.b

    def predict_proba(self, X: Array) -> Array:
        """Return probabilities (N, C) for X (N, D)."""
        return softmax(self.logits(X))

    def predict(self, X: Array) -> Labels:
        """Return the most probable class (N,) for X (N, D)."""
        return np.asarray(self.logits(X).argmax(axis=-1))


# From cell a60214f2 of foundations/07_logistic_regression.ipynb.
def confusion_matrix(y: Labels, y_hat: Labels, num_classes: int) -> Labels:
    """Count rows by true class (first axis) and predicted class (second), (C, C)."""
    counts = one_hot(y, num_classes).T @ one_hot(y_hat, num_classes)
    return counts.astype(np.int64)


def precision_recall_f1(confusion: Labels) -> tuple[Array, Array, Array]:
    """Precision, recall and F1 of each class, (C,) each; 0 where 0 is divided by 0."""
    hits = np.diag(confusion).astype(float)
    predicted, true = confusion.sum(axis=0), confusion.sum(axis=1)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(true, 1)
    return precision, recall, 2 * hits / np.maximum(predicted + true, 1)


# From cell 0d0c6aa5 of foundations/07_logistic_regression.ipynb.
def threshold_sweep(y: Labels, scores: Array) -> pd.DataFrame:
    """The four counts of a yes/no decision, for every threshold that matters.

    Args:
        y: 1 for the class that is looked for, else 0, (N,).
        scores: higher means rather 1, (N,).

    Returns:
        Columns threshold, tp, fp, fn, tn. A row says 1 where scores >= threshold; the
        first threshold is infinite (nobody), the others are the scores, falling.
    """
    falling, counts = np.unique(-scores, return_counts=True)
    order = np.argsort(-scores, kind="stable")
    ends = np.concatenate([[0], np.cumsum(counts)])
    hits = np.concatenate([[0], np.cumsum(y[order])])[ends]
    table = {"threshold": np.concatenate([[np.inf], -falling]), "tp": hits}
    table |= {"fp": ends - hits, "fn": y.sum() - hits}
    return pd.DataFrame(table | {"tn": len(y) - y.sum() - table["fp"]})


# From cell 2296b9bc of foundations/07_logistic_regression.ipynb.
def draw_regions(
    ax: Axes, predict: Callable[[Array], Labels], X: Array, y: Labels
) -> None:
    """Colour the plane by the predicted class, and put the rows on it.

    Args:
        ax: the axes to draw on.
        predict: from X (N, 2) to labels (N,).
        X: rows to show, (N, 2); they set the limits.
        y: their true classes, (N,), which set colour and marker.
    """
    margin = 0.05 * np.ptp(X, axis=0)
    low, high = X.min(axis=0) - margin, X.max(axis=0) + margin
    axes = [np.linspace(a, b, 300) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1)  # (300, 300, 2)
    region = predict(grid.reshape(-1, 2)).reshape(300, 300)
    classes = range(max(int(y.max()), int(region.max())) + 1)
    for k, color, marker in zip(classes, plotting.COLORS, "osD^", strict=False):
        shade = np.where(region == k, 1.0, np.nan)
        ax.contourf(*axes, shade, levels=[0, 2], colors=[color], alpha=0.2)
        ax.plot(*X[y == k].T, marker, color=color, ms=4, alpha=0.8, ls="none")
    ax.grid(False)


# From cell 03a09284 of foundations/07_logistic_regression.ipynb.
def calibration_bins(y: Labels, probs: Array, num_bins: int = 10) -> pd.DataFrame:
    """Predicted probability beside observed rate, in bins of equal width.

    Args:
        y: 1 or 0, (N,).
        probs: predicted probability of 1, (N,).
        num_bins: bins from 0 to 1.

    Returns:
        Columns predicted, observed and count, one row for each bin that is not empty.
    """
    bins = np.minimum((probs * num_bins).astype(int), num_bins - 1)
    rows = pd.DataFrame({"bin": bins, "predicted": probs, "observed": y, "count": 1})
    table = rows.groupby("bin").agg(
        {"predicted": "mean", "observed": "mean", "count": "sum"}
    )
    return table.reset_index(drop=True)
