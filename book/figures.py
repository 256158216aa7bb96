"""Whether two drawings of a figure look the same.

Another processor or font renderer may move a few pixels, a changed result moves many.
"""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

MOVED = 48
"""A channel that differs by this much of 255 has moved."""
SHARE = 0.005
"""Of a figure's pixels, how many may."""

Output = dict[str, Any]


def figures_agree(ours: bytes, theirs: bytes) -> bool:
    """Return whether two PNGs have the same size and look the same."""
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


def figure(output: Output) -> bytes | None:
    """Return the PNG of an output, if it has one."""
    png = output.get("data", {}).get("image/png")
    return None if png is None else base64.b64decode("".join(png))


def keep_stored(stored: list[Output], drawn: list[Output]) -> list[Output]:
    """Return outputs of a repeated run; a figure that looks the same stays as stored.

    Args:
        stored: a cell's outputs in the notebook.
        drawn: its outputs in a new run of the same code on the same inputs.
    """
    if len(stored) != len(drawn):
        return drawn
    return [_either(*pair) for pair in zip(stored, drawn, strict=True)]


def _either(stored: Output, drawn: Output) -> Output:
    old, new = figure(stored), figure(drawn)
    if old is None or new is None or not figures_agree(old, new):
        return drawn
    png = {"image/png": stored["data"]["image/png"]}
    return drawn | {"data": drawn["data"] | png}
