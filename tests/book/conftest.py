"""A course of two tiny lessons in a temporary directory."""

import json
from pathlib import Path
from typing import Any

import pytest

from book.course import Course

PYPROJECT = '[tool.book]\npython = "3.11"\nseconds = 30\nmegabytes = 1024\n'
TOC = """\
format: jb-book
root: intro
parts:
  - caption: Foundations
    chapters:
      - file: toolkit
        sections:
          - file: foundations/01_counting
          - file: foundations/02_adding
"""
LOCK = "numpy==2.4.6\npandas==2.3.3\n"
PACKAGE = {
    "lessons/__init__.py": '"""Shared."""\n',
    "lessons/helpers.py": "from lessons import words\n\nTWICE = 2 * words.ONE\n",
    "lessons/words.py": "ONE = 1\n",
    "lessons/unused.py": "NOTHING = 0\n",
    "datasets/checksums.txt": "aa11  sums/sums.csv\nbb22  other/other.csv\n",
}


def code(text: str, *tags: str, **fields: Any) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    cell = {"cell_type": "code", "metadata": metadata, "source": text}
    return cell | {"outputs": [], "execution_count": None} | fields


def prose(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    numbered = [{"id": f"cell-{k}"} | cell for k, cell in enumerate(cells)]
    return {"cells": numbered, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def save(root: Path, name: str, content: dict[str, Any]) -> Path:
    path = root / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> Course:
    root = tmp_path / "course"
    files = {"pyproject.toml": PYPROJECT, "_toc.yml": TOC, "requirements.txt": LOCK}
    for name, text in (files | PACKAGE).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for number, module in ((1, "counting"), (2, "adding")):
        name = f"foundations/{number:02}_{module}"
        setup = code("from lessons import helpers", "setup")
        parameters = code(f"START = {number}", "parameters")
        shown = code("print(START, helpers.TWICE)")
        save(root, name, notebook(prose(f"# {module}"), setup, parameters, shown))
        solved = notebook(prose("# Solution"), code("START = 1", "parameters"))
        save(root, f"solutions/{name}", solved)
    return Course(root)
