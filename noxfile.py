"""One session per verb; `nox -l` lists them. They share two environments in .nox/."""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nox

nox.options.sessions = ["tests"]
nox.options.default_venv_backend = "none"

PRESS = Path("requirements-press.txt")
COURSE = Path("requirements.txt")
NOTEBOOKS = ["foundations", "mlops", "solutions"]
MACHINES = (
    {"ATEN_CPU_CAPABILITY": "default", "OPENBLAS_CORETYPE": "Nehalem"},
    {"BOOK_THREADS": "2"},
)
"""Settings under which every output must be what it was."""


def environment(session: nox.Session, lock: Path) -> str:
    """Return the interpreter of the environment that holds what a lock names."""
    home = Path(".nox", lock.stem).resolve()
    interpreter = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = home / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        base = shutil.which("python3.11") or sys.executable
        session.log(f"making {home.name} with {base}; this takes a few minutes once")
        session.run(base, "-m", "venv", "--clear", str(home), external=True)
        pip = [str(interpreter), "-m", "pip", "--disable-pip-version-check"]
        session.run(*pip, "install", "-q", "-r", str(lock), external=True)
        stamp.write_text(digest)
    return str(interpreter)


def press(session: nox.Session, *arguments: str, lock: Path = PRESS) -> None:
    """Run `python -m book` with these arguments."""
    session.run(environment(session, lock), "-m", "book", *arguments, external=True)


@nox.session
def book(session: nox.Session) -> None:
    """Run what is stale, then build the site into book/_build/html."""
    small = environment(session, PRESS)
    stale = session.run(
        small, "-m", "book", "status", "--stale", silent=True, external=True
    )
    if stale and stale.strip():
        press(session, "run", lock=COURSE)
    press(session, "build")


@nox.session
def serve(session: nox.Session) -> None:
    """Show the built site on http://127.0.0.1:8000."""
    site = ["--directory", "book/_build/html", "--bind", "127.0.0.1", "8000"]
    session.run(sys.executable, "-m", "http.server", *site, external=True)


@nox.session
def run(session: nox.Session) -> None:
    """Run lessons: `nox -s run -- 06 --all`."""
    press(session, "run", *session.posargs, lock=COURSE)


def compare(session: nox.Session, machine: dict[str, str]) -> None:
    """Compare the stored outputs with a run under these environment variables."""
    python = environment(session, COURSE)
    which = session.posargs or NOTEBOOKS
    plugin = ["-p", "book.proof", "--nbval", "--nbval-current-env"]
    # Two kernels of two threads each wait for one another on two cores.
    workers = "1" if "BOOK_THREADS" in machine else "2"
    pytest = ["-m", "pytest", *plugin, "-n", workers, "--dist", "loadfile", *which]
    session.run(python, *pytest, env=machine, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, the lesson standard."""
    python = environment(session, COURSE)
    session.run(python, "-m", "ruff", "check", ".", external=True)
    session.run(python, "-m", "ruff", "format", "--check", ".", external=True)
    session.run(python, "-m", "mypy", external=True)
    session.run(python, "-m", "book", "check", external=True)


@nox.session
def suite(session: nox.Session) -> None:
    """Test the package, the press, the data, the exercises and the site."""
    python = environment(session, COURSE)
    session.run(python, "-m", "pytest", "-n", "2", *session.posargs, external=True)


@nox.session
def tests(session: nox.Session) -> None:
    """Everything CI proves: lint, the suite, and every stored output by nbval."""
    lint(session)
    suite(session)
    prove(session)


@nox.session
def prove(session: nox.Session) -> None:
    """Compare every stored output with a fresh run: `nox -s prove -- foundations`."""
    compare(session, {})


@nox.session
def portability(session: nox.Session) -> None:
    """Compare all outputs with runs as on an older processor and on two threads."""
    for machine in MACHINES:
        compare(session, machine)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the press against the plain tools; prints the README's table."""
    python = environment(session, COURSE)
    session.run(python, "-m", "tests.benchmarks", external=True)


@nox.session
def colab(session: nox.Session) -> None:
    """Install the wheel alone in a fresh environment; run the lessons from nowhere."""
    python = environment(session, COURSE)
    session.run(python, "-m", "tests.colab", *session.posargs, external=True)


@nox.session
def newest(session: nox.Session) -> None:
    """Run the lessons on the newest versions of everything, outside the lock."""
    with tempfile.TemporaryDirectory() as home:
        session.run(sys.executable, "-m", "venv", home, external=True)
        python = f"{home}/bin/python"
        pip = [python, "-m", "pip", "install", "-q", "--upgrade"]
        session.run(*pip, "pip", "-e", ".[lessons]", "--group", "press", external=True)
        out = f"{home}/out"
        session.run(python, "-m", "book", "run", "--all", "--out", out, external=True)


@nox.session
def links(session: nox.Session) -> None:
    """Ask every address that the book names whether it still answers."""
    program = Path(environment(session, PRESS)).with_name("jupyter-book")
    options = ["--path-output", "book", "--builder", "linkcheck"]
    session.run(str(program), "build", ".", *options, external=True)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve both locks anew, keeping what can stay: `nox -s lock -- --upgrade`."""
    course = ["pyproject.toml", "--extra", "lessons"]
    for group in ("press", "tests", "systems"):
        course += ["--group", group]
    compile_lock(session, course, COURSE)
    compile_lock(session, ["--group", "press", "-c", str(COURSE)], PRESS)


def compile_lock(session: nox.Session, wanted: list[str], lock: Path) -> None:
    """Write one lock with uv; torch's CUDA packages are left out by pyproject.toml."""
    options = ["--python-version", "3.11.7", "--no-header", "--quiet", "-o", str(lock)]
    uv = ["uv", "pip", "compile"]
    session.run(*uv, *wanted, *options, *session.posargs, external=True)
