"""The guard, in a Python of its own: what it stops, what it lets pass, what it says."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from book.environment import kernel_environment, record_path


@dataclass(frozen=True)
class Place:
    root: Path
    scratch: Path

    def run(
        self, code: str, cwd: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = kernel_environment(self.scratch, self.root) | variables
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            cwd=cwd or self.scratch / "work",
            capture_output=True,
            text=True,
            timeout=30,
        )

    def recorded(self) -> list[str]:
        record = record_path(self.scratch)
        if not record.exists():
            return []
        return [json.loads(line)["message"] for line in record.open()]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root, scratch = tmp_path / "repository", tmp_path / "scratch"
    (root / "datasets").mkdir(parents=True)
    (root / "datasets/a.csv").write_text("1\n")
    for part in ("work", "home", "tmp", "matplotlib"):
        (scratch / part).mkdir(parents=True)
    return Place(root, scratch)


OUTWARD = {
    "connect": "s.socket().connect(('93.184.215.14', 443))",
    "connect_ex": "s.socket().connect_ex(('93.184.215.14', 443))",
    "IPv6": "s.socket(s.AF_INET6).connect(('2606:2800::1', 443))",
    "look-up": "s.create_connection(('example.org', 443))",
    "gethostbyname": "s.gethostbyname('example.org')",
    "datagram": "s.socket(type=s.SOCK_DGRAM).sendto(b'x', ('93.184.215.14', 443))",
    "urllib": "__import__('urllib.request').request.urlopen('https://example.org/a')",
}


@pytest.mark.parametrize("call", OUTWARD.values(), ids=OUTWARD)
def test_stops_what_goes_outward(place: Place, call: str) -> None:
    result = place.run(f"import socket as s; {call}")
    assert result.returncode != 0
    (message,) = place.recorded()
    assert message.startswith("this lesson tried to reach ")
    assert message.endswith("; lessons run offline: put the data into datasets/")
    assert message in result.stderr


def test_names_the_host_and_not_the_proxy(place: Place) -> None:
    place.run(f"import socket as s; {OUTWARD['urllib']}")
    assert "reach example.org:443;" in place.recorded()[0]


LOCAL = {
    "IPv4": "x = s.create_server(('127.0.0.1', 0)); s.create_connection(x.getsockname())",
    "name": "s.getaddrinfo('localhost', 80)",
    "own name": "s.getaddrinfo(s.gethostname(), 80)",
    "unix": "a, b = s.socketpair(); x = s.socket(s.AF_UNIX); x.bind('u')",
    "datagram": "s.socket(type=s.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "http server": "__import__('http.server').server.HTTPServer(('', 0), None)",
}


@pytest.mark.parametrize("call", LOCAL.values(), ids=LOCAL)
def test_lets_the_loopback_pass(place: Place, call: str) -> None:
    result = place.run(f"import socket as s; {call}")
    assert "OfflineError" not in result.stderr
    assert place.recorded() == []


def test_refuses_to_tell_the_outward_address_without_blaming(place: Place) -> None:
    result = place.run(
        "import socket as s; s.socket(type=s.SOCK_DGRAM).connect(('8.8.8.8', 80))"
    )
    assert "OfflineError" in result.stderr
    assert place.recorded() == []


WRITES = {
    "open": ("write", "new.txt", "open(r / 'new.txt', 'w')"),
    "append": ("write", "datasets/a.csv", "open(r / 'datasets/a.csv', 'a')"),
    "update": ("write", "datasets/a.csv", "open(r / 'datasets/a.csv', 'r+')"),
    "os.open": ("write", "x", "os.open(r / 'x', os.O_CREAT | os.O_WRONLY)"),
    "mkdir": ("make", "out", "os.makedirs(r / 'out/deep')"),
    "remove": ("remove", "datasets/a.csv", "(r / 'datasets/a.csv').unlink()"),
    "rmdir": ("remove", "datasets", "(r / 'datasets').rmdir()"),
    "rename": ("rename", "datasets", "(r / 'datasets').rename(r / 'd')"),
    "move in": ("write", "b", "open('b', 'w'); os.replace('b', r / 'b')"),
    "symlink": ("link", "l", "os.symlink('/etc', r / 'l')"),
    "link": ("link", "l", "open('b', 'w'); os.link('b', r / 'l')"),
    "truncate": ("truncate", "datasets/a.csv", "os.truncate(r / 'datasets/a.csv', 0)"),
    "rmtree": ("remove", "datasets/a.csv", "__import__('shutil').rmtree(r)"),
    "relative": ("write", "z", "os.chdir(r / 'datasets'); open('../z', 'w')"),
    "through a link": ("write", "z", "os.symlink(r, 'l'); open('l/z', 'w')"),
    "bytes": ("write", "z", "open(os.fsencode(r / 'z'), 'w')"),
    "cache": (
        "make",
        "datasets/__pycache__",
        "__import__('py_compile').compile(r / 'datasets/a.csv')",
    ),
    "database": ("write", "z.db", "__import__('sqlite3').connect(r / 'z.db')"),
}


@pytest.mark.parametrize(("verb", "path", "call"), WRITES.values(), ids=WRITES)
def test_stops_what_changes_the_repository(
    place: Place, verb: str, path: str, call: str
) -> None:
    before = sorted(place.root.rglob("*"))
    result = place.run(
        f"import os; from pathlib import Path; r = Path(os.environ['BOOK_ROOT']); {call}"
    )
    assert result.returncode != 0
    assert f"this lesson tried to {verb} {path} in the repository" in result.stderr
    assert len(place.recorded()) == 1
    assert sorted(place.root.rglob("*")) == before
    assert (place.root / "datasets/a.csv").read_text() == "1\n"


def test_lets_reading_and_the_scratch_directory_pass(place: Place) -> None:
    result = place.run(
        "import os, pathlib, shutil, sqlite3, tempfile\n"
        "r = pathlib.Path(os.environ['BOOK_ROOT'])\n"
        "print((r / 'datasets/a.csv').read_text(), os.listdir(r))\n"
        "os.open(r, os.O_RDONLY); sqlite3.connect('own.db'); shutil.copytree(r, 'copy')\n"
        "with tempfile.TemporaryDirectory() as d: open(d + '/x', 'w')\n"
        "pathlib.Path('copy/new').mkdir(); os.rename('copy', 'moved')\n"
        "shutil.rmtree('moved'); open(os.devnull, 'w')\n"
    )
    assert result.stderr == ""
    assert place.recorded() == []


def test_a_scratch_directory_inside_the_repository_is_writable(place: Place) -> None:
    inner = place.root / "datasets/tmp"
    for part in ("work", "home", "tmp", "matplotlib"):
        (inner / part).mkdir(parents=True)
    assert Place(place.root, inner).run("open('x', 'w')").returncode == 0


def test_a_child_python_is_guarded_too(place: Place) -> None:
    child = "import socket; socket.create_connection(('example.org', 80))"
    place.run(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    )
    assert place.recorded() == [
        "this lesson tried to reach example.org:80; "
        "lessons run offline: put the data into datasets/"
    ]


def test_spawned_and_forked_workers_are_guarded_too(place: Place) -> None:
    script = place.scratch / "work/pool.py"
    script.write_text(
        "import multiprocessing as m, os, pathlib, sys\n"
        "def f(name):\n"
        "    try: open(pathlib.Path(os.environ['BOOK_ROOT'], name), 'w')\n"
        "    except OSError: pass\n"
        "if __name__ == '__main__':\n"
        "    for way in ('fork', 'spawn'):\n"
        "        p = m.get_context(way).Process(target=f, args=(way,))\n"
        "        p.start(); p.join()\n"
    )
    place.run("import runpy; runpy.run_path('pool.py', run_name='__main__')")
    assert [message.split()[5] for message in place.recorded()] == ["fork", "spawn"]


def test_other_programs_run_into_a_dead_proxy_and_git_into_a_wall(place: Place) -> None:
    result = place.run(
        "import os, subprocess\n"
        "print(os.environ.get('https_proxy'))\n"
        "subprocess.run(['sh', '-c', 'echo $https_proxy'])\n"
        "subprocess.run(['git', 'ls-remote', 'https://example.org/a.git'])"
    )
    assert sorted(result.stdout.split()) == ["None", "http://127.0.0.1:9"]
    assert "transport 'https' not allowed" in result.stderr


def test_runs_the_sitecustomize_that_it_hides(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import sys; sys.other = __name__\n")
    path = os.pathsep.join(
        [kernel_environment(place.scratch, place.root)["PYTHONPATH"], str(other)]
    )
    result = place.run(
        "import sys; print(sys.other, sys.modules['sitecustomize'].activate.__name__)",
        PYTHONPATH=path,
    )
    assert result.stdout.split() == ["sitecustomize", "activate"]


def test_is_idle_without_a_job(place: Place) -> None:
    assert place.run("open('../x', 'w')", BOOK_ROOT="", BOOK_SCRATCH="").stderr == ""


def test_is_silent_while_the_interpreter_shuts_down(place: Place) -> None:
    result = place.run(
        "class Late:\n"
        "    def __del__(self): open('late', 'w').close()\n"
        "import sys; sys.late = Late(); late = Late()\n"
    )
    assert result.stderr == ""
