"""Say in words how a value differs from the one expected."""

import re
import reprlib
from collections.abc import Callable, Mapping, Sequence, Set
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray[Any, np.dtype[Any]]
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 100
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 12


def show(value: Any) -> str:
    """Return a short text of a value, the same on every machine."""
    value = _plain(value)
    if isinstance(value, np.ndarray):
        text = np.array2string(
            value, precision=4, suppress_small=True, threshold=20, edgeitems=2
        )
        return f"array {value.shape} {' '.join(text.split())}"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, pd.DataFrame | pd.Series):
        return f"{type(value).__name__} {value.shape}\n{value.head().to_string()}"
    if isinstance(value, list | tuple) and len(value) <= _SHORT.maxlist:
        inside = ", ".join(map(show, value))
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, dict) and len(value) <= _SHORT.maxdict:
        return f"{{{', '.join(f'{show(k)}: {show(v)}' for k, v in value.items())}}}"
    if isinstance(value, Set):
        return "{" + ", ".join(sorted(map(show, value))) + "}" if value else "set()"
    return _ADDRESS.sub("", _SHORT.repr(value))


def difference(got: Any, expected: Any, tolerance: float) -> str | None:
    """Return how ``got`` differs from ``expected``, or None if it does not.

    Args:
        got: what came back; a torch tensor counts as an array.
        expected: what should have; lists and tuples count as the same.
        tolerance: absolute and relative, for every number.
    """
    got, expected = _plain(got), _plain(expected)
    if got is None and expected is not None:
        return f"None came back, not {_article(expected)}"
    for kinds, compare in _COMPARISONS:
        if isinstance(expected, kinds):
            if not isinstance(got, _accepted(kinds)):
                return f"{_article(got)} came back, not {_article(expected)}"
            return compare(got, expected, tolerance)
    return None if bool(got == expected) else "another value was expected"


def _plain(value: Any) -> Any:
    """Turn a tensor into an array and a NumPy scalar into a number."""
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    return value.item() if isinstance(value, np.generic) else value


def _accepted(kinds: tuple[type, ...]) -> tuple[type, ...]:
    return (np.ndarray, Number, list, tuple) if kinds == (np.ndarray,) else kinds


def _article(value: object) -> str:
    name = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _arrays(got: Any, expected: Array, tolerance: float) -> str | None:
    try:
        got = np.asarray(got)
    except ValueError:
        return "rows of unequal length came back"
    if got.shape != expected.shape:
        return f"shape {got.shape} came back, not {expected.shape}"
    if expected.dtype.kind not in "fciub":
        return None if np.array_equal(got, expected) else "other entries were expected"
    if got.dtype.kind not in "fciub":
        return f"entries of type {got.dtype} came back, not numbers"
    if np.isnan(got).any() and not np.isnan(expected).any():
        return "there is a NaN in it"
    if np.allclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True):
        return None
    return "the numbers differ"


def _numbers(got: object, expected: object, tolerance: float) -> str | None:
    return _arrays(got, np.asarray(expected), tolerance)


def _bools(got: object, expected: object, tolerance: float) -> str | None:
    return None if got is expected else f"{got} came back, not {expected}"


def _sequences(
    got: Sequence[object], expected: Sequence[object], tolerance: float
) -> str | None:
    if len(got) != len(expected):
        return f"{len(got)} came back, not {len(expected)}"
    for i, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        if problem := difference(ours, theirs, tolerance):
            return f"entry {i}: {problem}"
    return None


def _mappings(
    got: Mapping[object, object], expected: Mapping[object, object], tolerance: float
) -> str | None:
    if problem := _sets(set(got), set(expected), tolerance):
        return f"among the keys, {problem}"
    for key, theirs in expected.items():
        if problem := difference(got[key], theirs, tolerance):
            return f"under {key!r}: {problem}"
    return None


def _sets(got: Set[object], expected: Set[object], tolerance: float) -> str | None:
    if missing := expected - got:
        return f"{show(missing)} is missing"
    return f"{show(got - expected)} does not belong" if got - expected else None


def _frames(got: pd.DataFrame, expected: pd.DataFrame, tolerance: float) -> str | None:
    try:
        pd.testing.assert_frame_equal(got, expected, rtol=tolerance, atol=tolerance)
    except AssertionError as error:
        return " ".join(str(error).split("\n")[:1])
    return None


def _series(got: pd.Series, expected: pd.Series, tolerance: float) -> str | None:
    return _frames(got.to_frame("value"), expected.to_frame("value"), tolerance)


_COMPARISONS: tuple[tuple[tuple[Any, ...], Callable[..., str | None]], ...] = (
    ((bool,), _bools),
    ((np.ndarray,), _arrays),
    ((pd.DataFrame,), _frames),
    ((pd.Series,), _series),
    ((Number,), _numbers),
    ((str, bytes), lambda got, expected, _: None if got == expected else "other text"),
    ((list, tuple), _sequences),
    ((Mapping,), _mappings),
    ((Set,), _sets),
)
