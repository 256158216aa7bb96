"""The processes of one kernel, wherever they have gone."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

GRACE = 1.0
"""Seconds that processes a lesson has just stopped have to disappear."""

_HELPERS = (
    "multiprocessing.resource_tracker",
    "multiprocessing.forkserver",
    "joblib.externals.loky",
)
"""Modules whose processes live on by design and end with the kernel."""


class Family:
    """A kernel and all that descends from it.

    Descendants are known by their parent, their session, the scratch directory in
    their environment, or the guard's record of forks: so a daemon that left the tree
    is found, too.

    Args:
        scratch: the scratch directory of the kernel's job.
    """

    def __init__(self, scratch: Path):
        self._scratch = scratch
        self._lock = threading.Lock()
        self._strangers = set(psutil.pids())
        self._members: dict[int, psutil.Process] = {}
        self._kernel: psutil.Process | None = None
        self._listening: set[str] = set()

    def start(self, pid: int) -> None:
        """Take up the family of the kernel with this process id."""
        self._kernel = psutil.Process(pid)
        self._members[pid] = self._kernel

    def ready(self) -> None:
        """Note what the kernel listens on before it has run anything."""
        self._listening = self._servers()

    def members(self) -> list[psutil.Process]:
        """Return the living processes, the kernel included."""
        with self._lock:
            self._look()
            return list(self._members.values())

    def megabytes(self, enough: int = 0) -> int:
        """Return the memory that all processes hold together.

        Args:
            enough: up to here, resident memory will do, though it counts what forked
                processes share once for each; above, take the time to tell.
        """
        members = self.members()
        used = sum(map(_resident, members))
        return used if used <= enough else sum(map(_proportional, members))

    def left_over(self) -> str | None:
        """Return what still runs or listens though the last cell has ended."""
        deadline = time.monotonic() + GRACE
        while found := self._found():
            if time.monotonic() > deadline:
                return found
            time.sleep(0.05)
        return None

    def kill(self) -> None:
        """Kill every process of the family."""
        deadline = time.monotonic() + 5
        while (members := self.members()) and time.monotonic() < deadline:
            for process in members:
                with suppress(psutil.Error):
                    process.kill()
            time.sleep(0.01)

    def _look(self) -> None:
        if self._kernel is None:
            return
        self._members = {
            pid: process for pid, process in self._members.items() if _lives(process)
        }
        pids = set(psutil.pids())
        self._strangers &= pids
        for pid in sorted(pids - self._strangers - self._members.keys()):
            process = self._relative(pid)
            if process is None:
                self._strangers.add(pid)
            elif _lives(process):
                self._members[pid] = process

    def _relative(self, pid: int) -> psutil.Process | None:
        """Return the process if it belongs to the family, dead or alive."""
        try:
            process = psutil.Process(pid)
            if self._is_close(process) or self._is_marked(process):
                return process
        except (psutil.Error, OSError):
            pass
        return process if str(pid) in self._forks() else None

    def _is_close(self, process: psutil.Process) -> bool:
        assert self._kernel
        close = process.ppid() in self._members
        return close or os.getsid(process.pid) == self._kernel.pid

    def _is_marked(self, process: psutil.Process) -> bool:
        return process.environ().get("BOOK_SCRATCH") == str(self._scratch)

    def _forks(self) -> list[str]:
        record = self._scratch / "forks"
        return record.read_text().split() if record.exists() else []

    def _found(self) -> str | None:
        for process in self.members():
            if process != self._kernel and not _helps(process):
                return f"left a process running: {self._name(process)}"
        for server in self._servers() - self._listening:
            return f"left a server listening on {server}"
        return None

    def _name(self, process: psutil.Process) -> str:
        try:
            command = process.cmdline()
            if self._kernel and command == self._kernel.cmdline():
                return f"a fork of the notebook (pid {process.pid})"
            return " ".join([Path(command[0]).name, *command[1:]])[:120]
        except (psutil.Error, IndexError):
            return f"pid {process.pid}"

    def _servers(self) -> set[str]:
        if self._kernel is None:
            return set()
        try:
            connections = self._kernel.net_connections("tcp")
        except psutil.Error:
            return set()
        listening = [c.laddr for c in connections if c.status == psutil.CONN_LISTEN]
        return {f"{address.ip}:{address.port}" for address in listening}


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss) // 2**20
    return 0


def _proportional(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        info = process.memory_full_info()
        return int(getattr(info, "pss", info.uss)) // 2**20
    return 0


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _helps(process: psutil.Process) -> bool:
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return True
    return any(helper in command for helper in _HELPERS)
