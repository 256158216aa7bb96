"""Exercises of lesson 05, PyTorch."""

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lessons.exercises import TODO, Exercise, Mistake, Property
from lessons.foundations.pytorch import Value

_LESSON = "foundations/05_pytorch"


def _in_use(answer: Callable[[Value], Any], data: float) -> object:
    """Return the new function's value, and the slope of it times x + 1."""
    x = Value(data, "x")
    made = answer(x)
    if made is TODO or made is None:
        return made
    if not isinstance(made, Value):
        raise TypeError(f"a Value made of x was expected, not {type(made).__name__}")
    _look_at_edges(made)
    (made * x + made).backward()
    return made.data, x.grad


def _look_at_edges(made: Value) -> None:
    """Raise if an edge is no pair of an input and a number."""
    for edge in made.edges:
        if not (isinstance(edge, tuple | list) and len(edge) == 2):
            told = "edges is a tuple of pairs; with one pair, ((x, slope),)"
            raise TypeError(f"{told}, both commas included")
        if not isinstance(edge[1], float | int):
            kind = type(edge[1]).__name__
            raise TypeError(f"a local slope is a plain number, not a {kind}: x.data")


def _by_torch(data: float) -> tuple[float, float]:
    x = torch.tensor(data, dtype=torch.float64, requires_grad=True)
    made = torch.sigmoid(x)
    (made * (x + 1)).backward()
    assert x.grad is not None
    return made.item(), x.grad.item()


def _with_slope(slope: Callable[[float, float], float]) -> Callable[[Value], Value]:
    def answer(x: Value) -> Value:
        s = 1 / (1 + math.exp(-x.data))
        return Value(s, "sigmoid", ((x, slope(x.data, s)),))

    return answer


sigmoid = Exercise(
    lesson=_LESSON,
    number=1,
    insight="One node with one edge, or five made of the operators: the slope is the "
    "same, the walk shorter.",
    hints=[
        "What does `exp` in the lesson hand to its new Value, besides the number?",
        "A value, a label, and the edges: one pair of input and local slope. The slope "
        "is a plain number, worked out here and now.",
        "Value(s, 'sigmoid', ((x, ...),)) with s from math.exp; or write it with "
        "(-x).exp() and let the operators keep the record.",
    ],
    mistakes=[
        Mistake(
            _with_slope(lambda x, s: s),
            "The slope is that of `exp`, itself; here a factor 1 - s goes with it.",
        ),
        Mistake(
            _with_slope(lambda x, s: 1 - s * s),
            "That is tanh's slope: tanh runs from -1 to 1, this S from 0 to 1.",
        ),
        Mistake(
            lambda x: Value(1 / (1 + math.exp(-x.data)), "sigmoid"),
            "The value is right, but it does not remember x: without an edge no slope "
            "gets through.",
        ),
        Mistake(
            _with_slope(lambda x, s: x * (1 - x)),
            "The slope is s (1 - s), with the output s in it, not the input x.",
        ),
    ],
    cases={"x = 2": (2.0,), "x = 0": (0.0,), "x = -3": (-3.0,)},
    expected=_by_torch,
    use=_in_use,
)


class _Buyers(nn.Module):
    """Loaves sold at a price; stands in for the lesson's fitted model."""

    def __init__(self, level: float, per_euro: float) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(level, dtype=torch.float64))
        self.per_euro = nn.Parameter(torch.tensor(per_euro, dtype=torch.float64))

    def forward(self, price: Tensor) -> Tensor:
        return torch.exp(self.level - self.per_euro * (price - 4))


def _watched(answer: Callable[..., Any], model: nn.Module, price: Tensor) -> object:
    """Return the slopes, and what the answer left behind; the model is in training."""
    model, price = copy.deepcopy(model), price.clone()
    parameters = list(model.parameters())
    for p in parameters:
        p.grad = torch.ones_like(p)
    result = answer(model, price)
    if result is TODO or result is None:
        return result
    left = [p.grad for p in parameters]
    return result, {
        "price wants a slope": price.requires_grad,
        "gradients in the model": [
            "gone" if g is None else round(g.item(), 4) for g in left
        ],
        "parameters want one": [p.requires_grad for p in parameters],
    }


def _slopes(model: _Buyers, price: Tensor) -> tuple[Tensor, dict[str, object]]:
    return (-model.per_euro * model(price)).detach(), {
        "price wants a slope": False,
        "gradients in the model": [1.0 for _ in model.parameters()],
        "parameters want one": [True for _ in model.parameters()],
    }


def _of_the_mean(model: nn.Module, price: Tensor) -> Tensor:
    leaf = price.clone().requires_grad_()
    return torch.autograd.grad(model(leaf).mean(), leaf)[0]


