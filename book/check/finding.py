"""What a rule says when it is broken."""

from dataclasses import dataclass
from typing import NamedTuple


class Where(NamedTuple):
    """A cell: its number among all cells of its notebook, from 1, and its id."""

    number: int
    id: str


@dataclass(frozen=True)
class Finding:
    """One broken rule.

    Args:
        file: the path from the root.
        cell: where in it, if it is in a cell.
        what: what is wrong.
        mend: what to do about it.
    """

    file: str
    cell: Where | None
    what: str
    mend: str

    def __str__(self) -> str:
        cell = f", cell {self.cell.number} (id {self.cell.id})" if self.cell else ""
        line = " ".join(f"{self.file}{cell}: {self.what}; {self.mend}".split())
        return line.encode("utf-8", "replace").decode("utf-8")
