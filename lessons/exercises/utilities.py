"""Exercises of lesson 10."""

import copy
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lessons.exercises import TODO, Exercise, Mistake, Property

Array = NDArray[np.float64]
LESSON = "foundations/10_utilities"


def _masked_max(vectors: Tensor, lengths: Tensor) -> Tensor:
    rows = zip(vectors, lengths, strict=True)
    return torch.stack([row[:length].amax(dim=0) for row, length in rows])


def _filled(value: float) -> Callable[[Tensor, Tensor], Tensor]:
    def answer(vectors: Tensor, lengths: Tensor) -> Tensor:
        padding = torch.arange(vectors.shape[1]) >= lengths[:, None]
        return vectors.masked_fill(padding[..., None], value).amax(dim=1)

    return answer


masked_max = Exercise(
    LESSON,
    1,
    "Every reduction has its own neutral element: 0 for a sum, minus infinity for a "
    "maximum, and for a mean the length must be right as well.",
    [
        "Which number can you put into a maximum without ever changing it?",
        "Compare torch.arange(T) with lengths[:, None]; the result needs a third axis.",
        "vectors.masked_fill(padding[..., None], …).amax(dim=1), with -inf.",
    ],
    [
        Mistake(
            lambda vectors, lengths: vectors.amax(dim=1),
            "the padding took part: its largest entries came through.",
        ),
        Mistake(
            _filled(0.0),
            "a padding of 0 is not neutral: it beats values that are all below 0.",
        ),
        Mistake(
            lambda vectors, lengths: _filled(0.0)(vectors, lengths - 1),
            "one word too few: positions 0 to length − 1 are words.",
        ),
        Mistake(
            lambda vectors, lengths: torch.stack(
                [row[:n].mean(dim=0) for row, n in zip(vectors, lengths, strict=True)]
            ),
            "this is the mean over the words; the largest was asked for.",
        ),
    ],
    {
        "all values below 0": (
            torch.tensor([[[-2.0], [-1.0], [9.0]], [[-3.0], [-4.0], [-5.0]]]),
            torch.tensor([2, 3]),
        ),
        "three texts, two columns": (
            torch.tensor(np.random.default_rng(0).normal(size=(3, 4, 2)).round(1)),
            torch.tensor([4, 1, 3]),
        ),
    },
    _masked_max,
)


def _epochs_run(val_loss: Sequence[float], patience: int, min_delta: float) -> int:
    """PyTorch's plateau scheduler cuts the rate where early stopping would stop."""
    optimizer = torch.optim.SGD([torch.zeros(1)], 1.0)
    scheduler = ReduceLROnPlateau(
        optimizer,
        patience=patience - 1,
        threshold=min_delta,
        threshold_mode="abs",
    )
    for epoch, loss in enumerate(val_loss, 1):
        scheduler.step(loss)
        if optimizer.param_groups[0]["lr"] < 1:
            return epoch
    return len(val_loss)


def _against_last(val_loss: Sequence[float], patience: int, min_delta: float) -> int:
    waited = 0
    for epoch in range(1, len(val_loss)):
        better = val_loss[epoch] < val_loss[epoch - 1] - min_delta
        waited = 0 if better else waited + 1
        if waited >= patience:
            return epoch + 1
    return len(val_loss)


def _any_low(val_loss: Sequence[float], patience: int, min_delta: float) -> int:
    return _epochs_run(val_loss, patience, 0.0)


def _creeping(val_loss: Sequence[float], patience: int, min_delta: float) -> int:
    """Each low moves the mark, whether it counted or not."""
    lowest, waited = float("inf"), 0
    for epoch, loss in enumerate(val_loss, 1):
        waited = 0 if loss < lowest - min_delta else waited + 1
        lowest = min(lowest, loss)
        if waited >= patience:
            return epoch
    return len(val_loss)


