"""Load the common libraries once, then fork a kernel per request.

A program of its own: ``python server.py``, with a socket to its owner as standard
input. It ends when the owner does. It stays single-threaded, and does nothing with the
libraries but import them, so that a forked kernel equals a new one.
"""

import builtins
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

PRELOADED = (
    "pandas",
    "scipy.stats",
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "matplotlib.font_manager",
    "PIL.PngImagePlugin",
    "sklearn.linear_model",
    "sklearn.ensemble",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "torch",
    "torch._dynamo",  # two seconds that the first optimizer of a lesson would pay
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.oinspect",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.extensions.storemagic",
    "sqlite3",
    "tornado.platform.asyncio",
    "traitlets.config.argcomplete_config",
    "multiprocessing.util",
)
"""What to load, of what is installed: never ``lessons``, nor what imports pyplot, which
connects figures to the shell that it finds."""


def main() -> None:
    """Serve until the owner is gone."""
    theirs = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = [entry for entry in sys.path[1:] if entry not in theirs]
    sys.path[:] = path
    before = dict(os.environ)
    _preload()
    os.environ.pop("TORCHINDUCTOR_CACHE_DIR", None)  # torch names one when it needs it
    added = {name: os.environ[name] for name in os.environ.keys() - before.keys()}
    owner = socket.socket(fileno=0)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    kernels: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([owner.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 512)
            _reap(kernels)
        if owner.fileno() not in ready:
            continue
        if not (request := _request(owner)):
            break
        request["env"] = added | request["env"]
        request["path"] = path
        _fork(request, owner, kernels, (woken, wake))
    for pid in kernels:
        os.killpg(pid, signal.SIGKILL)


def _preload() -> None:
    """Import what is installed, as a kernel would."""
    shell = SimpleNamespace(kernel=True)  # pandas asks whether it is in a notebook
    builtins.get_ipython = lambda: shell  # type: ignore[attr-defined]
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    del builtins.get_ipython  # type: ignore[attr-defined]
    gc.collect()
    gc.freeze()


def _reap(kernels: dict[int, int]) -> None:
    """Tell the owner of the kernels that have ended."""
    for pid, report in list(kernels.items()):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            os.write(report, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(kernels.pop(pid))


def _request(owner: socket.socket) -> dict[str, Any]:
    """Read what the owner wants: nothing at all if there is no owner any more."""
    mark, descriptors, _, _ = socket.recv_fds(owner, 1, 4)
    if not mark:
        return {}
    with owner.makefile("r", encoding="utf-8") as lines:
        return {**json.loads(lines.readline()), "descriptors": descriptors}


def _fork(
    request: dict[str, Any],
    owner: socket.socket,
    kernels: dict[int, int],
    own: tuple[int, int],
) -> None:
    """Fork a kernel, which tells the owner its process id."""
    *streams, report = request["descriptors"]
    pid = os.fork()
    if pid == 0:
        for descriptor in (*own, *kernels.values(), report):
            os.close(descriptor)
        _detach(owner, streams)
        _become(request)
        _launch(request["cmd"])
        sys.exit()
    for descriptor in streams:
        os.close(descriptor)
    kernels[pid] = report


def _detach(owner: socket.socket, streams: list[int]) -> None:
    """Let go of what is the server's."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    owner.sendall(b"%d\n" % os.getpid())
    owner.detach()
    for target, descriptor in enumerate(streams):
        os.dup2(descriptor, target)
        os.close(descriptor)


def _become(request: dict[str, Any]) -> None:
    """Take on the surroundings of the kernel that was asked for."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"], JPY_PARENT_PID=str(os.getppid()))
    time.tzset()
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [*filter(None, given), *request["path"]]
    _forget(request["cwd"])


def _forget(directory: str) -> None:
    """Set what the libraries took from the server to what they'd find in a kernel."""
    importlib.invalidate_caches()
    sys.modules["__main__"] = ModuleType("__main__")
    loaded: dict[str, Any] = dict(sys.modules)
    loaded["multiprocessing.process"].ORIGINAL_DIR = directory
    loaded["tempfile"].tempdir = None
    if "numpy" in loaded:
        loaded["numpy"].random.seed()
    if "torch" in loaded:
        loaded["torch"].default_generator.seed()
    if "sitecustomize" in loaded:
        loaded["sitecustomize"].activate()


def _launch(command: list[str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    launcher = find_spec("ipykernel_launcher")
    arguments = command[command.index("ipykernel_launcher") + 1 :]
    sys.orig_argv = list(command)
    sys.argv = [str(launcher.origin if launcher else command[0]), *arguments]
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    IPKernelApp.launch_instance(argv=[*arguments, parent])


if __name__ == "__main__":
    main()
