"""One job, one outcome: what a notebook may do, and what it is told when it mayn't."""

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from book.execute import Failure, Job, Limits, Outcome, execute, stop_all
from tests.book.conftest import code, notebook

OFFLINE = "lessons run offline: put the data into datasets/"
OUTSIDE = "in the repository; lessons write to temporary files only"


def job(root: Path, *cells: str | dict[str, Any], **fields: Any) -> Job:
    made = [cell if isinstance(cell, dict) else code(cell) for cell in cells]
    defaults: dict[str, Any] = {
        "parameters": {},
        "limits": Limits(60, 1024),
        "warm": False,
    }
    source = json.dumps(notebook(*made))
    return Job(name="x", source=source, root=str(root), **defaults | fields)


def text(outcome: Outcome) -> list[str]:
    """Return what each code cell printed or showed as text."""
    assert outcome.failure is None, outcome.failure
    cells = json.loads(outcome.notebook or "")["cells"]
    return [
        "".join(
            "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
            for output in cell["outputs"]
        )
        for cell in cells
    ]


def failure(outcome: Outcome) -> Failure:
    assert outcome.failure is not None
    assert outcome.notebook is None
    assert "\n" not in outcome.failure.cause
    return outcome.failure


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "repository"
    (path / "lessons").mkdir(parents=True)
    (path / "lessons/__init__.py").write_text("WHO = 'shared'\n")
    return path


