"""Exercise, declaration and solution: three files that belong together."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from book.check.finding import Finding
from book.check.page import Cell, Page, parse
from book.course import Lesson

COUNT = range(3, 6)
MISTAKES = 2
HINTS = 2
SHORTEST_LINE = 20
_FIELDS = ("lesson", "number", "insight", "hints", "mistakes")
_GENERIC = re.compile(r"default_rng\(|manual_seed\(|^raise\b|^(return)?TODO$")


@dataclass(frozen=True)
class Declared:
    """One ``NAME = Exercise(…)``, as far as it can be told without running it."""

    name: str
    fields: dict[str, ast.expr]
    constants: dict[str, object]

    def value(self, field: str) -> object:
        """Return a field that is a literal or a constant of the module."""
        node = self.fields.get(field)
        if isinstance(node, ast.Name):
            return self.constants.get(node.id)
        return node.value if isinstance(node, ast.Constant) else None

    def count(self, field: str) -> int | None:
        """Return the length of a list that is written out; None if it is not."""
        node = self.fields.get(field)
        if node is None:
            return 0
        if isinstance(node, ast.List | ast.Tuple):
            starred = any(isinstance(item, ast.Starred) for item in node.elts)
            return None if starred else len(node.elts)
        return None


@dataclass(frozen=True)
class Task:
    """A lesson, its solution if there is one, and the text of its declarations."""

    lesson: Page
    solution: Page | None
    module: str | None

    @property
    def row(self) -> Lesson:
        """The lesson in the course."""
        return self.lesson.lesson

    @cached_property
    def parsed(self) -> tuple[ast.Module, str | None]:
        """The declarations' syntax tree, or why there is none."""
        return parse(self.module or "")

    @cached_property
    def declared(self) -> dict[str, Declared]:
        """The declarations by name."""
        return {found.name: found for found in _declarations(self.parsed[0])}

    @cached_property
    def stubs(self) -> list[tuple[Cell, str]]:
        """The exercise cells with a name, and the name that each checks."""
        cells = self.lesson.tagged("exercise")
        return [(cell, names[0]) for cell in cells if (names := checked(cell))]


def count(task: Task) -> Iterator[Finding]:
    """Three to five, from recall to design."""
    found = len(task.lesson.tagged("exercise"))
    if found not in COUNT and not task.lesson.draft:
        what = f"{found} cells are tagged exercise"
        yield task.lesson.finding(None, what, "have three to five")


def stubs(task: Task) -> Iterator[Finding]:
    """As shipped, an exercise is a stub and its check, not attempted."""
    for cell in task.lesson.tagged("exercise"):
        names = checked(cell)
        if len(names) != 1:
            what = f"{len(names)} calls of exercises.NAME.check"
            yield task.lesson.finding(cell, what, "have one in each exercise")
        if not any(isinstance(n, ast.Name) and n.id == "TODO" for n in cell.nodes):
            yield task.lesson.finding(cell, "no TODO to replace", "return TODO")
        expected = r"○ Exercise \d+: not attempted yet\.\n"
        if task.lesson.ran and not re.fullmatch(expected, cell.stdout):
            what = "it does not print '○ Exercise n: not attempted yet.'"
            yield task.lesson.finding(cell, what, "leave the stub untouched and run")
    for cell in task.lesson.code:
        if checked(cell) and "exercise" not in cell.tags:
            what = "a check in a cell that is not tagged exercise"
            yield task.lesson.finding(cell, what, "tag it")


def declarations(task: Task) -> Iterator[Finding]:
    """Every exercise is declared, and every declaration is an exercise."""
    if not task.lesson.tagged("exercise"):
        return
    file = task.row.exercises
    if task.module is None:
        yield Finding(
            file, None, "it is missing", "declare the lesson's exercises there"
        )
        return
    if task.parsed[1]:
        yield Finding(file, None, task.parsed[1], "mend it")
        return
    for cell, name in task.stubs:
        if name not in task.declared:
            what = f"exercise {name!r} is not declared in {file}"
            yield task.lesson.finding(cell, what, f"add {name} = Exercise(…)")
    for name in task.declared:
        if name not in [used for _, used in task.stubs]:
            what = f"{name} is not an exercise of the lesson"
            yield Finding(file, None, what, "add its cell, or delete it")


