"""NumPy: a strip of numbers and a way to walk it.

Made from foundations/03_numpy.ipynb; edit it there.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from numpy.typing import NDArray

from lessons import plotting

__all__ = [
    "Array",
    "Shape",
    "Strided",
    "broadcast_to",
    "cell_numbers",
    "draw_memory",
    "flatten",
    "one_hot",
    "reshape",
    "row_major",
    "slice_axis",
    "squared_distances",
    "transpose",
]

# From cell f7baa1fa of foundations/03_numpy.ipynb.
Array = NDArray[Any]


# From cell b130fbb9 of foundations/03_numpy.ipynb.
def draw_memory(ax: Axes, strip: Sequence[float], cells: Array) -> None:
    """Draw a strip of memory and the walk that an array takes over it.

    Each row of the array has a colour, with an arrow from every entry to the next. A
    cell that is read more than once is darker.

    Args:
        ax: an empty axes; its ticks and frame are removed.
        strip: the numbers in memory, in order.
        cells: which cell each entry of the array is read from, as ``cell_numbers``
            gives them; any shape with at least one axis.
    """
    for cell, value in enumerate(strip):
        ax.add_patch(Rectangle((cell, 0), 1, 1, fill=False, edgecolor=plotting.INK))
        ax.text(cell + 0.5, 0.5, f"{value:g}", ha="center", va="center", fontsize=13)
        ax.text(cell + 0.5, -0.1, str(cell), ha="center", va="top", fontsize=10)
    rows = np.asarray(cells).reshape(-1, np.shape(cells)[-1]).tolist()
    for row, color in zip(rows, itertools.cycle(plotting.COLORS)):
        for cell in row:
            ax.add_patch(Rectangle((cell, 0), 1, 1, color=color, alpha=0.2, lw=0))
        for a, b in itertools.pairwise(row):
            ax.add_patch(_arrow(a, b, color))
    ax.set(xlim=(-0.05, len(strip) + 0.05), ylim=(-0.55, 1.75), aspect="equal")
    ax.set_axis_off()


# From cell 54233488 of foundations/03_numpy.ipynb.
def _arrow(a: int, b: int, color: str) -> FancyArrowPatch:
    height = min(0.22 + 0.1 * abs(b - a), 0.65)
    curve = f"arc3,rad={-2 * height / ((b - a) or 1)}"
    look: dict[str, Any] = {"color": color, "arrowstyle": "-|>", "linewidth": 1.8}
    look |= {"mutation_scale": 12, "shrinkA": 0, "shrinkB": 0}
    ends = (a + 0.5, 1.04), (b + 0.5, 1.04)
    return FancyArrowPatch(*ends, connectionstyle=curve, **look)


# From cell 588f2a7b of foundations/03_numpy.ipynb.
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Strided:
    """A strip of numbers and a way to walk it: NumPy's array in miniature.

    Args:
        strip: the numbers; shared between arrays, never copied.
        shape: how many entries lie along each axis.
        strides: how many cells one step along each axis skips.
        offset: the cell where the walk begins.
    """

    strip: Sequence[float]
    shape: Shape
    strides: Shape
    offset: int = 0

    def __getitem__(self, index: Shape) -> float:
        """Read one entry, given one index an axis; raises IndexError outside."""
        for i, length in zip(index, self.shape, strict=True):
            if not 0 <= i < length:
                raise IndexError(f"{index} is outside shape {self.shape}")
        steps = zip(index, self.strides, strict=True)
        return self.strip[self.offset + sum(i * stride for i, stride in steps)]


# From cell 0abf6af3 of foundations/03_numpy.ipynb.
def row_major(shape: Shape) -> Shape:
    """Strides of a strip that was written with the last axis fastest."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def flatten(array: Strided) -> list[float]:
    """Read every entry, the last axis fastest, into a new strip."""
    return [array[index] for index in itertools.product(*map(range, array.shape))]


