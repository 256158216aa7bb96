"""Execute one notebook: a job in, an outcome out, and nothing left behind.

Both are plain data, so that a thread here and a worker elsewhere do the same.
"""

import json
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from book.environment import kernel_environment, record_path, scratch_directory

if TYPE_CHECKING:
    from book.kernels.watch import Watch

_ANSI = re.compile(r"\x1b\[[0-9;]*m")

_preparing = threading.Lock()
_running: "set[Watch]" = set()


@dataclass(frozen=True)
class Limits:
    """What one notebook may take.

    Args:
        seconds: for its cells together.
        megabytes: MiB of resident memory, for its kernel and all that it starts.
    """

    seconds: float = 120.0
    megabytes: int = 2048


@dataclass(frozen=True)
class Job:
    """One notebook to execute.

    Args:
        name: what to call it.
        source: its JSON text.
        parameters: values by name, injected after its ``parameters`` cell.
        root: the repository: importable, but nothing may write inside it.
        limits: what it may take.
        warm: whether to fork a kernel that has the common libraries loaded.
    """

    name: str
    source: str
    parameters: Mapping[str, object]
    root: str
    limits: Limits
    warm: bool


@dataclass(frozen=True)
class Failure:
    """Why a notebook failed.

    Args:
        cell: its number among the code cells, from 1, if it was in a cell.
        cause: one line.
        traceback: the details, if there are any.
    """

    cell: int | None
    cause: str
    traceback: str


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Args:
        name: the job's.
        notebook: the executed notebook's JSON text, unless it failed.
        seconds: what its cells took.
        megabytes: MiB that its kernel and what it started held at most. A warm
            kernel's include the libraries that it found loaded.
        failure: why it failed, if it did.
    """

    name: str
    notebook: str | None
    seconds: float
    megabytes: int
    failure: Failure | None


def execute(job: Job) -> Outcome:
    """Execute a notebook in a kernel and a scratch directory of its own.

    It fails if a cell raises, if it takes more than its limits, reaches for another
    host, writes into the repository, or leaves a process or a server behind.
    """
    with ExitStack() as stack:
        scratch = stack.enter_context(scratch_directory())
        thread = stack.enter_context(ThreadPoolExecutor(1))
        _prepare()
        from book.kernels.watch import Watch

        watch = Watch(scratch, job.limits.seconds, job.limits.megabytes)
        stack.callback(watch.close)
        _running.add(watch)
        stack.callback(_running.discard, watch)
        notebook, failure = thread.submit(_attempt, job, scratch, watch).result()
        text = None if failure else json.dumps(notebook)
        return Outcome(job.name, text, watch.seconds, watch.peak, failure)


def stop_all() -> None:
    """Kill every kernel that this process has running, and all they started."""
    for watch in list(_running):
        watch.stop("interrupted")
    if warm := sys.modules.get("book.kernels.warm"):
        warm.stop()


def _prepare() -> None:
    """Import what is heavy, once, and keep its loggers quiet."""
    with _preparing:
        import logging

        import papermill

        from book.kernels import register

        logging.getLogger(papermill.__name__).setLevel(logging.CRITICAL)
        register()


def _attempt(job: Job, scratch: Path, watch: "Watch") -> tuple[Any, Failure | None]:
    from book.kernels.engine import CellError, Kernel, KernelError, run

    varied = bool(job.parameters)
    environment = kernel_environment(scratch, Path(job.root), varied=varied)
    kernel = Kernel(scratch, environment, "warm" if job.warm else "local-provisioner")
    notebook, cause, details = None, None, ""
    try:
        notebook = run(job.source, job.parameters, kernel, watch)
        cause = watch.left_over
    except CellError as error:
        cause, details = str(error), error.traceback
    except KernelError as error:
        cause, details = str(error), kernel.said
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"
        details = traceback.format_exc() + kernel.said
    cell = None if watch.left_over else watch.cell_at()
    if watch.verdict:
        cause = watch.verdict
    elif violation := _violation(scratch):
        cause, cell = violation["message"], watch.cell_at(violation["time"])
    return notebook, Failure(cell, _line(cause), _plain(details)) if cause else None


def _violation(scratch: Path) -> dict[str, Any] | None:
    """Return what the guard recorded first, be it swallowed or not."""
    record = record_path(scratch)
    if not record.exists():
        return None
    first: dict[str, Any] = json.loads(record.read_text("utf-8").splitlines()[0])
    return first


def _line(text: str) -> str:
    return _plain(text).strip().split("\n")[0]


def _plain(text: str) -> str:
    return _ANSI.sub("", text)
