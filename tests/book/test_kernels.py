"""Warm kernels give the same bytes as cold ones, and end with their owner."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from book.environment import kernel_environment
from book.execute import Limits, execute
from book.kernels import warm
from tests.book.conftest import code, notebook, save
from tests.book.test_execute import DAEMON, RAISES, SERVE, failure, job, text

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    yield
    warm.stop()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "repository"
    (path / "lessons").mkdir(parents=True)
    (path / "lessons/__init__.py").write_text("WHO = 'shared'\n")
    return path


SAME = {
    "environment": [
        "import os, sys, locale, signal, warnings, threading, gc, time",
        "for name in sorted(os.environ):\n"
        "    if name[:4] not in ('JPY_', 'KMP_'):\n"
        "        print(name, os.environ[name].replace(os.path.dirname(os.getcwd()), '*'))",
        "print(sys.path, sys.argv[0], sys.orig_argv[:3], sys.flags, sys.warnoptions)",
        "print(locale.setlocale(locale.LC_ALL), time.tzname, sys.getdefaultencoding())",
        "mask = os.umask(0); _ = os.umask(mask); print(mask, os.nice(0), os.listdir())",
        "print([(s.name, str(signal.getsignal(s))[:30]) for s in signal.valid_signals()\n"
        "       if isinstance(s, signal.Signals)])",
        "print(sorted(t.name.split('-')[0] for t in threading.enumerate()))",
        "print(sys.stdin.read(), gc.isenabled(), gc.get_threshold(), gc.get_debug())",
        "print(sys.modules['__main__'] is sys.modules[__name__], __name__, dir())",
        "print([m for m in ('lessons', 'book', 'server') if m in sys.modules])",
        "print('get_ipython' in dir(__builtins__), os.getsid(0) == os.getpid())",
    ],
    "order": [
        "names = {'ant', 'bee', 'cat', 'dog'}; print(names)",
        "import lessons; print(lessons.WHO, hash('x'))",
    ],
    "warnings": [
        "import warnings; print(warnings.filters[:2])",
        "warnings.warn('careful')",
        "warnings.warn('old', DeprecationWarning)",
        "import numpy as np; np.log(0)",
        "import pandas as pd; pd.Series([1, 2]).astype('int8').loc[0] = 1",
        "import matplotlib, scipy.stats, PIL.Image, torch, sklearn.linear_model",
    ],
    "pandas": [
        "import pandas as pd\n"
        "frame = pd.DataFrame({f'column {k}': range(100) for k in range(30)})",
        "frame",
        "print(frame)",
        "pd.reset_option('display.max_columns', silent=True); frame.head(2)",
        "print(frame.describe().style.format(precision=1).set_uuid('a').to_html())",
    ],
    "figures": [
        "import matplotlib.pyplot as plt; plt.plot([1, 3, 2]);",
        "fig, ax = plt.subplots(); ax.hist([1, 2, 2]); plt.show()",
        "import matplotlib; print(matplotlib.get_backend(), plt.get_fignums())",
        "fig",
    ],
    "torch": [
        "import torch; print(torch.get_num_threads(), torch.get_default_dtype())",
        "_ = torch.manual_seed(1); layer = torch.nn.Linear(3, 2)",
        "step = torch.optim.Adam(layer.parameters())\n"
        "layer(torch.rand(64, 3)).square().mean().backward(); step.step()\n"
        "print(layer.weight, layer)",
    ],
    "sklearn": [
        "from sklearn.datasets import load_diabetes\n"
        "from sklearn.ensemble import RandomForestRegressor\n"
        "from sklearn.linear_model import LinearRegression\n"
        "X, y = load_diabetes(return_X_y=True)",
        "LinearRegression().fit(X, y)",
        "print(RandomForestRegressor(10, random_state=0, n_jobs=2).fit(X, y).score(X, y))",
        "from sklearn.model_selection import cross_val_score\n"
        "cross_val_score(LinearRegression(), X, y)",
    ],
    "processes": [
        "import multiprocessing as m, os, pickle, subprocess, sys\n"
        "class Point:\n    def __init__(self, x): self.x = x\n"
        "def double(x): return 2 * x",
        "print(pickle.loads(pickle.dumps(Point(3))).x, Point.__module__)",
        "with m.Pool(2) as pool: print(pool.map(double, range(3)))",
        "with m.get_context('spawn').Pool(1) as pool: print(pool.map(abs, [-1]))",
        "show = 'import sys, os; print(sys.argv, sys.flags.safe_path, os.getcwd()[-5:])'",
        "print(subprocess.run([sys.executable, '-c', show], capture_output=True, text=True))",
        "!echo from the shell",
    ],
    "magics": [
        "%precision 3",
        "1 / 3",
        "%%writefile note.txt\nhello",
        "%pwd\n1",
        "_ih",
    ],
    "imports": [
        "import pathlib; _ = pathlib.Path('own.py').write_text('x = 1')",
        "import own; print(own.x, own.__file__[-6:])",
    ],
}


@pytest.mark.parametrize("cells", SAME.values(), ids=SAME)
def test_warm_and_cold_give_the_same_bytes(root: Path, cells: list[str]) -> None:
    cold = execute(job(root, *cells))
    forked = execute(job(root, *cells, warm=True))
    assert cold.failure is None, cold.failure
    assert forked.failure is None, forked.failure
    assert _outputs(forked.notebook) == _outputs(cold.notebook)


def _outputs(executed: str | None) -> list[str]:
    cells = json.loads(executed or "")["cells"]
    outputs = [json.dumps(cell["outputs"], indent=1, sort_keys=True) for cell in cells]
    return [re.sub(r"/\S+/ipykernel_\d+/", "", text) for text in outputs]


def test_the_check_of_sameness_sees_a_difference(root: Path) -> None:
    cells = ["import os; print(os.getpid())"]
    notebooks = [execute(job(root, *cells, warm=True)).notebook for _ in range(2)]
    assert _outputs(notebooks[0]) != _outputs(notebooks[1])


def test_unseeded_numbers_differ_between_warm_kernels(root: Path) -> None:
    cell = (
        "import random, torch, numpy as np\n"
        "print(random.random(), np.random.rand(), torch.rand(1).item())"
    )
    first, second = (text(execute(job(root, cell, warm=True))) for _ in range(2))
    assert not set(first[0].split()) & set(second[0].split())


def test_a_warm_kernel_finds_pandas_loaded(root: Path) -> None:
    loaded = execute(job(root, "import sys; print('pandas' in sys.modules)", warm=True))
    assert text(loaded) == ["True\n"]
    cold = execute(job(root, "import sys; print('pandas' in sys.modules)"))
    assert text(cold) == ["False\n"]


FAULTS = ["exception", "exit", "dies", "crashes", "outward, swallowed"]
FAULTS += ["outward, from a child", "writes", "writes, swallowed"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_warm_kernel_is_watched_the_same(root: Path, name: str) -> None:
    cells, cell, cause = RAISES[name]
    found = failure(execute(job(root, *cells, warm=True)))
    assert (found.cell, found.cause) == (cell, cause)


def test_a_warm_kernel_is_stopped_in_time(root: Path) -> None:
    endless = job(
        root, "import time; time.sleep(60)", limits=Limits(1, 1024), warm=True
    )
    assert failure(execute(endless)).cause == "stopped after 1 s in cell 1"


@pytest.mark.parametrize("cell", [DAEMON, f"{SERVE}p = subprocess.Popen(server)"])
def test_a_warm_kernel_leaves_nothing_running(root: Path, cell: str) -> None:
    found = failure(execute(job(root, cell, warm=True)))
    assert found.cause.startswith("left a process running: ")
    server = psutil.Process(warm.server()._process.pid)
    assert [p for p in server.children() if p.status() != psutil.STATUS_ZOMBIE] == []


def test_a_server_that_died_is_reported_and_replaced(root: Path) -> None:
    first = warm.server()
    assert warm.server() is first
    kill = f"import os, time; os.kill({first._process.pid}, 9); time.sleep(60)"
    found = failure(execute(job(root, "1", kill, warm=True)))
    assert found.cell == 2
    assert found.cause.startswith("the server of warm kernels is gone")
    assert text(execute(job(root, "1", warm=True))) == ["1"]
    assert warm.server() is not first


def test_a_server_that_fails_says_why(root: Path, tmp_path: Path) -> None:
    server = warm.Server()
    os.kill(server._process.pid, signal.SIGTERM)
    server._process.wait()
    with pytest.raises(warm.ServerError, match=r"gone \(exit code -15\); run again"):
        server.fork([], str(tmp_path), {})
    server.stop()


OWNER = """
import json, sys, os
from tests.book.test_execute import job
from book.execute import execute
from book.kernels import warm
from pathlib import Path
print(execute(job(Path(sys.argv[1]), "1", warm=True)).failure, flush=True)
print(warm.server()._process.pid, flush=True)
execute(job(Path(sys.argv[1]), "print('x')", "import time; time.sleep(60)", warm=True))
"""


def test_the_server_and_its_kernels_end_with_their_owner(root: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(root)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        text=True,
    )
    assert owner.stdout
    assert owner.stdout.readline() == "None\n"
    server = psutil.Process(int(owner.stdout.readline()))
    _until(lambda: len(server.children()) == 1)
    kernels = server.children()
    owner.kill()
    owner.communicate()
    _, alive = psutil.wait_procs([server, *kernels], timeout=10)
    assert alive == []


def test_preloading_is_silent_and_starts_no_thread_of_python(tmp_path: Path) -> None:
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "import server, sys, threading; server._preload(); "
            "print(threading.active_count(), *{'lessons', 'book', 'matplotlib.pyplot'}"
            " & sys.modules.keys())",
        ],
        env=os.environ | kernel_environment(tmp_path),
        cwd=Path(warm.__file__).parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    noise = [line for line in result.stderr.splitlines() if "0.00s - " not in line]
    assert noise in ([], [""])
    assert result.stdout == "1\n"


def test_other_commands_start_as_usual(root: Path) -> None:
    import asyncio

    provisioner = warm.WarmProvisioner(kernel_id="x", kernel_spec=None)
    start = provisioner.launch_kernel([sys.executable, "-c", ""], cwd=str(root), env={})
    asyncio.run(start)
    assert isinstance(provisioner.process, subprocess.Popen)
    assert provisioner.process.wait() == 0


NBVAL = ["-p", "book.kernels.pytest_plugin", "--nbval", "--nbval-current-env"]
NBVAL += ["--rootdir=.", "-rA"]


def test_nbval_runs_in_warm_kernels(root: Path) -> None:
    good = notebook(code("import os\nprint(os.listdir(), os.environ['TZ'])"), code("1"))
    executed = execute(job(root, *good["cells"])).notebook
    (root / "good.ipynb").write_text(executed or "")
    save(
        root,
        "stale",
        notebook(code("1 + 1", execution_count=1, outputs=[_result("3")])),
    )
    swallowed = "try: __import__('socket').gethostbyname('a.org')\nexcept OSError: pass"
    save(root, "swallowed", notebook(code(swallowed, execution_count=1)))
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *NBVAL, "-p", "no:cacheprovider", "."],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    for line in (
        "PASSED good.ipynb::Cell 0",
        "PASSED good.ipynb::Cell 1",
        "FAILED stale.ipynb::Cell 0",
        "ERROR swallowed.ipynb::Cell 0 - RuntimeError: this lesson tried to reach",
    ):
        assert line in result.stdout, result.stdout


def _result(shown: str) -> dict[str, object]:
    kind = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
    return kind | {"data": {"text/plain": shown}}


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