epochs_run = Exercise(
    LESSON,
    2,
    "It is the plateau scheduler's rule: only a low that counts moves the mark, so a "
    "slow but steady fall may still add up to one.",
    [
        "After a fall that is too small to count, what is the next loss compared with?",
        "Keep two numbers: the lowest loss that counted, and the epochs since.",
        "Move the mark and reset the wait only if loss < mark - min_delta.",
    ],
    [
        Mistake(
            _against_last,
            "each loss was compared with the one before; a wobble downwards is no low.",
        ),
        Mistake(_any_low, "min_delta has no effect: a fall of a hair reset the wait."),
        Mistake(
            _creeping,
            "the mark moved with a low that did not count; small falls can never add "
            "up then.",
        ),
        Mistake(
            lambda val_loss, patience, min_delta: min(
                len(val_loss), _epochs_run(val_loss, patience + 1, min_delta)
            ),
            "one epoch too late: stop at the end of the epoch in which the wait "
            "reaches patience.",
        ),
        Mistake(
            lambda val_loss, patience, min_delta: (
                _epochs_run(val_loss, patience, min_delta) - 1
            ),
            "one too few: count the epochs from 1, the one in which the wait runs out "
            "included.",
        ),
    ],
    {
        "a wobble": ([1.0, 0.8, 0.9, 0.85, 0.95, 0.84, 0.7], 3, 0.0),
        "falls of a hair": ([1.0, 0.999, 0.998, 0.997, 0.996], 2, 0.01),
        "falls that add up": ([1.0, 0.95, 1.1, 0.89, 0.87, 0.86, 0.85, 0.5], 3, 0.1),
        "never stops": ([0.9, 0.7, 0.5, 0.3], 2, 0.05),
    },
    _epochs_run,
)


_rng = np.random.default_rng(10)
_X, _y = _rng.normal(size=(7, 3)).round(2), _rng.integers(0, 2, 7)


def _mean_gradient(X: Array, y: NDArray[np.int64]) -> Array:
    """Gradient of the mean cross-entropy at fixed weights, (3, 2)."""
    W = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(3, 2).requires_grad_()
    loss = functional.cross_entropy(torch.tensor(X) @ W, torch.tensor(y))
    (dW,) = torch.autograd.grad(loss, W)
    gradient: Array = dW.numpy()
    return gradient


