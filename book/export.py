"""Cells tagged ``export`` become a module: ``lessons/<part>/<name>.py``."""

import ast
import re
import subprocess
from collections.abc import Sequence
from typing import Any

import nbformat
from nbconvert.exporters import PythonExporter
from nbconvert.preprocessors import Preprocessor
from ruff import find_ruff_bin  # type: ignore[import-untyped]

from book.course import Course, Lesson
from book.errors import BookError
from book.notebook import Notebook, read, source, tags, write

_ALLOWED = (
    ast.AnnAssign,
    ast.Assign,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.FunctionDef,
    ast.Import,
    ast.ImportFrom,
)
_TEMPLATE = """\
{%- for cell in nb.cells %}
# From cell {{ cell.id }} of {{ resources.lesson }}.ipynb.
{{ cell.source }}

{% endfor -%}
"""


class _Exported(Preprocessor):
    """Keep the cells tagged ``export``; move their imports to the first."""

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        notebook.cells = [cell for cell in notebook.cells if "export" in tags(cell)]
        for cell in notebook.cells:
            cell.source, imports = _split(cell.source, cell.id)
            resources["imports"] += imports
        notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
        return notebook, resources


class _ModuleExporter(PythonExporter):
    def __init__(self) -> None:
        super().__init__(raw_template=_TEMPLATE, default_preprocessors=[])
        self.register_preprocessor(_Exported(), enabled=True)


def module(notebook: Notebook, lesson: Lesson) -> str | None:
    """Return the text of the module that a lesson exports; None if it exports nothing.

    Raises:
        BookError: if an export cell is not Python or does more than define.
    """
    if not any("export" in tags(cell) for cell in notebook["cells"]):
        return None
    resources: dict[str, Any] = {"lesson": lesson.name, "imports": []}
    try:
        body, found = _ModuleExporter().from_notebook_node(
            nbformat.from_dict(_joined(notebook)), resources
        )
    except _ExportError as error:
        raise BookError(f"{lesson.name}.ipynb: {error}") from None
    imports = "\n".join(dict.fromkeys(found["imports"]))
    head = (
        f'"""{_title(notebook)}\n\nMade from {lesson.name}.ipynb; edit it there.\n"""'
    )
    names = f"__all__ = {_public(body)!r}"
    return _formatted(f"{head}\n\n{imports}\n\n{names}\n\n{body}", lesson)


def _joined(notebook: Notebook) -> Notebook:
    """Return the notebook with each cell's source in one piece."""
    cells = [cell | {"source": source(cell)} for cell in notebook["cells"]]
    return notebook | {"cells": cells}


def export(course: Course, lessons: Sequence[Lesson]) -> list[str]:
    """Write the modules of the lessons; return the paths that changed."""
    return [path for lesson in lessons if (path := _export(course, lesson))]


def _export(course: Course, lesson: Lesson) -> str | None:
    text = module(read(course.path(lesson.name), lesson.name), lesson)
    path = course.root / lesson.export
    if text is None:
        return None
    return lesson.export if write(path, text, course.root / "book/_build/tmp") else None


class _ExportError(Exception):
    pass


def _split(code: str, cell: str) -> tuple[str, list[str]]:
    """Return a cell's definitions and its imports."""
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        raise _ExportError(
            f"export cell {cell}, line {error.lineno}: {error.msg}"
        ) from None
    lines, imports = code.splitlines(), []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(ast.unparse(node))
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
        elif not effect_free(node):
            what = f"line {node.lineno} does more than define; move it to another cell"
            raise _ExportError(f"export cell {cell}: {what}")
    return "\n".join(lines).strip("\n"), imports


def effect_free(node: ast.stmt) -> bool:
    """Return whether a statement only defines a name (or is a docstring)."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, _ALLOWED)


def _public(code: str) -> list[str]:
    names: set[str] = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and not _type_variable(node.value):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return sorted(name for name in names if not name.startswith("_"))


def _type_variable(value: ast.expr) -> bool:
    """Return whether a value serves the type hints of its module only."""
    made = isinstance(value, ast.Call) and ast.unparse(value.func)
    return made in ("TypeVar", "ParamSpec")


def _title(notebook: Notebook) -> str:
    """Return the lesson's title as a sentence."""
    for cell in notebook["cells"]:
        if match := re.match(r"#\s+(.+)", "".join(cell["source"])):
            return f"{match[1].strip().rstrip('.')}."
    return "A lesson."


def _formatted(text: str, lesson: Lesson) -> str:
    text = _ruff(["check", "--fix-only", "--select", "I,RUF022"], text, lesson)
    return _ruff(["format"], text, lesson)


def _ruff(command: list[str], text: str, lesson: Lesson) -> str:
    arguments = ["--isolated", "--line-length", "88", "--stdin-filename", "lesson.py"]
    run = subprocess.run(
        [find_ruff_bin(), *command, "--quiet", *arguments, "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise BookError(f"{lesson.name}.ipynb: ruff: {run.stderr.strip()}")
    return run.stdout
