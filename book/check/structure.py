"""Title, headings, set-up and parameters: the shape of a lesson and of a solution."""

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from book.check import markdown
from book.check.finding import Finding
from book.check.page import BOOTSTRAP, Cell, Page

FACTS = ("minutes", "needs", "data", "libraries", "saved to")
HEADINGS = (
    "What you will learn",
    "The idea",
    "From scratch",
    "With the library",
    "What the result says",
    "Where it breaks",
    "Exercises",
    "Summary",
    "Going further",
)
OPTIONAL = frozenset(HEADINGS[2:6])
NEXT_SENTENCE = re.compile(r"[.!?]\s+[A-Z]")


def title(page: Page) -> Iterator[Finding]:
    """A lesson opens with a title, one sentence, and the table of facts."""
    first = page.cells[0] if page.cells else None
    if first is None or first.kind != "markdown" or not _opens_with_title(first):
        what = "the first cell is not Markdown that opens with '# Title'"
        yield page.finding(first, what, "put title, sentence and table there")
        return
    for cell, level, words in page.headings[1:]:
        if level == 1:
            what = f"a second title, '# {words}'"
            yield page.finding(cell, what, "make it '##' or '###'")
    sentences = [block for block in _paragraphs(first) if block]
    if len(sentences) != 1 or NEXT_SENTENCE.search(sentences[0]):
        what = "under the title there is not exactly one sentence"
        mend = "say what the reader can do afterwards, in one"
        yield page.finding(first, what, mend)


def facts(page: Page) -> Iterator[Finding]:
    """The table under the title says what a reader wants to know before."""
    first = page.cells[0] if page.cells else None
    names = [name for name in page.facts if name != "status"]
    if tuple(names) != FACTS:
        what = f"the table under the title has the rows {', '.join(names) or '(none)'}"
        yield page.finding(first, what, f"give it {', '.join(FACTS)}, in this order")
        return
    for name in FACTS:
        if not page.facts[name]:
            yield page.finding(first, f"'{name}' is empty", "fill it in, or put –")
    if page.facts.get("status", "draft") != "draft":
        mend = "it is 'draft', or the row is left out"
        yield page.finding(first, f"status {page.facts['status']!r}", mend)
    if not page.facts["minutes"].isdigit():
        what = f"minutes are {page.facts['minutes']!r}"
        yield page.finding(first, what, "give a whole number")
    module = page.lesson.export.removesuffix(".py").replace("/", ".")
    if page.tagged("export") and module not in page.facts["saved to"]:
        what = "'saved to' does not name the lesson's module"
        yield page.finding(first, what, f"write `{module}`")


def headings(page: Page) -> Iterator[Finding]:
    """The standard's headings, in its order; no level is skipped."""
    found = [(cell, words) for cell, level, words in page.headings if level == 2]
    for cell, words in found:
        if words not in HEADINGS:
            mend = f"use '###', or one of: {', '.join(HEADINGS)}"
            yield page.finding(cell, f"unknown heading '## {words}'", mend)
    known = [(cell, words) for cell, words in found if words in HEADINGS]
    for (_, before), (cell, after) in pairwise(known):
        if HEADINGS.index(after) <= HEADINGS.index(before):
            what = f"'## {after}' comes after '## {before}'"
            yield page.finding(cell, what, "follow the standard's order")
    for words in HEADINGS:
        if words not in OPTIONAL and words not in [name for _, name in known]:
            yield page.finding(None, f"'## {words}' is missing", "add it")


def levels(page: Page) -> Iterator[Finding]:
    """A heading is at most one level below the one before it."""
    for (_, above, _), (cell, level, words) in pairwise(page.headings):
        if level > above + 1:
            what = f"'{words}' skips from level {above} to level {level}"
            yield page.finding(cell, what, f"make it '{'#' * (above + 1)}'")


