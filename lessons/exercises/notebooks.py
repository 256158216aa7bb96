"""Exercises of lesson 01."""

import ast
import builtins
import itertools
import symtable
from collections.abc import Sequence

from markdown_it import MarkdownIt

from lessons.exercises import Exercise, Mistake, Property

LESSON = "foundations/01_notebooks"
Headings = list[tuple[int, str]]


def _outline(cells: Sequence[str]) -> Headings:
    """Read the headings with a real Markdown parser."""
    found: Headings = []
    for cell in cells:
        tokens = MarkdownIt().parse(cell)
        for opening, text in itertools.pairwise(tokens):
            if opening.type == "heading_open":
                found.append((int(opening.tag[1]), text.content))
    return found


def _every_hash(cells: Sequence[str]) -> Headings:
    lines = [line for cell in cells for line in cell.splitlines()]
    heads = [line.partition(" ") for line in lines if line.startswith("#")]
    return [(len(marks), title) for marks, _, title in heads]


def _all_hashes_counted(cells: Sequence[str]) -> Headings:
    return [(level + title.count("#"), title) for level, title in _outline(cells)]


outline = Exercise(
    LESSON,
    1,
    "The margin of this page, with its list of headings, is made that way.",
    [
        "Which lines begin with #? Which of those does Markdown not take for headings?",
        "Go through the lines and remember whether you are inside a quotation of code.",
        "A line of back-ticks flips a flag; only while it is down, line.partition.",
    ],
    [
        Mistake(
            _every_hash,
            "a comment inside quoted code became a heading: mind the back-ticks.",
        ),
        Mistake(
            lambda cells: [(1, title) for _, title in _outline(cells)],
            "every level is 1: count the # at the beginning of the line.",
        ),
        Mistake(
            lambda cells: _outline(cells[:1]),
            "only the first cell was read; the page has several.",
        ),
        Mistake(
            _all_hashes_counted,
            "a # inside the title was counted, too: only those at its head are levels.",
        ),
    ],
    {
        "two cells": (["# The old bridge\n\nSome text.", "## Counts\n\n### Tuesday"],),
        "quoted code": (["## Setup\n\n```\n# not a heading\nx = 1\n```\n\n## After"],),
        "no headings": (["Only text, with a # inside."],),
        "a # in the title": (["## Ticket #12\n\n### Why #12 was filed"],),
    },
    _outline,
)


def _diagnose(counts: Sequence[int | None]) -> str:
    ran = [count for count in counts if count is not None]
    if ran != sorted(ran):
        return "out of order"
    if len(ran) < len(counts):
        return "unfinished"
    return "clean" if ran == [*range(1, len(ran) + 1)] else "rerun"


def _unfinished_first(counts: Sequence[int | None]) -> str:
    return "unfinished" if None in counts else _diagnose(counts)


def _never_rerun(counts: Sequence[int | None]) -> str:
    told = _diagnose(counts)
    return "clean" if told == "rerun" else told


def _first_is_enough(counts: Sequence[int | None]) -> str:
    told = _diagnose(counts)
    return "clean" if told == "rerun" and counts[0] == 1 else told


diagnose = Exercise(
    LESSON,
    2,
    "A page that isn't clean may be right, and one that is clean may be stale.",
    [
        "Write down the brackets of a page for each of the four words.",
        "Leave the None aside first: is what remains sorted?",
        "Compare the numbers with sorted(numbers), then with list(range(1, n + 1)).",
    ],
    [
        Mistake(
            _first_is_enough,
            "that page starts at 1 and still skips a number: look at all of them.",
        ),
        Mistake(
            _never_rerun,
            "numbers that grow are not enough for clean: they must be 1, 2, 3 …",
        ),
        Mistake(
            _unfinished_first,
            "look at the order first: out of order wins over unfinished.",
        ),
    ],
    {
        "1, 2, 3": ([1, 2, 3],),
        "the planner": ([4, 6, 7, 8],),
        "a gap": ([1, 2, 4],),
        "back up": ([1, 3, 2],),
        "one not run": ([1, 2, None, 3],),
        "a gap, and one not run": ([1, None, 3],),
        "back up, and one not run": ([5, None, 2],),
        "no code": ([],),
    },
    _diagnose,
)

Prices = dict[str, float]


def _in_place(prices: Prices, rate: float) -> Prices:
    for name in prices:
        prices[name] *= 1 + rate
    return prices


_CHANGED = "the second run gives other prices: the function changes what it is given."
_RATE = "the tax is wrong: add the rate's share to each price."
_LOST = "some goods are missing, or new."


def _run_twice(answer: object, prices: Prices, rate: float) -> object:
    """The cell `taxed = with_tax(prices, rate)`, run two times."""
    assert callable(answer)
    first = answer(prices, rate)
    if not isinstance(first, dict):
        return first
    return {"first": dict(first), "second": answer(prices, rate)}


with_tax = Exercise(
    LESSON,
    3,
    "A cell that makes a new name from old ones can be run as often as you like.",
    [
        "After the cell has run twice, what is in `prices`?",
        "Make a new dictionary; never write into the one you were given.",
        "A comprehension over prices.items(), each price times 1 + rate.",
    ],
    [
        Mistake(_in_place, _CHANGED),
        Mistake(lambda prices, rate: {k: v * rate for k, v in prices.items()}, _RATE),
        Mistake(lambda prices, rate: dict(list(prices.items())[:1]), _LOST),
    ],
    {
        "a tenth": ({"bell": 12.0, "lamp": 30.0}, 0.1),
        "a fifth": ({"lock": 45.0, "pump": 20.0, "tube": 5.0}, 0.2),
    },
    properties=[
        Property(
            lambda runs, prices, rate: runs["first"].keys() == prices.keys(), _LOST
        ),
        Property(
            lambda runs, prices, rate: all(
                abs(runs["first"][k] - prices[k] * (1 + rate)) < 1e-9 for k in prices
            ),
            _RATE,
        ),
        Property(lambda runs, *_: runs["first"] == runs["second"], _CHANGED),
    ],
    use=_run_twice,
)


