"""Linear regression: fit a line, say how sure you are, know when it lies.

Made from foundations/06_linear_regression.ipynb; edit it there.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Array",
    "LinearRegression",
    "gradient_check",
    "gradient_descent",
    "gradients",
    "mse",
    "standardize",
    "unstandardize",
]

# From cell 60c1a521 of foundations/06_linear_regression.ipynb.
Array = NDArray[np.float64]


# From cell 6123f424 of foundations/06_linear_regression.ipynb.
def mse(y: Array, y_hat: Array) -> float:
    """Mean squared error of a prediction, in squared units of y.

    Args:
        y: targets, (N, 1).
        y_hat: predictions, (N, 1).

    Raises:
        ValueError: if the shapes differ.
    """
    if y.shape != y_hat.shape:
        raise ValueError(f"y is {y.shape}, y_hat is {y_hat.shape}")
    return float(np.mean((y_hat - y) ** 2))


# From cell d9ecd355 of foundations/06_linear_regression.ipynb.
def gradients(X: Array, y: Array, W: Array, b: Array) -> tuple[Array, Array]:
    """Gradient of the mean squared error of X @ W + b.

    Args:
        X: features, (N, D).
        y: targets, (N, 1).
        W: weights, (D, 1).
        b: bias, (1,).

    Returns:
        dW (D, 1) and db (1,).
    """
    e = X @ W + b - y  # (N, 1)
    return 2 / len(X) * X.T @ e, 2 * e.mean(axis=0)


# From cell 6547d01d of foundations/06_linear_regression.ipynb.
def gradient_check(
    loss: Callable[..., float],
    params: Sequence[Array],
    grads: Sequence[Array],
    eps: float = 1e-5,
) -> float:
    """Largest gap between a gradient and central differences of the loss.

    Args:
        loss: called as loss(*params).
        params: arrays of any shape, float64.
        grads: the gradient to check, one array per parameter.
        eps: how far each entry is nudged.

    Returns:
        The gap relative to the largest measured slope; below 1e-6 is a pass.
    """
    gaps, slopes = [], []
    for k, grad in enumerate(grads):
        for i in np.ndindex(grad.shape):
            up, down = ([p.copy() for p in params] for _ in range(2))
            up[k][i] += eps
            down[k][i] -= eps
            slopes.append((loss(*up) - loss(*down)) / (2 * eps))
            gaps.append(abs(slopes[-1] - float(grad[i])))
    return max(gaps) / max(map(abs, slopes))


# From cell b4107a09 of foundations/06_linear_regression.ipynb.
def gradient_descent(
    X: Array,
    y: Array,
    lr: float,
    num_epochs: int,
    W: Array | None = None,
    b: Array | None = None,
) -> tuple[Array, Array, list[float]]:
    """Full-batch gradient descent on the mean squared error.

    Args:
        X: features, (N, D).
        y: targets, (N, 1).
        lr: learning rate.
        num_epochs: number of steps; each sees every row.
        W: weights to start from, (D, 1); zeros by default.
        b: bias to start from, (1,); zero by default.

    Returns:
        W (D, 1), b (1,), and the loss before each step.
    """
    W = np.zeros((X.shape[1], 1)) if W is None else W
    b = np.zeros(1) if b is None else b
    losses = []
    for _ in range(num_epochs):
        losses.append(mse(y, X @ W + b))
        dW, db = gradients(X, y, W, b)
        W, b = W - lr * dW, b - lr * db
    return W, b, losses


# From cell f0ebde3f of foundations/06_linear_regression.ipynb.
def standardize(
    X: Array, mean: Array | None = None, std: Array | None = None
) -> tuple[Array, Array, Array]:
    """Centre and scale columns; a constant column is only centred.

    Args:
        X: any columns, (N, D).
        mean: of the training rows, (D,); by default X's own.
        std: of the training rows, (D,); by default X's own.

    Returns:
        The scaled X, and the mean and std that were used.
    """
    mean = X.mean(axis=0) if mean is None else mean
    std = X.std(axis=0) if std is None else std
    return (X - mean) / np.where(std == 0, 1.0, std), mean, std


def unstandardize(
    W: Array, b: Array, x_mean: Array, x_std: Array, y_mean: Array, y_std: Array
) -> tuple[Array, Array]:
    """Turn a fit of standardised data into one in the data's own units.

    Args:
        W: weights of the standardised fit, (D, 1).
        b: its bias, (1,).
        x_mean: the features' mean, (D,).
        x_std: the features' standard deviation, (D,).
        y_mean: the target's mean, (1,).
        y_std: the target's standard deviation, (1,).

    Returns:
        W (D, 1) and b (1,) for the raw features and target.
    """
    W_raw = W * y_std / np.where(x_std == 0, 1.0, x_std).reshape(-1, 1)
    return W_raw, b * y_std + y_mean - x_mean @ W_raw


# From cell d013d4e3 of foundations/06_linear_regression.ipynb.
class LinearRegression:
    """Least squares, solved or walked to.

    Args:
        lr: learning rate on standardised data; None to solve instead.
        num_epochs: steps of gradient descent, if lr is given.

    Attributes:
        W: weights, (D, 1), in the units of the fitted data.
        b: bias, (1,).
    """

    W: Array
    b: Array

    def __init__(self, lr: float | None = None, num_epochs: int = 200) -> None:
        self.lr, self.num_epochs = lr, num_epochs

    def fit(self, X: Array, y: Array) -> "LinearRegression":
        """Fit features X (N, D) to targets y (N, 1)."""
        (Z, *x_stats), (T, *y_stats) = standardize(X), standardize(y)
        if self.lr is None:
            W, b = np.linalg.lstsq(Z, T, rcond=None)[0].astype(float), np.zeros(1)
        else:
            W, b, _ = gradient_descent(Z, T, self.lr, self.num_epochs)
        self.W, self.b = unstandardize(W, b, *x_stats, *y_stats)
        return self

    def predict(self, X: Array) -> Array:
        """Return y_hat (N, 1) for X (N, D)."""
        return X @ self.W + self.b
