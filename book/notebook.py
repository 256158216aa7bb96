"""Notebooks as they are committed: one canonical form, read and written safely."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from book.errors import BookError

Notebook = dict[str, Any]
Cell = dict[str, Any]
Output = dict[str, Any]

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_CELL_METADATA = ("mystnb", "reason", "tags")
_ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]{6,16}")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)
_STYLER = re.compile(r"\bT_([0-9a-f]{5})(?=[_ \"{#])")
_OUTPUT_FIELDS: dict[str, dict[str, Any]] = {
    "stream": {"name": str, "text": str | list},
    "display_data": {"data": dict},
    "execute_result": {"data": dict},
    "error": {"ename": str, "evalue": str, "traceback": list},
}
_WIDGET = "application/vnd.jupyter.widget-view+json"


def read(path: Path, name: str) -> Notebook:
    """Read a notebook.

    Args:
        path: the file.
        name: what to call it in an error.

    Raises:
        BookError: if it can't be read or is no notebook of format 4.5.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BookError(f"{name}.ipynb: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BookError(f"{name}.ipynb is not JSON: {error}") from None
    if problem := _malformed(notebook):
        mend = "open and save it in JupyterLab 4"
        raise BookError(f"{name}.ipynb is no notebook of format 4.5: {problem}; {mend}")
    return dict(notebook)


def _malformed(notebook: Any) -> str | None:
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        return "it has no list of cells"
    form = notebook.get("nbformat"), notebook.get("nbformat_minor")
    if form != (4, 5):
        return f"it is {form[0]}.{form[1]}"
    for number, cell in enumerate(notebook["cells"], 1):
        if not isinstance(cell, dict) or not _is_cell(cell):
            return f"cell {number} lacks its type, id or source, or has odd outputs"
    return None


def _is_cell(cell: Cell) -> bool:
    return (
        cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("id"), str)
        and isinstance(cell.get("source"), str | list)
        and isinstance(cell.get("metadata", {}), dict)
        and isinstance(cell.get("outputs", []), list)
        and all(map(_is_output, cell.get("outputs", [])))
    )


def _is_output(output: Any) -> bool:
    if not isinstance(output, dict):
        return False
    needed = _OUTPUT_FIELDS.get(output.get("output_type", ""), {"output_type": dict})
    return all(isinstance(output.get(field), kind) for field, kind in needed.items())


def source(cell: Cell) -> str:
    """Return a cell's text."""
    return text(cell["source"])


def text(value: str | list[str]) -> str:
    """Join what a notebook may store as lines."""
    return "".join(value) if isinstance(value, list) else value


def tags(cell: Cell) -> list[str]:
    """Return a cell's tags."""
    return list(cell.get("metadata", {}).get("tags", []))


def code_cells(notebook: Notebook) -> list[Cell]:
    """Return the cells that are code, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def without_outputs(notebook: Notebook) -> Notebook:
    """Return a copy as it is before it has run."""
    fresh: Notebook = json.loads(json.dumps(notebook))
    for cell in code_cells(fresh):
        cell.update(outputs=[], execution_count=None)
    return fresh


def canonical(notebook: Notebook, name: str) -> Notebook:
    """Return the one form in which a notebook is committed.

    The same source and the same results give the same bytes: cells keep their id,
    source, tags and alternative texts; code cells are numbered from 1; streams are
    joined; addresses, random style ids, widget state and timings are gone.
    """
    cells, count = [], 0
    for cell in notebook["cells"]:
        kept = {
            "cell_type": cell["cell_type"],
            "id": cell["id"],
            "metadata": _cell_metadata(cell),
            "source": source(cell).splitlines(keepends=True),
        }
        if cell["cell_type"] == "code":
            count += 1
            outputs = list(_outputs(cell.get("outputs", []), f"{name}/{cell['id']}"))
            for output in outputs:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
            kept |= {"execution_count": count, "outputs": outputs}
        cells.append(kept)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    if "book" in notebook.get("metadata", {}):
        metadata["book"] = notebook["metadata"]["book"]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def dump(notebook: Notebook) -> str:
    """Return a notebook's bytes as text: sorted keys, one line a line."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write(path: Path, content: str, scratch: Path) -> bool:
    """Replace a file in one step, only if its content changes.

    Args:
        path: the file.
        content: what it shall hold.
        scratch: a directory on the same file system for the new file until it is whole.

    Returns:
        Whether the file was changed.

    Raises:
        BookError: if it can't be written; the old file is then as it was.
    """
    try:
        if path.is_file() and path.read_bytes() == content.encode():
            return False
        scratch.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = scratch / f"{os.getpid()}-{path.name}"
        try:
            new.write_text(content, encoding="utf-8", newline="\n")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise BookError(f"{path.name} is as it was: {error.strerror}") from None
    return True


def _cell_metadata(cell: Cell) -> dict[str, Any]:
    given = cell.get("metadata", {})
    kept = {key: given[key] for key in _CELL_METADATA if given.get(key)}
    if "tags" in kept:
        kept["tags"] = sorted(kept["tags"])
    if alt := _alt(cell):
        kept["mystnb"] = {"image": {"alt": alt}}
    return kept


def _alt(cell: Cell) -> str | None:
    """Return the alternative text that ``lessons.plotting.show`` left in the output."""
    for output in cell.get("outputs", []):
        image = output.get("metadata", {}).get("image/png")
        if isinstance(image, dict) and isinstance(image.get("alt"), str):
            return str(image["alt"])
    return None


def _outputs(outputs: list[Output], key: str) -> Iterator[Output]:
    """Join each stream where it first speaks, and clean everything."""
    said: dict[str, str] = {}
    for output in outputs:
        if output["output_type"] == "stream":
            said[output["name"]] = said.get(output["name"], "") + text(output["text"])
    for number, output in enumerate(outputs):
        if output["output_type"] == "stream":
            if output["name"] in said:
                yield _stream(output["name"], said.pop(output["name"]))
        elif output["output_type"] == "error":
            yield {
                **output,
                "traceback": [_plain(line) for line in output["traceback"]],
            }
        else:
            yield _display(output, f"{key}/{number}")


def _stream(name: str, said: str) -> Output:
    lines = _plain(_OVERWRITTEN.sub("", said)).splitlines(keepends=True)
    return {"name": name, "output_type": "stream", "text": lines}


def _display(output: Output, key: str) -> Output:
    data = {
        kind: _data(kind, value, key)
        for kind, value in output["data"].items()
        if kind != _WIDGET
    }
    kept = {"data": data, "metadata": output.get("metadata", {})}
    return {**kept, "output_type": output["output_type"]}


def _data(kind: str, value: Any, key: str) -> Any:
    if not isinstance(value, str | list):
        return value
    joined = text(value)
    if kind in ("image/png", "image/jpeg"):
        return joined.rstrip("\n")
    return _restyled(_plain(joined), key).splitlines(keepends=True)


def _plain(value: str) -> str:
    return _ADDRESS.sub("0x…", _ANSI.sub("", value))


def _restyled(value: str, key: str) -> str:
    """Replace the random ids of pandas' styled tables by ids that repeat."""
    ids: dict[str, str] = {}

    def stable(match: re.Match[str]) -> str:
        fallback = hashlib.sha256(f"{key}/{len(ids)}".encode()).hexdigest()[:5]
        return "T_" + ids.setdefault(match[1], fallback)

    return _STYLER.sub(stable, value)
