"""Exercises of lesson 08."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lessons.exercises import Exercise, Mistake, Property

Array = NDArray[np.float64]
Backward = tuple[Array, Array, Array]
Layers = tuple[Array, Array, Array, Array]
LESSON = "foundations/08_neural_networks"

_rng = np.random.default_rng(0)


def _count(sizes: Sequence[int]) -> int:
    """Count with PyTorch."""
    from torch import nn

    layers = [nn.Linear(i, o) for i, o in pairwise(sizes)]
    return sum(p.numel() for layer in layers for p in layer.parameters())


count = Exercise(
    LESSON,
    1,
    "Nearly all of them sit between two wide layers: doubling the width of both "
    "quadruples their number.",
    [
        "What does one unit need to know to turn its inputs into one number?",
        "A weight for each unit of the layer before, and a bias of its own.",
        "For each pair of neighbouring sizes i and o, i * o weights and o biases; add.",
    ],
    [
        Mistake(
            lambda sizes: int(np.dot(sizes[:-1], sizes[1:])),
            "these are the weights; every unit has a bias, too.",
        ),
        Mistake(
            lambda sizes: _count(sizes) + sizes[0],
            "the columns have no bias: nothing is computed where X comes in.",
        ),
    ],
    {
        "one hidden layer": ((2, 32, 3),),
        "two hidden layers": ((10, 8, 4, 3),),
        "no hidden layer": ((5, 2),),
    },
    _count,
)


def _solved(t: Array, y: Array) -> tuple[float, Array]:
    """Solve for bias and weights, one equation a point."""
    table = np.column_stack([np.ones(len(t)), np.maximum(0, t[:, None] - t[:-1])])
    b, *w = np.linalg.solve(table, y)
    return float(b), np.array(w)


def _slopes(t: Array, y: Array) -> Array:
    rises: Array = np.diff(y) / np.diff(t)
    return rises


curve = Exercise(
    LESSON,
    2,
    "A weight is a change of slope. So a network of ReLUs bends exactly where a unit "
    "sets in, and is straight in between.",
    [
        "Just right of the first point one unit speaks. What slope must it have?",
        "After the second point two units rise at once, and their slopes add up.",
        "The first weight is the first slope, each other one the change of slope.",
    ],
    [
        Mistake(
            lambda t, y: (float(y[0]), _slopes(t, y)),
            "these are the slopes of the stretches; but units that set in earlier go "
            "on rising, so each has to add the change only.",
        ),
        Mistake(
            lambda t, y: (float(y[0]), np.diff(_slopes(t, y))),
            "the first unit is missing: the slope changes at the first point, too, "
            "from 0.",
        ),
        Mistake(
            lambda t, y: (0.0, _solved(t, y)[1]),
            "where all units are silent, at the first point, only the bias is left.",
        ),
    ],
    {
        "a tent": (np.array([0.0, 1, 2, 3]), np.array([0.0, 1, 0, 0])),
        "six points, unevenly spaced": (
            np.cumsum(_rng.uniform(0.3, 2, 6)),
            _rng.normal(2, 1, 6),
        ),
    },
    _solved,
)


def _residual(X: Array, W: Array, b: Array, da: Array) -> Backward:
    """PyTorch's gradients."""
    import torch

    leaves = [torch.tensor(p, requires_grad=True) for p in (X, W, b)]
    a = leaves[0] + torch.relu(leaves[0] @ leaves[1] + leaves[2])
    dX, dW, db = torch.autograd.grad(a, leaves, torch.tensor(da))
    return dX.numpy(), dW.numpy(), db.numpy()


def _without_path(X: Array, W: Array, b: Array, da: Array) -> Backward:
    dX, dW, db = _residual(X, W, b, da)
    return dX - da, dW, db


def _without_mask(X: Array, W: Array, b: Array, da: Array) -> Backward:
    return da + da @ W.T, X.T @ da, da.sum(axis=0)


def _averaged(X: Array, W: Array, b: Array, da: Array) -> Backward:
    dX, dW, db = _residual(X, W, b, da)
    return dX, dW / len(X), db / len(X)


residual = Exercise(
    LESSON,
    3,
    "The first term of dX is da itself, untouched by any slope: stack a hundred such "
    "layers, and the first still hears the last.",
    [
        "By how many ways does x reach a?",
        "Two: straight, and through the bend. Gradients of several ways add up.",
        "dz is da where X @ W + b is positive, else 0; dX is da plus dz @ W.T.",
    ],
    [
        Mistake(
            _without_path,
            "the way around is missing from dX: x reaches a directly as well.",
        ),
        Mistake(
            _without_mask,
            "silent units pass a gradient back; where the bend is flat, none comes.",
        ),
        Mistake(
            _averaged,
            "you took means over the rows; the 1/N is already in da, so sum.",
        ),
    ],
    {
        "two rows, one column": (
            np.array([[1.0], [-2.0]]),
            np.array([[0.5]]),
            np.array([0.25]),
            np.array([[1.0], [3.0]]),
        ),
        "five rows, three columns": (
            _rng.normal(size=(5, 3)),
            _rng.normal(size=(3, 3)),
            _rng.normal(size=3),
            _rng.normal(size=(5, 3)),
        ),
    },
    _residual,
)


