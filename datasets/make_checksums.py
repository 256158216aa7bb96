"""Write `checksums.txt`: the SHA-256 of every data file and card, as `sha256sum` does.

Usage: python datasets/make_checksums.py
"""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent
DATA = ("*/README.md", "*/*.jsonl", "*/*.csv", "*/tags.json")
SOURCES = {"mix.csv"}


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Write the file."""
    paths = {path for pattern in DATA for path in FOLDER.glob(pattern)}
    data = sorted(path for path in paths if path.name not in SOURCES)
    lines = [
        f"{digest(path)}  {path.relative_to(FOLDER).as_posix()}\n" for path in data
    ]
    (FOLDER / "checksums.txt").write_text(
        "".join(lines), encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    main()
