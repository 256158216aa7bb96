"""Watch a running notebook: its cells, its time and its memory."""

import threading
import time
from pathlib import Path

from book.kernels.family import Family

INTERVAL = 0.1
"""Seconds between two looks."""


class Watch(threading.Thread):
    """Keeps the books of one run, and ends it when it takes too much.

    Args:
        scratch: the scratch directory of the job.
        seconds: how long its cells may take.
        megabytes: how much its processes may hold.

    Attributes:
        family: the kernel's processes.
        peak: the most memory seen, in MiB.
        verdict: why the run was stopped, if it was.
        left_over: what the notebook left behind, if it left anything.
    """

    def __init__(self, scratch: Path, seconds: float, megabytes: int):
        super().__init__(daemon=True)
        self.family = Family(scratch)
        self.peak = 0
        self.verdict: str | None = None
        self.left_over: str | None = None
        self._seconds, self._megabytes = seconds, megabytes
        self._cells: list[tuple[float, int]] = []
        self._ended: float | None = None
        self._over = threading.Event()
        self._judging = threading.Lock()

    def cell_started(self, number: int) -> None:
        """Note that a code cell, counted from 1, has begun."""
        if self.verdict or self._over.is_set():
            raise InterruptedError
        self._cells.append((time.time(), number))

    def cells_ended(self) -> None:
        """Note that the last cell has ended, and look for what it left behind."""
        self._ended = time.time()
        self.peak = max(self.peak, self.family.megabytes(self._megabytes))
        self.left_over = self.family.left_over()

    def cell_at(self, moment: float | None = None) -> int | None:
        """Return the number of the cell that ran at a time, or runs now."""
        begun = [n for start, n in self._cells if moment is None or start <= moment]
        return begun[-1] if begun else None

    @property
    def seconds(self) -> float:
        """How long the cells have taken so far."""
        if not self._cells:
            return 0.0
        return (self._ended or time.time()) - self._cells[0][0]

    def stop(self, reason: str) -> None:
        """Kill everything that the notebook runs."""
        with self._judging:
            if self.verdict is None and not self._over.is_set():
                cell = self.cell_at()
                self.verdict = f"{reason} in cell {cell}" if cell else reason
        self.family.kill()

    def close(self) -> None:
        """Stop watching, and kill what is left."""
        self._ended = self._ended or time.time()
        self._over.set()
        if self.ident:
            self.join()
        self.family.kill()

    def run(self) -> None:
        """Look at the time and the memory until closed."""
        while not self._over.wait(INTERVAL):
            used = self.family.megabytes(self._megabytes)
            self.peak = max(self.peak, used)
            if used > self._megabytes:
                limit = _size(self._megabytes)
                self.stop(f"used {_size(used)}, more than {limit},")
            elif self._ended is None and self.seconds > self._seconds:
                self.stop(f"stopped after {self._seconds:g} s")


def _size(megabytes: int) -> str:
    if megabytes < 1024:
        return f"{megabytes} MiB"
    return f"{megabytes / 1024:.2f}".rstrip("0").rstrip(".") + " GiB"