def numbers(task: Task) -> Iterator[Finding]:
    """Exercises are numbered in the order in which they stand."""
    names = [name for _, name in task.stubs if name in task.declared]
    for expected, name in enumerate(names, 1):
        number = task.declared[name].value("number")
        if number is not None and number != expected:
            what = f"{name} has number {number}, but is exercise {expected}"
            yield Finding(task.row.exercises, None, what, f"make it {expected}")


def complete(task: Task) -> Iterator[Finding]:
    """A declaration has all that a learner needs."""
    for name, found in task.declared.items():
        lesson = found.value("lesson")
        if lesson is not None and lesson != task.row.name:
            what = f"{name} says lesson {lesson!r}"
            yield _in_module(task, what, f"make it {task.row.name!r}")
        for field, least in (("mistakes", MISTAKES), ("hints", HINTS)):
            given = found.count(field)
            if given is not None and given < least:
                what = f"{name} has {given} {field}"
                yield _in_module(task, what, f"give at least {least}")
        insight = found.fields.get("insight")
        if insight is None or found.value("insight") == "":
            yield _in_module(task, f"{name} has no insight", "add one sentence")


def solved(task: Task) -> Iterator[Finding]:
    """The solution solves every exercise, under its number."""
    if task.solution is None:
        return
    page = task.solution
    opened = [words for _, level, words in page.headings if level == 2]
    for number, (_, name) in enumerate(task.stubs, 1):
        if not any(words.startswith(f"{number}. ") for words in opened):
            what = f"no heading '## {number}. …'"
            yield page.finding(None, what, "give each exercise one")
        cells = [cell for cell in page.code if name in checked(cell)]
        if not cells:
            what = f"exercise {number}, {name}, is not solved"
            yield page.finding(None, what, f"end a cell with exercises.{name}.check(…)")
        elif page.ran and not any(
            f"✓ Exercise {number}: " in cell.stdout for cell in cells
        ):
            what = f"no answer to exercise {number} is found correct"
            yield page.finding(cells[0], what, "mend the answer and run the solution")


def not_given_away(task: Task) -> Iterator[Finding]:
    """No line of a solution stands in the lesson."""
    if task.solution is None:
        return
    shown = [(cell, _squeezed(cell.source)) for cell in task.lesson.cells]
    exported = _exported(task.lesson)
    for cell in task.solution.code:
        if "✓ Exercise" not in cell.stdout:
            continue
        for line in dict.fromkeys(_answer_lines(cell, exported)):
            for place, text in shown:
                if _squeezed(line) in text:
                    what = f"'{' '.join(line.split())[:50]}' is a line of the solution"
                    mend = "change the lesson or the exercise"
                    yield task.lesson.finding(place, what, mend)


def checked(cell: Cell) -> list[str]:
    """Return the names of the exercises that code checks, in order."""
    return [
        node.func.value.attr
        for node in cell.nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "check"
        and isinstance(node.func.value, ast.Attribute)
        and isinstance(node.func.value.value, ast.Name)
        and node.func.value.value.id == "exercises"
    ]


def _in_module(task: Task, what: str, mend: str) -> Finding:
    return Finding(task.row.exercises, None, what, mend)


def _declarations(tree: ast.Module) -> Iterator[Declared]:
    constants: dict[str, object] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(
            node.targets[0], ast.Name
        ):
            continue
        name, value = node.targets[0].id, node.value
        if isinstance(value, ast.Constant):
            constants[name] = value.value
        elif isinstance(value, ast.Call) and ast.unparse(value.func) == "Exercise":
            fields = dict(zip(_FIELDS, value.args, strict=False))
            fields |= {word.arg: word.value for word in value.keywords if word.arg}
            yield Declared(name, fields, dict(constants))


def _exported(page: Page) -> set[str]:
    return {
        node.name
        for cell in page.tagged("export")
        for node in cell.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


def _answer_lines(cell: Cell, exported: set[str]) -> Iterator[str]:
    """Yield the simple statements of the functions that a solution cell defines."""
    for function in cell.tree.body:
        if not isinstance(function, ast.FunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(function):
            if isinstance(
                node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return
            ):
                line = ast.get_source_segment(cell.code, node) or ""
                short = len(_squeezed(line)) < SHORTEST_LINE
                if (
                    not short
                    and not _GENERIC.search(line)
                    and not _calls(node, exported)
                ):
                    yield line


def _calls(node: ast.AST, names: set[str]) -> bool:
    value = getattr(node, "value", None)
    if not isinstance(value, ast.Call):
        return False
    return ast.unparse(value.func).split(".")[-1] in names


def _squeezed(line: str) -> str:
    return "".join(line.split())
