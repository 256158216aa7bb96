"""Exercises of lesson 03, NumPy."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lessons.exercises import TODO, Exercise, Mistake, Property

Array = NDArray[Any]
Shape = tuple[int, ...]

_LESSON = "foundations/03_numpy"
_EPOCH = 1_795_417_200


def _from_the_left(a: Shape, b: Shape) -> Shape:
    length = max(len(a), len(b))
    left = (shape + (1,) * (length - len(shape)) for shape in (a, b))
    return tuple(max(pair) for pair in zip(*left, strict=True))


def _tail_only(a: Shape, b: Shape) -> Shape:
    return tuple(max(p) for p in zip(a[::-1], b[::-1], strict=False))[::-1]


broadcast_shape = Exercise(
    lesson=_LESSON,
    number=1,
    insight="Only lengths count: broadcasting never asks what an axis means.",
    hints=[
        "From which end are two shapes lined up, and what fills the gap?",
        "Put ones in front of the shorter shape until both are equally long; then each "
        "pair of lengths gives one length of the result.",
        "In each pair the lengths are equal, or one of them is 1 and gives way: the "
        "larger one is the answer (axes of length 0 apart).",
    ],
    mistakes=[
        Mistake(
            _from_the_left,
            "The shapes were lined up from the left. NumPy starts at the last axis.",
        ),
        Mistake(
            _tail_only,
            "The axes that only one shape has were dropped. They stay: a missing axis "
            "counts as one of length 1.",
        ),
        Mistake(
            lambda a, b: a if len(a) >= len(b) else b,
            "The longer shape is not always the result: its axes of length 1 are "
            "stretched, too.",
        ),
    ],
    cases={
        "a table and a row": ((4, 3), (3,)),
        "shops and a column of days": ((2, 1, 3), (4, 1)),
        "a row and a column": ((3,), (4, 1)),
        "a scalar": ((), (2, 5)),
    },
    expected=lambda a, b: np.broadcast_shapes(a, b),
)


_COUNTS = np.array([[10, 60, 20], [12, 40, 30], [8, 50, 10]])
_PRICE = np.array([4.0, 0.5, 1.1])


def _share(counts: Array, price: Array) -> Array:
    euros = [[n * p for n, p in zip(day, price, strict=True)] for day in counts]
    return np.array([[e / sum(day) for e in day] for day in euros])


def _share_of_row_divided_as_column(counts: Array, price: Array) -> Array:
    return np.asarray(counts * price / (counts @ price))


share_of_day = Exercise(
    lesson=_LESSON,
    number=2,
    insight="`keepdims=True` leaves the axis that stretches back over the products.",
    hints=[
        "Which shape must the day's takings have to divide a table (N, P) row by row?",
        "Euros first: counts times prices is (N, P). Its sum along the products must "
        "come out as (N, 1).",
        "money / money.sum(...), where the sum names the axis of the products and "
        "keeps it.",
    ],
    mistakes=[
        Mistake(
            _share_of_row_divided_as_column,
            "The takings are (N,) and were lined up with the products: with as many "
            "days as products, that goes unnoticed. Give them the shape (N, 1).",
        ),
        Mistake(
            lambda counts, price: counts * price / (counts * price).sum(axis=0),
            "These are shares of the product's week. The axis you name is the one that "
            "goes: name the products, not the days.",
        ),
        Mistake(
            lambda counts, price: counts * price / (counts * price).sum(),
            "These are shares of all the days together. Each day has its own takings, "
            "so the sum needs an axis.",
        ),
        Mistake(
            lambda counts, price: counts / counts.sum(axis=1, keepdims=True),
            "These are shares of the pieces sold. A loaf brings eight times as much as "
            "a bun.",
        ),
    ],
    cases={
        "three days, three products": (_COUNTS, _PRICE),
        "two days, four products": (
            np.array([[1, 2, 3, 4], [5, 0, 0, 5]]),
            np.array([1.0, 2, 3, 4]),
        ),
    },
    expected=_share,
)


def _with_sharing(answer: Callable[..., Any], values: Array, width: int) -> object:
    """Return the windows, and whether they share memory with the values."""
    result = answer(values, width)
    if result is None or result is TODO:
        return result
    shares = isinstance(result, np.ndarray) and np.shares_memory(result, values)
    return {"windows": result, "shares memory": shares}


def _window_list(values: Array, width: int) -> Array:
    return np.array([values[i : i + width] for i in range(len(values) - width + 1)])


windows = Exercise(
    lesson=_LESSON,
    number=3,
    insight="Both strides are one entry: a step down and a step right are the same.",
    hints=[
        "How far apart in memory are the starts of two neighbouring windows?",
        "No reshape can do it, since the rows overlap. You want to choose the strides "
        "yourself: look into np.lib.stride_tricks.",
        "sliding_window_view does it with checks; as_strided(values, shape, strides) "
        "does it with the same stride twice.",
    ],
    mistakes=[
        Mistake(
            _window_list,
            "The right numbers, but copied into new memory. Two strides on the old one "
            "describe every window.",
        ),
        Mistake(
            lambda values, width: values[: len(values) // width * width].reshape(
                -1, width
            ),
            "These windows lie end to end. Each should start one value after the last.",
        ),
        Mistake(
            lambda values, width: sliding_window_view(values, width)[:-1],
            "The last window is missing: N values have N - width + 1 windows.",
        ),
    ],
    cases={
        "five values, width 3": (np.array([3.0, 1, 4, 1, 5]), 3),
        "every other value of ten": (np.arange(10.0)[::2], 2),
        "one window": (np.array([2.0, 7]), 2),
    },
    expected=lambda values, width: {
        "windows": _window_list(values, width),
        "shares memory": True,
    },
    use=_with_sharing,
)


def _by_week(strip: Array, num_products: int) -> Array:
    days = len(strip) // num_products
    table = [[strip[p * days + d] for p in range(num_products)] for d in range(days)]
    weeks = [table[7 * w : 7 * w + 7] for w in range(days // 7)]
    return np.array(weeks).reshape(days // 7, 7, num_products)


def _straight_reshape(strip: Array, num_products: int) -> Array:
    weeks = len(strip) // (7 * num_products)
    return strip[: weeks * 7 * num_products].reshape(weeks, 7, num_products)


def _table_then_reshape(strip: Array, num_products: int) -> Array:
    table = strip.reshape(num_products, -1)
    weeks = table.shape[1] // 7
    return table[:, : weeks * 7].reshape(weeks, 7, num_products)


def _first_days_dropped(strip: Array, num_products: int) -> Array:
    table = strip.reshape(num_products, -1).T
    weeks = len(table) // 7
    return table[len(table) - weeks * 7 :].reshape(weeks, 7, num_products)


by_week = Exercise(
    lesson=_LESSON,
    number=4,
    insight="Cut the strip as it was written; only then change the order of the axes.",
    hints=[
        "In which shape was the strip written? Which axis moves fastest along it?",
        "First the shape as printed, (num_products, days). Then exchange its axes. "
        "Only then cut the days into weeks.",
        "table = strip.reshape(num_products, -1).T; keep a multiple of 7 of its rows; "
        "reshape those to (weeks, 7, num_products).",
    ],
    mistakes=[
        Mistake(
            _straight_reshape,
            "The shape is right and the contents are scrambled: this reads the strip "
            "as if it had been printed day by day.",
        ),
        Mistake(
            _table_then_reshape,
            "A good start, then a reshape where a transpose was needed: the axes of "
            "(products, days) have to change places before the weeks are cut.",
        ),
        Mistake(
            _first_days_dropped,
            "The first days were left out. The unfinished week is the last one.",
        ),
    ],
    cases={
        "nine days, two products": (np.arange(18) * 10, 2),
        "two weeks, three products": (np.arange(42), 3),
    },
    expected=_by_week,
)


def _far_from_zero(x: Array) -> bool:
    return bool(abs(x.mean()) > 1e6 * x.std())


def _is_number(result: Any, chunks: Sequence[Array]) -> bool:
    return np.ndim(result) == 0 and bool(np.isfinite(float(result)))


def _is_not_average_of_variances(result: Any, chunks: Sequence[Array]) -> bool:
    x, average = np.concatenate(chunks), np.mean([chunk.var() for chunk in chunks])
    return bool(np.isclose(result, x.var()) or not np.isclose(result, average))


def _is_not_divided_by_fewer(result: Any, chunks: Sequence[Array]) -> bool:
    return not np.isclose(result, np.concatenate(chunks).var(ddof=1), rtol=1e-9)


def _survives_offset(result: Any, chunks: Sequence[Array]) -> bool:
    x = np.concatenate(chunks)
    return not _far_from_zero(x) or bool(np.isclose(result, x.var(), rtol=1e-6))


def _is_variance(result: Any, chunks: Sequence[Array]) -> bool:
    return bool(np.isclose(result, np.concatenate(chunks).var(), rtol=1e-6))


def _one_pass(chunks: Iterable[Array]) -> float:
    n = total = squares = 0.0
    for chunk in chunks:
        n += len(chunk)
        total += chunk.sum()
        squares += (chunk**2).sum()
    return squares / n - (total / n) ** 2


_NUMBER = "One finite number is wanted. (The chunks can be read only once.)"
_AVERAGE = (
    "This is the average of the chunks' variances. It leaves out how far the chunks "
    "lie from each other."
)
_FEWER = "The sum was divided by N - 1. The lesson's variance is a mean: divide by N."
_OFFSET = (
    "Right near zero, wrong from 1970: somewhere two large, nearly equal numbers are "
    "subtracted. Square distances, not timestamps."
)
_OTHER = "This is not the variance of all the numbers together."

variance = Exercise(
    lesson=_LESSON,
    number=5,
    insight="Distances from any number near the data are safe, not only from the mean.",
    hints=[
        "The formula in one pass is exact on paper. What about the numbers it is given "
        "makes it fail, and what could you do to them without changing the variance?",
        "Either shift everything by a number near the data, such as the first one. Or "
        "keep a count, a mean and a sum of squared distances, and merge the chunks.",
        "Merging: with gap = mean_b - mean_a, the sums of squared distances add up, "
        "plus gap**2 * n_a * n_b / (n_a + n_b).",
    ],
    mistakes=[
        Mistake(_one_pass, _OFFSET),
        Mistake(lambda chunks: float(np.mean([c.var() for c in chunks])), _AVERAGE),
        Mistake(lambda chunks: float(np.concatenate(list(chunks)).var(ddof=1)), _FEWER),
        Mistake(lambda chunks: [c.var() for c in chunks], _NUMBER),
        Mistake(lambda chunks: float(np.concatenate(list(chunks)).std()), _OTHER),
    ],
    cases={
        "near zero": ([np.array([0.0, 2, 4]), np.array([6.0])],),
        "from 1970": (
            [_EPOCH + np.array([0.0, 2, 4]), _EPOCH + np.array([6.0, 9, 13, 14])],
        ),
    },
    properties=[
        Property(_is_number, _NUMBER),
        Property(_is_not_average_of_variances, _AVERAGE),
        Property(_is_not_divided_by_fewer, _FEWER),
        Property(_survives_offset, _OFFSET),
        Property(_is_variance, _OTHER),
    ],
    use=lambda answer, chunks: answer(iter(chunks)),
)