def relu(z: Array) -> Array:
    """Rectify: z where it is positive, else 0."""
    return np.maximum(z, 0.0)


def tanh(z: Array) -> Array:
    """Hyperbolic tangent."""
    return np.tanh(z)


def leaky(z: Array) -> Array:
    """Leak: z where it is positive, else a fifth of it."""
    return np.where(z > 0, z, 0.2 * z)


def _moment(f: Callable[[Array], Array], power: int) -> float:
    """Mean of f(z)**power over a standard Gaussian, by the trapezium rule."""
    z = np.linspace(-9, 9, 100_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return float(np.trapezoid(f(z) ** power * density, z))


gain = Exercise(
    LESSON,
    4,
    "For ReLU that is the root of 2, He's rule. PyTorch's `calculate_gain` has ready "
    "answers; for tanh it says 5/3, a rule of thumb a little above yours.",
    [
        "If the inputs of a layer have mean square q, what variance has z?",
        "z has variance g**2 * q, and that shall be 1 again when q is that of f(z).",
        "g**2 times the mean of f(z)**2 is 1; solve for g.",
    ],
    [
        Mistake(
            lambda f: (_moment(f, 2) - _moment(f, 1) ** 2) ** -0.5,
            "you used the variance of f(z); the mean square is wanted, mean included.",
        ),
        Mistake(
            lambda f: 1 / _moment(f, 2),
            "this is the square of the gain: the weights' variance, not their size.",
        ),
        Mistake(
            lambda f: _moment(f, 2) ** 0.5,
            "upside down: an activation that shrinks needs weights that enlarge.",
        ),
    ],
    {"ReLU": (relu,), "tanh": (tanh,), "leaky ReLU": (leaky,)},
    lambda f: _moment(f, 2) ** -0.5,
    tolerance=0.01,
)


def _walled(angles: Array, push: float, hold: float) -> Layers:
    """One unit in each direction, all with the same weight."""
    W1 = np.stack([np.cos(angles), np.sin(angles)])
    H = len(angles)
    return W1, np.zeros(H), np.full((H, 1), push), np.array([hold])


def _around(num_units: int) -> Array:
    return 2 * np.pi * np.arange(num_units) / num_units


def _heights(layers: Any, radii: Sequence[float]) -> Array:
    """The output on circles around the origin."""
    W1, b1, W2, b2 = (np.asarray(p, dtype=float) for p in layers)
    angles = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = np.concatenate([r * circle for r in radii])
    return np.asarray(np.maximum(points @ W1 + b1, 0) @ W2 + b2)


def _fits(layers: Any, num_units: int) -> bool:
    wanted = [(2, num_units), (num_units,), (num_units, 1), (1,)]
    return len(layers) == 4 and [np.shape(p) for p in layers] == wanted


_SHAPES = "four arrays are wanted: W1 (2, H), b1 (H,), W2 (H, 1) and b2 (1,)."
_INSIDE = (
    "a point within .5 is not positive: at the origin the bias has to hold the output "
    "up, and the units push it down further out."
)
_OUTSIDE = (
    "a point from 1 outwards is not negative: is there a direction in which too few "
    "units speak?"
)

island = Exercise(
    LESSON,
    5,
    "Three directions wall the island in. Two units always leave a way out on which "
    "the output levels off: land without end, or no land at all.",
    [
        "One unit makes a slope that falls in one direction. How many close a ring?",
        "Point the units evenly around; let the output be a constant minus their sum.",
        "On a circle of radius r the sum is about r * H / pi; scale it; start at .7.",
    ],
    [
        Mistake(lambda H: (_walled(_around(H), -1, 1)[0].T,), _SHAPES),
        Mistake(lambda H: _walled(_around(H), np.pi / H, -0.7), _INSIDE),
        Mistake(lambda H: _walled(_around(H) / 4, -1 / H, 0.9), _OUTSIDE),
    ],
    {f"num_units = {H}": (H,) for H in (3, 8)},
    properties=[
        Property(_fits, _SHAPES),
        Property(
            lambda layers, _: (_heights(layers, (0, 0.1, 0.3, 0.5)) > 0).all(), _INSIDE
        ),
        Property(
            lambda layers, _: (_heights(layers, (1, 1.5, 4, 100)) < 0).all(), _OUTSIDE
        ),
    ],
)
