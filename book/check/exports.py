"""What a lesson exports: documented, typed, free of effects, and up to date."""

import ast
from collections.abc import Iterator, Sequence

from book.check.finding import Finding
from book.check.page import Page
from book.errors import BookError
from book.export import effect_free, module
from book.notebook import Notebook, source, tags

_EFFECTS = {
    *("default_rng", "display", "eval", "exec", "input", "load", "mkdir", "open"),
    *("print", "run", "seed", "show", "use_style", "write_bytes", "write_text"),
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def effects(page: Page) -> Iterator[Finding]:
    """An export cell only defines."""
    for cell in page.tagged("export"):
        for node in cell.tree.body:
            called = "" if effect_free(node) else ast.unparse(node).splitlines()[0]
            if called := called or _effect(node):
                what = f"'{called[:40]}' does more than define"
                yield page.finding(cell, what, "move it to a cell that is not exported")


def documented(page: Page) -> Iterator[Finding]:
    """What is exported says what it is and of what types."""
    for cell in page.tagged("export"):
        for name, node in _public(cell.tree.body):
            if ast.get_docstring(node) is None and not name.endswith(".__init__"):
                what = f"{name} has no docstring"
                yield page.finding(cell, what, "say what it gives, in shapes and units")
            if isinstance(node, _Function) and (missing := _untyped(node)):
                what = f"{name} does not say the type of {', '.join(missing)}"
                yield page.finding(cell, what, "annotate it")


def up_to_date(page: Page) -> Iterator[Finding]:
    """The generated module is what the lesson would generate now."""
    if any(cell.problem for cell in page.tagged("export")) or any(effects(page)):
        return
    path = page.course.root / page.lesson.export
    try:
        fresh = module(_needed(page), page.lesson)
    except BookError as error:
        what = str(error).removeprefix(f"{page.file}: ")
        yield Finding(page.file, None, what, "mend the cell")
        return
    stored = path.read_bytes() if path.is_file() else None
    if stored == (None if fresh is None else fresh.encode()):
        return
    mend = f"python -m book export {page.lesson.number:02}"
    what = "it is missing" if stored is None else "it is not what the lesson exports"
    if fresh is None:
        what, mend = f"{page.file} exports nothing", "delete it, or tag cells export"
    yield Finding(page.lesson.export, None, what, mend)


def _needed(page: Page) -> Notebook:
    """Return what an export reads: the title and the cells to export."""
    every = page.notebook["cells"]
    cells = [*every[:1], *(cell for cell in every[1:] if "export" in tags(cell))]
    joined = [cell | {"source": source(cell)} for cell in cells]
    return page.notebook | {"cells": joined}


def _effect(node: ast.stmt) -> str:
    """Return the call with an effect that an assignment makes, if it makes one."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return ""
    for part in ast.walk(node.value):
        if isinstance(part, ast.Call):
            called = ast.unparse(part.func)
            if called.split(".")[-1] in _EFFECTS:
                return called
    return ""


def _public(
    body: Sequence[ast.stmt], inside: str = ""
) -> Iterator[tuple[str, _Function | ast.ClassDef]]:
    for node in body:
        if not isinstance(node, _Function | ast.ClassDef):
            continue
        if node.name.startswith("_") and node.name != "__init__":
            continue
        yield f"{inside}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, f"{inside}{node.name}.")


def _untyped(node: _Function) -> list[str]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    every += [extra for extra in (given.vararg, given.kwarg) if extra]
    bare = [a.arg for a in every if a.annotation is None]
    missing = [name for name in bare if name not in ("self", "cls")]
    return missing + ([] if node.returns else ["its result"])
