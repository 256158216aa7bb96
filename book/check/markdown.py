"""Markdown as the lessons use it: CommonMark, tables and ``$math$``."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

_PARSER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
_WORD = re.compile(r"\w[\w'’-]*")


def parse(text: str) -> list[Token]:
    """Return the blocks of a text."""
    return _PARSER.parse(text)


def headings(blocks: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Yield the level and the text of every heading."""
    for opening, content in pairwise(blocks):
        if opening.type == "heading_open":
            yield int(opening.tag[1]), content.content.strip()


def inline(blocks: Sequence[Token]) -> Iterator[Token]:
    """Yield everything that stands in a line of text."""
    for block in blocks:
        yield from block.children or []


def links(blocks: Sequence[Token]) -> Iterator[str]:
    """Yield the address of every link."""
    for token in inline(blocks):
        if token.type == "link_open":
            yield str(token.attrs.get("href", ""))


def prose(blocks: Sequence[Token]) -> Iterator[str]:
    """Yield each line of text without its code, mathematics and linked titles."""
    for block in blocks:
        depth, parts = 0, []
        for token in block.children or []:
            depth += token.nesting if token.type.startswith("link") else 0
            parts.append(_said(token) if depth == 0 else "…")
        yield "".join(parts)


def _said(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    if token.nesting or token.type == "text":
        return token.content
    return "…"


def words(blocks: Sequence[Token]) -> int:
    """Count the words that a reader reads; a formula or a piece of code is one."""
    return sum(_words(token) for token in inline(blocks))


def _words(token: Token) -> int:
    if token.type == "text":
        return len(_WORD.findall(token.content))
    return int(token.type in ("code_inline", "math_inline"))


def first_table(blocks: Sequence[Token]) -> list[list[str]]:
    """Return the rows of the first table, its head included; none without a table."""
    rows: list[list[str]] = []
    for opening, content in pairwise(blocks):
        if opening.type == "tr_open":
            rows.append([])
        elif opening.type in ("th_open", "td_open"):
            rows[-1].append(content.content.strip())
        elif opening.type == "table_close":
            break
    return rows