class _Limited:
    """The gradient of a machine that holds only so many rows."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __repr__(self) -> str:
        return f"the gradient of at most {self.size} rows"

    def __call__(self, X: Array, y: NDArray[np.int64]) -> Array:
        if len(X) > self.size:
            raise MemoryError(f"{len(X)} rows; only {self.size} fit")
        return _mean_gradient(X, y)


def _parts(
    weigh: Callable[[Array, int, int], Array], full: bool = False
) -> Callable[..., Array]:
    """An answer that adds the parts' gradients, each weighed in some way."""

    def answer(gradient: Any, X: Array, y: NDArray[np.int64], size: int) -> Array:
        stop = len(X) - len(X) % size if full else len(X)
        total = np.zeros((3, 2))
        for k in range(0, stop, size):
            rows = slice(k, k + size)
            part = gradient(X[rows], y[rows])
            total += weigh(part, len(X[rows]), -(-len(X) // size)) / len(X)
        return total * (len(X) / stop)

    return answer


accumulate = Exercise(
    LESSON,
    3,
    "Steps on parts of unlike size are mixed by rows, not by parts; `backward` adds "
    "up in .grad by itself, which is why a loop has to zero it.",
    [
        "If the last part has one row, how much should it count beside a full one?",
        "A mean times its number of rows is a sum, and sums may be added.",
        "Add up len(part) * mean_gradient(part), and divide by len(X) at the end.",
    ],
    [
        Mistake(
            _parts(lambda part, rows, parts: part * 7 / parts),
            "you took the mean of the parts' means; the short last part then counts as "
            "much as a full one.",
        ),
        Mistake(
            _parts(lambda part, rows, parts: part * 7),
            "the parts' means were added up and never divided.",
        ),
        Mistake(
            _parts(lambda part, rows, parts: part * rows, full=True),
            "the last, short part was left out.",
        ),
        Mistake(
            _parts(lambda part, rows, parts: part * rows * 7),
            "this is the gradient of the sum of the losses; the mean was asked for.",
        ),
    ],
    {
        "7 rows, 3 at a time": (_Limited(3), _X, _y, 3),
        "7 rows, 7 at a time": (_Limited(7), _X, _y, 7),
    },
    lambda gradient, X, y, size: _mean_gradient(X, y),
)


Epoch = list[list[int]]


def _cut(order: Iterable[Any], size: int) -> Epoch:
    rows = [int(i) for i in order]
    return [rows[k : k + size] for k in range(0, len(rows), size)]


def _bucketed(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Epoch:
    shaken = rng.permutation(len(lengths))
    epoch = _cut(shaken[np.argsort(np.array(lengths)[shaken], kind="stable")], size)
    return [epoch[i] for i in rng.permutation(len(epoch))]


@dataclass(frozen=True, repr=False)
class _Epochs:
    """Two epochs, one after the other, and the first again from the same state."""

    first: Epoch
    second: Epoch
    again: Epoch

    def __repr__(self) -> str:
        heads = (f"{len(e)} batches from {e[:1]}" for e in (self.first, self.second))
        return "; ".join(heads)


def _epochs(
    answer: Any, lengths: Sequence[int], size: int, rng: np.random.Generator
) -> object:
    again, epochs = copy.deepcopy(rng), []
    for source in (rng, rng, again):
        epoch = answer(list(lengths), size, source)
        if not isinstance(epoch, list | tuple):
            return epoch
        epochs.append([[int(row) for row in batch] for batch in epoch])
    return _Epochs(*epochs)


def _waste(epoch: Epoch, lengths: Sequence[int]) -> float:
    """Share of cells that hold padding."""
    cells = sum(len(rows) * max(lengths[i] for i in rows) for rows in epoch)
    return 1 - sum(lengths[i] for rows in epoch for i in rows) / cells


_ONCE = "not every row comes exactly once an epoch."
_SIZE = "a batch is empty or has more than batch_size rows."
_WASTE = "more than a fifth of the cells is padding: batch rows of similar length."
_FIXED = "both epochs have the same batches in the same order; let `rng` have a say."
_SLOPE = "the batches run from short texts to long ones, or back: shuffle them, too."
_OTHER = "one `rng` gave two orders: the chance must come from it and nothing else."


def _as_sets(epoch: Epoch) -> list[list[int]]:
    """The same epoch, without regard to the order within a batch."""
    return [sorted(rows) for rows in epoch]


def _slopes(epoch: Epoch, lengths: Sequence[int]) -> bool:
    """Whether the batches' widths only rise or only fall."""
    longest = [max(lengths[i] for i in rows) for rows in epoch]
    return longest in (sorted(longest), sorted(longest, reverse=True))


def _ramp(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Epoch:
    shaken = rng.permutation(len(lengths))
    return _cut(shaken[np.argsort(np.array(lengths)[shaken], kind="stable")], size)


def _ever_new(lengths: Sequence[int], size: int, _: object) -> Epoch:
    return _bucketed(lengths, size, np.random.default_rng())


bucketed = Exercise(
    LESSON,
    4,
    "Chance among equals: shuffle first, sort by length without disturbing ties, cut, "
    "and shuffle the batches. Long documents make this the cheapest speed-up there is.",
    [
        "If the rows are sorted by length and cut, what is left that chance can order?",
        "Shuffle the finished batches; and rows of one length can trade places.",
        "Permute, argsort the permuted lengths with kind='stable', cut, permute the "
        "list of batches.",
    ],
    [
        Mistake(
            lambda lengths, size, rng: _cut(rng.permutation(len(lengths)), size), _WASTE
        ),
        Mistake(
            lambda lengths, size, rng: _cut(np.argsort(lengths, kind="stable"), size),
            _FIXED,
        ),
        Mistake(
            lambda lengths, size, rng: _bucketed(lengths, size, rng)[1:],
            _ONCE,
        ),
        Mistake(lambda lengths, size, rng: _bucketed(lengths, 2 * size, rng), _SIZE),
        Mistake(_ever_new, _OTHER),
        Mistake(_ramp, _SLOPE),
    ],
    {
        f"{n} texts, {size} a batch": (
            np.random.default_rng(n).integers(4, 60, n).tolist(),
            size,
            np.random.default_rng(0),
        )
        for n, size in ((203, 10), (400, 16))
    },
    properties=[
        Property(
            lambda epochs, lengths, size, rng: all(
                sorted(i for rows in epoch for i in rows) == list(range(len(lengths)))
                for epoch in (epochs.first, epochs.second)
            ),
            _ONCE,
        ),
        Property(
            lambda epochs, lengths, size, rng: all(
                0 < len(rows) <= size for rows in [*epochs.first, *epochs.second]
            ),
            _SIZE,
        ),
        Property(
            lambda epochs, lengths, size, rng: all(
                _waste(epoch, lengths) < 0.2 for epoch in (epochs.first, epochs.second)
            ),
            _WASTE,
        ),
        Property(
            lambda epochs, *_: _as_sets(epochs.first) != _as_sets(epochs.second),
            _FIXED,
        ),
        Property(lambda epochs, *_: epochs.first == epochs.again, _OTHER),
        Property(
            lambda epochs, lengths, *_: (
                not any(
                    _slopes(epoch, lengths) for epoch in (epochs.first, epochs.second)
                )
            ),
            _SLOPE,
        ),
    ],
    use=_epochs,
)


class _PowerCutError(Exception):
    """The plug is pulled."""


_OLD, _NEW = "old checkpoint", "new checkpoint"
_CUTS = {"power cut in write 1": 1, "power cut in write 2": 2, "no power cut": 0}


class _Disk:
    """A folder with a checkpoint; the plug is pulled during one of the writes."""

    def __init__(self, folder: Path, cut: int) -> None:
        self.path, self.cut = folder / "checkpoint.json", cut
        self.path.write_text(_OLD, encoding="utf-8")
        self.calls, self.at_cut = 0, ""

    def write(self, path: Path, text: str) -> None:
        self.calls += 1
        stops = self.calls == self.cut
        Path(path).write_text(text[: len(text) // 2] if stops else text, "utf-8")
        if stops:  # what comes later, in an `except` or a `finally`, no longer runs
            self.at_cut = self.stands()
            raise _PowerCutError

    def stands(self) -> str:
        return self.path.read_text("utf-8") if self.path.is_file() else "nothing"


def _stored(answer: Any, ending: str) -> object:
    """What stands in the folder after a save that succeeds or stops halfway."""
    with tempfile.TemporaryDirectory() as folder:
        disk = _Disk(Path(folder), _CUTS[ending])
        try:
            if answer(disk.path, _NEW, disk.write) is TODO:
                return TODO
        except _PowerCutError:
            pass
        if not disk.calls:
            return {"at path": "no text that `write` wrote"}
        stands = disk.at_cut or disk.stands()
        others = sum(file != disk.path for file in Path(folder).iterdir())
    if disk.cut:
        whole = stands in (_OLD, _NEW)
        return {"at path": "a complete checkpoint" if whole else stands}
    return {"at path": stands, "others": others}


def _beside(path: Path) -> Path:
    return path.with_name("unfinished.json")


def _replacing(path: Path, text: str, write: Callable[[Path, str], None]) -> None:
    write(_beside(path), text)
    _beside(path).replace(path)


def _removing(path: Path, text: str, write: Callable[[Path, str], None]) -> None:
    path.unlink()
    _replacing(path, text, write)


def _twice(path: Path, text: str, write: Callable[[Path, str], None]) -> None:
    write(_beside(path), text)
    write(path, text)


def _copying(path: Path, text: str, write: Callable[[Path, str], None]) -> None:
    write(_beside(path), text)
    shutil.copy(_beside(path), path)


def _keeping(path: Path, text: str, write: Callable[[Path, str], None]) -> None:
    write(_beside(path), text)


save_safely = Exercise(
    LESSON,
    5,
    "On one file system a rename happens whole or not at all, so readers see the old "
    "file or the new one. (Against a failing disk, call os.fsync before it.)",
    [
        "Which file may be half-written without any harm?",
        "Write the new checkpoint somewhere else; which operation is all or nothing?",
        "Write to a second name in the same folder, then Path.replace onto `path`.",
    ],
    [
        Mistake(
            lambda path, text, write: write(path, text),
            "the old checkpoint was overwritten in place; half of the new one is no "
            "checkpoint.",
        ),
        Mistake(
            _removing,
            "the old checkpoint was removed before the new one was complete.",
        ),
        Mistake(
            _copying,
            "the second file is still there; rename it: a copy can stop halfway, too.",
        ),
        Mistake(
            _twice,
            "there is a second file, and it was not used: the new text was written "
            "over the old one after all.",
        ),
        Mistake(_keeping, "the new checkpoint never arrives at `path`."),
        Mistake(
            lambda path, text, write: path.write_text(text, "utf-8"),
            "`write` was not called; whatever else writes can stop halfway, too.",
        ),
    ],
    {
        "a first write that stops halfway": ("power cut in write 1",),
        "a second write that stops halfway": ("power cut in write 2",),
        "whole writes": ("no power cut",),
    },
    lambda ending: _stored(_replacing, ending),
    use=_stored,
)
