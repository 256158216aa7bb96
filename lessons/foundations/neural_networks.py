"""Neural networks: let the columns be learnt.

Made from foundations/08_neural_networks.ipynb; edit it there.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lessons.foundations.linear_regression import standardize
from lessons.foundations.logistic_regression import cross_entropy, softmax

__all__ = [
    "MLP",
    "Array",
    "Labels",
    "Network",
    "backward",
    "dropout_masks",
    "forward",
    "he_normal",
    "relu",
    "train_epoch",
    "xavier_normal",
]

# From cell 49b9b8f9 of foundations/08_neural_networks.ipynb.
Array = NDArray[np.float64]
Labels = NDArray[np.int64]


# From cell 67e8bd4c of foundations/08_neural_networks.ipynb.
def relu(z: Array) -> Array:
    """Rectified linear unit: z where it is positive, else 0; any shape."""
    return np.maximum(z, 0.0)


# From cell a8d2f665 of foundations/08_neural_networks.ipynb.
def forward(
    X: Array,
    W: Sequence[Array],
    b: Sequence[Array],
    masks: Sequence[Array] | None = None,
) -> list[Array]:
    """Run a network of ReLU layers and a last, linear one.

    Args:
        X: features, (N, D).
        W: one array of weights a layer, (fan_in, fan_out).
        b: one array of biases a layer, (fan_out,).
        masks: dropout's factor for each hidden activation, (N, H) a layer.

    Returns:
        What each layer was given, from X on, and last the logits (N, C).
    """
    a = [X]
    for k in range(len(W) - 1):
        hidden = relu(a[-1] @ W[k] + b[k])
        a.append(hidden if masks is None else hidden * masks[k])
    return [*a, a[-1] @ W[-1] + b[-1]]


# From cell a560e08c of foundations/08_neural_networks.ipynb.
def backward(
    a: Sequence[Array],
    y: Labels,
    W: Sequence[Array],
    l2: float = 0.0,
    masks: Sequence[Array] | None = None,
) -> tuple[list[Array], list[Array]]:
    """Gradient of the mean cross-entropy plus l2 / 2 times the squared weights.

    Args:
        a: what ``forward`` returned.
        y: class labels, (N,).
        W: the weights that ``forward`` was given.
        l2: strength of the penalty; the biases are spared.
        masks: the masks that ``forward`` was given.

    Returns:
        dW and db, shaped like W and b.
    """
    dz = softmax(a[-1])  # (N, C)
    dz[np.arange(len(y)), y] -= 1
    dz /= len(y)
    dW, db = [], []
    for k in reversed(range(len(W))):
        dW.append(a[k].T @ dz + l2 * W[k])
        db.append(dz.sum(axis=0))
        if k > 0:
            dz = dz @ W[k].T * (a[k] > 0)
            dz = dz if masks is None else dz * masks[k - 1]
    return dW[::-1], db[::-1]


# From cell bdd3af53 of foundations/08_neural_networks.ipynb.
def xavier_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Draw weights (fan_in, fan_out) with variance 2 / (fan_in + fan_out).

    Source: Glorot and Bengio (2010), for tanh and other units of slope 1 at 0.
    """
    return rng.normal(0.0, np.sqrt(2 / (fan_in + fan_out)), (fan_in, fan_out))


