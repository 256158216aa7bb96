"""Start a lesson whose every required part is there.

What is written runs, and keeps every rule that `check` can hold it to, because it says
of itself that it is a draft: the row ``status | draft`` under its title. A draft may be
short, and may say TODO; everything else (form, outputs, exercise, solution, export) is
checked as in a finished lesson. Deleting the row asks for all the rest.
"""

import re
from collections.abc import Sequence
from importlib.util import find_spec

from book.check.page import BOOTSTRAP
from book.course import Course, Lesson
from book.errors import BookError
from book.export import module
from book.notebook import Cell, Notebook, dump, write
from book.site.plan import Chapter, PlannedLesson, load

_NAME = re.compile(r"(foundations|mlops)/\d\d_[a-z][a-z0-9_]*")
_NEEDED = ("ipykernel", "matplotlib", "numpy", "papermill")


def scaffold(course: Course, name: str) -> list[str]:
    """Write a lesson, its solution, its exercises, its module and its lines in the TOC.

    Where the lessons' environment is there, both notebooks are run as well.

    Args:
        course: the book.
        name: as ``mlops/31_styling``; it has a row in ``book/curriculum.yml``.

    Returns:
        The paths that were written, from the root.

    Raises:
        BookError: if the name is not a lesson's, not planned, or taken; nothing is
            written then. Also if the new notebooks can't be run.
    """
    lesson, planned = Lesson(name), _planned(course, name)
    notebooks = {
        name: _lesson(lesson, planned),
        lesson.solution: _solution(lesson, planned),
    }
    contents = {f"{n}.ipynb": dump(notebook) for n, notebook in notebooks.items()}
    contents[lesson.exercises] = _exercises(lesson, planned)
    contents[lesson.export] = module(notebooks[name], lesson) or ""
    if taken := [path for path in contents if (course.root / path).exists()]:
        raise BookError(f"{', '.join(taken)}: there already; nothing was written")
    contents["_toc.yml"] = _listed(course, lesson, planned)
    for path, text in contents.items():
        write(course.root / path, text, course.root / "book/_build/tmp")
    if all(find_spec(library) for library in _NEEDED):
        _run(Course(course.root), list(notebooks))
    return list(contents)


def _planned(course: Course, name: str) -> PlannedLesson:
    if not _NAME.fullmatch(name):
        raise BookError(f"{name}: a lesson is named as mlops/31_styling")
    if name in {lesson.name for lesson in course.lessons}:
        raise BookError(f"{name} is in _toc.yml already")
    try:
        plan = load(course.root)
    except OSError as error:
        raise BookError(f"book/curriculum.yml: {error.strerror}") from None
    if name not in plan:
        raise BookError(f"{name} is not in book/curriculum.yml; add its row first")
    return plan[name]


def _run(course: Course, names: Sequence[str]) -> None:
    from book.execute import Outcome
    from book.run import Options, run

    causes: list[str] = []

    def done(outcome: Outcome, _changed: bool) -> None:
        if outcome.failure:
            causes.append(f"{outcome.name}: {outcome.failure.cause}")

    if not run(course, names, Options(), done):
        what = "all files are written, but a run failed"
        raise BookError(f"{what}: {'; '.join(causes)}")


def _listed(course: Course, lesson: Lesson, planned: PlannedLesson) -> str:
    """Return the table of contents with the lesson and its solution."""
    lines = (course.root / "_toc.yml").read_text(encoding="utf-8").splitlines()
    _insert(lines, lesson.name, Chapter(planned.chapter, ()).page)
    _insert(lines, lesson.solution, "book/pages/solutions")
    return "\n".join(lines) + "\n"


def _insert(lines: list[str], name: str, page: str) -> None:
    """Put an entry under a page, in order of the names."""
    at = next(
        (k for k, line in enumerate(lines) if line.endswith(f"- file: {page}")), -1
    )
    if at < 0:
        raise BookError(f"_toc.yml has no '- file: {page}' to put {name} under")
    indent = " " * (lines[at].index("-") + 2)
    entry = f"{indent}  - file: {name}"
    if at + 1 == len(lines) or lines[at + 1] != f"{indent}sections:":
        lines[at + 1 : at + 1] = [f"{indent}sections:", entry]
        return
    at += 2
    while (
        at < len(lines) and lines[at].startswith(f"{indent}  - ") and lines[at] < entry
    ):
        at += 1
    lines.insert(at, entry)


def _lesson(lesson: Lesson, planned: PlannedLesson) -> Notebook:
    package = lesson.export.removesuffix(".py").replace("/", ".")
    words = {"planned": planned, "package": package, "module": lesson.module}
    return _notebook(_LESSON.format(bootstrap=BOOTSTRAP, **words))


def _solution(lesson: Lesson, planned: PlannedLesson) -> Notebook:
    words = {"planned": planned, "lesson": lesson, "bootstrap": BOOTSTRAP}
    return _notebook(_SOLUTION.format(**words))