@pytest.fixture(scope="module", autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever the tests of this module do: no process, socket or directory stays."""
    tmp_path_factory.getbasetemp()
    me = psutil.Process()
    before = {*me.children(recursive=True)}, len(me.net_connections()), me.num_fds()
    previous = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="t") as directory:
        tempfile.tempdir = directory
        yield
        assert os.listdir(directory) == []  # noqa: PTH208
    tempfile.tempdir = previous
    assert {*me.children(recursive=True)} <= before[0]
    assert len(me.net_connections()) <= before[1]
    assert me.num_fds() <= before[2] + 10
    assert not [p for p in psutil.process_iter(["cmdline"]) if _of(directory, p)]


def _of(directory: str, process: psutil.Process) -> bool:
    return any(directory in word for word in process.info["cmdline"] or [])


def test_returns_the_executed_notebook(root: Path) -> None:
    outcome = execute(job(root, "import lessons", "print(lessons.WHO)\nprint(2)", "3"))
    assert text(outcome) == ["", "shared\n2\n", "3"]
    assert outcome.name == "x"
    assert 0 < outcome.seconds < 30
    assert 10 < outcome.megabytes < 300


def test_a_notebook_without_code_succeeds(root: Path) -> None:
    assert execute(job(root)).failure is None


def test_runs_in_an_empty_directory_that_is_removed(root: Path) -> None:
    outcome = execute(
        job(
            root,
            "import os, pathlib, tempfile",
            "print(os.listdir('.'), os.listdir(os.path.expanduser('~/..')) != [])",
            "open('mine.txt', 'w').write('x')",
            "print(os.getcwd(), pathlib.Path.home(), tempfile.gettempdir(), sep='\\n')",
        )
    )
    printed = text(outcome)
    assert printed[1] == "[] True\n"
    work, home, temporary = map(Path, printed[3].split())
    assert work.parent == home.parent == temporary.parent
    assert not work.parent.exists()


def test_sets_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "of the owner")
    names = ["A_SECRET", "PYTHONHASHSEED", "OMP_NUM_THREADS", "TZ", "LESSONS_CLAIMS"]
    outcome = execute(job(root, f"import os; print(*map(os.environ.get, {names}))"))
    assert text(outcome) == ["None 0 1 UTC None\n"]


def test_injects_parameters_and_silences_claims(root: Path) -> None:
    cells: list[Any] = [
        code("n = 1\nname = 'a'", "parameters"),
        "import os; print(n, name, os.environ['LESSONS_CLAIMS'])",
        "1 / 0",
    ]
    good = execute(job(root, *cells[:2], parameters={"n": 7, "name": "it's"}))
    assert text(good)[-1] == "7 it's off\n"
    bad = failure(execute(job(root, *cells, parameters={"n": 7})))
    assert bad.cell == 3  # as the author counts: the injected cell is not theirs


def test_is_quiet(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    loud = "import os; os.system('echo loud; echo louder >&2')"
    execute(job(root, code("n = 1"), loud, "1 / 0", parameters={"n": 7}))
    assert capfd.readouterr() == ("", "")


RAISES: dict[str, tuple[list[Any], int, str]] = {
    "exception": (["1", "def f(): g()\nf()"], 2, "NameError: name 'g' is not defined"),
    "many lines": (["raise ValueError('one\\ntwo')"], 1, "ValueError: one"),
    "bare": ([code("raise KeyError", "raises-exception")], 1, "KeyError"),
    "magic": (
        ["", "1", "%nosuch"],
        3,
        "UsageError: Line magic function `%nosuch` not found.",
    ),
    "exit": (
        ["import sys; sys.exit()", "1"],
        1,
        "SystemExit",
    ),
    "dies": (
        ["1", "import os; os._exit(3)"],
        2,
        "the kernel ended itself with exit code 3",
    ),
    "crashes": (
        ["import ctypes; ctypes.string_at(0)"],
        1,
        "the kernel was killed by SIGSEGV",
    ),
    "outward": (
        ["1", "import socket; socket.create_connection(('example.org', 443))"],
        2,
        f"this lesson tried to reach example.org:443; {OFFLINE}",
    ),
    "outward, swallowed": (
        [
            "import socket",
            "try: socket.create_connection(('example.org', 443))\nexcept OSError: pass",
            "1",
        ],
        2,
        f"this lesson tried to reach example.org:443; {OFFLINE}",
    ),
    "outward, from a child": (
        [
            "import subprocess, sys\nc = 'import socket; socket.gethostbyname(\"a.org\")'",
            "_ = subprocess.run([sys.executable, '-c', c], stderr=-3)",
        ],
        2,
        f"this lesson tried to reach a.org; {OFFLINE}",
    ),
    "writes": (
        ["import lessons, pathlib", "pathlib.Path(lessons.__file__).write_text('x')"],
        2,
        f"this lesson tried to write lessons/__init__.py {OUTSIDE}",
    ),
    "writes, swallowed": (
        [
            "import os",
            "try: os.mkdir(os.environ['BOOK_ROOT'] + '/new')\nexcept OSError: pass",
        ],
        2,
        f"this lesson tried to make new {OUTSIDE}",
    ),
}


@pytest.mark.parametrize(("cells", "cell", "cause"), RAISES.values(), ids=RAISES)
def test_names_cell_and_cause(
    root: Path, cells: list[Any], cell: int, cause: str
) -> None:
    found = failure(execute(job(root, *cells)))
    assert (found.cell, found.cause) == (cell, cause)
    assert (root / "lessons/__init__.py").read_text() == "WHO = 'shared'\n"


def test_the_traceback_is_plain_text(root: Path) -> None:
    found = failure(execute(job(root, "def f():\n    return 1 / 0\nf()")))
    assert "----> 2     return 1 / 0" in found.traceback
    assert "\x1b" not in found.traceback


def test_says_why_a_kernel_cannot_start(root: Path) -> None:
    (root / "ipykernel_launcher.py").write_text("raise ImportError('no kernel here')")
    found = failure(execute(job(root, "1")))
    assert found.cell is None
    assert "Kernel died" in found.cause
    assert "ImportError: no kernel here" in found.traceback


def test_what_is_no_notebook_is_a_failure(root: Path) -> None:
    broken = Job("x", "{", {}, str(root), Limits(), warm=False)
    found = failure(execute(broken))
    assert found.cell is None
    assert found.cause.startswith("NotJSONError: ")


def test_stops_what_takes_too_long(root: Path) -> None:
    cells = ["1", "import time; time.sleep(60)"]
    started = time.monotonic()
    found = failure(execute(job(root, *cells, limits=Limits(2, 1024))))
    assert (found.cell, found.cause) == (2, "stopped after 2 s in cell 2")
    assert time.monotonic() - started < 30


def test_stops_what_takes_too_much_memory(root: Path) -> None:
    cells = ["import time; x = []", "while 1: x.append(b'1' * 10**7); time.sleep(0.01)"]
    outcome = execute(job(root, *cells, limits=Limits(60, 300)))
    found = failure(outcome)
    assert found.cause.endswith(" MiB, more than 300 MiB, in cell 2")
    assert 300 < outcome.megabytes < 600


def test_counts_the_memory_of_child_processes(root: Path) -> None:
    child = "x = b'1' * 4 * 10**8; import time; time.sleep(60)"
    call = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    found = failure(execute(job(root, call, limits=Limits(60, 300))))
    assert "more than 300 MiB, in cell 1" in found.cause


SERVE = "import subprocess, sys\nserver = [sys.executable, '-m', 'http.server', '0']\n"
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
_ = os.wait()
time.sleep(0.3)
"""
LEFT = {
    "process": (f"{SERVE}p = subprocess.Popen(server)", "python -m http.server 0"),
    "session": (
        f"{SERVE}p = subprocess.Popen(server, start_new_session=True)",
        "python -m http.server 0",
    ),
    "orphan": (
        f"{SERVE}import os; os.system(f'{{sys.executable}} -m http.server 0 &')",
        "python -m http.server 0",
    ),
    "clean environment": (
        f"{SERVE}p = subprocess.Popen(server, env={{}}, start_new_session=True)",
        "python -m http.server 0",
    ),
    "daemon": (DAEMON, "a fork of the notebook"),
}


@pytest.mark.parametrize(("cell", "name"), LEFT.values(), ids=LEFT)
def test_names_a_process_left_running(root: Path, cell: str, name: str) -> None:
    found = failure(execute(job(root, cell)))
    assert found.cell is None
    assert found.cause.startswith(f"left a process running: {name}")


def test_names_a_server_left_listening(root: Path) -> None:
    cell = (
        "import http.server, threading\n"
        "s = http.server.HTTPServer(('127.0.0.1', 0), None)\n"
        "threading.Thread(target=s.serve_forever, daemon=True).start()"
    )
    found = failure(execute(job(root, cell)))
    assert found.cause.startswith("left a server listening on 127.0.0.1:")


TIDY = {
    "stopped server": f"{SERVE}p = subprocess.Popen(server, stderr=-3); p.terminate()",
    "zombie": "import subprocess; p = subprocess.Popen(['true'])",
    "closed socket": "import socket; socket.create_server(('127.0.0.1', 0)).close()",
    "joblib": "import joblib; joblib.Parallel(2)(joblib.delayed(abs)(k) for k in [1, 2])",
    "pool": "import multiprocessing as m\nwith m.Pool(2) as p: p.map(abs, [1, 2])",
    "spawn": (
        "import multiprocessing as m\n"
        "with m.get_context('spawn').Pool(1) as p: p.map(abs, [1, 2])"
    ),
}


@pytest.mark.parametrize("cell", TIDY.values(), ids=TIDY)
def test_is_not_alarmed_by_what_ends_by_itself(root: Path, cell: str) -> None:
    assert execute(job(root, cell)).failure is None


def test_two_threads_do_not_meet(root: Path) -> None:
    cells = ["import os; open('x', 'x').write(str(N))", "print(open('x').read())"]
    jobs = [job(root, f"N = {n}", *cells) for n in range(4)]
    directory = Path.cwd()
    with ThreadPoolExecutor(2) as pool:
        printed = [text(outcome)[-1] for outcome in pool.map(execute, jobs)]
    assert printed == ["0\n", "1\n", "2\n", "3\n"]
    assert Path.cwd() == directory


def test_stop_all_ends_what_runs(root: Path) -> None:
    endless = f"{SERVE}subprocess.Popen(server); import time; time.sleep(60)"
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(execute, job(root, "1", endless))
        _wait_for(lambda: _running("http.server"))
        stop_all()
        found = failure(future.result(timeout=30))
    assert (found.cell, found.cause) == (2, "interrupted in cell 2")
    _wait_for(lambda: not _running("http.server"))


def test_stop_all_without_anything_to_stop() -> None:
    stop_all()


def test_the_network_is_there_for_the_press_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_keeps_no_thread(root: Path) -> None:
    before = set(threading.enumerate())
    execute(job(root, "1"))
    assert set(threading.enumerate()) <= before


def _running(word: str) -> bool:
    children = psutil.Process().children(recursive=True)
    return any(word in child.cmdline() for child in children)


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
