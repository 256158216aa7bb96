"""Merge the years' files into `projects.jsonl`, sorted by day and numbered.

Usage: python datasets/projects/merge.py FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from corpus import FOLDER, Record, load_tags, read


def order(record: Record) -> tuple[str, str, str]:
    """Return the key that records are sorted by."""
    return record.created_on, record.title, record.description


def rows(records: Iterable[Record]) -> list[dict[str, object]]:
    """Number the records in order of day; tags follow the taxonomy."""
    rank = {tag: place for place, tag in enumerate(load_tags())}
    return [
        {
            "id": number,
            **record._asdict(),
            "tags": sorted(record.tags, key=rank.__getitem__),
        }
        for number, record in enumerate(sorted(records, key=order), 1)
    ]


def main(folder: Path) -> None:
    """Merge `YEAR.jsonl` and `keep-YEAR.jsonl` of a folder."""
    files = [*folder.glob("20??.jsonl"), *folder.glob("keep-20??.jsonl")]
    if not files:
        raise SystemExit(f"{folder}: no YEAR.jsonl here; name the writers' folder")
    merged = rows(record for file in files for record in read(file))
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in merged)
    target = FOLDER / "projects.jsonl"
    target.write_text("".join(lines), encoding="utf-8", newline="\n")
    print(f"{len(merged)} records in {target}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("name the folder of the years' files")
    main(Path(sys.argv[1]))
