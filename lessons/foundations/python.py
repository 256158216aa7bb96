"""Python: the part of it that this course uses.

Made from foundations/02_python.ipynb; edit it there.
"""

import functools
import time
from collections.abc import Callable, Sequence
from typing import Generic, ParamSpec, TypeVar

__all__ = ["Callback", "Patience", "Recorder", "descend", "retry", "timed"]

# From cell 10ed0c59 of foundations/02_python.ipynb.
P = ParamSpec("P")
R = TypeVar("R")


# From cell fb27541c of foundations/02_python.ipynb.
def retry(
    times: int,
    wait: float = 1.0,
    on: type[Exception] = Exception,
    sleep: Callable[[float], object] = time.sleep,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Call a function again when it raises; wait twice as long after each try.

    Args:
        times: tries in all, at least 1.
        wait: seconds after the first failure.
        on: what to catch; everything else is raised at once.
        sleep: what waits; a test hands over something faster.

    Raises:
        Exception: what the last try raised.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            for attempt in range(times - 1):
                try:
                    return function(*args, **kwargs)
                except on:
                    sleep(wait * 2**attempt)
            return function(*args, **kwargs)

        return wrapper

    return decorate


# From cell cf076eba of foundations/02_python.ipynb.
class timed(Generic[P, R]):  # noqa: N801 - a decorator, named like a function
    """Measure each call of a function.

    Args:
        function: what to measure; not a method, whose object would get lost.
        clock: gives the time in seconds.

    Attributes:
        seconds: how long each call took, failed ones included.
    """

    def __init__(
        self,
        function: Callable[P, R],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        functools.update_wrapper(self, function)
        self._function, self._clock = function, clock
        self.seconds: list[float] = []

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function and note how long it took."""
        start = self._clock()
        try:
            return self._function(*args, **kwargs)
        finally:
            self.seconds.append(self._clock() - start)


# From cell 3eabbeb2 of foundations/02_python.ipynb.
Callback = Callable[[int, float], bool | None]
"""Called with the step and the loss after it; returns True to stop."""


def descend(
    loss: Callable[[float], float],
    w: float,
    step_size: float = 1.0,
    num_steps: int = 100,
    callbacks: Sequence[Callback] = (),
) -> float:
    """Walk to a smaller loss by trying both sides, with ever smaller steps.

    Args:
        loss: what to make small, of one number.
        w: where to begin.
        step_size: the first step; halved when neither side is better.
        num_steps: at most.
        callbacks: each is called after each step; one True ends the walk.

    Returns:
        The best w that was found.
    """
    for step in range(num_steps):
        best = min((w, w - step_size, w + step_size), key=loss)
        step_size = step_size / 2 if best == w else step_size
        w = best
        wishes = [callback(step, loss(w)) for callback in callbacks]
        if any(wishes):
            break
    return w


# From cell ee7edb40 of foundations/02_python.ipynb.
class Recorder:
    """Callback that keeps the losses, one a step."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def __call__(self, step: int, loss: float) -> None:
        """Keep the loss."""
        self.losses.append(loss)


class Patience:
    """Callback that stops after some steps without a gain.

    Args:
        steps: how many to wait.
        min_gain: smallest fall of the loss that counts.
    """

    def __init__(self, steps: int, min_gain: float = 0.0) -> None:
        self.steps, self.min_gain = steps, min_gain
        self.best, self.best_step = float("inf"), 0

    def __call__(self, step: int, loss: float) -> bool:
        """Return whether to stop."""
        if loss < self.best - self.min_gain:
            self.best, self.best_step = loss, step
        return step - self.best_step >= self.steps
