"""Stored outputs: no error, no noise of one machine, figures that everyone can read."""

import base64
import re
import struct
from collections.abc import Iterator

from book.check.finding import Finding
from book.check.page import Cell, Page
from book.notebook import Output, text

KINDS = frozenset(
    {"image/png", "text/html", "text/latex", "text/markdown", "text/plain"}
)
FIGURES = 2
"""The fewest in a lesson."""
SHORTEST_ALT = 20
WIDEST = 704
"""Pixels: 6.4 in at 110 dots an inch."""

_NOISE = {
    "a path of one machine": (
        r"(?<![\w.~-])(/(home|root|tmp|Users|var/folders)/|[A-Z]:\\)\w\S*"
    ),
    "an object's address": r"\bat 0x(…|[0-9a-fA-F]{6,})|\b0x7f[0-9a-f]{8,}",
    "the time of the run": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,]\d{6}",
    "a duration": (
        r"\b(passed|failed|errors?|ran)\b.* in \d+\.\d+ ?s|Wall time:|CPU times:"
        r"|\bit/s\b|per loop"
    ),
    "a port of this run": r"(localhost|127\.0\.0\.1):(3[2-9]\d{3}|[4-6]\d{4})\b",
    "a NumPy scalar's repr": r"\bnp\.(float|int|bool|str)\w*\(",
}
_BARE = re.compile(r"-?\d+\.\d{7,}(e[-+]\d+)?|(array|tensor)\(.*", re.DOTALL)
_ACTIVE = re.compile(r"<(script|iframe)|(src|href)=.?https?:", re.IGNORECASE)
_FILE_NAME = re.compile(r"\S+\.(png|jpe?g|svg|gif)")
_HEAD, _END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def errors(page: Page) -> Iterator[Finding]:
    """Nothing failed, and nothing was said on stderr."""
    for cell in page.code:
        for output in cell.outputs:
            if output["output_type"] == "error":
                mend = "catch it and print its type and message"
                yield page.finding(cell, f"a stored {output['ename']}", mend)
            elif output.get("name") == "stderr":
                said = text(output["text"]).strip().split("\n")[0][:40]
                mend = "mend the cause of the warning"
                yield page.finding(cell, f"stderr: '{said}'", mend)


def kinds(page: Page) -> Iterator[Finding]:
    """Outputs are text, tables and PNGs, which every reader can show."""
    for cell in page.code:
        for output in cell.outputs:
            for kind in sorted(set(output.get("data", {})) - KINDS):
                mend = f"show {', '.join(sorted(KINDS))}"
                yield page.finding(cell, f"an output of type {kind}", mend)
            if _ACTIVE.search(_html(output)):
                what = "its HTML runs a script or reaches for another host"
                yield page.finding(cell, what, "print text or a plain table")


def noise(page: Page) -> Iterator[Finding]:
    """Outputs are the same on another day and another machine."""
    for cell in page.code:
        if "volatile" in cell.tags:
            continue
        said = "".join(map(_text, cell.outputs))
        for what, pattern in _NOISE.items():
            if match := re.search(pattern, said):
                found = f"its output has {what}: '{match[0][:40]}'"
                mend = "print what is the same in every run"
                yield page.finding(cell, found, mend)


def rounded(page: Page) -> Iterator[Finding]:
    """A result is printed, rounded, not left to its repr."""
    for cell in page.code:
        for output in cell.outputs:
            if output["output_type"] != "execute_result":
                continue
            if _BARE.fullmatch(text(output["data"].get("text/plain", "")).strip()):
                mend = "print it through an f-string, with 2 or 3 digits"
                yield page.finding(cell, "a bare number or array", mend)


def figures(page: Page) -> Iterator[Finding]:
    """One figure a cell, with a text for those who can't see it."""
    for cell in page.code:
        shown = [o for o in cell.outputs if "image/png" in o.get("data", {})]
        if len(shown) > 1:
            what = f"{len(shown)} figures"
            yield page.finding(cell, what, "show each in a cell of its own")
        for output in shown:
            yield from _alternative(page, cell, output)
            if problem := _png_problem(text(output["data"]["image/png"])):
                what, mend = problem
                yield page.finding(cell, what, mend)


def enough_figures(page: Page) -> Iterator[Finding]:
    """A lesson can be seen."""
    shown = [o for cell in page.code for o in cell.outputs]
    count = sum("image/png" in output.get("data", {}) for output in shown)
    if count < FIGURES and page.ran and not page.draft:
        what = f"{count} figures"
        mend = f"draw at least {FIGURES} that make the idea visible"
        yield page.finding(None, what, mend)


def _alternative(page: Page, cell: Cell, output: Output) -> Iterator[Finding]:
    alt, twin = _alt(output), text(output["data"].get("text/plain", ""))
    if not alt or _in_metadata(cell) != alt:
        what = "a figure without alternative text"
        yield page.finding(cell, what, "show it with plotting.show(fig, alt)")
    elif len(alt) < SHORTEST_ALT or _FILE_NAME.fullmatch(alt):
        what = f"alternative text '{alt}'"
        yield page.finding(cell, what, "say what a sighted reader would notice")
    elif not twin.startswith("Figure: "):
        what = "a figure without a twin in text, so no test compares it"
        yield page.finding(cell, what, "show it with plotting.show(fig, alt)")


def _alt(output: Output) -> str:
    image = output.get("metadata", {}).get("image/png")
    alt = image.get("alt") if isinstance(image, dict) else None
    return alt.strip() if isinstance(alt, str) else ""


def _in_metadata(cell: Cell) -> str:
    found: object = cell.metadata.get("mystnb")
    for key in ("image", "alt"):
        found = found.get(key) if isinstance(found, dict) else None
    return found.strip() if isinstance(found, str) else ""


def _png_problem(encoded: str) -> tuple[str, str] | None:
    try:
        png = base64.b64decode(encoded)
    except ValueError:
        png = b""
    if not png.startswith(_HEAD) or not png.endswith(_END):
        return "its figure is no whole PNG", "run the lesson again"
    (width,) = struct.unpack(">I", png[16:20])
    if width > WIDEST:
        return f"its figure is {width} pixels wide", f"{WIDEST} are the most"
    return None


def _html(output: Output) -> str:
    return text(output.get("data", {}).get("text/html", ""))


def _text(output: Output) -> str:
    if output["output_type"] == "stream":
        return text(output["text"])
    return text(output.get("data", {}).get("text/plain", "")) + _html(output)
