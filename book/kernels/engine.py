"""Run a notebook with papermill, in a kernel that the press chose and watches."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from book.kernels.watch import Watch

INJECTED = "injected-parameters"
"""The tag of the cell that papermill adds."""


class KernelError(Exception):
    """A kernel ended by itself."""


class CellError(Exception):
    """A cell raised.

    Args:
        reply: what the kernel says about it.
    """

    def __init__(self, reply: Mapping[str, Any]):
        super().__init__(f"{reply['ename']}: {reply['evalue']}".removesuffix(": "))
        self.traceback = "\n".join(reply["traceback"])


@dataclass(frozen=True)
class Kernel:
    """How to start the kernel of a job.

    Args:
        scratch: the job's scratch directory.
        environment: all its environment variables.
        provisioner: the name of what starts it.
    """

    scratch: Path
    environment: dict[str, str]
    provisioner: str

    @property
    def log(self) -> Path:
        """What the kernel says outside of cells."""
        return self.scratch / "kernel.log"

    @property
    def said(self) -> str:
        """What its log holds."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def manager(self) -> Any:
        """Return a manager for a kernel of this very interpreter."""
        return AsyncKernelManager(
            kernel_spec_manager=_OneSpec(self.provisioner),
            transport="ipc",
            connection_file=str(self.scratch / "kernel.json"),
            ip=str(self.scratch / "k"),
        )


class _OneSpec(KernelSpecManager):
    """Knows one kernel, whatever the user has installed under its name."""

    def __init__(self, provisioner: str):
        super().__init__()
        self._provisioner = provisioner

    def get_kernel_spec(self, _name: str) -> Any:
        command = [sys.executable, "-m", "ipykernel_launcher"]
        return KernelSpec(
            argv=[*command, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": self._provisioner}},
        )


class _Client(PapermillNotebookClient):
    """Tells the watch what runs, and looks around after the last cell."""

    def __init__(self, nb_man: Any, watch: Watch, **kwargs: Any):
        hooks = {"on_cell_execute": self._begins, "on_cell_error": self._fails}
        super().__init__(nb_man, **hooks, **kwargs)
        self._watch = watch
        self._error: CellError | None = None

    def start_new_kernel(self, **kwargs: Any) -> None:
        super().start_new_kernel(**kwargs)
        self._watch.family.start(self.km.provisioner.pid)

    def papermill_execute_cells(self) -> None:
        process = self.km.provisioner.process
        self._watch.family.ready()
        self._watch.start()
        try:
            super().papermill_execute_cells()
        except DeadKernelError:
            raise KernelError(_end(process)) from None
        if self._error:
            raise self._error
        self._watch.cells_ended()

    def _begins(self, cell: Any, cell_index: int) -> None:
        before = self.nb.cells[: cell_index + 1]
        self._watch.cell_started(sum(map(_counts, before)) or 1)

    def _fails(self, execute_reply: Any, **_: Any) -> None:
        self._error = CellError(execute_reply["content"])


class _Engine(NBClientEngine):
    """papermill's own engine, but for the kernel and the watch."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, **kwargs: Any
    ) -> None:
        kernel, watch = kwargs["kernel"], kwargs["watch"]
        client = _Client(
            nb_man,
            watch,
            km=kernel.manager(),
            record_timing=False,
            coalesce_streams=True,
            force_raise_errors=True,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(kernel.scratch / "work")}},
        )
        with kernel.log.open("wb") as log:
            client.execute(
                cleanup_kc=True,
                env=kernel.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )


papermill_engines.register("book", _Engine)


def run(
    source: str, parameters: Mapping[str, object], kernel: Kernel, watch: Watch
) -> Any:
    """Execute a notebook, in a thread of its own: its event loop is closed afterwards.

    Args:
        source: its JSON text.
        parameters: what to inject.
        kernel: what to run it in.
        watch: what to tell.

    Returns:
        The executed notebook, as nbformat has it.

    Raises:
        CellError: if a cell raised.
        KernelError: if the kernel died.
    """
    try:
        return papermill.execute_notebook(
            nbformat.reads(source, as_version=4),
            None,
            dict(parameters),
            engine_name="book",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            kernel=kernel,
            watch=watch,
        )
    finally:
        ensure_event_loop().close()


def _counts(cell: Any) -> bool:
    return cell.cell_type == "code" and INJECTED not in cell.metadata.tags


def _end(process: Any) -> str:
    code = process.poll()
    if getattr(process, "lost", False):
        return "the server of warm kernels is gone, and this kernel with it; run again"
    if code is not None and code < 0:
        return f"the kernel was killed by {signal.Signals(-code).name}"
    return f"the kernel ended itself with exit code {code}"
