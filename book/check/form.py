"""Tags, metadata, counts, bytes and freshness: the notebook as a file."""

from collections.abc import Iterator

from book import freshness
from book.check.finding import Finding
from book.check.page import Cell, Page
from book.notebook import canonical, dump

TAGS = {
    *("parameters", "setup", "export", "exercise", "hide-input", "remove-cell"),
    *("volatile", "nbval-ignore-output"),
}
SOLUTION_TAGS = TAGS - {"export", "exercise"}
METADATA = {"mystnb", "reason", "tags"}
MOST_VOLATILE = 2
MOST_KILOBYTES = 400
_MARKS = ("NBVAL_", "PYTEST_VALIDATE_IGNORE_OUTPUT")


def tags(page: Page) -> Iterator[Finding]:
    """Tags are words of a closed set, and stand on code."""
    known = TAGS if page.name == page.lesson.name else SOLUTION_TAGS
    for cell in page.cells:
        for tag in sorted(cell.tags - known):
            mend = f"use only {', '.join(sorted(known))}"
            yield page.finding(cell, f"unknown tag {tag!r}", mend)
        if cell.kind != "code" and cell.tags & known:
            what = f"tag {min(cell.tags & known)!r} on a cell without code"
            yield page.finding(cell, what, "remove it")


def volatile(page: Page) -> Iterator[Finding]:
    """What may differ from run to run is rare, and says why."""
    for cell in page.code:
        marks = cell.tags & {"volatile", "nbval-ignore-output"}
        if len(marks) == 1:
            what = f"tagged {min(marks)} alone"
            yield page.finding(
                cell, what, "volatile and nbval-ignore-output go together"
            )
        elif marks and not isinstance(cell.metadata.get("reason"), str):
            what = "volatile without a reason"
            yield page.finding(cell, what, 'add {"reason": "…"} to its metadata')
        for mark in _MARKS:
            if f"# {mark}" in cell.source:
                what = f"the comment {mark}… hides its output from the tests"
                yield page.finding(cell, what, "remove it")
    for cell in page.tagged("volatile")[MOST_VOLATILE:]:
        what = f"more than {MOST_VOLATILE} volatile cells"
        yield page.finding(cell, what, "print something that repeats")


def metadata(page: Page) -> Iterator[Finding]:
    """A cell carries nothing that its readers don't need."""
    for cell in page.cells if page.ran else ():
        for key in sorted(set(cell.metadata) - METADATA):
            mend = "delete it; `python -m book run` does"
            yield page.finding(cell, f"metadata {key!r}", mend)


def ids(page: Page) -> Iterator[Finding]:
    """No two cells have one id."""
    seen: set[str] = set()
    for cell in page.cells:
        if cell.where.id in seen:
            yield page.finding(cell, "its id is another cell's, too", "change one")
        seen.add(cell.where.id)


def counts(page: Page) -> Iterator[Finding]:
    """Every code cell has run, from the first to the last."""
    if page.ran and (cell := _out_of_order(page)):
        expected = page.code.index(cell) + 1
        what = f"its execution count is {cell.count}, not {expected}"
        yield page.finding(cell, what, _rerun(page))


def bytes_(page: Page) -> Iterator[Finding]:
    """The file is in the one canonical form."""
    excused = _out_of_order(page) or any(metadata(page))
    if (
        page.ran
        and not excused
        and page.raw != dump(canonical(page.notebook, page.name))
    ):
        yield page.finding(None, "not in the canonical form", _rerun(page))


def size(page: Page) -> Iterator[Finding]:
    """A notebook opens quickly anywhere."""
    kilobytes = len(page.raw.encode()) / 1000
    if kilobytes > MOST_KILOBYTES:
        what = f"{kilobytes:.0f} kB"
        mend = f"get below {MOST_KILOBYTES}, with fewer or simpler figures"
        yield page.finding(None, what, mend)


def fresh(page: Page) -> Iterator[Finding]:
    """The stored outputs are those of this code, these data, these libraries."""
    try:
        changed = freshness.changed(page.notebook, page.course)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        yield page.finding(
            None, f"what it depends on can't be read: {error}", "mend it"
        )
        return
    if changed == ["never run"]:
        yield page.finding(
            None, "it was never run", f"python -m book run {_word(page)}"
        )
    elif changed:
        what = f"its outputs are stale: {', '.join(changed)} changed"
        yield page.finding(None, what, f"python -m book run {_word(page)}")


def _out_of_order(page: Page) -> Cell | None:
    for number, cell in enumerate(page.code, 1):
        if cell.count != number:
            return cell
    return None


def _rerun(page: Page) -> str:
    return f"python -m book run {_word(page)} --all"


def _word(page: Page) -> str:
    return f"{page.lesson.number:02}"
