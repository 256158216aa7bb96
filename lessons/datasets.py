"""The course's data: shipped with the package, checked when read, never downloaded.

One data set is the exception, and no lesson needs it: ``load("madewithml")`` fetches
real projects that a reader may want instead of ours.
"""

import difflib
import hashlib
import importlib
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_PACKAGED = Path(__file__).parent / "_datasets"
ROOT = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[1] / "datasets"
"""Where the files are: in the installed package, or beside it in a clone."""

REMOTE = (
    "https://raw.githubusercontent.com/GokuMohandas/Made-With-ML/"
    "66e8e437115029422db1a80ff93c308cfcd82648/datasets"
)
_REMOTE_FILES = {
    "dataset.csv": "479e0f3813cc0583717b86512d112b0a397f717ac33652504afdf763c1f3aff1",
    "holdout.csv": "05dd130ff16cbf0cdb05871547f869be096b757052cbc46f8c1e981089a6a474",
}
TIMEOUT = 30.0
"""Seconds to wait for an answer when real data are fetched."""


class DataError(Exception):
    """A data set that is unknown, missing or damaged, and how to mend it."""


def available() -> list[str]:
    """Return the names that ``load`` knows without a network."""
    return sorted(set(_LOADERS) - {"madewithml"})


def load(name: str, **options: Any) -> pd.DataFrame:
    """Return a data set as a table of your own, to change as you like.

    Args:
        name: one of ``available()``, or ``madewithml`` (764 training and 191 hold-out
            projects with one tag each; MIT; fetched once). ``card(name)`` says what
            the columns mean.
        options: of the generated ones: ``spiral`` takes ``num_samples``, ``noise_std``
            and ``seed``.

    Raises:
        DataError: if the name is unknown, or its file is missing or damaged.
    """
    return _known(name)(**options)


def card(name: str) -> str:
    """Return a data set's description: origin, columns with units, flaws, licence."""
    _known(name)
    return _checked(f"{_FOLDERS.get(name, name)}/README.md").decode()


def _known(name: str) -> Callable[..., pd.DataFrame]:
    if name in _LOADERS:
        return _LOADERS[name]
    near = difflib.get_close_matches(name, _LOADERS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise DataError(f"no data set {name!r}; known: {', '.join(available())}.{hint}")


def _checked(file: str) -> bytes:
    """Read a file of ``datasets/`` and compare it with its published checksum."""
    restore = f"restore it with `git checkout -- datasets/{file}`, or reinstall"
    try:
        content = (ROOT / file).read_bytes()
    except OSError as error:
        raise DataError(f"datasets/{file}: {error.strerror}; {restore}") from None
    if hashlib.sha256(content).hexdigest() != _checksums().get(file):
        what = f"datasets/{file} is not the file that was published"
        raise DataError(f"{what}; {restore}")
    return content


def _checksums() -> dict[str, str]:
    lines = (ROOT / "checksums.txt").read_text(encoding="utf-8").splitlines()
    return {file: digest for digest, file in (line.split("  ", 1) for line in lines)}


def _projects() -> pd.DataFrame:
    table = _json_lines("projects/projects.jsonl")
    return table.assign(created_on=pd.to_datetime(table["created_on"]))


def _csv(file: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(_checked(file)))


def _headlines_key() -> pd.DataFrame:
    return _csv("headlines/key.csv").fillna(dict.fromkeys("abcd", ""))


def _json_lines(file: str) -> pd.DataFrame:
    text = _checked(file).decode()
    return pd.read_json(io.StringIO(text), lines=True, convert_dates=False)


def _tags() -> pd.DataFrame:
    tags = json.loads(_checked("projects/tags.json"))
    return pd.DataFrame([{"tag": tag, **entry} for tag, entry in tags.items()])


def _spiral(
    num_samples: int = 500, noise_std: float = 0.2, seed: int = 0
) -> pd.DataFrame:
    """Three interleaved arms: x1, x2 and label, ``num_samples`` rows an arm."""
    rng = np.random.default_rng(seed)
    radius = np.tile(np.linspace(0, 1, num_samples), 3)
    label = np.repeat([0, 1, 2], num_samples)
    angle = 4 * (radius + label) + rng.normal(0, noise_std, len(label))
    x1, x2 = radius * np.sin(angle), radius * np.cos(angle)
    return pd.DataFrame({"x1": x1, "x2": x2, "label": label})


def _madewithml() -> pd.DataFrame:
    parts = {file.split(".")[0]: _fetched(file) for file in _REMOTE_FILES}
    return pd.concat(
        [pd.read_csv(path).assign(split=split) for split, path in parts.items()],
        ignore_index=True,
    )


def _fetched(file: str) -> str:
    """Return where a file of the real data is, fetching it if need be."""
    import pooch

    try:
        path = pooch.retrieve(
            f"{REMOTE}/{file}",
            known_hash=f"sha256:{_REMOTE_FILES[file]}",
            fname=file,
            path=pooch.os_cache("from-scratch-to-shipped"),
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
        return str(path)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        mend = "nothing was kept; try again later, or use load('projects')"
        raise DataError(f"madewithml: {file} can't be fetched: {why}; {mend}") from None


def _sklearn(name: str) -> pd.DataFrame:
    datasets = importlib.import_module("sklearn.datasets")
    bunch = getattr(datasets, f"load_{name}")(as_frame=True, **_SKLEARN[name])
    frame: pd.DataFrame = bunch.frame
    return frame


_SKLEARN: dict[str, dict[str, bool]] = {
    "breast_cancer": {},
    "diabetes": {"scaled": False},
    "digits": {},
    "wine": {},
}
_LOADERS: dict[str, Callable[..., pd.DataFrame]] = {
    "flawed": partial(_json_lines, "projects/flawed.jsonl"),
    "flaws": partial(_csv, "projects/flaws.csv"),
    "headlines": partial(_csv, "headlines/headlines.csv"),
    "headlines_corpus": partial(_csv, "headlines/corpus.csv"),
    "headlines_grid": partial(_csv, "headlines/grid.csv"),
    "headlines_key": _headlines_key,
    "madewithml": _madewithml,
    "projects": _projects,
    "spiral": _spiral,
    "tags": _tags,
    **{name: partial(_sklearn, name) for name in _SKLEARN},
}
_FOLDERS = {
    "flawed": "projects",
    "flaws": "projects",
    "headlines_corpus": "headlines",
    "headlines_grid": "headlines",
    "headlines_key": "headlines",
    "tags": "projects",
}
