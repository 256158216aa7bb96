"""Lesson 01's toy kernel against IPython's own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lessons.foundations.notebooks import (
    ToyKernel,
    compiled,
    ran_top_to_bottom,
    run_in_order,
)

CELLS = (
    "x = 3\ny = 4",
    "x * y",
    "print('a')\nprint('b')\nx",
    "z = [k**2 for k in range(3)]\nz.append(1)",
    "None",
    "",
    "# nothing but a comment",
    "def f(n):\n    return n + 1\nf(2)",
)


def shown_by_ipython(cells: tuple[str, ...]) -> list[str]:
    shell = InteractiveShell(colors="nocolor")
    outputs = []
    for source in cells:
        with capture_output() as captured:
            result = shell.run_cell(source)
        printed = captured.stdout.split("Out[")[0]
        value = "" if result.result is None else f"{result.result!r}\n"
        outputs.append(printed + value)
    return outputs


def test_prints_what_ipython_prints() -> None:
    kernel = ToyKernel()
    assert [kernel.run(source) for source in CELLS] == shown_by_ipython(CELLS)
    assert kernel.execution_count == len(CELLS)


def test_what_a_failing_cell_did_stays_done() -> None:
    kernel = ToyKernel()
    with pytest.raises(ZeroDivisionError):
        kernel.run("a = 1\nb = a / 0")
    assert kernel.run("a") == "1\n"
    assert kernel.execution_count == 2


def test_kernels_share_nothing() -> None:
    ToyKernel().run("secret = 1")
    with pytest.raises(NameError):
        ToyKernel().run("secret")


@pytest.mark.parametrize(("source", "ends"), [("x = 1", False), ("x = 1\nx", True)])
def test_a_last_expression_is_compiled_apart(source: str, ends: bool) -> None:
    assert (compiled(source)[1] is not None) is ends


def test_a_cell_may_run_twice_or_never() -> None:
    cells = ["n = 0", "n += 1", "print(n)"]
    assert run_in_order(cells, [0, 1, 1, 1, 2])[0] == "3\n"
    assert run_in_order(cells, [])[0] == ""


@settings(max_examples=50, deadline=None)
@given(st.lists(st.none() | st.integers(1, 6), max_size=6))
def test_only_one_sequence_of_numbers_is_clean(counts: list[int | None]) -> None:
    clean = all(count == place for place, count in enumerate(counts, start=1))
    assert ran_top_to_bottom(counts) == clean
