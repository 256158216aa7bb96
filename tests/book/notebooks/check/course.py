"""A course of one tiny lesson that keeps every rule, to break one rule at a time."""

import base64
import json
import re
import shlex
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from book import freshness
from book.course import Course, Lesson
from book.errors import BookError
from book.export import module
from book.notebook import canonical, code_cells, dump

NAME = "foundations/01_counting"
SOLUTION = f"solutions/{NAME}"
SOURCES = Path(__file__).parent
FILES = {
    "pyproject.toml": '[tool.book]\npython = "3.11"\n',
    "requirements.txt": "numpy==2.4.6\n",
    "_toc.yml": f"format: jb-book\nroot: intro\nchapters:\n  - file: {NAME}\n"
    f"  - file: {SOLUTION}\n",
    "book/curriculum.yml": f"- {{number: 1, slug: {NAME}}}\n",
    "lessons/__init__.py": "",
    "lessons/plotting.py": "",
    "lessons/exercises/__init__.py": "",
    "lessons/exercises/counting.py": (SOURCES / "exercises.py").read_text("utf-8"),
}
FORMAT = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}
NUMBERS = {"pairs": 1, "legs": 2, "twice": 3}
TEACHING = 12
WORDS = 1_300

Notebook = dict[str, Any]
Change = Callable[[Notebook], object]


def build(
    root: Path,
    lesson: Change = bool,
    solution: Change = bool,
    raw: Change = bool,
    before: Callable[[Path], object] = bool,
) -> Course:
    """Write the course.

    Args:
        root: an empty directory.
        lesson: changes the lesson before it "runs".
        solution: changes the solution before it "runs".
        raw: changes the finished lesson.
        before: changes files before the notebooks "run".
    """
    for name, text in FILES.items():
        write(root / name, text)
    before(root)
    course = Course(root)
    notebooks = {NAME: read_source("lesson"), SOLUTION: read_source("solution")}
    _lengthen(notebooks[NAME])
    lesson(notebooks[NAME])
    solution(notebooks[SOLUTION])
    save(course, NAME, notebooks[NAME], raw)
    save(course, SOLUTION, notebooks[SOLUTION])
    with suppress(BookError):
        exported = _module(json.dumps(notebooks[NAME]["cells"]))
        if exported:
            write(root / course.lessons[0].export, exported)
    return course


@lru_cache
def _module(cells: str) -> str | None:
    return module({"cells": json.loads(cells)} | FORMAT, Lesson(NAME))


def save(course: Course, name: str, notebook: Notebook, raw: Change = bool) -> None:
    """Write a notebook as if it had run, then as ``raw`` changes it."""
    for cell in code_cells(notebook):
        cell["outputs"] = cell["outputs"] or _outputs(cell["source"], name)
    stamped = freshness.stamped(notebook, freshness.inputs(notebook, course))
    finished = canonical(stamped, name)
    raw(finished)
    write(course.path(name), dump(finished))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def cell(notebook: Notebook, name: str) -> Notebook:
    """Return the cell with that id."""
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


def markdown(name: str, source: str) -> Notebook:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def code(name: str, source: str, *tags: str) -> Notebook:
    made: Notebook = {"cell_type": "code", "id": name, "source": source}
    metadata = {"tags": list(tags)} if tags else {}
    return made | {"metadata": metadata, "outputs": [], "execution_count": None}


def stream(text: str, name: str = "stdout") -> Notebook:
    return {"output_type": "stream", "name": name, "text": text}


def figure(alt: str, width: int = 640, twin: str | None = None) -> Notebook:
    """Return what ``plotting.show`` leaves in a notebook."""
    twin = f"Figure: {alt}" if twin is None else twin
    return {
        "output_type": "display_data",
        "data": {
            "image/png": base64.b64encode(png(width)).decode(),
            "text/plain": twin,
        },
        "metadata": {"image/png": {"alt": alt}},
    }


def png(width: int) -> bytes:
    """Return an empty picture, two pixels high."""
    head = struct.pack(">IIBBBBB", width, 2, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(2 * (width + 1)))
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def read_source(name: str) -> Notebook:
    """Read a script of cells; the line that opens a cell gives its id and tags."""
    text = (SOURCES / f"{name}.percent").read_text("utf-8")
    cells = []
    for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        head, body = part.split("\n", 1)
        words = dict(w.split("=") for w in shlex.split(head) if "=" in w)
        if "[markdown]" in head:
            lines = [
                line.removeprefix("#").removeprefix(" ") for line in body.split("\n")
            ]
            cells.append(markdown(words["id"], "\n".join(lines).strip()))
        else:
            tags = words["tags"].split(",") if "tags" in words else ()
            cells.append(code(words["id"], body.strip(), *tags))
    return {"cells": cells} | FORMAT


def _lengthen(notebook: Notebook) -> None:
    at = notebook["cells"].index(cell(notebook, "use"))
    notebook["cells"].insert(at, markdown("many-words", "baa " * WORDS))
    for k in range(TEACHING):
        notebook["cells"].insert(at, code(f"teach-{k}", f"print({k})"))


def _outputs(source: str, name: str) -> list[Notebook]:
    if shown := re.search(r'plotting.show\(None, "(.*)"\)', source):
        return [figure(shown[1])]
    if found := re.search(r"exercises\.(\w+)\.check", source):
        number = NUMBERS.get(found[1], 0)
        if name == SOLUTION:
            return [stream(f"✓ Exercise {number}: correct.\n")]
        return [stream(f"○ Exercise {number}: not attempted yet.\n")]
    printed = re.findall(r'^print\("?(\w+)"?\)', source, re.MULTILINE)
    return [stream("".join(f"{word}\n" for word in printed))] if printed else []


def load(course: Course, name: str) -> Notebook:
    """Read a notebook as it is on disk."""
    notebook: Notebook = json.loads(course.path(name).read_text("utf-8"))
    return notebook
