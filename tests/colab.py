"""What a reader in Colab does: the wheel alone, an empty directory, a lesson.

``nox -s colab`` builds the wheel, installs it with its extra into a fresh environment at
the locked versions, and runs every lesson there, with nothing of the repository in reach.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import papermill

from book.course import Course

ROOT = Path(__file__).parents[1]


def main() -> None:
    course = Course(ROOT)
    with tempfile.TemporaryDirectory(prefix="colab-") as name:
        home = Path(name)
        python = installed(home, built(home))
        kernel(home, python)
        for lesson in course.select(sys.argv[1:]):
            ran(course.path(lesson.name), home)
            print(f"✓ {lesson.name}")


def built(home: Path) -> Path:
    """Return the package's wheel."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    subprocess.run([*command, "--outdir", home, ROOT], check=True, capture_output=True)
    return next(home.glob("*.whl"))


def installed(home: Path, wheel: Path) -> str:
    """Return the interpreter of a fresh environment that has only the wheel."""
    python = str(home / "env/bin/python")
    subprocess.run([sys.executable, "-m", "venv", home / "env"], check=True)
    pip = [python, "-m", "pip", "install", "-q", "-c", str(ROOT / "requirements.txt")]
    subprocess.run([*pip, f"{wheel}[lessons]"], check=True)
    return python


def kernel(home: Path, python: str) -> None:
    """Name that environment's kernel ``colab``, for papermill to find."""
    launch = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": launch, "display_name": "Colab", "language": "python"}
    folder = home / "jupyter/kernels/colab"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))


def ran(notebook: Path, home: Path) -> None:
    """Run a notebook alone in an empty directory."""
    os.environ["JUPYTER_PATH"] = str(home / "jupyter")
    os.environ.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory(prefix="empty-") as empty:
        papermill.execute_notebook(
            notebook,
            home / "out.ipynb",
            kernel_name="colab",
            cwd=empty,
            progress_bar=False,
        )


if __name__ == "__main__":
    main()
