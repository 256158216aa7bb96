"""A pytest plug-in: nbval in the press's kernels, with figures compared, too.

nbval passes over images. Here a figure must have the size it had, and look the same:
another processor or font renderer may move a few pixels, a changed result moves many.
"""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from nbval.plugin import IPyNbCell
from PIL import Image

from book.kernels.pytest_plugin import pytest_configure

__all__ = ["pytest_configure"]

MOVED = 48
"""A channel that differs by this much of 255 has moved."""
SHARE = 0.005
"""Of a figure's pixels, how many may."""

_compare_text = IPyNbCell.compare_outputs


def figures_agree(ours: bytes, theirs: bytes) -> bool:
    """Return whether two PNGs look the same."""
    first, second = (_pixels(png) for png in (ours, theirs))
    if first.shape != second.shape:
        return False
    moved = (np.abs(first - second) >= MOVED).any(axis=2)
    return bool(moved.mean() <= SHARE)


def _pixels(png: bytes) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Return a PNG on white, (height, width, 3)."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    return np.asarray(ground.convert("RGB"), dtype=np.int16)


def _figures(outputs: Any) -> Iterator[bytes]:
    for output in outputs:
        png = output.get("data", {}).get("image/png")
        if png is not None:
            yield base64.b64decode(png)


def _compare_all(self: Any, test: Any, ref: Any, skip_compare: Any = None) -> bool:
    if not _compare_text(self, test, ref, skip_compare):
        return False
    pairs = list(_figures(test)), list(_figures(ref))
    if len(pairs[0]) == len(pairs[1]) and all(map(_agree, *pairs)):
        return True
    self.comparison_traceback.append("the stored figure is not the one that was drawn")
    return False


def _agree(ours: bytes, theirs: bytes) -> bool:
    try:
        return figures_agree(ours, theirs)
    except OSError:
        return False


IPyNbCell.compare_outputs = _compare_all
