"""Lesson 02's decorators by count, its loop against SciPy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from lessons.foundations.python import Patience, Recorder, descend, retry, timed


class Failing:
    def __init__(self, failures: int) -> None:
        self.failures, self.calls = failures, 0

    def __call__(self, value: int = 0, *, plus: int = 0) -> int:
        """Say what came in."""
        self.calls += 1
        if self.calls <= self.failures:
            raise ConnectionError(self.calls)
        return value + plus


@given(st.integers(0, 5), st.integers(1, 6))
def test_retry_tries_as_often_as_it_may(failures: int, times: int) -> None:
    work, waits = Failing(failures), []

    @retry(times, wait=0.5, sleep=waits.append)
    def call() -> int:
        return work(3, plus=4)

    if failures < times:
        assert call() == 7
        assert work.calls == failures + 1
    else:
        with pytest.raises(ConnectionError, match=str(times)):
            call()
        assert work.calls == times
    assert waits == [0.5 * 2**k for k in range(work.calls - 1)]


def test_retry_lets_other_errors_through_and_keeps_the_name() -> None:
    work = Failing(1)

    @retry(3, on=ValueError, sleep=lambda _: pytest.fail("waited"))
    def call() -> int:
        """Work."""
        return work()

    with pytest.raises(ConnectionError):
        call()
    assert (call.__name__, call.__doc__) == ("call", "Work.")


def test_timed_notes_every_call() -> None:
    clock = iter([1.0, 3.5, 10.0, 10.25])
    call = timed(int, clock=lambda: next(clock))
    assert call("12", base=8) == 10
    with pytest.raises(ValueError, match="invalid literal"):
        call("x")
    assert call.seconds == [2.5, 0.25]
    assert call.__name__ == "int"


@settings(max_examples=40, deadline=None)
@given(st.floats(-50, 50), st.floats(0.1, 10), st.floats(-50, 50))
def test_descend_finds_the_minimum_that_scipy_finds(at, width, start) -> None:
    def loss(w: float) -> float:
        return ((w - at) / width) ** 2

    expected = minimize_scalar(loss).x
    assert descend(loss, start, 4.0, 200) == pytest.approx(expected, abs=1e-4)


def test_callbacks_see_every_step_and_one_stops_all() -> None:
    recorder = Recorder()
    seen: list[int] = []
    descend(
        lambda w: (w - 3) ** 2,
        0.0,
        num_steps=50,
        callbacks=[recorder, lambda step, _: seen.append(step), Patience(4)],
    )
    assert seen == list(range(len(recorder.losses)))
    assert recorder.losses[:4] == [4.0, 1.0, 0.0, 0.0]
    assert len(recorder.losses) == 7


def test_patience_wants_a_gain_that_counts() -> None:
    patience = Patience(2, min_gain=0.5)
    assert [patience(k, loss) for k, loss in enumerate([9, 8.9, 8.0, 7.9, 7.8])] == [
        False,
        False,
        False,
        False,
        True,
    ]