def _needed(source: str) -> set[str]:
    """Ask the compiler's own table of names."""
    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    return {
        symbol.get_name()
        for symbol in symbols
        if symbol.is_referenced()
        and not (symbol.is_assigned() or symbol.is_imported())
        and not hasattr(builtins, symbol.get_name())
    }


def _all_names(source: str) -> set[str]:
    walked = ast.walk(ast.parse(source))
    return {n.id for n in walked if isinstance(n, ast.Name)} - set(dir(builtins))


def _with_builtins(source: str) -> set[str]:
    walked = list(ast.walk(ast.parse(source)))
    names = [n for n in walked if isinstance(n, ast.Name)]
    stored = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return {n.id for n in names} - stored


names_needed = Exercise(
    LESSON,
    4,
    "A linter that warns of a deleted cell is this function, looped over the page.",
    [
        "In `b = a + 1`, which name is needed? How do the two differ in the tree?",
        "Collect the names with ctx Load, then take away those with ctx Store.",
        "A set of id where isinstance(n.ctx, ast.Load), minus stored, minus builtins.",
    ],
    [
        Mistake(_all_names, "a name that the cell itself assigns is not needed."),
        Mistake(_with_builtins, "print and its like come with Python; leave them out."),
    ],
    {
        "the mean": ("mean = sum(counts) / len(counts)",),
        "a constant": ("counts = [940, 1120]",),
        "attributes": ("table.index = days\nprint(table.shape)",),
        "assigned and used": ("kept = sorted(counts)[worst_days:]\nprint(kept)",),
    },
    _needed,
)


class _Nothing:
    """Stands for None, which is a right answer here."""

    def __repr__(self) -> str:
        return "None"


_NONE = _Nothing()
_SHUFFLED = [
    "print(f'{mean:,.0f}')",
    "kept = sorted(counts)[worst_days:]",
    "worst_days = 1",
    "mean = sum(kept) / len(kept)",
    "counts = [940, 1120, 1310]",
]
_CIRCLE = ["a = b + 1", "b = a + 1", "c = 5"]
_TWO_WAYS = ["y = x + 1", "x = 1", "z = x + 2"]


def _defined(source: str) -> set[str]:
    symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned()}


def _works(order: Sequence[int], cells: Sequence[str]) -> bool:
    known: set[str] = set()
    for index in order:
        if not _needed(cells[index]) <= known:
            return False
        known |= _defined(cells[index])
    return True


def _possible(cells: Sequence[str]) -> bool:
    every = itertools.permutations(range(len(cells)))
    return any(_works(order, cells) for order in every)


def _answered(answer: object, cells: list[str]) -> object:
    assert callable(answer)
    result = answer(cells)
    return result if result is not None else _NONE


def _is_order(order: Sequence[int], cells: Sequence[str]) -> bool:
    return sorted(order) == list(range(len(cells)))


_NOT_ALL = "an order names each cell once, by its index."
_UNDEFINED = "in this order, a cell runs before the names it needs are defined."
_IMPOSSIBLE = "these cells need each other in a circle: there is no order, return None."
_GAVE_UP = "there is an order that works, but None came back."


def _as_listed(cells: Sequence[str]) -> list[int]:
    return list(range(len(cells)))


def _greedy_once(cells: Sequence[str]) -> list[int]:
    known: set[str] = set()
    order = []
    for index, source in enumerate(cells):
        if _needed(source) <= known:
            order.append(index)
            known |= _defined(source)
    return order


def _whatever_is_left(cells: Sequence[str]) -> list[int]:
    """Round after round, but what waits in a circle is left out in silence."""
    order: list[int] = []
    while True:
        known = {name for index in order for name in _defined(cells[index])}
        waiting = [k for k in range(len(cells)) if k not in order]
        ready = [k for k in waiting if _needed(cells[k]) <= known]
        if not ready:
            return order
        order += ready


working_order = Exercise(
    LESSON,
    5,
    "This is a topological sort. Build tools, schedulers and spreadsheets live on it.",
    [
        "Which cells could run in an empty kernel? And after those?",
        "Again and again, run any cell that has all it needs; stop when none is left.",
        "If a round adds no cell and some remain, they wait for each other: None.",
    ],
    [
        Mistake(_as_listed, _UNDEFINED),
        Mistake(_greedy_once, _NOT_ALL),
        Mistake(lambda cells: None, _GAVE_UP),
        Mistake(_whatever_is_left, _IMPOSSIBLE),
    ],
    {
        "the bridge, shuffled": (_SHUFFLED,),
        "two ways": (_TWO_WAYS,),
        "a circle": (_CIRCLE,),
    },
    properties=[
        Property(
            lambda order, cells: order is not _NONE or not _possible(cells), _GAVE_UP
        ),
        Property(lambda order, cells: order is _NONE or _possible(cells), _IMPOSSIBLE),
        Property(
            lambda order, cells: order is _NONE or _is_order(order, cells), _NOT_ALL
        ),
        Property(
            lambda order, cells: order is _NONE or _works(order, cells), _UNDEFINED
        ),
    ],
    use=_answered,
)
