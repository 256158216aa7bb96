"""The repository's own papers: workflows, licences, locks, the package's wheel."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from book import freshness
from book.course import Course
from book.freshness import NOT_LOCKED
from book.notebook import Notebook, read

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_workflows_have_the_right_form() -> None:
    schema = ["--builtin-schema", "vendor.github-workflows"]
    checked = tool("check-jsonschema", *schema, *map(str, WORKFLOWS))
    assert checked.returncode == 0, checked.stdout


def test_workflows_are_safe() -> None:
    linted = tool("zizmor", "--offline", "--no-progress", ".github")
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_pin_permit_and_limit(path: Path) -> None:
    workflow = yaml.load(path.read_text(), yaml.BaseLoader)
    assert workflow["permissions"] == {"contents": "read"}
    assert "group" in workflow["concurrency"]
    for job in workflow["jobs"].values():
        assert "timeout-minutes" in job
    for action in re.findall(r"uses: (.*)", path.read_text()):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", action), action


def test_workflows_run_sessions_that_exist() -> None:
    sessions = set(
        re.findall(r"@nox.session\ndef (\w+)", (ROOT / "noxfile.py").read_text())
    )
    for path in WORKFLOWS:
        for command in re.findall(r"nox -s ([\w ]+?)(?: --|\n)", path.read_text()):
            assert set(command.split()) <= sessions


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-press.txt"])
def test_locks_are_exact_and_name_no_gpu_package(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(pins) > 50
    for pin in pins:
        assert re.match(r"[a-z0-9][\w.\[\],-]*==\S+", pin), pin
        assert not re.match(r"(nvidia|cuda|triton)", pin), pin


def test_the_press_lock_agrees_with_the_course_lock() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9].*==\S+", (ROOT / lock).read_text(), re.M))

    assert pins("requirements-press.txt") <= pins("requirements.txt")


def test_every_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["lessons"],
        *(name for group in project["dependency-groups"].values() for name in group),
    ]
    locked = set(
        re.findall(r"^([\w.-]+)", (ROOT / "requirements.txt").read_text(), re.M)
    )
    assert {re.match(r"[\w.-]+", name)[0].lower() for name in wanted} <= locked


def test_citation_and_version_agree() -> None:
    import lessons

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == lessons.__version__


def test_import_of_the_package_is_light() -> None:
    probe = (
        "import sys, time, json; t = time.perf_counter(); import lessons;"
        "print(json.dumps([time.perf_counter() - t, sorted(sys.modules)]))"
    )
    runs = [
        json.loads(subprocess.check_output([sys.executable, "-c", probe], cwd=ROOT))
        for _ in range(3)
    ]
    assert min(seconds for seconds, _ in runs) < 0.05
    assert not {"torch", "numpy", "pandas"} & set(runs[0][1])


def test_every_library_of_a_lesson_is_locked() -> None:
    course = Course(ROOT)
    unlocked = {
        name: unknown
        for name in course.notebooks(course.lessons)
        if (unknown := _unlocked(read(course.path(name), name)))
    }
    assert unlocked == {}


def _unlocked(notebook: Notebook) -> list[str]:
    return [k for k, v in freshness.stored(notebook).items() if v == NOT_LOCKED]
