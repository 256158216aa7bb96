import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from book import freshness
from book.cli import _parameter
from book.course import Course
from book.errors import BookError
from book.execute import Outcome
from book.notebook import read
from book.run import Options, parameters, plan, run
from tests.book.conftest import code, notebook, prose, save

REPOSITORY = Path(__file__).parents[2]
ONE, TWO = "foundations/01_counting", "foundations/02_adding"


def run_all(course: Course, **options: object) -> dict[str, tuple[Outcome, bool]]:
    outcomes = {}

    def done(outcome: Outcome, changed: bool) -> None:
        outcomes[outcome.name] = outcome, changed

    chosen = Options(**options)
    names = course.notebooks(course.lessons)
    run(course, plan(course, names, chosen), chosen, done)
    return outcomes


def bytes_of(course: Course) -> dict[str, bytes]:
    return {
        name: course.path(name).read_bytes()
        for name in course.notebooks(course.lessons)
    }


@pytest.fixture
def course(tiny: Course) -> Course:
    """The tiny course with one lesson, so that a run takes a second."""
    toc = tiny.root / "_toc.yml"
    toc.write_text(
        toc.read_text().replace("          - file: foundations/02_adding\n", "")
    )
    return Course(tiny.root)


def test_a_run_makes_fresh_and_a_second_has_nothing_to_do(course: Course) -> None:
    outcomes = run_all(course)
    assert {name: changed for name, (_, changed) in outcomes.items()} == {
        ONE: True,
        f"solutions/{ONE}": True,
    }
    ran = read(course.path(ONE), ONE)
    assert ran["cells"][3]["outputs"][0]["text"] == ["1 2\n"]
    assert [c.get("execution_count") for c in ran["cells"]] == [None, 1, 2, 3]
    assert freshness.changed(ran, course) == []
    assert run_all(course) == {}


def test_a_forced_run_gives_the_same_bytes(course: Course) -> None:
    run_all(course)
    before = bytes_of(course), (course.root / "book/measurements.json").read_bytes()
    outcomes = run_all(course, force=True, cold=True)
    assert [changed for _, changed in outcomes.values()] == [False, False]
    assert before == (
        bytes_of(course),
        (course.root / "book/measurements.json").read_bytes(),
    )


def test_a_forced_run_keeps_a_duration_and_one_that_is_called_for_does_not(
    course: Course,
) -> None:
    path = course.path(ONE)
    timed = code("import time\nprint(time.perf_counter_ns())", "volatile")
    start = code("START = 1", "parameters")
    save(course.root, ONE, notebook(prose("# Counting"), start, timed))
    run_all(course)
    first = path.read_bytes()
    run_all(course, force=True)
    assert path.read_bytes() == first
    path.write_text(path.read_text(encoding="utf-8").replace("START = 1", "START = 2"))
    run_all(course)
    assert (
        read(path, ONE)["cells"][2]["outputs"]
        != json.loads(first)["cells"][2]["outputs"]
    )


def test_only_what_depends_on_a_change_runs_again(course: Course) -> None:
    run_all(course)
    (course.root / "lessons/words.py").write_text("ONE = 3\n")
    assert list(run_all(course)) == [ONE]
    assert read(course.path(ONE), ONE)["cells"][3]["outputs"][0]["text"] == ["1 6\n"]


def test_a_failure_is_told_and_nothing_is_written(course: Course) -> None:
    save(course.root, ONE, notebook(code("A = 1", "parameters"), code("1 / 0")))
    before = course.path(ONE).read_bytes()
    outcome, changed = run_all(course)[ONE]
    assert outcome.failure is not None
    assert outcome.failure.cell == 2
    assert "ZeroDivisionError" in outcome.failure.cause
    assert not changed
    assert course.path(ONE).read_bytes() == before
    assert ONE in run_all(course), "a failure is never stored"


def test_a_variant_goes_elsewhere(course: Course, tmp_path: Path) -> None:
    before = bytes_of(course)
    out = tmp_path / "variant"
    options = Options(parameters={"START": 40}, out=out)
    assert run(course, plan(course, [ONE], options), options, lambda *_: None)
    text = json.dumps(read(out / f"{ONE}.ipynb", ONE))
    assert "40 2" in text
    assert bytes_of(course) == before


def test_an_unknown_parameter_is_refused_with_the_known(course: Course) -> None:
    options = Options(parameters={"STRAT": 40}, out=course.root)
    with pytest.raises(BookError, match=f"{ONE} has no parameter STRAT; it has START"):
        run(course, [ONE], options, lambda *_: None)


def test_parameters_are_what_the_cell_assigns() -> None:
    cell = code("A = 1  # unit\nB: int = 2\n# C = 3", "parameters")
    assert parameters(notebook(code("D = 4"), cell)) == ["A", "B"]


def test_a_lesson_edited_while_it_ran_is_not_overwritten(course: Course) -> None:
    slow = notebook(code("A = 1", "parameters"), code("import time; time.sleep(1)"))
    save(course.root, ONE, slow)
    edited = notebook(code("A = 2", "parameters"))
    names = [ONE]

    def edit(*_: object) -> None:
        save(course.root, ONE, edited)

    options = Options()
    import threading

    threading.Timer(0.5, edit).start()
    with pytest.raises(BookError, match="edited while it ran"):
        run(course, names, options, lambda *_: None)
    assert json.loads(course.path(ONE).read_text()) == edited


