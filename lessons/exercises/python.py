"""Exercises of lesson 02."""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import more_itertools
import numpy as np
import pandas as pd

from lessons import TODO
from lessons.exercises import Exercise, Mistake, Property

LESSON = "foundations/02_python"
Counts = dict[str, int]


def _busiest(counts: Counts, n: int) -> list[str]:
    table = pd.DataFrame({"key": list(counts), "count": list(counts.values())})
    ranked = table.sort_values(["count", "key"], ascending=[False, True])
    return [str(key) for key in ranked["key"][:n]]


def _ties_as_they_come(counts: Counts, n: int) -> list[str]:
    return sorted(counts, key=lambda key: -counts[key])[:n]


busiest_keys = Exercise(
    LESSON,
    1,
    "A tuple as key sorts by its first entry, and by the second where those are equal.",
    [
        "What would you compare first, and what only if that is equal?",
        "sorted takes a key; let yours return a tuple of two things.",
        "key=lambda key: (-counts[key], key), and then the first n.",
    ],
    [
        Mistake(
            lambda counts, n: _busiest(counts, len(counts))[::-1][:n],
            "the smallest came first: a minus in the key, or reverse=True.",
        ),
        Mistake(
            _ties_as_they_come,
            "equal counts are in the order they came in, not in alphabetical order.",
        ),
        Mistake(
            lambda counts, n: [(key, counts[key]) for key in _busiest(counts, n)],
            "pairs came back; return the keys only.",
        ),
    ],
    {
        "two of three": ({"mill": 5, "old": 9, "new": 7}, 2),
        "equal counts": ({"new": 3, "east": 3, "mill": 8, "bay": 3}, 3),
        "more than there are": ({"old": 1}, 5),
    },
    _busiest,
)

Table = list[list[int]]


def _columns(rows: Table) -> Table:
    return [[int(n) for n in column] for column in np.array(rows).T]


def _shared_columns(rows: Table) -> Table:
    """Fill one list that stands there as often as there are columns."""
    table = [[0] * len(rows)] * len(rows[0])
    for i, row in enumerate(rows):
        for j, number in enumerate(row):
            table[j][i] = number
    return table


columns = Exercise(
    LESSON,
    2,
    "The outer loop of the comprehension says what there will be one list for each of.",
    [
        "How many columns are there, and what is in column j?",
        "Column j is [row[j] for row in rows]; you need one for every j.",
        "An outer comprehension around it: for j in range(len(rows[0])).",
    ],
    [
        Mistake(
            lambda rows: rows, "the rows came back as they were: swap the two loops."
        ),
        Mistake(
            _shared_columns,
            "all columns are one list: * repeated a label, and made no new lists.",
        ),
        Mistake(
            lambda rows: [number for column in _columns(rows) for number in column],
            "one flat list: the inner brackets are missing.",
        ),
    ],
    {
        "two rows of three": ([[1, 2, 3], [4, 5, 6]],),
        "one row": ([[7, 8]],),
        "three rows of one": ([[1], [2], [3]],),
    },
    _columns,
)


class _Tally:
    def __init__(self) -> None:
        self.numbers: Counts = {}

    def add(self, key: str, number: int = 1) -> None:
        self.numbers[key] = self.numbers.get(key, 0) + number

    def __len__(self) -> int:
        return len(self.numbers)

    def __str__(self) -> str:
        return ", ".join(f"{key}: {number}" for key, number in self.numbers.items())


class _SharedTally(_Tally):
    """Keeps its numbers in the class, where all objects see them."""

    shared: ClassVar[Counts] = {}

    def __init__(self) -> None:
        self.numbers = self.shared


class _LastTally(_Tally):
    def add(self, key: str, number: int = 1) -> None:
        self.numbers[key] = number


class _SortedTally(_Tally):
    def __str__(self) -> str:
        return ", ".join(
            f"{key}: {number}" for key, number in sorted(self.numbers.items())
        )


def _tallied(make: Any, keys: list[str]) -> object:
    """Fill one tally, then look at a second that got nothing."""
    first = make()
    if first is TODO or first is None:
        return first
    for key in keys:
        first.add(key)
    first.add(keys[0], number=3)
    second = make()
    result = {"text": str(first), "keys": len(first), "an empty one": len(second)}
    getattr(first, "shared", {}).clear()
    return result


tally = Exercise(
    LESSON,
    3,
    "What is made in __init__ belongs to one object; what stands in the class, to all.",
    [
        "Where does a dict have to be made so that each object gets its own?",
        "self.numbers = {} in __init__; add, __len__ and __str__ work on it.",
        "__str__: ', '.join of f'{key}: {number}' over self.numbers.items().",
    ],
    [
        Mistake(_SharedTally, "a new tally is not empty: they share one dict."),
        Mistake(
            _LastTally, "adding replaced the number that was there: use get or +=."
        ),
        Mistake(_SortedTally, "the keys were sorted; they shall stay as they came."),
    ],
    {
        "three keys": (["old", "new", "old", "mill"],),
        "one key": (["bay"],),
    },
    lambda keys: _tallied(_Tally, keys),
    use=_tallied,
)


