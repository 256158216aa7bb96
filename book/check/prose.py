"""Text: its length, its voice, its spelling, and its Markdown."""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from book.check import markdown
from book.check.finding import Finding
from book.check.page import Cell, Page
from book.check.words import AMERICAN, STOCK

WORDS = range(1_200, 3_601)

_ROLE = re.compile(r"\{[a-z:_-]+\}`|^\([\w-]+\)=\s*$", re.MULTILINE)
_HTML = re.compile(
    r"<(a|details|div|iframe|img|script|span|style|table)\b", re.IGNORECASE
)


def length(page: Page) -> Iterator[Finding]:
    """An hour's reading, not less and not more."""
    count = sum(markdown.words(cell.blocks) for cell in page.prose)
    if not page.draft and count not in WORDS:
        what = f"{count} words"
        low, high = WORDS.start, WORDS.stop - 1
        yield page.finding(None, what, f"have {low} to {high}; 1500 to 3000 are best")


def stock(page: Page) -> Iterator[Finding]:
    """No phrase that says nothing."""
    for cell, line in page.text:
        for match in STOCK.finditer(line):
            what = f"stock phrase '{match[0].strip()}'"
            yield page.finding(cell, what, "cut it, or say what is meant")


def spelling(page: Page) -> Iterator[Finding]:
    """British spelling, outside code."""
    for cell, line in page.text:
        for match in AMERICAN.finditer(line):
            yield page.finding(cell, f"American '{match[0]}'", "spell it in British")


def to_do(page: Page) -> Iterator[Finding]:
    """A finished lesson has no gap."""
    for cell, line in page.text:
        if "TODO" in line and not page.draft:
            yield page.finding(cell, "a TODO in the text", "write it")


def directives(page: Page) -> Iterator[Finding]:
    """No directive, role, image or HTML: Colab and GitHub would not show them alike."""
    for cell in page.prose:
        for what in sorted(set(_foreign(cell))):
            yield page.finding(cell, what, "use CommonMark, $math$ and tables")


def callouts(page: Page) -> Iterator[Finding]:
    """A block quote is a callout, and says in bold of what kind."""
    for cell in page.prose:
        for number, block in enumerate(cell.blocks):
            if block.type == "blockquote_open" and not _opens_bold(
                cell.blocks[number + 1 : number + 3]
            ):
                what = "a block quote that does not open with a bold word"
                yield page.finding(cell, what, "write > **Pitfall** …, or no quote")


def _opens_bold(blocks: Sequence[Token]) -> bool:
    if [block.type for block in blocks] != ["paragraph_open", "inline"]:
        return False
    shown = [t for t in blocks[1].children or [] if t.type != "text" or t.content]
    return bool(shown) and shown[0].type == "strong_open"


def _foreign(cell: Cell) -> Iterator[str]:
    for block in cell.blocks:
        if block.type == "fence" and block.info.startswith("{"):
            yield f"the directive {block.info.split()[0]}"
        elif block.type == "html_block" and _HTML.search(block.content):
            yield "HTML"
        elif block.type == "inline":
            yield from _foreign_inline(block)


def _foreign_inline(block: Token) -> Iterator[str]:
    children = block.children or []
    if block.content.startswith(":::"):
        yield "a directive :::"
    if any(t.type == "html_inline" and _HTML.match(t.content) for t in children):
        yield "HTML"
    if _ROLE.search(block.content):
        yield "a MyST role or label"
    if any(t.type == "image" for t in children):
        yield "an image; figures come from code"
