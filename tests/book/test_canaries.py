"""Plant a fault in a copy of the repository: the suite must find it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LESSON = "foundations/03_numpy"
SOLUTION = f"solutions/{LESSON}"
PROVE = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "book.proof", "--nbval"]
CHECK = ["-m", "book", "check", "03"]
DATA = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/lessons/test_runtime.py"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        text=True,
    )
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def suite(copy: Path, *command: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def edit(path: Path, change: Callable[[Any], bool]) -> None:
    """Change the first output that can be changed in that way."""
    content = json.loads(path.read_text("utf-8"))
    outputs = [o for c in content["cells"] for o in c.get("outputs", [])]
    assert any(change(output) for output in outputs)
    path.write_text(
        json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )


def another_number(output: Any) -> bool:
    text = "".join(output.get("text", ""))
    digits = [k for k, character in enumerate(text) if character.isdigit()]
    if digits:
        k = digits[0]
        output["text"] = text[:k] + str((int(text[k]) + 1) % 10) + text[k + 1 :]
    return bool(digits)


def another_figure(output: Any) -> bool:
    png = output.get("data", {}).get("image/png")
    if png:
        output["data"]["image/png"] = png[: len(png) // 2 // 4 * 4]
    return bool(png)


def test_the_copy_as_it_is_passes(copy: Path) -> None:
    status, told = suite(copy, *PROVE, f"{LESSON}.ipynb", f"{SOLUTION}.ipynb")
    assert status == 0, told[-3000:]
    status, told = suite(copy, *CHECK)
    assert status == 0, told[-3000:]


def test_a_corrupted_number_is_found(copy: Path) -> None:
    edit(copy / f"{LESSON}.ipynb", another_number)
    status, told = suite(copy, *PROVE, f"{LESSON}.ipynb")
    assert status == 1
    assert "Cell outputs differ" in told


def test_a_corrupted_figure_is_found(copy: Path) -> None:
    edit(copy / f"{LESSON}.ipynb", another_figure)
    status, told = suite(copy, *PROVE, f"{LESSON}.ipynb")
    assert status == 1
    assert "the stored figure is not the one that was drawn" in told


def test_an_edited_generated_module_is_found(copy: Path) -> None:
    module = copy / "lessons/foundations/numpy.py"
    module.write_text(module.read_text() + "\nEXTRA = 1\n")
    status, told = suite(copy, *CHECK)
    assert status == 1
    assert "lessons/foundations/numpy.py" in told


def test_a_wrong_solution_is_found(copy: Path) -> None:
    path = copy / f"{SOLUTION}.ipynb"
    content = json.loads(path.read_text("utf-8"))
    cell = next(c for c in content["cells"] if ".check(" in "".join(c["source"]))
    source = "".join(cell["source"])
    head, _, tail = source.partition("return ")
    assert tail
    cell["source"] = f"{head}return None\n    return {tail}"
    path.write_text(json.dumps(content))
    status, told = suite(copy, *PROVE, f"{SOLUTION}.ipynb")
    assert status == 1
    assert "Cell outputs differ" in told


def test_a_deleted_data_file_is_found(copy: Path) -> None:
    (copy / "datasets/projects/projects.jsonl").unlink()
    status, told = suite(copy, *DATA)
    assert status == 1
    assert "DataError: datasets/projects/projects.jsonl" in told
