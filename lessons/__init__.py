"""What the lessons of *From Scratch to Shipped* share."""

import os
from typing import Final

__version__ = "0.1.0"
__all__ = ["TODO", "Todo", "claim"]


class Todo:
    """What an exercise returns until you have written it."""

    def __repr__(self) -> str:
        return "TODO"


TODO: Final = Todo()


def claim(holds: object, sentence: str) -> None:
    """Make sure that a sentence of the text is true of the run beside it.

    A lesson that is run with other parameters prints other numbers; the press then
    sets ``LESSONS_CLAIMS=off``, and claims about the printed ones are not made.

    Args:
        holds: the condition, as ``0.8 < accuracy < 0.9``.
        sentence: what the text says, shown when it is no longer so.

    Raises:
        AssertionError: if ``holds`` is false.
    """
    if os.environ.get("LESSONS_CLAIMS") == "off":
        return
    if not holds:
        raise AssertionError(f"the text says: {sentence}. This run says otherwise.")