# From cell 268c0463 of foundations/03_numpy.ipynb.
def transpose(array: Strided) -> Strided:
    """Reverse the axes, on the same strip."""
    return replace(array, shape=array.shape[::-1], strides=array.strides[::-1])


# From cell 28a0b6ef of foundations/03_numpy.ipynb.
def slice_axis(array: Strided, axis: int, cut: slice) -> Strided:
    """Slice one axis, on the same strip; ``cut`` may count from the end or go back."""
    start, stop, step = cut.indices(array.shape[axis])
    shape, strides = list(array.shape), list(array.strides)
    shape[axis] = len(range(start, stop, step))
    strides[axis] *= step
    offset = array.offset + start * array.strides[axis]
    return replace(array, shape=tuple(shape), strides=tuple(strides), offset=offset)


# From cell 6c7d53a9 of foundations/03_numpy.ipynb.
def reshape(array: Strided, shape: Shape) -> Strided:
    """Cut the same entries, in the same order, into another shape.

    The result is on the same strip if the array is row-major, on a new one if not.

    Raises:
        ValueError: if the new shape holds another number of entries.
    """
    if math.prod(shape) != math.prod(array.shape):
        raise ValueError(f"{array.shape} does not fill {shape}")
    if array.strides == row_major(array.shape):
        return replace(array, shape=shape, strides=row_major(shape))
    return Strided(flatten(array), shape, row_major(shape))


# From cell 0f68238a of foundations/03_numpy.ipynb.
def broadcast_to(array: Strided, shape: Shape) -> Strided:
    """Stretch missing axes and axes of length 1 to ``shape``, on the same strip.

    Raises:
        ValueError: if another axis would have to change its length.
    """
    missing = len(shape) - len(array.shape)
    old = (1,) * missing + array.shape
    if missing < 0 or any(n not in (1, m) for n, m in zip(old, shape, strict=True)):
        raise ValueError(f"{array.shape} does not stretch to {shape}")
    walked = zip(array.shape, array.strides, strict=True)
    strides = (0,) * missing + tuple(0 if n == 1 else s for n, s in walked)
    return replace(array, shape=shape, strides=strides)


# From cell 834d68ef of foundations/03_numpy.ipynb.
def cell_numbers(view: Array, strip: Array) -> NDArray[np.intp]:
    """Which cells of ``strip`` the entries of a view are read from.

    Args:
        view: any array on the memory of ``strip``, with the same dtype.
        strip: one-dimensional and contiguous, as ``array.ravel()`` of a row-major one.

    Returns:
        Cell numbers from 0, in the shape of ``view``.

    Raises:
        ValueError: if the two share no memory.
    """
    if not np.shares_memory(view, strip):
        raise ValueError("a copy: it shares no memory with the strip")
    start = view.__array_interface__["data"][0] - strip.__array_interface__["data"][0]
    steps = np.tensordot(view.strides, np.indices(view.shape), axes=1)
    return np.asarray((start + steps) // strip.itemsize, dtype=np.intp)


# From cell 33cc1e5b of foundations/03_numpy.ipynb.
def one_hot(labels: Array, num_classes: int) -> NDArray[np.float64]:
    """Rows with a single 1 at the label: labels (...,) to (..., num_classes).

    Raises:
        ValueError: if a label is not in 0 … num_classes - 1.
    """
    labels = np.asarray(labels)
    if labels.size and (labels.min() < 0 or labels.max() >= num_classes):
        raise ValueError(f"labels run to {labels.max()}, classes to {num_classes - 1}")
    rows: NDArray[np.float64] = np.eye(num_classes)[labels]
    return rows


# From cell 8f596ff7 of foundations/03_numpy.ipynb.
def squared_distances(A: Array, B: Array) -> NDArray[np.float64]:
    """Squared Euclidean distance of every row of A (N, D) to every row of B (M, D).

    Returns:
        An array (N, M); on the way, N · M · D numbers are held in memory.
    """
    gaps = np.expand_dims(A, 1) - np.expand_dims(B, 0).astype(float)  # (N, M, D)
    return np.asarray((gaps**2).sum(axis=-1))
