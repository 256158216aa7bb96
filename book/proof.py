"""A pytest plug-in: nbval in the press's kernels, with figures compared, too.

nbval passes over images. Here a figure must have the size it had, and look the same.
"""

from collections.abc import Iterator
from typing import Any

from nbval.plugin import IPyNbCell

from book.figures import figure, figures_agree
from book.kernels.pytest_plugin import pytest_configure

__all__ = ["pytest_configure"]

_compare_text = IPyNbCell.compare_outputs


def _figures(outputs: Any) -> Iterator[bytes]:
    for output in outputs:
        png = figure(output)
        if png is not None:
            yield png


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
