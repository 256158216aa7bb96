"""Exercises of lesson 02."""

import functools
import itertools
from collections import UserList, deque
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


def _all_reversed(counts: Counts, n: int) -> list[str]:
    return sorted(counts, key=lambda key: (counts[key], key), reverse=True)[:n]


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
            _all_reversed,
            "reverse=True turned the alphabet, too; a minus turns the count alone.",
        ),
        Mistake(
            lambda counts, n: [(key, counts[key]) for key in _busiest(counts, n)],
            "pairs came back; return the keys only.",
        ),
    ],
    {
        "two of three": ({"mill": 5, "old": 9, "new": 7}, 2),
        "equal counts": ({"east": 3, "new": 3, "mill": 8, "bay": 3}, 3),
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


class _Tuple(UserList[int]):
    """A column that is a tuple, which would otherwise be taken for a list."""


_Tuple.__name__ = "tuple"  # what it is called in what the learner reads


def _tuples_marked(answer: Any, rows: Table) -> object:
    """Call the answer, and tell columns that are tuples from those that are lists."""
    found = answer(rows)
    if not isinstance(found, list):
        return found
    return [_Tuple(c) if isinstance(c, tuple) else c for c in found]


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
        Mistake(
            lambda rows: list(zip(*rows, strict=True)),
            "tuples can't be changed later; list(column) makes a list of each.",
        ),
    ],
    {
        "two rows of three": ([[1, 2, 3], [4, 5, 6]],),
        "one row": ([[7, 8]],),
        "three rows of one": ([[1], [2], [3]],),
    },
    _columns,
    use=_tuples_marked,
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
    if isinstance(first, type):
        raise TypeError(
            f"that is the class; return an object of it, {first.__name__}()"
        )
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


class _Results(dict[tuple[int, ...], object]):
    """What a function returns, by its arguments."""

    def __repr__(self) -> str:
        told = ", ".join(f"{value!r} for {args}" for args, value in self.items())
        return f"one that returns {told}"


def _observed(decorator: Any, results: _Results) -> object:
    """Decorate a function that counts its calls, and call it with some repeats.

    A second one, decorated after it, shows whether the two share a memory.
    """
    asked: list[tuple[int, ...]] = []

    def looked_up(*numbers: int) -> object:
        asked.append(numbers)
        return results[numbers]

    wrapped = decorator(looked_up)
    if wrapped is TODO or not callable(wrapped):
        return wrapped
    returned = [wrapped(*numbers) for numbers in [*results, *results]]
    name = getattr(wrapped, "__name__", "?")
    other = decorator(lambda *numbers: "other")
    others = [other(*numbers) for numbers in results]
    seen = {"returned": returned, "computed": asked, "name": name}
    return seen | {"another function returned": others}


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


def _by_first_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[Any, Any] = {}

    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        if args[0] not in known:
            known[args[0]] = function(*args)
        return known[args[0]]

    return wrapper


_SHARED: dict[Any, Any] = {}


def _one_memory_for_all(function: Callable[..., Any]) -> Callable[..., Any]:
    if function.__name__ == "looked_up":  # a new trial
        _SHARED.clear()

    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        if args not in _SHARED:
            _SHARED[args] = function(*args)
        return _SHARED[args]

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
        Mistake(
            _by_first_argument,
            "two calls differ in their second argument: the key is all of args.",
        ),
        Mistake(
            _one_memory_for_all,
            "two functions share one memory: make the dict inside `remember`.",
        ),
    ],
    {
        "three calls, twice": (_Results({(1,): "a", (2,): "b", (3,): "c"}),),
        "None among them": (_Results({(1,): None, (5,): "e"}),),
        "two arguments": (_Results({(1, 2): "f", (1, 3): "g"}),),
    },
    lambda results: _observed(functools.cache, results),
    use=_observed,
)

_AHEAD = "it took more values than the windows so far need: use them as they come."
_WRONG = "the windows are not all runs of `size` neighbours."
_KIND = "a window is a tuple: what comes out must not change with what comes next."
_REST = "more windows than runs: some came too early, or after the last value."
_EAGER = 40
_ENDLESS = "0, 1, 2 … without an end"


class _TooManyError(Exception):
    """More was taken than any window needs."""


def _counted(values: Iterable[int], taken: list[int]) -> Iterator[int]:
    """Give values and note them; stop being patient after some."""
    for value in values:
        taken.append(value)
        if len(taken) > _EAGER:
            raise _TooManyError
        yield value


def _numbers(values: Any) -> Iterable[int]:
    return itertools.count() if values == _ENDLESS else values


def _watched(answer: Any, values: Any, size: int) -> object:
    """Ask for all windows of a sequence, or for three if it has no end."""
    taken: list[int] = []
    try:
        found = answer(_counted(_numbers(values), taken), size)
        if found is TODO or found is None:
            return found
        most = 3 if values == _ENDLESS else _EAGER
        first = list(itertools.islice(found, most))
    except _TooManyError:
        return {"windows": [], "taken": _EAGER}
    return {"windows": first, "taken": len(taken)}


def _windows(values: Any, size: int) -> list[tuple[int, ...]]:
    every = more_itertools.sliding_window(_numbers(values), size)
    return list(itertools.islice(every, 3 if values == _ENDLESS else None))


def _and_the_rest(values: Iterable[int], size: int) -> Iterator[tuple[int, ...]]:
    held: deque[int] = deque(maxlen=size)
    for value in values:
        held.append(value)
        if len(held) == size:
            yield tuple(held)
    if held:
        yield tuple(held)


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
        Mistake(_and_the_rest, _REST),
        Mistake(
            lambda values, size: map(list, more_itertools.sliding_window(values, size)),
            _KIND,
        ),
    ],
    {
        "six values": (range(6), 3),
        "fewer than a window": (range(2), 3),
        "no last value": (_ENDLESS, 4),
    },
    properties=[
        Property(
            lambda seen, values, size: (
                seen["taken"] <= (size + 2 if values == _ENDLESS else len(values))
            ),
            _AHEAD,
        ),
        Property(
            lambda seen, values, size: (
                len(seen["windows"]) <= len(_windows(values, size))
            ),
            _REST,
        ),
        Property(
            lambda seen, *_: all(isinstance(w, tuple) for w in seen["windows"]), _KIND
        ),
        Property(
            lambda seen, values, size: seen["windows"] == _windows(values, size), _WRONG
        ),
    ],
    use=_watched,
)
