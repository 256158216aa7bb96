"""Code cells: short, plain, and on their own."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator

from book import freshness
from book.check.finding import Finding
from book.check.page import Cell, Page

MOST_LINES = 20
MOST_COLUMNS = 88
TEACHING_CELLS = range(15, 46)
_NOT_TEACHING = {"setup", "parameters", "hide-input", "exercise", "remove-cell"}
_OURS = ("book", "tests", "foundations", "mlops", "solutions", "datasets")
_PLACE = re.compile(r"(/(home|root|tmp|Users)|[A-Z]:\\)([/\\]|$)")
_READERS = re.compile(r"(read_(csv|json|parquet|excel|table)|loadtxt|genfromtxt)$")
_Documented = ast.AsyncFunctionDef | ast.ClassDef | ast.FunctionDef


def syntax(page: Page) -> Iterator[Finding]:
    """Every cell is Python; the bootstrap has the only magic."""
    for cell in page.code:
        if cell.problem:
            yield page.finding(cell, cell.problem, "write plain Python")


def length(page: Page) -> Iterator[Finding]:
    """A cell fits on a screen; documentation and blank lines don't count."""
    for cell in page.code:
        lines = _lines(cell)
        if lines > MOST_LINES and "setup" not in cell.tags:
            what = f"{lines} lines of code"
            yield page.finding(cell, what, f"split it; {MOST_LINES} are the most")


def width(page: Page) -> Iterator[Finding]:
    """No line needs a scroll bar."""
    for cell in page.code:
        for number, line in enumerate(cell.code.splitlines(), 1):
            if len(line) > MOST_COLUMNS:
                what = f"line {number} has {len(line)} columns"
                yield page.finding(cell, what, f"break it; {MOST_COLUMNS} are the most")


def semicolons(page: Page) -> Iterator[Finding]:
    """No semicolon, neither between statements nor to silence an output."""
    for cell in page.code:
        if ";" in cell.code and _has_semicolon(cell.code):
            mend = "one statement a line; assign a result you don't show"
            yield page.finding(cell, "a semicolon", mend)


def teaching(page: Page) -> Iterator[Finding]:
    """Neither a lecture nor a marathon."""
    count = sum(not cell.tags & _NOT_TEACHING for cell in page.code)
    if not page.draft and count not in TEACHING_CELLS:
        low, high = TEACHING_CELLS.start, TEACHING_CELLS.stop - 1
        what = f"{count} teaching cells"
        yield page.finding(None, what, f"have {low} to {high}")


def imports(page: Page) -> Iterator[Finding]:
    """A lesson stands on `lessons` and on locked libraries, on nothing else."""
    locked = freshness.locked_versions(page.course.root)
    for cell in page.code:
        for top in sorted({name.split(".")[0] for name in _imported(cell)}):
            if top in _OURS or top == "":
                what = f"it imports from {top or 'a relative place'}"
                yield page.finding(cell, what, "import from lessons.* and libraries")
            elif not _is_known(top, locked):
                what = f"{top} is {freshness.NOT_LOCKED}"
                mend = "add it to pyproject.toml and run `nox -s lock`"
                yield page.finding(cell, what, mend)


def places(page: Page) -> Iterator[Finding]:
    """A lesson works from an empty directory, on any machine, offline."""
    for cell in page.code:
        for node in cell.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if _PLACE.match(node.value) and "\n" not in node.value:
                    what = f"the path {node.value!r} is of one machine"
                    yield page.finding(cell, what, "use tempfile")
            elif (name := _opened(node)) is not None:
                what = f"it reads {name!r}, which a reader does not have"
                mend = "make the file in a temporary directory, or datasets.load"
                yield page.finding(cell, what, mend)


def _lines(cell: Cell) -> int:
    skipped = {
        number
        for node in cell.nodes
        if isinstance(node, _Documented) and ast.get_docstring(node) is not None
        for number in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    lines = enumerate(cell.code.splitlines(), 1)
    return sum(bool(line.strip()) and number not in skipped for number, line in lines)


def _has_semicolon(code: str) -> bool:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return False
    return any(token.type == tokenize.OP and token.string == ";" for token in tokens)


def _imported(cell: Cell) -> Iterator[str]:
    for node in cell.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "" if node.level else node.module or ""


def _is_known(top: str, locked: dict[str, str]) -> bool:
    own = top == "lessons" or top in sys.stdlib_module_names
    distribution = freshness.DISTRIBUTIONS.get(top, top.replace("_", "-").lower())
    return own or distribution in locked


def _opened(node: ast.AST) -> str | None:
    """Return the literal relative path, or address, that a call reads."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    target, mode = node.args[0], node.args[1] if len(node.args) > 1 else None
    if not isinstance(target, ast.Constant) or not isinstance(target.value, str):
        return None
    called = ast.unparse(node.func)
    writes = isinstance(mode, ast.Constant) and str(mode.value)[:1] in ("w", "a", "x")
    reads = (called == "open" and not writes) or _READERS.search(called)
    return target.value if reads else None
