"""What a notebook's outputs depend on, and whether the stored ones are fresh."""

import ast
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from book.course import Course
from book.notebook import Notebook, code_cells, source, tags

Inputs = dict[str, str]
"""Every ingredient of a run, by name: a short hash, or a version."""

NOT_LOCKED = "not in requirements.txt"
DISTRIBUTIONS = {
    "IPython": "ipython",
    "PIL": "pillow",
    "markdown_it": "markdown-it-py",
    "mpl_toolkits": "matplotlib",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Imports whose distribution has another name."""

_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_RELEVANT = {"parameters"}


def inputs(notebook: Notebook, course: Course) -> Inputs:
    """Return what the notebook's outputs depend on. Its prose is not among it."""
    cells = code_cells(notebook)
    code = [
        [source(cell), sorted(_RELEVANT.intersection(tags(cell)))] for cell in cells
    ]
    reads = [_reading(source(cell)) for cell in cells]
    modules = _modules(reads, course.root)
    reads += map(_reading, modules.values())
    return {
        "code": _digest(json.dumps(code)),
        "python": str(course.settings["python"]),
        **{path: _digest(text) for path, text in modules.items()},
        **_data(reads, course.root),
        **_versions(reads, course.root),
    }


def stored(notebook: Notebook) -> Inputs:
    """Return what the stored outputs were made from; nothing if they never were."""
    book = notebook.get("metadata", {}).get("book", {})
    found = book.get("inputs", {}) if isinstance(book, dict) else {}
    return dict(found) if isinstance(found, dict) else {}


def changed(notebook: Notebook, course: Course) -> list[str]:
    """Return the ingredients that differ from the stored ones; none if fresh."""
    now, then = inputs(notebook, course), stored(notebook)
    if not then:
        return ["never run"]
    return sorted(name for name in now | then if now.get(name) != then.get(name))


def stamped(notebook: Notebook, made_from: Inputs) -> Notebook:
    """Return the notebook with what its outputs were made from."""
    metadata = notebook.get("metadata", {}) | {"book": {"inputs": made_from}}
    return notebook | {"metadata": metadata}


def parsed(code: str) -> ast.Module:
    """Return a cell's syntax tree without its magics; an empty one if it is broken."""
    try:
        return ast.parse(_MAGIC.sub(r"\1pass", code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def imported(trees: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the dotted name of every import; of ``from a import b``, a and a.b."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@dataclass(frozen=True)
class _Reading:
    """What a piece of code imports, and which data it loads."""

    imports: tuple[str, ...]
    data: tuple[str, ...]


@cache
def _reading(code: str) -> _Reading:
    tree = parsed(code)
    names = dict.fromkeys(imported([tree]))
    return _Reading(tuple(names), tuple(_loaded(tree)))


def locked_versions(root: Path) -> dict[str, str]:
    """Return the version of every distribution in ``requirements.txt``."""
    lock = root / "requirements.txt"
    return _lock(lock.read_text("utf-8")) if lock.is_file() else {}


@lru_cache(maxsize=4)
def _lock(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][\w.-]*)==([^\s;]+)", text, re.MULTILINE))


def _modules(reads: Iterable[_Reading], root: Path) -> dict[str, str]:
    """Return the text of the package's modules that are imported, directly or not."""
    found: dict[str, str] = {}
    todo = list(reads)
    while todo:
        for path in _paths(todo.pop().imports, root):
            if path not in found:
                found[path] = (root / path).read_text("utf-8")
                todo.append(_reading(found[path]))
    return found


def _paths(names: Iterable[str], root: Path) -> Iterator[str]:
    """Yield the files that importing these names runs, packages included."""
    for name in names:
        parts = name.split(".")
        if parts[0] != "lessons":
            continue
        for depth in range(1, len(parts) + 1):
            stem = "/".join(parts[:depth])
            for path in (f"{stem}/__init__.py", f"{stem}.py"):
                if (root / path).is_file():
                    yield path


def _data(reads: Iterable[_Reading], root: Path) -> Inputs:
    """Return the checksums of the data files that are loaded by name."""
    checksums = root / "datasets/checksums.txt"
    if not checksums.is_file():
        return {}
    lines = checksums.read_text("utf-8").splitlines()
    files = {file: digest for digest, file in (line.split("  ", 1) for line in lines)}
    wanted = {name for read in reads for name in read.data}
    return {
        f"datasets/{file}": digest[:12]
        for file, digest in files.items()
        if {"*", Path(file).stem} & wanted
    }


def _loaded(tree: ast.AST) -> Iterator[str]:
    """Yield what ``datasets.load`` is called with; ``*`` where it is no literal."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "datasets.load":
            name = node.args[0] if node.args else None
            yield str(name.value) if isinstance(name, ast.Constant) else "*"


def _versions(reads: Iterable[_Reading], root: Path) -> Inputs:
    tops = {name.split(".")[0] for read in reads for name in read.imports}
    outside = tops - {"lessons", "__future__"} - set(sys.stdlib_module_names)
    lock = locked_versions(root)
    names = {DISTRIBUTIONS.get(top, top.replace("_", "-").lower()) for top in outside}
    return {name: lock.get(name, NOT_LOCKED) for name in sorted(names)}


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:12]
