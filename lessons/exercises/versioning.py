"""Exercises of lesson 40, Versioning."""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx  # type: ignore[import-untyped]

from lessons import TODO
from lessons.exercises._exercise import Exercise, Mistake, Property

LESSON = "mlops/40_versioning"


def _sha256(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return hashlib.sha256(data).hexdigest()


# 1. Two hashes of a table


def _compared(answer: Any, one: list[str], other: list[str], ordered: bool) -> object:
    """Say whether the answer gives two tables the same hash."""
    hashes = answer(one, ordered), answer(other, ordered)
    for value in hashes:
        if not isinstance(value, str):
            return value
    return "same hash" if hashes[0] == hashes[1] else "different hashes"


def _equal_tables(one: list[str], other: list[str], ordered: bool) -> str:
    same = one == other if ordered else Counter(one) == Counter(other)
    return "same hash" if same else "different hashes"


def _xor(rows: list[str], ordered: bool) -> str:
    if ordered:
        return _sha256(repr(rows))
    total = 0
    for row in rows:
        total ^= int(_sha256(row), 16)
    return f"{total:x}"


table_hash = Exercise(
    lesson=LESSON,
    number=1,
    insight="Which changes a hash may overlook is a decision about your data: rows of "
    "a table may be a bag, the lines of a log are not.",
    hints=[
        "When are two tables equal if order does not count, and how would you bring "
        "equal ones into one form?",
        "Sort a copy of the rows. Then make sure that rows can't run into each other "
        "when they are put together.",
        "Hash each row first: hexadecimal hashes all have one length, so joining them "
        "leaves no doubt where one ends.",
    ],
    mistakes=[
        Mistake(
            lambda rows, ordered: _sha256(repr(rows)),
            "The order still counts. Bring the rows into one order before hashing.",
        ),
        Mistake(
            lambda rows, ordered: _sha256(repr(sorted(rows))),
            "Here the order carries meaning (a log, a time series), and sorting threw "
            "it away.",
        ),
        Mistake(
            lambda rows, ordered: _sha256(repr(rows if ordered else sorted({*rows}))),
            "A set forgets how often a row occurs; a table with a row twice trains "
            "another model.",
        ),
        Mistake(
            _xor,
            "Combined with exclusive or, two equal rows cancel each other and vanish.",
        ),
        Mistake(
            lambda rows, ordered: _sha256("".join(rows if ordered else sorted(rows))),
            "Rows were joined without a seam: text can move between rows unseen.",
        ),
    ],
    cases={
        "a shuffled table": (["a,1", "b,2", "c,3"], ["c,3", "a,1", "b,2"], False),
        "a shuffled log": (["a,1", "b,2", "c,3"], ["c,3", "a,1", "b,2"], True),
        "a row listed twice": (["a,1", "b,2", "b,2"], ["a,1", "b,2"], False),
        "a pair of rows lost": (["a,1", "b,2", "b,2"], ["a,1"], False),
        "another seam": (["a,1", "1,b"], ["a,11", ",b"], True),
        "another seam, unordered": (["a,1", "1,b"], ["a,11", ",b"], False),
        "the same log": (["a,1", "b,2"], ["a,1", "b,2"], True),
    },
    expected=_equal_tables,
    use=_compared,
)


# 2. Garbage collection that keeps every tag


def _unreachable(tags: dict[str, str], lists: dict[str, list[str]]) -> set[str]:
    graph = nx.DiGraph(lists)
    needed = set(tags.values()).union(
        *(nx.descendants(graph, root) for root in tags.values())
    )
    return set(lists) - needed


def _below(roots: set[str], lists: Mapping[str, list[str]]) -> set[str]:
    return roots.union(*(nx.descendants(nx.DiGraph(lists), root) for root in roots))


_TREES = {
    "jan": ["raw", "cooked"],
    "feb": ["raw", "clean"],
    "old": ["raw", "stale"],
    "raw": ["p1", "p2"],
    "cooked": ["p3"],
    "clean": ["p2", "p4"],
    "stale": ["p2", "p5"],
    **{f"p{i}": [] for i in range(1, 6)},
}

garbage = Exercise(
    lesson=LESSON,
    number=2,
    insight="Mark from every root, then sweep what has no mark: git, DVC and Python's "
    "own memory are cleaned this way.",
    hints=[
        "Turn the question round: which objects must stay?",
        "Start from what the tags name and follow the lists until nothing new comes.",
        "`todo = list(tags.values())`; pop one; if it is new, mark it and add what it "
        "lists to `todo`. The answer is what was never marked.",
    ],
    mistakes=[
        Mistake(
            lambda tags, lists: _unreachable(dict(list(tags.items())[-1:]), lists),
            "Only the newest tag was kept; the older ones can't be checked out any "
            "more.",
        ),
        Mistake(
            lambda tags, lists: (
                set(lists)
                - set(tags.values())
                - {child for root in tags.values() for child in lists[root]}
            ),
            "A directory may list directories: follow the lists all the way down.",
        ),
        Mistake(
            lambda tags, lists: _below(
                {"jan", "feb", "old"} & set(lists) - set(tags.values()), lists
            ),
            "Not all that an unneeded version lists is garbage; versions share "
            "objects.",
        ),
    ],
    cases={
        "two tags": ({"v1": "jan", "v2": "feb"}, _TREES),
        "one tag": ({"v1": "jan"}, _TREES),
        "every version tagged": ({"v0": "old", "v1": "jan", "v2": "feb"}, _TREES),
        "no tags": ({}, {"jan": ["p1"], "p1": []}),
    },
    expected=_unreachable,
)


# 3. Which stages run again?

Stages = dict[str, tuple[list[str], list[str]]]


def _dirty(stages: Stages, changed: set[str], identical: set[str]) -> set[str]:
    graph = nx.DiGraph()
    graph.add_nodes_from(stages)
    for maker, (_, made) in stages.items():
        for user, (read, _) in stages.items():
            if set(made) & set(read) - identical:
                graph.add_edge(maker, user)
    touched = _touched(stages, changed)
    return touched.union(*(nx.descendants(graph, stage) for stage in touched))


def _touched(stages: Stages, changed: set[str]) -> set[str]:
    return {stage for stage, (read, _) in stages.items() if changed & set(read)}


def _after_first(stages: Stages, changed: set[str], identical: set[str]) -> set[str]:
    names, touched = list(stages), _touched(stages, changed)
    return set(names[min(map(names.index, touched)) :]) if touched else set()


def _one_pass(stages: Stages, changed: set[str], identical: set[str]) -> set[str]:
    files, found = set(changed), set()
    for stage, (read, made) in stages.items():
        if files & set(read):
            found.add(stage)
            files |= set(made) - identical
    return found


_STAGES: Stages = {
    "prepare": (["prepare.py", "table"], ["split"]),
    "report": (["report.py", "table"], ["report"]),
    "train": (["train.py", "split"], ["model"]),
    "evaluate": (["evaluate.py", "split", "model"], ["metrics"]),
}
_SHUFFLED: Stages = {
    stage: _STAGES[stage] for stage in ("evaluate", "prepare", "report", "train")
}

reruns = Exercise(
    lesson=LESSON,
    number=3,
    insight="A stage runs for two reasons only: an input was edited, or a stage before "
    "it made something new.",
    hints=[
        "For which stages can you tell at once? What else do you then know?",
        "A stage that runs changes its outputs, the identical ones excepted. Treat "
        "them like edited files, and look again.",
        "Repeat `if files & set(reads)` over all stages until a round adds none: the "
        "recipe need not be listed in the order in which it runs.",
    ],
    mistakes=[
        Mistake(
            lambda stages, changed, identical: _touched(stages, changed),
            "What a stage writes is what the next one reads: a change travels on.",
        ),
        Mistake(
            lambda stages, changed, identical: _dirty(stages, changed, set()),
            "An output that comes out identical stops the wave; hashes are compared, "
            "not times.",
        ),
        Mistake(
            _after_first,
            "Being listed later is no reason to run; being downstream is.",
        ),
        Mistake(
            _one_pass,
            "One pass is enough only if the stages are listed in running order.",
        ),
    ],
    cases={
        "nothing edited": (_STAGES, set(), set()),
        "a new evaluation": (_STAGES, {"evaluate.py"}, set()),
        "a new training": (_STAGES, {"train.py"}, set()),
        "a new report": (_STAGES, {"report.py"}, set()),
        "a new table": (_STAGES, {"table"}, set()),
        "a remark in prepare.py": (_STAGES, {"prepare.py"}, {"split"}),
        "a recipe in another order": (_SHUFFLED, {"prepare.py"}, set()),
    },
    expected=_dirty,
)


# 4. Find the commit that broke the metric


@dataclass
class _BadFrom:
    """Says whether a commit is bad, and counts how often it was asked."""

    first: int
    asked: int = 0

    def __call__(self, commit: int) -> bool:
        self.asked += 1
        return commit >= self.first

    def __repr__(self) -> str:
        return f"<true from commit {self.first} on>"


def _searched(answer: Any, num_commits: int, is_bad: _BadFrom) -> object:
    commit = answer(num_commits, is_bad)
    if commit is TODO or commit is None:
        return commit
    few = is_bad.asked <= math.ceil(math.log2(num_commits)) + 2
    return {"commit": commit, "few trainings": few}


def _scan(num_commits: int, is_bad: Callable[[int], bool]) -> int:
    return next(commit for commit in range(num_commits) if is_bad(commit))


first_bad = Exercise(
    lesson=LESSON,
    number=4,
    insight="Ten trainings find one commit among a thousand; `git bisect run` does the "
    "same, with a script as the judge.",
    hints=[
        "You may ask about any commit. Which question halves the suspects?",
        "Keep two numbers: the last commit known to be good, the first known to be "
        "bad. Ask about the one in the middle.",
        "`while bad - good > 1: middle = (good + bad) // 2`, and move one of the two.",
    ],
    mistakes=[
        Mistake(
            _scan,
            "Right, but each question is a training, and you asked about commit after "
            "commit. Halve the suspects instead.",
        ),
        Mistake(
            lambda num_commits, is_bad: _searched_half(num_commits, is_bad) - 1,
            "That is the last good commit; the one after it did the damage.",
        ),
    ],
    cases={
        "six Mondays": (6, _BadFrom(4)),
        "the newest is the culprit": (64, _BadFrom(63)),
        "the second is the culprit": (64, _BadFrom(1)),
        "a year of commits": (1_000, _BadFrom(613)),
    },
    expected=lambda num_commits, is_bad: {
        "commit": is_bad.first,
        "few trainings": True,
    },
    use=_searched,
)


def _searched_half(num_commits: int, is_bad: Callable[[int], bool]) -> int:
    good, bad = 0, num_commits - 1
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if is_bad(middle) else (middle, bad)
    return bad


# 5. Data too large to hash on every run

Sighting = tuple[str, int, int, bytes]


@dataclass
class _File:
    """A file as the operating system shows it; reading it is counted."""

    path: str
    inode: int
    mtime: int
    content: bytes
    reads: int = 0

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self) -> bytes:
        self.reads += 1
        return self.content