def _walked_into_the_model(model: nn.Module, price: Tensor) -> Tensor:
    leaf = price.clone().requires_grad_()
    model(leaf).sum().backward()
    assert leaf.grad is not None
    return leaf.grad


def _swept(model: nn.Module, price: Tensor) -> Tensor:
    slopes = _walked_into_the_model(model, price)
    model.zero_grad()
    return slopes


def _marked(model: nn.Module, price: Tensor) -> Tensor:
    price.requires_grad_()
    return torch.autograd.grad(model(price).sum(), price)[0]


def _frozen(model: nn.Module, price: Tensor) -> Tensor:
    model.requires_grad_(False)
    return _walked_into_the_model(model, price)


slopes_of = Exercise(
    lesson=_LESSON,
    number=2,
    insight="No price enters another's result, so the gradient of the sum is the "
    "slope of each.",
    hints=[
        "`backward` wants one number. Which reduction leaves each entry's own slope as "
        "it is?",
        "Make a leaf of your own with the same values, run the model on it, and sum. "
        "Then ask for the gradient of the leaf only.",
        "torch.autograd.grad(result, leaf) returns a tuple of gradients and writes "
        "into nobody's .grad; leaf = price.clone().requires_grad_().",
    ],
    mistakes=[
        Mistake(
            _of_the_mean,
            "A mean divides by the number of prices, so these slopes shrink as the "
            "table grows. Sum.",
        ),
        Mistake(
            _walked_into_the_model,
            "The slopes are right, but `backward` also added to the .grad of the "
            "model's parameters: a step later, somebody's training goes astray.",
        ),
        Mistake(
            _swept,
            "The slopes are right, but clearing up took away the gradients that "
            "somebody else had in the model, too. Leave no tracks, and sweep none.",
        ),
        Mistake(
            _marked,
            "The slopes are right, but the caller's own tensor was marked with "
            "requires_grad: from now on all that it touches is on record.",
        ),
        Mistake(
            _frozen,
            "The slopes are right, but the model's parameters no longer require a "
            "gradient: its training has stopped.",
        ),
    ],
    cases={
        "three prices": (
            _Buyers(2.4, 0.3),
            torch.tensor([3.0, 4.0, 5.5], dtype=torch.float64),
        ),
        "one price": (_Buyers(2.0, 0.5), torch.tensor([4.5], dtype=torch.float64)),
    },
    expected=_slopes,
    use=_watched,
)


Portions = Sequence[tuple[Tensor, Tensor]]


def _left_dirty(
    answer: Callable[..., Any], weights: Sequence[float], portions: Portions
) -> object:
    """Call the answer with a linear model that holds gradients of somebody else."""
    model = _linear(weights)
    for p in model.parameters():
        p.grad = torch.full_like(p, 3.0)
    result = answer(model, iter(portions))
    if not isinstance(result, list | tuple):
        return result
    return ["no gradient" if g is None else g for g in result]


def _linear(weights: Sequence[float]) -> nn.Linear:
    model = nn.Linear(len(weights), 1, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([weights]))
        model.bias.fill_(0.5)
    return model


def _gradient(weights: Sequence[float], portions: Portions) -> list[Any]:
    """Work out the gradient in closed form, on all rows at once."""
    X, y = (np.concatenate(parts) for parts in zip(*portions, strict=True))
    e = X @ np.array([weights]).T + 0.5 - y
    return [2 / len(X) * e.T @ X, 2 * e.mean(axis=0)]


def _piled_up(
    share: Callable[[int, int, int], float], clean: bool = True
) -> Callable[..., list[Tensor]]:
    def answer(model: nn.Module, portions: Iterable[tuple[Tensor, Tensor]]) -> Any:
        rows = list(portions)
        if clean:
            model.zero_grad()
        total = sum(len(X) for X, _ in rows)
        for X, y in rows:
            loss = ((model(X) - y) ** 2).mean()
            (loss * share(len(X), total, len(rows))).backward()
        return [p.grad for p in model.parameters()]

    return answer


def _last_only(model: nn.Module, portions: Portions) -> Any:
    return _piled_up(lambda *_: 1.0)(model, list(portions)[-1:])


def _counted_first(model: nn.Module, portions: Iterable[tuple[Tensor, Tensor]]) -> Any:
    model.zero_grad()
    rows = sum(len(X) for X, _ in portions)
    for X, y in portions:
        (((model(X) - y) ** 2).sum() / rows).backward()
    return [p.grad for p in model.parameters()]


_rng = np.random.default_rng(0)


def _portions(*lengths: int) -> Portions:
    return [
        (torch.from_numpy(_rng.normal(size=(n, 2))), torch.ones(n, 1).double() * n)
        for n in lengths
    ]