def _exercises(lesson: Lesson, planned: PlannedLesson) -> str:
    return _EXERCISES.format(lesson=lesson, planned=planned)


def _notebook(script: str) -> Notebook:
    """Return the notebook of a script whose cells open with ``%% id tags``."""
    cells = []
    for part in re.split(r"^%% ", script, flags=re.MULTILINE)[1:]:
        head, source = part.split("\n", 1)
        name, *tags = head.split()
        cell: Cell = {"id": name, "source": source.strip(), "metadata": {}}
        if tags[:1] == ["markdown"]:
            cells.append(cell | {"cell_type": "markdown"})
        else:
            run: Cell = {"cell_type": "code", "execution_count": None, "outputs": []}
            cells.append(cell | run | {"metadata": {"tags": tags} if tags else {}})
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


_LESSON = """\
%% title markdown
# {planned.title}

{planned.promise}

| name | value |
|---|---|
| minutes | 45 |
| needs | TODO: links to earlier lessons |
| data | made here |
| libraries | NumPy |
| saved to | `{package}` |
| status | draft |

%% learn markdown
## What you will learn

- TODO: 3 to 5 lines, each a verb that you can be tested on.

%% setup setup
{bootstrap}
import matplotlib.pyplot as plt
import numpy as np

from lessons import claim, plotting
from lessons.exercises import TODO
from lessons.exercises import {module} as exercises

plotting.use_style()

%% parameters parameters
SEED = 0
NUM_VALUES = 50  # readings

%% idea markdown
## The idea

TODO: a small case with numbers to follow by hand, a picture, then the formula.

%% values
rng = np.random.default_rng(SEED)
values = rng.normal(loc=20, scale=2, size=NUM_VALUES)  # (N,)
print(f"{{len(values)}} readings, the first is {{values[0]:.1f}}")

%% figure hide-input
fig, ax = plt.subplots(figsize=(6.4, 3))
ax.plot(values, "o", color=plotting.BLUE)
ax.set(xlabel="reading", ylabel="value", title="The readings scatter around 20")
plotting.show(fig, "Dots scattered evenly around a height of twenty, without a trend.")

%% scratch markdown
## From scratch

TODO: the thing itself, built up in steps, each step run and looked at.

%% mean export
import numpy as np
from numpy.typing import NDArray


def mean(values: NDArray[np.float64]) -> float:
    \"\"\"Add up values and divide by their number.

    Args:
        values: at least one, (N,).
    \"\"\"
    total = 0.0
    for value in values:
        total += float(value)
    return total / len(values)

%% tried
print(f"the mean is {{mean(values):.1f}}")
claim(19 < mean(values) < 21, "the mean is near 20")

%% library markdown
## With the library

TODO: the same in the tool that people use at work, and an assertion that both agree.

%% agree
assert np.isclose(mean(values), values.mean(), rtol=1e-12)

%% result markdown
## What the result says

TODO: interpretation, with an uncertainty and a baseline.

%% breaks markdown
## Where it breaks

TODO: the pitfalls that cost people days, each provoked in a cell and then fixed.

%% exercises markdown
## Exercises

TODO: 3 to 5, from recall to design.

**1.** How far do the values spread? Return the largest minus the smallest.

%% exercise-1 exercise
def spread(values):
    return TODO


exercises.spread.check(spread)

%% summary markdown
## Summary

TODO: five lines, and who uses next what was saved.

%% further markdown
## Going further

- TODO: 3 to 6 references with author, title, year and a stable link.
"""

_SOLUTION = """\
%% title markdown
# Solutions: {planned.label}

Back to [the lesson](../../{lesson.name}.ipynb).

%% setup setup
{bootstrap}
from lessons.exercises import {lesson.module} as exercises

%% parameters parameters
SEED = 0

%% heading-1 markdown
## 1. Spread

TODO: why this is the answer, in a sentence.

%% solved-1
def spread(values):
    return values.max() - values.min()


exercises.spread.check(spread)

%% wrong-1 markdown
A typical wrong answer, and what it is told:

%% tried-1
exercises.spread.check(lambda values: values.std())
"""

_EXERCISES = '''\
"""Exercises of lesson {lesson.number:02}, {planned.title}."""

import numpy as np

from lessons.exercises import Exercise, Mistake

LESSON = "{lesson.name}"

spread = Exercise(
    lesson=LESSON,
    number=1,
    insight="One wild value is enough to change it.",
    hints=[
        "Which two of the values matter?",
        "Find the largest and the smallest one.",
        "An array has the methods `max` and `min`.",
    ],
    mistakes=[
        Mistake(
            lambda values: values.std(),
            "This is the standard deviation: it weighs every value, not two.",
        ),
        Mistake(
            lambda values: values.max(),
            "This is the largest value; how far is it from the smallest?",
        ),
    ],
    cases={{
        "three readings": (np.array([19.0, 23.0, 20.0]),),
        "below zero": (np.array([-4.0, -1.0]),),
    }},
    expected=np.ptp,
)
'''