def _watched(answer: Any, sightings: list[Sighting]) -> object:
    """Show the answer one file after another; return what it said and read."""
    memory: dict[Any, Any] = {}
    told = []
    for sighting in sightings:
        file = _File(*sighting)
        address = answer(file, memory)
        if address is TODO or address is None:
            return address
        told.append((address, file.reads))
    return told


Told = list[tuple[Any, int]]


def _edits_seen(told: Told, sightings: list[Sighting]) -> bool:
    """Whether a file with a new time got the address of its new content."""
    times: set[tuple[str, int]] = set()
    for (address, _), (path, _, mtime, content) in zip(told, sightings, strict=True):
        if (path, mtime) not in times and address != _sha256(content):
            return False
        times.add((path, mtime))
    return True


def _replacements_seen(told: Told, sightings: list[Sighting]) -> bool:
    """Whether every address is that of the content."""
    pairs = zip(told, sightings, strict=True)
    return all(address == _sha256(content) for (address, _), (*_, content) in pairs)


def _no_needless_read(told: Told, sightings: list[Sighting]) -> bool:
    """Whether a file that looks as it did before was left unread."""
    pairs = zip(told, sightings, strict=True)
    return not any(
        reads and sightings.index(sighting) < i
        for i, ((_, reads), sighting) in enumerate(pairs)
    )


