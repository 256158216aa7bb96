"""Keep a lesson, and every Python it starts, offline and out of the repository.

Python imports this module when it starts, because the press puts its directory on
PYTHONPATH. What the guard stops it also records, so that a lesson that swallows the
error fails all the same. It sees what Python does, not what a C library or another
program does by itself.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing would double the time Python needs to start
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - at start-up
_LOCAL = ("", "0.0.0.0", "::", "::1", "localhost", "ip6-localhost")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_DATAGRAM = 2

_job = {"root": "", "scratch": ""}


class OfflineError(ConnectionError):
    """A lesson tried to reach another machine."""


class RepositoryError(PermissionError):
    """A lesson tried to write inside the repository."""


def activate() -> None:
    """Start to guard the job that the environment names, if it names one."""
    root, scratch = os.environ.get("BOOK_ROOT"), os.environ.get("BOOK_SCRATCH")
    if not root or not scratch:
        return
    _job.update(root=os.path.realpath(root), scratch=os.path.realpath(scratch))
    _hide_proxies()
    sys.addaudithook(_audit)
    os.register_at_fork(after_in_child=_note_fork)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    checks = _CHECKS  # None while the interpreter shuts down
    if checks is not None and event in checks:
        checks[event](*arguments)


def _hide_proxies() -> None:
    """Hide the proxies that lead nowhere from Python, not from its child processes.

    Git, curl and the like must run into them. Python must not: the guard is to see the
    real host. The variables stay in the C environment, which children inherit.
    """
    known = vars(os.environ)["_data"]
    for name in [name for name in known if name.lower().endswith(b"_proxy")]:
        del known[name]


def _note_fork() -> None:
    """Record a fork: it has its parent's marks only, and may leave its family."""
    _append("forks", f"{os.getpid()}\n")


def _append(name: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    descriptor = os.open(os.path.join(_job["scratch"], name), flags)  # noqa: PTH118
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _stop(error: OSError) -> NoReturn:
    import json
    import time

    line = json.dumps({"time": time.time(), "message": str(error)})
    _append("violations.jsonl", line + "\n")
    raise error


def _offline(host: object, port: object = None) -> OfflineError:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    address = f"{name}:{port}" if port else f"{name}"
    return OfflineError(
        f"this lesson tried to reach {address}; "
        "lessons run offline: put the data into datasets/"
    )


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return True
    name = host.partition("%")[0].lower().removeprefix("::ffff:")
    loopback = name.startswith("127.") and name.replace(".", "").isdigit()
    return loopback or name in _LOCAL or name.endswith(".localhost")


def _connect(socket: Any, address: object) -> None:
    if not isinstance(address, tuple) or _is_local(address[0]):
        return
    if socket.type == _DATAGRAM:  # sends nothing: how libraries ask for their address
        raise _offline(*address[:2])
    _stop(_offline(*address[:2]))


def _send(_socket: object, address: object) -> None:
    if isinstance(address, tuple) and not _is_local(address[0]):
        _stop(_offline(*address[:2]))


def _look_up(host: object, port: object = None, *_: object) -> None:
    if not _is_local(host) and host != os.uname().nodename:
        _stop(_offline(host, port))


def _keep_out(
    verb: str, path: Any, directory: int = -1, *, follow: bool = False
) -> None:
    if isinstance(path, int):
        return
    real = _real(os.fsdecode(path), directory, follow)
    if _inside(real, _job["root"]) and not _inside(real, _job["scratch"]):
        _stop(
            RepositoryError(
                f"this lesson tried to {verb} {os.path.relpath(real, _job['root'])} "
                "in the repository; lessons write to temporary files only"
            )
        )


def _real(path: str, directory: int, follow: bool) -> str:
    if directory != -1 and not path.startswith(os.sep):
        base = os.path.realpath(f"/proc/self/fd/{directory}")
        path = os.path.join(base, path)  # noqa: PTH118
    if follow:
        return os.path.realpath(path)
    parent, name = os.path.split(path.rstrip(os.sep))
    return os.path.join(os.path.realpath(parent), name)  # noqa: PTH118


def _inside(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory + os.sep)


def _open(path: Any, _mode: object, flags: int) -> None:
    if flags & _WRITING:
        _keep_out("write", path, follow=True)


def _rename(source: Any, target: Any, from_: int, to: int) -> None:
    _keep_out("rename", source, from_)
    _keep_out("write", target, to)


def _database(path: Any) -> None:
    if not os.path.exists(path):  # noqa: PTH110
        _keep_out("write", path)


_CHECKS: dict[str, Callable[..., None]] = {
    "open": _open,
    "os.link": lambda _, path, __, fd: _keep_out("link", path, fd),
    "os.mkdir": lambda path, _, fd: _keep_out("make", path, fd),
    "os.remove": lambda path, fd: _keep_out("remove", path, fd),
    "os.rename": _rename,
    "os.rmdir": lambda path, fd: _keep_out("remove", path, fd),
    "os.symlink": lambda _, path, fd: _keep_out("link", path, fd),
    "os.truncate": lambda path, _: _keep_out("truncate", path, follow=True),
    "socket.connect": _connect,
    "socket.getaddrinfo": _look_up,
    "socket.gethostbyaddr": _look_up,
    "socket.gethostbyname": _look_up,
    "socket.sendmsg": _send,
    "socket.sendto": _send,
    "sqlite3.connect": _database,
}


def _run_other() -> None:
    """Run the ``sitecustomize`` that this one hides, if there is one."""
    from _frozen_importlib import module_from_spec
    from _frozen_importlib_external import PathFinder

    elsewhere = [path for path in sys.path if os.path.abspath(path) != _HERE]  # noqa: PTH100
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec and spec.loader:
        spec.loader.exec_module(module_from_spec(spec))


if __name__ == "sitecustomize":
    activate()
    _run_other()