full_gradient = Exercise(
    lesson=_LESSON,
    number=3,
    insight="Sums can be added up portion by portion; a mean has to wait for the "
    "number of rows.",
    hints=[
        "If three rows come first and one row last, how much should each row count?",
        "Let the gradients of the *sums* of squares pile up, and count the rows. What "
        "is left to do when the last portion is in?",
        "model.zero_grad(); for each portion ((model(X) - y) ** 2).sum().backward() "
        "and rows += len(X); at the end divide each p.grad by rows.",
    ],
    mistakes=[
        Mistake(
            _piled_up(lambda n, total, count: 1 / count),
            "Each portion counts the same here, so a row in a short portion outweighs "
            "one in a long portion. Each *row* should count the same.",
        ),
        Mistake(
            _piled_up(lambda n, total, count: 1.0),
            "The portions' means were added up; the mean over all rows is smaller.",
        ),
        Mistake(
            _piled_up(lambda n, total, count: float(n)),
            "This is the gradient of the sum of squares: divide by the number of rows.",
        ),
        Mistake(
            _piled_up(lambda n, total, count: n / total, clean=False),
            "What somebody else left in .grad is still in there: clear it first.",
        ),
        Mistake(
            _last_only,
            "This is the last portion's gradient: was .grad cleared in between?",
        ),
        Mistake(
            _counted_first,
            "No portion reached `backward`: they can be walked through only once, and "
            "counting the rows had used them up. Count on the way, divide at the end.",
        ),
    ],
    cases={
        "3 rows, then 1": ((1.0, -2.0), _portions(3, 1)),
        "5, 5 and 2 rows": ((0.5, 0.25), _portions(5, 5, 2)),
    },
    expected=_gradient,
    use=_left_dirty,
)


def _forwards(answer: Callable[..., Any], case: tuple[str, float]) -> object:
    """Evaluate an expression of x on the answer's duals; return value and slope."""
    name, data = case
    x, three = answer(data, 1.0), answer(3.0)
    steps: dict[str, Callable[[], Any]] = {
        "3 + x": lambda: three + x,
        "3 * x": lambda: three * x,
        "x * x": lambda: x * x,
        "tanh(x)": lambda: x.tanh(),
        "x * tanh(3 * x * x) + x": lambda: x * (three * x * x).tanh() + x,
    }
    result = steps[name]() if hasattr(x, "slope") else x
    if result is TODO or result is None:
        return result
    if not hasattr(result, "slope"):
        raise TypeError(f"{name} should be a Dual, not {type(result).__name__}")
    return result.data, result.slope


def _backwards(case: tuple[str, float]) -> tuple[float, float]:
    name, data = case
    x = torch.tensor(data, dtype=torch.float64, requires_grad=True)
    made = {
        "3 + x": 3 + x,
        "3 * x": 3 * x,
        "x * x": x * x,
        "tanh(x)": x.tanh(),
        "x * tanh(3 * x * x) + x": x * (3 * x * x).tanh() + x,
    }[name]
    made.backward()
    assert x.grad is not None
    return made.item(), x.grad.item()


class _Dual:
    """A right answer; the mistakes change one line of it."""

    def __init__(self, data: float, slope: float = 0.0) -> None:
        self.data, self.slope = data, slope

    def __add__(self, other: "_Dual") -> "_Dual":
        return type(self)(self.data + other.data, self.slope + other.slope)

    def __mul__(self, other: "_Dual") -> "_Dual":
        slope = self.slope * other.data + self.data * other.slope
        return type(self)(self.data * other.data, slope)

    def tanh(self) -> "_Dual":
        y = math.tanh(self.data)
        return type(self)(y, (1 - y * y) * self.slope)


class _SlopesMultiplied(_Dual):
    def __mul__(self, other: _Dual) -> _Dual:
        return type(self)(self.data * other.data, self.slope * other.slope)


class _NoChain(_Dual):
    def tanh(self) -> _Dual:
        y = math.tanh(self.data)
        return type(self)(y, 1 - y * y)


class _OneSided(_Dual):
    def __mul__(self, other: _Dual) -> _Dual:
        return type(self)(self.data * other.data, self.data * other.slope)


class _InputSquared(_Dual):
    def tanh(self) -> _Dual:
        slope = (1 - self.data**2) * self.slope
        return type(self)(math.tanh(self.data), slope)


