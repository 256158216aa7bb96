import subprocess
import sys

import pytest

from book.course import Course, Lesson
from book.errors import BookError
from book.export import export, module
from tests.book.conftest import code, notebook, prose, save

LESSON = Lesson("foundations/01_counting")
FIRST = code(
    "import math\nfrom collections.abc import Sequence\n\nimport os\n\nLIMIT = 3\n",
    "export",
)
SECOND = code(
    'import math\n\ndef area(r: float) -> float:\n    """Area."""\n'
    "    return math.pi * r**2\n\n\ndef _hidden() -> None: ...",
    "export",
)
SCRATCH = code("print('only in the lesson')")


def exported(*cells: dict[str, object]) -> str:
    text = module(notebook(prose("# Counting things"), *cells), LESSON)
    assert text is not None
    return text


def test_the_module() -> None:
    assert (
        exported(FIRST, SCRATCH, SECOND)
        == '''\
"""Counting things.

Made from foundations/01_counting.ipynb; edit it there.
"""

import math
import os
from collections.abc import Sequence

__all__ = ["LIMIT", "area"]

# From cell cell-1 of foundations/01_counting.ipynb.
LIMIT = 3


# From cell cell-3 of foundations/01_counting.ipynb.
def area(r: float) -> float:
    """Area."""
    return math.pi * r**2


def _hidden() -> None: ...
'''
    )


def test_a_lesson_without_export_cells_makes_no_module() -> None:
    assert module(notebook(SCRATCH), LESSON) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("print('hello')", "line 1 does more than define"),
        ("A = 1\nfor i in range(3): A += i", "line 2 does more than define"),
        ("def broken(:", "line 1: invalid syntax"),
        ("%matplotlib inline", "line 1: invalid syntax"),
    ],
)
def test_what_can_not_be_exported(text: str, what: str) -> None:
    with pytest.raises(BookError, match=what) as caught:
        exported(code(text, "export"))
    assert "foundations/01_counting.ipynb: export cell cell-1" in str(caught.value)


def test_export_writes_only_what_changed(tiny: Course) -> None:
    cells = prose("# Counting things"), FIRST, SECOND
    save(tiny.root, LESSON.name, notebook(*cells))
    assert export(tiny, tiny.lessons) == ["lessons/foundations/counting.py"]
    assert export(tiny, tiny.lessons) == []
    run = [sys.executable, "-c", "import lessons.foundations.counting as c; c.area(1)"]
    assert subprocess.run(run, cwd=tiny.root, check=True, capture_output=True)


def test_a_docstring_may_stand_in_an_export_cell() -> None:
    assert "LIMIT" in exported(
        code('LIMIT = 1\n"""The most there may be."""', "export")
    )


def test_type_variables_are_not_for_readers() -> None:
    hints = code(
        "from typing import ParamSpec, TypeVar\n\n"
        'P = ParamSpec("P")\nT = TypeVar("T")\nKINDS = ("a", "b")',
        "export",
    )
    text = exported(hints)
    assert 'T = TypeVar("T")' in text
    assert '__all__ = ["KINDS"]' in text
