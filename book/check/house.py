"""The parts of the house: each in its place, none leaning on one it must not."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import yaml

from book.check.finding import Finding
from book.course import Course, Lesson
from book.freshness import imported, parsed

_NOT_SHIPPED = {"book", "tests", "foundations", "mlops", "solutions"}
_LISTED = re.compile(r"^\s*-?\s*(?:file|root):\s*['\"]?([^'\"\s#]+)", re.MULTILINE)


def listed(course: Course) -> Iterator[Finding]:
    """Every notebook is in the table of contents, and the other way round."""
    entries = _LISTED.findall((course.root / "_toc.yml").read_text(encoding="utf-8"))
    known = {lesson.solution for lesson in course.lessons}
    stray = {name for name in entries if name.startswith("solutions/")} - known
    for name in sorted(_notebooks(course.root) - set(entries)):
        mend = "add its line, or delete the notebook"
        yield Finding(f"{name}.ipynb", None, "it is not in _toc.yml", mend)
    for name in entries:
        if name in stray and not course.path(name).is_file():
            what = f"{name} has no notebook"
            yield Finding("_toc.yml", None, what, "write it, or delete the line")
    for name in sorted({name for name in entries if entries.count(name) > 1}):
        yield Finding("_toc.yml", None, f"{name} stands there twice", "delete one line")


def numbered(course: Course) -> Iterator[Finding]:
    """Lessons are numbered in order, and no two share a number or a module."""
    for before, after in pairwise(course.lessons):
        if after.number < before.number:
            what = f"{after.name} comes after {before.name}"
            yield Finding("_toc.yml", None, what, "put the lessons in order")
    for field in ("number", "module"):
        first: dict[object, Lesson] = {}
        for lesson in dict.fromkeys(course.lessons):
            value = getattr(lesson, field)
            other = first.setdefault(value, lesson)
            if other != lesson:
                what = f"it has the {field} of {other.name}, {value}"
                yield Finding(f"{lesson.name}.ipynb", None, what, "rename one")


def paired(course: Course) -> Iterator[Finding]:
    """Every solution has a lesson."""
    known = {lesson.solution for lesson in course.lessons}
    for name in sorted(_notebooks(course.root) - known):
        if name.startswith("solutions/"):
            what = "its lesson is not in _toc.yml"
            mend = "add the lesson, or delete the solution"
            yield Finding(f"{name}.ipynb", None, what, mend)


def planned(course: Course) -> Iterator[Finding]:
    """A lesson has a row in the plan from which the site's map is made."""
    file = "book/curriculum.yml"
    if not (course.root / file).is_file():
        return
    try:
        rows = yaml.safe_load((course.root / file).read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError):
        yield Finding(file, None, "it is not YAML", "mend it")
        return
    rows = rows if isinstance(rows, list) else []
    slugs = [row.get("slug") for row in rows if isinstance(row, dict)]
    for lesson in course.lessons:
        if lesson.name not in slugs:
            yield Finding(file, None, f"{lesson.name} is not in it", "add its row")


def apart(course: Course) -> Iterator[Finding]:
    """The lessons' package imports nothing of the press."""
    for path in sorted((course.root / "lessons").rglob("*.py")):
        file = path.relative_to(course.root).as_posix()
        names = imported([parsed(path.read_text(encoding="utf-8", errors="replace"))])
        for top in sorted({name.split(".")[0] for name in names} & _NOT_SHIPPED):
            what = f"it imports {top}"
            mend = "the package must work where there is no repository"
            yield Finding(file, None, what, mend)


def generated(course: Course) -> Iterator[Finding]:
    """A module beside the generated ones is generated, too."""
    exports = {lesson.export for lesson in course.lessons}
    for path in _modules(course.root, "foundations", "mlops"):
        file = path.relative_to(course.root).as_posix()
        if file not in exports:
            what = "no lesson in _toc.yml exports it"
            yield Finding(file, None, what, "delete it, or put it in another place")


def declared(course: Course) -> Iterator[Finding]:
    """Every module of exercises belongs to a lesson."""
    known = {lesson.exercises for lesson in course.lessons}
    for path in _modules(course.root, "exercises"):
        file = path.relative_to(course.root).as_posix()
        if file not in known:
            what = "no lesson in _toc.yml has these exercises"
            yield Finding(file, None, what, "name it after its lesson, or delete it")


def _notebooks(root: Path) -> set[str]:
    found = [
        path.relative_to(root).as_posix().removesuffix(".ipynb")
        for part in ("foundations", "mlops")
        for folder in (root / part, root / "solutions" / part)
        for path in folder.glob("*.ipynb")
    ]
    return set(found)


def _modules(root: Path, *folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((root / "lessons" / folder).glob("*.py")):
            if not path.name.startswith("_"):
                yield path
