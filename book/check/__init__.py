"""The mechanical part of the lesson standard, without running anything."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain

from book.check import (
    code,
    exercises,
    exports,
    form,
    house,
    links,
    outputs,
    prose,
    structure,
)
from book.check.exercises import Task
from book.check.finding import Finding, Where
from book.check.page import Page, load
from book.course import Course, Lesson

__all__ = ["Finding", "Where", "check", "drafts"]

PageRule = Callable[[Page], Iterable[Finding]]

PARALLEL_FROM = 12
"""Lessons from which more processes pay."""

NOTEBOOK_RULES: tuple[PageRule, ...] = (
    structure.levels,
    structure.setup,
    structure.parameters,
    form.tags,
    form.volatile,
    form.metadata,
    form.ids,
    form.counts,
    form.bytes_,
    form.size,
    form.fresh,
    code.syntax,
    code.length,
    code.width,
    code.semicolons,
    code.imports,
    code.places,
    outputs.errors,
    outputs.kinds,
    outputs.noise,
    outputs.rounded,
    outputs.figures,
    prose.stock,
    prose.spelling,
    prose.directives,
    prose.callouts,
    links.links,
)
LESSON_RULES: tuple[PageRule, ...] = (
    structure.title,
    structure.facts,
    structure.headings,
    structure.setup_place,
    structure.parameters_used,
    code.teaching,
    outputs.enough_figures,
    prose.length,
    prose.to_do,
    links.references,
    exports.effects,
    exports.documented,
    exports.up_to_date,
)
SOLUTION_RULES: tuple[PageRule, ...] = (structure.solution,)
EXERCISE_RULES: tuple[Callable[[Task], Iterable[Finding]], ...] = (
    exercises.count,
    exercises.stubs,
    exercises.declarations,
    exercises.numbers,
    exercises.complete,
    exercises.solved,
    exercises.not_given_away,
)
HOUSE_RULES: tuple[Callable[[Course], Iterable[Finding]], ...] = (
    house.listed,
    house.numbered,
    house.paired,
    house.planned,
    house.apart,
    house.generated,
    house.declared,
)


def check(course: Course, lessons: Sequence[Lesson]) -> list[Finding]:
    """Hold lessons, and with all of them the whole house, against the standard.

    Args:
        course: the book.
        lessons: which of its lessons.

    Returns:
        What is wrong, in the order of the lessons and of their cells.
    """
    found = _each(partial(_check, course), lessons)
    house_too = set(course.lessons) <= set(lessons)
    rules = HOUSE_RULES if house_too else ()
    return [*(f for rule in rules for f in rule(course)), *chain(*found)]


def _each(
    look: Callable[[Lesson], list[Finding]], lessons: Sequence[Lesson]
) -> list[list[Finding]]:
    """Look at each lesson; at many of them on all cores."""
    if len(lessons) < PARALLEL_FROM:
        return [look(lesson) for lesson in lessons]
    with ProcessPoolExecutor() as pool:
        return list(pool.map(look, lessons, chunksize=4))


def drafts(course: Course, lessons: Sequence[Lesson]) -> list[Lesson]:
    """Return the lessons that say ``status | draft`` in the table under their title."""
    pages = {lesson: load(course, lesson, lesson.name) for lesson in lessons}
    return [x for x, page in pages.items() if isinstance(page, Page) and page.draft]


def _check(course: Course, lesson: Lesson) -> list[Finding]:
    loaded = {n: load(course, lesson, n) for n in (lesson.name, lesson.solution)}
    found = [page for page in loaded.values() if isinstance(page, Finding)]
    pages = {n: page for n, page in loaded.items() if isinstance(page, Page)}
    for name, page in pages.items():
        own = LESSON_RULES if name == lesson.name else SOLUTION_RULES
        found += [f for rule in (*own, *NOTEBOOK_RULES) for f in rule(page)]
    if lesson.name in pages:
        task = Task(
            pages[lesson.name], pages.get(lesson.solution), _module(course, lesson)
        )
        found += [f for rule in EXERCISE_RULES for f in rule(task)]
    return sorted(found, key=partial(_place, [*_files(lesson)]))


def _files(lesson: Lesson) -> Iterator[str]:
    yield f"{lesson.name}.ipynb"
    yield lesson.exercises
    yield lesson.export
    yield f"{lesson.solution}.ipynb"


def _place(files: Sequence[str], finding: Finding) -> tuple[int, int]:
    return files.index(finding.file), finding.cell.number if finding.cell else 0


def _module(course: Course, lesson: Lesson) -> str | None:
    path = course.root / lesson.exercises
    return (
        path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
    )
