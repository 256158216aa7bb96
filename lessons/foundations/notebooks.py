"""Notebooks: a page that runs.

Made from foundations/01_notebooks.ipynb; edit it there.
"""

import ast
import contextlib
import io
from collections.abc import Iterable, Sequence
from types import CodeType
from typing import Any

__all__ = ["ToyKernel", "compiled", "ran_top_to_bottom", "run_in_order"]


# From cell b88189ba of foundations/01_notebooks.ipynb.
def compiled(source: str) -> tuple[CodeType, CodeType | None]:
    """Compile a cell: its statements, and its last expression if it ends in one."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    statements = compile(ast.Module(body, []), "cell", "exec")
    if not isinstance(last, ast.Expr):
        return statements, None
    return statements, compile(ast.Expression(last.value), "cell", "eval")


# From cell d6b24eaa of foundations/01_notebooks.ipynb.
class ToyKernel:
    """The memory behind a notebook: runs cells, keeps their variables.

    Attributes:
        variables: every name that a cell has left behind.
        execution_count: how many cells it has run.
    """

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}
        self.execution_count = 0

    def run(self, source: str) -> str:
        """Run a cell and return what it printed; its last value, if any, comes last.

        Args:
            source: Python, without magics.

        Raises:
            Exception: whatever the cell raises; what it did before stays done.
        """
        self.execution_count += 1
        statements, last = compiled(source)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(statements, self.variables)
            value = eval(last, self.variables) if last else None
            if value is not None:
                print(repr(value))
        return printed.getvalue()


# From cell f5b5bf7b of foundations/01_notebooks.ipynb.
def run_in_order(cells: Sequence[str], order: Iterable[int]) -> tuple[str, ToyKernel]:
    """Run cells in any order in a new kernel.

    Args:
        cells: their sources.
        order: indices from 0; a cell may come twice, or never.

    Returns:
        What the last one of them printed, and the kernel as it is left.
    """
    kernel, output = ToyKernel(), ""
    for index in order:
        output = kernel.run(cells[index])
    return output, kernel


# From cell 0eb088e8 of foundations/01_notebooks.ipynb.
def ran_top_to_bottom(execution_counts: Sequence[int | None]) -> bool:
    """Tell whether code cells ran once each, in the order of the page, in a new kernel.

    Args:
        execution_counts: the number beside each code cell; None if it never ran.
    """
    return list(execution_counts) == list(range(1, len(execution_counts) + 1))