def _observed(decorator: Any, results: dict[int, object]) -> object:
    """Decorate a function that counts its calls, and call it with some repeats."""
    asked: list[int] = []

    def looked_up(number: int) -> object:
        asked.append(number)
        return results[number]

    wrapped = decorator(looked_up)
    if wrapped is TODO or not callable(wrapped):
        return wrapped
    returned = [wrapped(number) for number in [*results, *results]]
    name = getattr(wrapped, "__name__", "?")
    return {"returned": returned, "computed": asked, "name": name}


def _nameless(function: Callable[..., Any]) -> Callable[..., Any]:
    known = functools.cache(function)
    return lambda *args: known(*args)


def _forgets_none(function: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[Any, Any] = {}

    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        if known.get(args) is None:
            known[args] = function(*args)
        return known[args]

    return wrapper


def _keeps_one(function: Callable[..., Any]) -> Callable[..., Any]:
    return functools.lru_cache(maxsize=1)(function)


remember = Exercise(
    LESSON,
    4,
    "functools.cache does this; as for any memory, ask yourself when it may forget.",
    [
        "Where can a wrapper keep what it computed, so that the next call finds it?",
        "A dict made in remember, beside wrapper; args is a tuple and can be a key.",
        "if args not in known: known[args] = function(*args); and functools.wraps.",
    ],
    [
        Mistake(_nameless, "the name got lost: functools.wraps(function) keeps it."),
        Mistake(
            _forgets_none,
            "None was computed again: ask whether the key is there, not for its value.",
        ),
        Mistake(
            _keeps_one,
            "calls were computed again: each call's result needs a place of its own.",
        ),
    ],
    {
        "three calls, twice": ({1: "a", 2: "b", 3: "c"},),
        "None among them": ({4: None, 5: "e"},),
    },
    lambda results: _observed(functools.cache, results),
    use=_observed,
)

_AHEAD = "it took more values than the windows so far need: use them as they come."
_WRONG = "the windows are not all runs of `size` neighbours."
_KIND = "a window is a tuple: what comes out must not change with what comes next."
_EAGER = 40


def _counted(values: Iterable[int], taken: list[int]) -> Iterator[int]:
    """Give values and note them; stop being patient after some."""
    for value in values:
        taken.append(value)
        if len(taken) > _EAGER:
            raise RuntimeError(f"{_EAGER} values were taken from an endless sequence")
        yield value


def _watched(answer: Any, length: int | None, size: int) -> object:
    """Ask for three windows of a sequence; None as length means without an end."""
    taken: list[int] = []
    values = itertools.count() if length is None else range(length)
    try:
        found = answer(_counted(values, taken), size)
        if found is TODO or found is None:
            return found
        first = list(itertools.islice(found, 3))
    except RuntimeError:
        return {"windows": [], "taken": _EAGER}
    return {"windows": first, "taken": len(taken)}


def _by_list(values: Iterable[int], size: int) -> Iterator[tuple[int, ...]]:
    whole = list(values)
    return more_itertools.sliding_window(whole, size)


def _blocks(values: Iterable[int], size: int) -> Iterator[tuple[int, ...]]:
    return (tuple(block) for block in more_itertools.chunked(values, size))


windows = Exercise(
    LESSON,
    5,
    "A deque of fixed length holds just what is needed, however long the sequence is.",
    [
        "How many values must you hold at a time? Which goes when the next one comes?",
        "Keep the last `size` values in a list or deque; yield once it is full.",
        "held = deque(maxlen=size); append to it; if it is full, yield tuple(held).",
    ],
    [
        Mistake(_by_list, _AHEAD),
        Mistake(_blocks, _WRONG),
        Mistake(
            lambda values, size: map(list, more_itertools.sliding_window(values, size)),
            _KIND,
        ),
    ],
    {
        "0 to 5, size 3": (6, 3),
        "shorter than a window": (2, 3),
        "without an end": (None, 4),
    },
    properties=[
        Property(
            lambda seen, length, size: (
                seen["taken"] <= min(_EAGER - 1, size + 2 if length is None else length)
            ),
            _AHEAD,
        ),
        Property(
            lambda seen, *_: all(isinstance(w, tuple) for w in seen["windows"]), _KIND
        ),
        Property(
            lambda seen, length, size: (
                seen["windows"]
                == list(
                    itertools.islice(
                        more_itertools.sliding_window(
                            itertools.count() if length is None else range(length), size
                        ),
                        3,
                    )
                )
            ),
            _WRONG,
        ),
    ],
    use=_watched,
)