def he_normal(fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Draw weights (fan_in, fan_out) with variance 2 / fan_in.

    Source: He, Zhang, Ren and Sun (2015), for ReLU.
    """
    return rng.normal(0.0, np.sqrt(2 / fan_in), (fan_in, fan_out))


# From cell 7a82e4ae of foundations/08_neural_networks.ipynb.
def dropout_masks(
    num_rows: int, hidden: Sequence[int], dropout: float, rng: np.random.Generator
) -> list[Array]:
    """Draw factors for hidden activations: 0, or 1 / (1 - dropout).

    Args:
        num_rows: rows of the batch, N.
        hidden: units of each hidden layer.
        dropout: probability of being silenced.
        rng: drawn from.

    Returns:
        One array (N, H) a hidden layer; its mean is 1 in the long run.
    """
    keep = 1 - dropout
    return [(rng.random((num_rows, size)) < keep) / keep for size in hidden]


# From cell 86a2743f of foundations/08_neural_networks.ipynb.
def train_epoch(
    X: Array,
    y: Labels,
    W: Sequence[Array],
    b: Sequence[Array],
    lr: float,
    rng: np.random.Generator,
    batch_size: int | None = None,
    l2: float = 0.0,
    dropout: float = 0.0,
) -> None:
    """Change W and b, in place, by one pass over the rows in a fresh order.

    Args:
        X: features, (N, D).
        y: class labels, (N,).
        W: weights of each layer, (fan_in, fan_out).
        b: biases of each layer, (fan_out,).
        lr: learning rate.
        rng: of the order of rows and the silenced units.
        batch_size: rows a step; all of them by default.
        l2: strength of the penalty l2 / 2 times the squared weights.
        dropout: share of hidden units silenced in each step.
    """
    size, hidden = batch_size or len(y), [len(bias) for bias in b[:-1]]
    for rows in np.split(rng.permutation(len(y)), range(size, len(y), size)):
        masks = dropout_masks(len(rows), hidden, dropout, rng) if dropout else None
        a = forward(X[rows], W, b, masks)
        dW, db = backward(a, y[rows], W, l2, masks)
        for p, grad in zip([*W, *b], [*dW, *db], strict=True):
            p -= lr * grad


# From cell bdb6c559 of foundations/08_neural_networks.ipynb.
class Network:
    """Layers with their weights, and what they predict.

    Attributes:
        W: weights of each layer, (fan_in, fan_out).
        b: biases of each layer, (fan_out,).
        mean: of the fitted rows, (D,).
        std: of the fitted rows, (D,).
    """

    W: list[Array]
    b: list[Array]
    mean: Array
    std: Array

    def logits(self, X: Array) -> Array:
        """Return logits (N, C) for X (N, D), with every unit speaking."""
        Z = standardize(X, self.mean, self.std)[0]
        return forward(Z, self.W, self.b)[-1]

    def predict_proba(self, X: Array) -> Array:
        """Return probabilities (N, C) for X (N, D)."""
        return softmax(self.logits(X))

    def predict(self, X: Array) -> Labels:
        """Return the most probable class (N,) for X (N, D)."""
        return np.asarray(self.logits(X).argmax(axis=-1))


# From cell 9dd94fb9 of foundations/08_neural_networks.ipynb.
class MLP(Network):
    """Multilayer perceptron: ReLU layers, then softmax, by gradient descent.

    It standardises the features with the mean and std of the rows it was fitted on.

    Args:
        sizes: columns of X, units of each hidden layer, number of classes.
        lr: learning rate on standardised data.
        num_epochs: how often each row is seen.
        l2: strength of the penalty l2 / 2 times the squared weights.
        dropout: share of hidden units silenced in each training step.
        batch_size: rows a step; all of them by default.
        seed: of the first weights, the order of rows and the silenced units.

    Attributes:
        losses: mean cross-entropy of the fitted rows after each epoch, without the
            penalty and with every unit speaking.
    """

    losses: list[float]

    def __init__(
        self,
        sizes: Sequence[int],
        lr: float,
        num_epochs: int,
        l2: float = 0.0,
        dropout: float = 0.0,
        batch_size: int | None = None,
        seed: int = 0,
    ) -> None:
        self.sizes, self.lr, self.num_epochs = tuple(sizes), lr, num_epochs
        self.l2, self.dropout = l2, dropout
        self.batch_size, self.seed = batch_size, seed

    def fit(self, X: Array, y: Labels) -> "MLP":
        """Fit features X (N, D) to labels y (N,)."""
        list(self.epochs(X, y))
        return self

    def epochs(self, X: Array, y: Labels) -> Iterator[int]:
        """Fit, but hand over after each epoch, with its number from 1."""
        rng, brakes = np.random.default_rng(self.seed), (self.l2, self.dropout)
        Z, self.mean, self.std = standardize(X)
        self.W = [he_normal(*fans, rng) for fans in pairwise(self.sizes)]
        self.b, self.losses = [np.zeros(n) for n in self.sizes[1:]], []
        for epoch in range(1, self.num_epochs + 1):
            train_epoch(Z, y, self.W, self.b, self.lr, rng, self.batch_size, *brakes)
            self.losses.append(cross_entropy(self.logits(X), y))
            yield epoch