def test_a_full_disk_leaves_every_notebook(course: Course, monkeypatch) -> None:
    before = bytes_of(course)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("book.notebook.Path.replace", full)
    with pytest.raises(BookError, match="as it was: No space left"):
        run_all(course)
    assert bytes_of(course) == before


@given(
    names=st.lists(st.text("abc", min_size=1, max_size=4), unique=True, max_size=20),
    count=st.integers(1, 9),
)
def test_shards_partition_the_course(names: Sequence[str], count: int) -> None:
    shards = [
        plan(None, names, Options(force=True, shard=(index, count)))
        for index in range(1, count + 1)
    ]
    assert sorted(name for shard in shards for name in shard) == sorted(names)
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def press(root: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "book", *arguments],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finished(root: Path, *arguments: str) -> tuple[int, str, str]:
    process = press(root, *arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def slow_course(course: Course) -> Course:
    slow = code("import time; open('started', 'w'); time.sleep(20)")
    save(course.root, ONE, notebook(code("A = 1", "parameters"), slow))
    return course


@pytest.mark.parametrize(
    ("kind", "status"),
    [(signal.SIGKILL, -9), (signal.SIGINT, 130)],
    ids=["kill", "ctrl-c"],
)
def test_a_killed_run_leaves_every_notebook_and_no_process(
    course: Course, kind: int, status: int
) -> None:
    course.path(f"solutions/{ONE}").unlink()
    before = bytes_of(slow_course(course))
    process = press(course.root, "run", ONE)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not kernels(course.root):
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(kind)
    process.communicate(timeout=60)
    assert process.returncode == status
    assert bytes_of(course) == before
    deadline = time.monotonic() + 10
    while kernels(course.root) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert kernels(course.root) == []


def kernels(root: Path) -> list[int]:
    """The processes that run a lesson of that course."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("BOOK_ROOT") == str(root):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def test_two_runs_at_once_do_not_spoil_each_other(course: Course) -> None:
    runs = [press(course.root, "run", "--all") for _ in range(2)]
    assert [process.wait(60) for process in runs] == [0, 0], runs[0].stderr.read()
    assert finished(course.root, "status", "--stale")[1] == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "-p", "A", "1"], "-p makes a variant; say with --out DIR"),
        (["run", "--shard", "3/2"], "it is given as i/n"),
        (["run", "--backend", "dask"], "--address tcp://host:port"),
        (["run", "nosuch"], "no lesson 'nosuch' in _toc.yml"),
        (
            ["run", "--backend", "dask", "--address", "tcp://127.0.0.1:9"],
            "no Dask scheduler at tcp://127.0.0.1:9",
        ),
        (["status", "99"], "no lesson '99'"),
        (["new", "nonsense"], "nonsense"),
    ],
)
def test_a_mistake_is_one_clear_line(
    course: Course, arguments: list[str], told: str
) -> None:
    status, _, err = finished(course.root, *arguments)
    assert status == 2
    assert told in err
    assert len(err.strip().splitlines()) == 1


def test_an_unreadable_notebook_is_one_clear_line(course: Course) -> None:
    course.path(ONE).write_text("{")
    for command in ("run", "status", "export"):
        status, _, err = finished(course.root, command)
        assert (status, err.count("\n")) == (2, 1)
        assert f"error: {ONE}.ipynb is not JSON" in err


def test_a_failed_lesson_is_named_and_the_exit_code_says_so(course: Course) -> None:
    save(course.root, ONE, notebook(code("A = 1", "parameters"), code("print(b)")))
    status, _, err = finished(course.root, "run", ONE)
    assert status == 1
    assert f"✗ {ONE}, cell 2: NameError: name 'b' is not defined" in err
    report = (course.root / f"book/_build/reports/{ONE}.txt").read_text()
    assert "print(b)" in report


def test_papermill_style_parameters(course: Course, tmp_path: Path) -> None:
    out = str(tmp_path / "variant")
    status, _, err = finished(course.root, "run", ONE, "-p", "START", "7", "--out", out)
    assert status == 0, err
    assert '"7 2\\n"' in (tmp_path / f"variant/{ONE}.ipynb").read_text()


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("[1, 2]", [1, 2]),
        ("cpu", "cpu"),
        ("2024-06-01", "2024-06-01"),
        ("2024-06-01 12:00:00", "2024-06-01 12:00:00"),
    ],
)
def test_a_value_means_what_json_can_say(value: str, meant: object) -> None:
    assert _parameter(f"NAME={value}") == ("NAME", meant)


def test_status_names_what_changed(course: Course) -> None:
    assert finished(course.root, "run")[0] == 0
    (course.root / "lessons/words.py").write_text("ONE = 3\n")
    assert "lessons/words.py" in finished(course.root, "status", "--why")[1]
    (row,) = json.loads(finished(course.root, "status", "--json")[1])
    assert row["stale"] == {ONE: ["lessons/words.py"]}
    assert row["seconds"] is not None
    assert row["megabytes"] > 20


def test_clean_removes_what_was_built(course: Course) -> None:
    (course.root / "book/_build/x").mkdir(parents=True)
    assert finished(course.root, "clean")[0] == 0
    assert not (course.root / "book/_build").exists()
