import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from book import freshness
from book.course import Course
from book.notebook import read
from tests.book.conftest import code, notebook, save

NAME = "foundations/01_counting"


def edit_cell(text: str, *tags: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        path = root / f"{NAME}.ipynb"
        content = json.loads(path.read_text())
        content["cells"][-1] |= {"source": text, "metadata": {"tags": list(tags)}}
        path.write_text(json.dumps(content))

    return edit


def edit_prose(root: Path) -> None:
    path = root / f"{NAME}.ipynb"
    content = json.loads(path.read_text())
    content["cells"][0]["source"] = "# Another title"
    path.write_text(json.dumps(content))


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new))

    return edit


USES = "import numpy\ndatasets.load('sums')\nprint(START, helpers.TWICE)"
CHANGES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "a code cell": (edit_cell(f"{USES}  # more"), ["code"]),
    "a parameters tag": (edit_cell(USES, "parameters"), ["code"]),
    "a module it imports": (
        replace("lessons/helpers.py", "2 *", "3 *"),
        ["lessons/helpers.py"],
    ),
    "a module that one imports": (
        replace("lessons/words.py", "1", "2"),
        ["lessons/words.py"],
    ),
    "its package": (replace("lessons/__init__.py", "S", "s"), ["lessons/__init__.py"]),
    "a data file": (
        replace("datasets/checksums.txt", "aa11", "aa12"),
        ["datasets/sums/sums.csv"],
    ),
    "a library's version": (
        replace("requirements.txt", "numpy==2.4.6", "numpy==2.4.7"),
        ["numpy"],
    ),
    "the Python version": (replace("pyproject.toml", "3.11", "3.12"), ["python"]),
    "prose": (edit_prose, []),
    "a figure folded": (edit_cell(USES, "hide-input"), []),
    "a module it does not import": (replace("lessons/unused.py", "0", "1"), []),
    "another data file": (replace("datasets/checksums.txt", "bb22", "bb23"), []),
    "another library": (
        replace("requirements.txt", "pandas==2.3.3", "pandas==2.4.0"),
        [],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_stale_if_and_only_if_an_ingredient_changed(tiny: Course, change: str) -> None:
    edit_cell(USES)(tiny.root)
    before = read(tiny.path(NAME), NAME)
    made_from = freshness.inputs(before, tiny)
    edit, expected = CHANGES[change]
    edit(tiny.root)
    after = freshness.stamped(read(tiny.path(NAME), NAME), made_from)
    assert freshness.changed(after, Course(tiny.root)) == expected


def test_never_run_is_stale(tiny: Course) -> None:
    assert freshness.changed(read(tiny.path(NAME), NAME), tiny) == ["never run"]


@pytest.mark.parametrize("book", [None, [], "x", {"inputs": 3}, {"inputs": {}}])
def test_odd_metadata_is_stale(tiny: Course, book: object) -> None:
    content = notebook(code("1")) | {"metadata": {"book": book}}
    assert freshness.changed(content, tiny) == ["never run"]


def inputs(tiny: Course, *texts: str) -> dict[str, str]:
    return freshness.inputs(notebook(*map(code, texts)), tiny)


def test_magics_do_not_hide_the_imports_beside_them(tiny: Course) -> None:
    found = inputs(tiny, "if True:\n    %pip install -q x\nimport numpy")
    assert found["numpy"] == "2.4.6"


def test_a_broken_cell_does_not_hide_the_others(tiny: Course) -> None:
    assert "numpy" in inputs(tiny, "def broken(", "import numpy")


def test_data_named_by_a_variable_means_all_data(tiny: Course) -> None:
    found = inputs(tiny, "datasets.load(NAME)")
    assert {"datasets/sums/sums.csv", "datasets/other/other.csv"} <= set(found)


def test_what_is_not_locked_says_so(tiny: Course) -> None:
    assert inputs(tiny, "import torch")["torch"] == freshness.NOT_LOCKED
    assert "json" not in inputs(tiny, "import json")


def test_imports_have_their_distribution_name(tiny: Course) -> None:
    (tiny.root / "requirements.txt").write_text("scikit-learn==1.9.1\n")
    assert inputs(tiny, "from sklearn import svm")["scikit-learn"] == "1.9.1"


def test_inputs_say_nothing_of_the_machine(tiny: Course) -> None:
    save(tiny.root, "foundations/03_x", notebook())
    text = json.dumps(inputs(tiny, "from lessons import helpers\nimport numpy"))
    assert str(tiny.root) not in text


def test_order_of_cells_counts(tiny: Course) -> None:
    assert inputs(tiny, "a = 1", "b = 2") != inputs(tiny, "b = 2", "a = 1")


def test_values(tiny: Course) -> None:
    found: Any = inputs(tiny, "1")
    assert found["python"] == "3.11"
    assert all(isinstance(value, str) for value in found.values())
