"""Warm kernels: forked from a server that has the common libraries loaded."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from jupyter_client.provisioning import LocalProvisioner

from book.environment import kernel_environment

PATIENCE = 120
"""Seconds that the server has for loading the libraries."""


class ServerError(Exception):
    """The server that forks kernels is gone."""


class ForkedKernel:
    """What Jupyter needs of a process object, for a process that isn't our child.

    Args:
        pid: its process id.
        report: the pipe on which the server tells its exit code.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, report: BinaryIO):
        self.pid = pid
        self.returncode: int | None = None
        self.lost = False
        self._report = report
        os.set_blocking(report.fileno(), False)

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        if self.returncode is None:
            told = cast("bytes | None", self._report.read(16))
            if told is not None:
                self.lost = not told
                self.returncode = int(told or -signal.SIGKILL)
                self._report.close()
        return self.returncode

    def wait(self) -> int:
        """Wait for its end and return the exit code."""
        while (code := self.poll()) is None:
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Server:
    """A running fork server; it ends with this process."""

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="book-")
        home = Path(self._home.name)
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(PATIENCE)
        self._log = home / "log"
        with self._log.open("wb") as log, theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("server.py"))],
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                cwd=home,
                env=kernel_environment(home),
                start_new_session=True,
            )

    @property
    def runs(self) -> bool:
        """Whether the server is there."""
        return self._process.poll() is None

    def fork(
        self,
        command: list[str],
        directory: str,
        variables: Mapping[str, str],
        **streams: Any,
    ) -> ForkedKernel:
        """Fork a kernel.

        Args:
            command: what would start it cold.
            directory: its working directory.
            variables: all its environment variables.
            **streams: ``stdout`` and ``stderr`` as for Popen: files or descriptors.

        Raises:
            ServerError: if the server has died.
        """
        request = {"cmd": command, "cwd": directory, "env": dict(variables)}
        read, write = os.pipe()
        report = os.fdopen(read, "rb", buffering=0)
        try:
            with self._lock, Path(os.devnull).open("r+b") as null:
                files = [null, streams.get("stdout"), streams.get("stderr")]
                descriptors = [_descriptor(file, null) for file in files]
                socket.send_fds(self._socket, [b"\n"], [*descriptors, write])
                self._socket.sendall(json.dumps(request).encode() + b"\n")
                with self._socket.makefile("r") as replies:
                    return ForkedKernel(int(replies.readline()), report)
        except (OSError, ValueError) as error:
            report.close()
            raise ServerError(self._end()) from error
        finally:
            os.close(write)

    def stop(self) -> None:
        """End the server, and every kernel that it has forked."""
        with suppress(OSError):  # it may be gone already
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._socket.close()
        self._home.cleanup()

    def _end(self) -> str:
        said = self._log.read_text(errors="replace").strip().splitlines()
        return (
            f"the server of warm kernels is gone (exit code {self._process.poll()}"
            f"{', ' + said[-1] if said else ''}); run again, or with cold kernels"
        )


class WarmProvisioner(LocalProvisioner):
    """Starts IPython kernels by forking; anything else as usual."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel of a command."""
        if "ipykernel_launcher" not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        self.cwd = kwargs.get("cwd") or Path.cwd()
        streams = {name: kwargs.get(name) for name in ("stdout", "stderr")}
        self.process = server().fork(cmd, str(self.cwd), kwargs["env"], **streams)
        self.pid = self.pgid = self.process.pid
        return self.connection_info


_lock = threading.Lock()
_servers: dict[int, Server] = {}
"""The server of this process, by its id: a fork of this process has none."""


def server() -> Server:
    """Return this process's server; start it if there is none."""
    with _lock:
        mine = _servers.get(os.getpid())
        if mine is None or not mine.runs:
            if mine:
                mine.stop()
            mine = _servers[os.getpid()] = Server()
        return mine


@atexit.register
def stop() -> None:
    """End this process's server, if it has one."""
    with _lock:
        mine = _servers.pop(os.getpid(), None)
    if mine:
        mine.stop()


def _descriptor(file: Any, null: Any) -> int:
    if file is None or file == subprocess.DEVNULL:
        return int(null.fileno())
    return file if isinstance(file, int) else int(file.fileno())
