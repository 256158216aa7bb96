"""Versioning: get back the exact model of three weeks ago.

Made from mlops/40_versioning.ipynb; edit it there.
"""

import hashlib
import json
import tempfile
import zlib
from pathlib import Path

__all__ = ["ContentStore", "Objects", "cut", "fingerprint"]


# From cell db24c1c5 of mlops/40_versioning.ipynb.
class Objects:
    """Bytes kept under their hash, in ``root/ab/cdef…``, as git and DVC do.

    Args:
        root: the directory to keep them in; made when needed.
        algorithm: a name that ``hashlib.new`` knows.
    """

    def __init__(self, root: Path, algorithm: str = "sha256") -> None:
        self.root, self.algorithm = root, algorithm

    def path(self, address: str) -> Path:
        """Return where the object with that address is, or would be."""
        return self.root / address[:2] / address[2:]

    def write(self, content: bytes) -> str:
        """Keep the bytes; return their address, the same for the same bytes."""
        address = hashlib.new(self.algorithm, content).hexdigest()
        _write_whole(self.path(address), content)
        return address

    def read(self, address: str) -> bytes:
        """Return the bytes with that address; remove them if they are damaged.

        Raises:
            LookupError: if there is no such object.
            ValueError: if the object no longer hashes to its address.
        """
        path = self.path(address)
        if not path.exists():
            raise LookupError(f"no object {address[:8]}… here; pull it")
        content = path.read_bytes()
        if hashlib.new(self.algorithm, content).hexdigest() != address:
            path.unlink()
            raise ValueError(f"object {address[:8]}… was damaged; pull it again")
        return content


# From cell fae2b9b1 of mlops/40_versioning.ipynb.
def _write_whole(path: Path, content: bytes) -> None:
    """Write so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)


# From cell 4ef947ac of mlops/40_versioning.ipynb.
def cut(data: bytes, lines: int) -> list[bytes]:
    """Cut into parts of about that many lines, at places the content decides.

    A part ends after each line whose CRC-32 is a multiple of ``lines``, so an edit
    moves only the cuts next to it. ``b"".join(cut(data, lines)) == data``.

    Source: Muthitacharoen, Chen and Mazières, "A Low-bandwidth Network File System",
    2001, who look at a window of bytes instead of a line.
    """
    parts, part = [], b""
    for line in data.splitlines(keepends=True):
        part += line
        if zlib.crc32(line) % lines == 0:
            parts.append(part)
            part = b""
    return [*parts, part] if part else parts


# From cell d7f39539 of mlops/40_versioning.ipynb.
class ContentStore(Objects):
    """Files kept as lists of parts; versions share the parts they have in common."""

    def add(self, data: bytes, lines: int = 64) -> str:
        """Keep a file, in parts of so many lines on average; return its address."""
        parts = [self.write(part) for part in cut(data, lines)]
        return self.write("\n".join(parts).encode())

    def get(self, address: str) -> bytes:
        """Return the file with that address; raises what ``read`` raises."""
        return b"".join(map(self.read, self.parts(address)))

    def parts(self, address: str) -> list[str]:
        """Return the addresses of a file's parts."""
        return self.read(address).decode().split()

    def push(self, address: str, remote: "ContentStore") -> None:
        """Copy to another store what that one lacks of a file, the list last."""
        for one in [*self.parts(address), address]:
            if not remote.path(one).exists():
                remote.write(self.read(one))

    def pull(self, address: str, remote: "ContentStore") -> None:
        """Copy from another store what this one lacks of a file."""
        remote.push(address, self)

    def gc(self, keep: set[str]) -> None:
        """Delete what belongs to none of the files in ``keep``."""
        wanted = keep.union(*map(self.parts, keep))
        for path in self.root.glob("*/*"):
            if path.parent.name + path.name not in wanted:
                path.unlink()


# From cell a0d3ecd0 of mlops/40_versioning.ipynb.
def fingerprint(**inputs: object) -> str:
    """Name a result by what goes into it: the hash of its inputs' hashes.

    Equal inputs give equal fingerprints on every machine, in whatever order they, or
    the keys of a mapping, are given; a change to any input or its name gives another.

    Args:
        inputs: by name: bytes, such as a file's, or what JSON can hold.

    Returns:
        a SHA-256 in hexadecimal, 64 characters.

    Raises:
        TypeError: if an input is neither bytes nor JSON.
        ValueError: if a number in it is NaN or infinite.
    """
    return _digest({name: _digest(value) for name, value in inputs.items()})


def _digest(value: object) -> str:
    if not isinstance(value, bytes):
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
        value = text.encode()
    return hashlib.sha256(value).hexdigest()
