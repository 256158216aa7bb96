"""A notebook as the rules see it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markdown_it.token import Token
from nbformat.validator import iter_validate

from book import freshness
from book.check import markdown
from book.check.finding import Finding, Where
from book.course import Course, Lesson
from book.errors import BookError
from book.notebook import Notebook, Output, read, source, tags, text

BOOTSTRAP = """\
import importlib.util

if importlib.util.find_spec("lessons") is None:  # Colab, or any bare kernel
    %pip install -q "from-scratch-to-shipped[lessons] @ git+\
https://github.com/from-scratch-to-shipped/book"
"""
"""How the first code cell of every notebook begins."""

DEEPEST = 50
"""Levels of JSON in a notebook."""

_PIP = re.compile(r"%pip install -q .*from-scratch-to-shipped.*")
_MAGIC = re.compile(r"^\s*[%!]", re.MULTILINE)
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’")
_TABLE_HEADS = (["", ""], ["name", "value"])


def parse(code: str) -> tuple[ast.Module, str | None]:
    """Return a syntax tree, or an empty one and why the text is not Python."""
    try:
        return ast.parse(code), None
    except SyntaxError as error:
        problem = f"line {error.lineno} is not Python: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        problem = f"it is not Python: {error}"
    return ast.Module([], []), problem


@dataclass(frozen=True)
class Cell:
    """One cell."""

    where: Where
    kind: str
    source: str
    tags: frozenset[str]
    metadata: dict[str, Any]
    outputs: list[Output]
    count: object

    @property
    def code(self) -> str:
        """Its source as plain Python: without the bootstrap's magic."""
        return _PIP.sub("pass", self.source) if "setup" in self.tags else self.source

    @property
    def tree(self) -> ast.Module:
        """Its syntax tree; empty if it is not Python."""
        return self._parsed[0]

    @property
    def problem(self) -> str | None:
        """Why it is not Python, or None if it is."""
        if self._parsed[1] and _MAGIC.search(self.code):
            return "a magic or a shell command"
        return self._parsed[1]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything in its syntax tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def _parsed(self) -> tuple[ast.Module, str | None]:
        return parse(self.code)

    @cached_property
    def blocks(self) -> list[Token]:
        """Its Markdown."""
        return markdown.parse(self.source)

    @cached_property
    def stdout(self) -> str:
        """What it printed."""
        return "".join(
            text(output["text"])
            for output in self.outputs
            if output["output_type"] == "stream" and output["name"] == "stdout"
        )


@dataclass(frozen=True)
class Page:
    """A lesson's notebook, or its solution."""

    course: Course
    lesson: Lesson
    name: str
    raw: str
    notebook: Notebook
    cells: tuple[Cell, ...]

    @property
    def file(self) -> str:
        """Its path from the root."""
        return f"{self.name}.ipynb"

    @property
    def code(self) -> list[Cell]:
        """Its code cells."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def prose(self) -> list[Cell]:
        """Its Markdown cells."""
        return [cell for cell in self.cells if cell.kind == "markdown"]

    def tagged(self, tag: str) -> list[Cell]:
        """Return the code cells with that tag."""
        return [cell for cell in self.code if tag in cell.tags]

    @cached_property
    def headings(self) -> list[tuple[Cell, int, str]]:
        """Every heading with its cell and its level."""
        return [
            (cell, level, words)
            for cell in self.prose
            for level, words in markdown.headings(cell.blocks)
        ]

    @cached_property
    def text(self) -> list[tuple[Cell, str]]:
        """Every line of prose, without code, quotations and references."""
        references = {cell.where for cell in self.section("Going further")}
        return [
            (cell, _QUOTED.sub("…", line))
            for cell in self.prose
            if cell.where not in references
            for line in markdown.prose(cell.blocks)
        ]

    def section(self, title: str) -> Iterator[Cell]:
        """Yield the cells under a heading of the second level, its own included."""
        inside = False
        for cell in self.cells:
            if cell.kind == "markdown":
                for level, words in markdown.headings(cell.blocks):
                    inside = words == title if level == 2 else inside
            if inside:
                yield cell

    @cached_property
    def facts(self) -> dict[str, str]:
        """The table under the title, in order."""
        first = self.cells[0] if self.cells else None
        if first is None or first.kind != "markdown":
            return {}
        rows = markdown.first_table(first.blocks)
        if rows and rows[0] in _TABLE_HEADS:
            rows = rows[1:]
        return {row[0]: row[1] for row in rows if len(row) == 2}

    @property
    def ran(self) -> bool:
        """Whether its outputs were made by the press."""
        return bool(freshness.stored(self.notebook))

    @property
    def draft(self) -> bool:
        """Whether it says of itself that it is not finished."""
        return self.facts.get("status") == "draft"

    def finding(self, cell: Cell | None, what: str, mend: str) -> Finding:
        """Return a finding in this notebook."""
        return Finding(self.file, cell.where if cell else None, what, mend)


def load(course: Course, lesson: Lesson, name: str) -> Page | Finding:
    """Return a notebook ready for the rules, or why it can't be read."""
    path, file = course.path(name), f"{name}.ipynb"
    try:
        notebook = read(path, name)
        raw = path.read_text(encoding="utf-8")
    except (BookError, OSError) as error:
        what = str(error).removeprefix(f"{file}: ").removeprefix(f"{file} ")
        mend = "mend or restore it" if path.exists() else "write it"
        return Finding(file, None, what, mend)
    if problem := _invalid(notebook):
        return Finding(file, None, problem, "open and save it in JupyterLab 4")
    cells = tuple(_cell(k, cell) for k, cell in enumerate(notebook["cells"], 1))
    return Page(course, lesson, name, raw, notebook, cells)


def _invalid(notebook: Notebook) -> str | None:
    if _deeper(notebook, DEEPEST):
        return "it is nested too deeply"
    try:
        str(notebook).encode()
    except UnicodeEncodeError:
        return "it holds half of a character"
    for error in iter_validate(notebook):
        where = "/".join(map(str, error.absolute_path)) or "it"
        return f"no notebook of format 4.5: {where}: {error.message[:80]}"
    return None


def _deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(item, levels - 1) for item in inside)


def _cell(number: int, cell: dict[str, Any]) -> Cell:
    return Cell(
        where=Where(number, cell["id"]),
        kind=cell["cell_type"],
        source=source(cell),
        tags=frozenset(tags(cell)),
        metadata=cell["metadata"],
        outputs=cell.get("outputs", []),
        count=cell.get("execution_count"),
    )
