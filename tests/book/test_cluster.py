"""Real schedulers and workers on loopback; one is killed while it works."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from book.cluster import executed
from book.execute import Job, Limits
from tests.book.conftest import code, notebook

ROOT = Path(__file__).parents[2]


def started(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + command[0], *command[1:]],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    file = tmp_path / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = started(
        "scheduler", *here, "--port", "0", "--scheduler-file", str(file)
    )
    while not file.is_file():
        time.sleep(0.05)
    address = json.loads(file.read_text())["address"]
    own = ["--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path)]
    workers = [started("worker", address, *here, *own) for _ in range(2)]
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def job(number: int) -> Job:
    text = f"import time\ntime.sleep(0.5)\nprint({number} ** 2)"
    source = json.dumps(notebook(code(text)))
    return Job(f"foundations/{number:02}_x", source, {}, "", Limits(), warm=False)


def test_a_lost_worker_loses_no_lesson(cluster) -> None:
    address, workers = cluster
    results = {}
    for outcome in executed([job(k) for k in range(12)], address):
        if not results:
            workers[0].kill()
        assert outcome.failure is None
        results[outcome.name] = json.loads(outcome.notebook)["cells"][0]["outputs"][0][
            "text"
        ]
    assert workers[0].wait() == -9
    assert results == {f"foundations/{k:02}_x": f"{k**2}\n" for k in range(12)}