dual = Exercise(
    lesson=_LESSON,
    number=4,
    insight="One run forwards for each input, one walk back for each result: with a "
    "million weights and one loss, backwards wins by a million.",
    hints=[
        "In (u v), both u and v move when x does. How much does each contribute?",
        "Every operation's slope is the sum, over its inputs, of local slope times the "
        "slope that the input brings along.",
        "For a product the slope is self.slope * other.data + the same with the roles "
        "exchanged; for tanh it is the local slope times self.slope.",
    ],
    mistakes=[
        Mistake(
            _SlopesMultiplied,
            "The slope of a product is not the product of the slopes: with a constant, "
            "whose slope is 0, nothing would be left.",
        ),
        Mistake(
            _OneSided,
            "Only the second factor's slope was counted; the first one moves, too.",
        ),
        Mistake(
            _NoChain,
            "tanh forgets the slope that its input brings along: multiply by it.",
        ),
        Mistake(
            _InputSquared,
            "tanh's slope is 1 minus the *output* squared, not the input.",
        ),
    ],
    cases={
        f"{name}, x = {data}": ((name, data),)
        for name, data in (
            ("3 + x", 2.0),
            ("3 * x", 2.0),
            ("x * x", -1.5),
            ("tanh(x)", 0.8),
            ("x * tanh(3 * x * x) + x", 0.4),
        )
    },
    expected=_backwards,
    use=_forwards,
)


CALLS = 25
_NOT_A_NUMBER = "return the price as a float; this is none, or not a finite one."
_OUTSIDE = (
    "the answer lies outside low … high. Far from the top the curve bends the other "
    "way, which leads a Newton step off; and at a fixed rate a step is as long as the "
    "shop is large. Keep the top fenced in."
)
_TOO_MANY = f"`profit` was called more than {CALLS} times. Let the slope say which way."
_NOT_THERE = "this is more than a tenth of a cent from the top."
_TOPS = {"steep": 4.0, "flat": 7.0, "a line": 4.375, "a chain of shops": 5.0}


def _shop(name: str) -> Callable[[Tensor], Tensor]:
    k = 1 / (_TOPS[name] - 2)

    def profit(price: Tensor) -> Tensor:
        if name == "a line":
            return (price - 2) * (27 - 4 * price)
        loaves = 1100 if name == "a chain of shops" else 11
        return (price - 2) * loaves * torch.exp(-k * (price - 4))

    return profit


def _counted(answer: Any, name: str, low: float, high: float) -> object:
    """Return the price found and the number of calls."""
    calls = 0

    def profit(price: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if not isinstance(price, Tensor) or price.numel() != 1:
            raise TypeError("`profit` takes one price at a time, as a tensor")
        return _shop(name)(price)

    found = answer(profit, low, high)
    if found is TODO or found is None:
        return found
    shown = round(float(found), 5) if _finite(found) else found
    return {"price": shown, "calls": calls}


def _finite(found: Any) -> bool:
    kinds = float | int | np.floating | Tensor
    if isinstance(found, Tensor) and found.numel() != 1:
        return False
    return isinstance(found, kinds) and math.isfinite(float(found))


def _by_grid(count: int) -> Callable[..., float]:
    def answer(profit: Callable[[Tensor], Tensor], low: float, high: float) -> float:
        grid = torch.linspace(low, high, count, dtype=torch.float64)
        profits = torch.stack([profit(price) for price in grid])
        return grid[profits.argmax()].item()

    return answer


def _newton(profit: Callable[[Tensor], Tensor], low: float, high: float) -> float:
    at = (low + high) / 2
    for _ in range(10):
        price = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(profit(price), price, create_graph=True)
        (bend,) = torch.autograd.grad(slope, price)
        at -= (slope / bend).item()
    return at


best_price = Exercise(
    lesson=_LESSON,
    number=5,
    insight="The sign of a slope halves what is left to search, wherever you start; "
    "its size, and the bend, are for the last few steps.",
    hints=[
        "You stand at a price and know the slope there. Which half of low … high can "
        "you forget?",
        "Try the middle, ask autograd for the slope, and move one of the two ends "
        "there. How many halvings take ten euros to a tenth of a cent?",
        "A loop of 20: middle = (low + high) / 2 as a float64 leaf, backward on the "
        "profit, then low = middle if the slope is positive, else high = middle.",
    ],
    mistakes=[
        Mistake(_by_grid(CALLS), _NOT_THERE),
        Mistake(_by_grid(10_001), _TOO_MANY),
        Mistake(_newton, _OUTSIDE),
        Mistake(lambda profit, low, high: float("nan"), _NOT_A_NUMBER),
    ],
    cases={
        name: (name, 2.0, 13.0)
        for name in ("a line", "flat", "steep", "a chain of shops")
    },
    properties=[
        Property(lambda told, *_: _finite(told["price"]), _NOT_A_NUMBER),
        Property(lambda told, *_: told["calls"] <= CALLS, _TOO_MANY),
        Property(lambda told, name, low, high: low <= told["price"] <= high, _OUTSIDE),
        Property(
            lambda told, name, *_: abs(float(told["price"]) - _TOPS[name]) <= 0.001,
            _NOT_THERE,
        ),
    ],
    use=_counted,
)
