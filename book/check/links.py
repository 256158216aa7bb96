"""Links lead somewhere, safely; references are real."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from book.check import markdown
from book.check.finding import Finding
from book.check.page import Page

REFERENCES = range(3, 7)
_SCHEME = re.compile(r"[a-zA-Z][\w+.-]*:")


def links(page: Page) -> Iterator[Finding]:
    """A relative link leads to a file of the book, another one to https."""
    for cell in page.prose:
        for address in markdown.links(cell.blocks):
            if problem := _problem(page, address):
                what, mend = problem
                yield page.finding(cell, what, mend)


def references(page: Page) -> Iterator[Finding]:
    """A reader finds a few good places to go on."""
    cells = list(page.section("Going further"))
    found = {
        address
        for cell in cells
        for address in markdown.links(cell.blocks)
        if address.startswith("https://")
    }
    if cells and not page.draft and len(found) not in REFERENCES:
        what = f"{len(found)} references"
        mend = "give 3 to 6, each with a https link"
        yield page.finding(cells[0], what, mend)


def _problem(page: Page, address: str) -> tuple[str, str] | None:
    if address.startswith(("https://", "#")):
        return None
    if _SCHEME.match(address) or address.startswith("//"):
        return f"link to {address}", "link to https"
    root = page.course.root.resolve()
    path = unquote(address.partition("#")[0])
    try:
        target = (page.course.path(page.name).parent / path).resolve()
        lost = not target.is_relative_to(root) or not target.is_file()
    except (OSError, ValueError):
        lost = True
    if lost:
        return f"link to {address}, which is not in the book", "mend or remove it"
    return None
