"""Measure the press against the plain tools, in one run on this machine.

Twelve notebooks like lessons (NumPy, pandas, matplotlib, scikit-learn, torch) are run by
each tool in turn; the ratio to papermill in a loop is what counts, not the seconds.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat import v4

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
COUNT = 12
KINDS = {
    "arrays": ["import numpy as np", "print(np.linalg.norm(np.ones((300, 300))))"],
    "table": ["import pandas as pd", "pd.DataFrame({'a': [1, 2], 'b': [3, 4]})"],
    "figure": [
        "import matplotlib.pyplot as plt\nimport numpy as np",
        "x = np.linspace(0, 6, 200)\nfig, ax = plt.subplots()\n_ = ax.plot(x, np.sin(x))",
    ],
    "model": [
        "from sklearn.datasets import load_digits\n"
        "from sklearn.linear_model import LogisticRegression",
        "X, y = load_digits(return_X_y=True)\n"
        "print(LogisticRegression(max_iter=500).fit(X[:500], y[:500]).score(X, y) > 0.8)",
    ],
    "network": [
        "import torch",
        "_ = torch.manual_seed(0)\nnet = torch.nn.Linear(20, 1)\n"
        "opt = torch.optim.Adam(net.parameters())\nX = torch.ones(64, 20)",
        "for _ in range(200):\n    opt.zero_grad()\n    loss = net(X).pow(2).mean()\n"
        "    loss.backward()\n    opt.step()\nprint(loss.item() < 1)",
    ],
}


def notebook(kind: str) -> Any:
    content = v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "", "language": "python"}
        }
    )
    parameters = v4.new_code_cell("SEED = 0", metadata={"tags": ["parameters"]})
    content.cells = [v4.new_markdown_cell(f"# {kind}"), parameters]
    content.cells += [v4.new_code_cell(text) for text in KINDS[kind]]
    return content


def course(home: Path) -> None:
    """Lay out a book of twelve such notebooks."""
    names = []
    for number in range(1, COUNT + 1):
        kind = list(KINDS)[number % len(KINDS)]
        names.append(f"foundations/{number:02}_{kind}{number}")
        path = home / f"{names[-1]}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(notebook(kind), path)
    toc = {
        "format": "jb-book",
        "root": names[0],
        "chapters": [{"file": n} for n in names[1:]],
    }
    (home / "_toc.yml").write_text(json.dumps(toc))
    settings = '[tool.book]\npython = "3.11"\nseconds = 120\nmegabytes = 2048\n'
    (home / "pyproject.toml").write_text(settings)
    shutil.copy(ROOT / "requirements.txt", home)


@contextmanager
def fresh() -> Any:
    with tempfile.TemporaryDirectory() as name:
        course(Path(name))
        yield Path(name)


def timed(home: Path, *command: str, **more: str) -> float:
    """Return how long a command takes in a directory, in seconds."""
    threads = {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    env = os.environ | threads | {"PYTHONPATH": str(ROOT)} | more
    start = time.perf_counter()
    run = subprocess.run(
        command, cwd=home, env=env, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stdout}{run.stderr}")
    return time.perf_counter() - start


def notebooks(home: Path) -> list[Path]:
    return sorted((home / "foundations").glob("*.ipynb"))


def papermill_loop() -> float:
    with fresh() as home:
        return sum(
            timed(
                home,
                PYTHON,
                "-m",
                "papermill",
                "--no-progress-bar",
                str(path),
                "out.ipynb",
            )
            for path in notebooks(home)
        )


def press(*options: str) -> Callable[[], float]:
    def measure() -> float:
        with fresh() as home:
            return timed(home, PYTHON, "-m", "book", "run", *options)

    return measure


def nothing_to_do() -> float:
    with fresh() as home:
        timed(home, PYTHON, "-m", "book", "run")
        return timed(home, PYTHON, "-m", "book", "run")


def jupyter_book_cache() -> float:
    with fresh() as home:
        config = {"execute": {"execute_notebooks": "cache", "timeout": 120}}
        (home / "_config.yml").write_text(json.dumps(config))
        return timed(home, str(Path(PYTHON).parent / "jupyter-book"), "build", ".")


def nbval() -> float:
    with fresh() as home:
        timed(home, PYTHON, "-m", "book", "run")
        options = ["-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
        return timed(home, PYTHON, "-m", "pytest", *options, "foundations")


def dask() -> float:
    """Return the time on a cluster of two workers that is already up."""
    with fresh() as home, tempfile.TemporaryDirectory() as name:
        file = Path(name) / "scheduler.json"
        here = ["--host", "127.0.0.1", "--no-dashboard"]
        module = [PYTHON, "-m", "distributed.cli.dask_scheduler"]
        quiet = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "cwd": ROOT,
        }
        up = [
            subprocess.Popen(
                [*module, *here, "--port", "0", "--scheduler-file", str(file)], **quiet
            )
        ]
        try:
            while not file.is_file():
                time.sleep(0.05)
            address = json.loads(file.read_text())["address"]
            worker = [PYTHON, "-m", "distributed.cli.dask_worker", address, *here]
            own = ["--nthreads", "1", "--no-nanny", "--local-directory", name]
            up += [subprocess.Popen([*worker, *own], **quiet) for _ in range(2)]
            time.sleep(5)
            return timed(
                home,
                PYTHON,
                "-m",
                "book",
                "run",
                "--backend",
                "dask",
                "--address",
                address,
            )
        finally:
            for process in up:
                process.kill()
                process.wait()


def edited_lesson() -> float:
    """Return the time from an edited cell of a real lesson to its rebuilt page."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "book"
        shutil.copytree(
            ROOT, home, ignore=shutil.ignore_patterns(".git", ".nox", "_build")
        )
        timed(home, PYTHON, "-m", "book", "build", PYTHONPATH=str(home))
        path = home / "foundations/03_numpy.ipynb"
        content = nbformat.read(path, 4)
        cell = next(
            c for c in content.cells if "print(" in c.source and c.cell_type == "code"
        )
        cell.source += "\nprint('edited')"
        nbformat.write(content, path)
        run = timed(home, PYTHON, "-m", "book", "run", "03", PYTHONPATH=str(home))
        return run + timed(home, PYTHON, "-m", "book", "build", PYTHONPATH=str(home))


MEASURES: dict[str, Callable[[], float]] = {
    "papermill in a loop": papermill_loop,
    "jupyter-book, its own cache, cold": jupyter_book_cache,
    "pytest --nbval (writes nothing)": nbval,
    "the press, warm kernels": press(),
    "the press, cold kernels": press("--cold"),
    "the press on two Dask workers": dask,
    "the press, nothing to do": nothing_to_do,
}


def main() -> None:
    print(
        f"{COUNT} notebooks, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print("| what | seconds | times as fast as papermill in a loop |\n|---|---|---|")
    base = 0.0
    for name, measure in MEASURES.items():
        seconds = measure()
        base = base or seconds
        print(f"| {name} | {seconds:.1f} | {base / seconds:.1f} |", flush=True)
    print(f"\none cell of lesson 03 edited, run, page rebuilt: {edited_lesson():.1f} s")


if __name__ == "__main__":
    main()