_EDIT = "a file was edited, its size is the same, and the change went unnoticed."
_REPLACED = (
    "another file of the same size and time was moved to this path, and the change "
    "went unnoticed; its inode would have told."
)
_NEEDLESS = "a file that nobody touched was read again: a terabyte, on every run."


def _remember_by(key: Callable[[_File], Any]) -> Callable[[_File, Any], str]:
    def address(file: _File, memory: dict[Any, str]) -> str:
        if key(file) not in memory:
            memory[key(file)] = _sha256(file.read())
        return memory[key(file)]

    return address


remembered = Exercise(
    lesson=LESSON,
    number=5,
    insight="Trusting size, time and inode is a bet. An edit within the clock's tick "
    "that keeps all three is missed, so hash everything from time to time anyway.",
    hints=[
        "What does the operating system tell you about a file without reading it?",
        "Remember the address together with what the file looked like when you read "
        "it, and read again when it looks different.",
        "Use `(file.path, file.inode, file.size, file.mtime)` as the key in `memory`.",
    ],
    mistakes=[
        Mistake(_remember_by(lambda file: (file.path, file.size)), _EDIT),
        Mistake(
            _remember_by(lambda file: (file.path, file.size, file.mtime)), _REPLACED
        ),
        Mistake(lambda file, memory: _sha256(file.read()), _NEEDLESS),
    ],
    cases={
        "an edit of the same size": (
            [("a.csv", 7, 100, b"cat"), ("a.csv", 7, 160, b"cut")],
        ),
        "a replacement": ([("a.csv", 7, 100, b"cat"), ("a.csv", 8, 100, b"cut")],),
        "two files alike": ([("a.csv", 7, 100, b"cat"), ("b.csv", 8, 100, b"cut")],),
        "a quiet day": ([("a.csv", 7, 100, b"cat"), ("a.csv", 7, 100, b"cat")],),
        "an edit undone": (
            [
                ("a.csv", 7, 100, b"cat"),
                ("a.csv", 7, 160, b"cats"),
                ("a.csv", 7, 200, b"cat"),
            ],
        ),
    },
    properties=[
        Property(
            lambda told, _: all(isinstance(address, str) for address, _ in told),
            "an address is text: the SHA-256 of the content, in hexadecimal.",
        ),
        Property(_edits_seen, _EDIT),
        Property(_replacements_seen, _REPLACED),
        Property(_no_needless_read, _NEEDLESS),
    ],
    use=_watched,
)