def setup(page: Page) -> Iterator[Finding]:
    """The first code cell is folded and begins with the bootstrap."""
    first = page.code[0] if page.code else None
    if first is None or "setup" not in first.tags:
        what = "the first code cell is not tagged setup"
        yield page.finding(first, what, "put the bootstrap and the imports there")
        return
    if not first.source.startswith(BOOTSTRAP.rstrip("\n")):
        what = "the setup cell does not begin with the bootstrap"
        mend = "copy its lines from another lesson, to the letter"
        yield page.finding(first, what, mend)


def setup_place(page: Page) -> Iterator[Finding]:
    """Set-up and parameters stand before the idea."""
    idea = [cell for cell, _, words in page.headings if words == "The idea"]
    for cell in [*page.tagged("setup"), *page.tagged("parameters")]:
        if idea and cell.where > idea[0].where:
            mend = "move it between 'What you will learn' and 'The idea'"
            yield page.finding(cell, "set-up after '## The idea'", mend)


def parameters(page: Page) -> Iterator[Finding]:
    """Exactly one cell of parameters: plain names with plain values."""
    cells = page.tagged("parameters")
    if len(cells) != 1:
        what = f"{len(cells)} cells are tagged parameters"
        yield page.finding(cells[1] if cells else None, what, "tag exactly one")
        return
    [cell] = cells
    for node in cell.tree.body:
        line = cell.code.splitlines()[node.lineno - 1].strip()
        if not _is_parameter(node):
            what = f"'{line[:40]}' is no parameter"
            mend = "write NAME = literal, one a line, in capitals"
            yield page.finding(cell, what, mend)
    if not cell.tree.body and cell.problem is None and page.name == page.lesson.name:
        yield page.finding(cell, "no parameter", "give at least one, as SEED = 0")


def parameters_used(page: Page) -> Iterator[Finding]:
    """What can be set from outside has an effect, and is not set again."""
    cells = page.tagged("parameters")
    names = {name for cell in cells for name in _names(cell, ast.Store)}
    others = [cell for cell in page.code if cell not in cells]
    for cell in others:
        for name in sorted(names & set(_names(cell, ast.Store))):
            what = f"parameter {name} is set again, so -p {name} has no effect"
            yield page.finding(cell, what, "use another name")
    read = {name for cell in others for name in _names(cell, ast.Load)}
    for name in sorted(names - read):
        what = f"parameter {name} is never used"
        yield page.finding(cells[0], what, "use it or delete it")


def solution(page: Page) -> Iterator[Finding]:
    """A solution names its lesson and links back to it."""
    first = page.cells[0] if page.cells else None
    expected = f"Solutions: {page.lesson.number:02} "
    found = page.headings[0] if page.headings else None
    if found is None or found[:2] != (first, 1) or not found[2].startswith(expected):
        what = f"it does not open with '# {expected}…'"
        yield page.finding(first, what, f"write '# {expected}' and the lesson's name")
    target = f"../../{page.lesson.name}.ipynb"
    if not any(target in markdown.links(cell.blocks) for cell in page.prose):
        what = "no link back to the lesson"
        yield page.finding(first, what, f"link to {target}")


def _opens_with_title(cell: Cell) -> bool:
    return next(markdown.headings(cell.blocks[:2]), (0, ""))[0] == 1


def _paragraphs(cell: Cell) -> Iterator[str]:
    for opening, content in pairwise(cell.blocks):
        if opening.type == "paragraph_open":
            yield content.content


def _is_parameter(node: ast.stmt) -> bool:
    targets: Sequence[ast.expr] = getattr(node, "targets", None) or [
        getattr(node, "target", ast.Constant(None))
    ]
    value = getattr(node, "value", None)
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return False
    return targets[0].id.isupper() and _is_literal(value)


def _is_literal(value: ast.expr | None) -> bool:
    try:
        ast.literal_eval(value or ast.Name("none"))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _names(cell: Cell, context: type[ast.expr_context]) -> Iterator[str]:
    for node in cell.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            yield node.id
