"""What a notebook's tags and Markdown mean on a page."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book.site.plan import PlannedLesson

Json = dict[str, Any]

SETUP = "Setup: imports and, in Colab, the course package"
IMPORTS = "Setup: more imports"
FIGURE = "The code of this figure"
HELPER = "Helper code"
SOLUTION = "Show the solution"
_PERCENT = re.compile(r"(?<=\d) %")


class Fold(nodes.General, nodes.Element):
    """A part of the page that opens when its ``label`` is chosen."""


def read_notebook(app: Sphinx, docname: str, source: list[str]) -> None:
    """Fold the set-up cells and remember the alternative texts of the figures."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    notebook = json.loads(source[0])
    app.env.temp_data["book.alts"] = dict(_alts(notebook))
    for cell in notebook["cells"]:
        _fold_code(cell)
    source[0] = json.dumps(notebook)


def _alts(notebook: Json) -> Iterator[tuple[str, str]]:
    """Yield the stem of the file MyST-NB makes of each figure, and its text."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            if alt:
                image = "".join(output["data"]["image/png"])
                yield hashlib.sha256(base64.b64decode(image)).hexdigest(), alt


def _fold_code(cell: Json) -> None:
    metadata = cell["metadata"]
    tags = metadata.get("tags", [])
    if "setup" in tags or "hide-input" in tags:
        metadata["tags"] = sorted({*tags, "hide-input"})
        metadata.setdefault("mystnb", {})["code_prompt_show"] = _label(cell, tags)


def _label(cell: Json, tags: list[str]) -> str:
    """Say what a folded cell holds."""
    if "setup" in tags:
        return SETUP if "pip install" in "".join(cell["source"]) else IMPORTS
    drawn = any("image/png" in output.get("data", {}) for output in cell["outputs"])
    return FIGURE if drawn else HELPER


def dress(app: Sphinx, doctree: nodes.document) -> None:
    """Mark callouts, give figures their text, and fold solutions."""
    _keep_together(doctree)
    for quote in doctree.findall(nodes.block_quote):
        _mark_callout(quote)
    alts: dict[str, str] = app.env.temp_data.get("book.alts", {})
    for image in doctree.findall(nodes.image):
        stem = image["uri"].rsplit("/", 1)[-1].removesuffix(".png")
        if stem in alts:
            image["alt"] = alts[stem]
    for table in list(doctree.findall(nodes.table)):
        _wrap_table(table)
    docname = app.env.docname
    if docname.startswith("solutions/"):
        _fold_solutions(doctree)
    if docname in app.config.book_plan:
        _dress_lesson(doctree, app.config.book_plan[docname])


def _keep_together(doctree: nodes.document) -> None:
    """Keep a number and its % on one line."""
    for text in list(doctree.findall(nodes.Text)):
        code = isinstance(text.parent, nodes.literal | nodes.FixedTextElement)
        if not code and _PERCENT.search(text.astext()):
            text.parent.replace(text, nodes.Text(_PERCENT.sub("\xa0%", text.astext())))


def _mark_callout(quote: nodes.block_quote) -> None:
    """A block quote that opens with a bold word is a callout of that kind."""
    first = quote.next_node(nodes.paragraph)
    kind = _bold_opening(first) if first is not None else ""
    if kind:
        word = nodes.make_id(kind.split()[0])
        quote["classes"] += ["callout", f"callout-{word}"]


def _bold_opening(paragraph: nodes.paragraph) -> str:
    """Return the bold words that a paragraph opens with, if it does."""
    filled = (child for child in paragraph.children if child.astext())
    first = next(filled, None)
    return first.astext() if isinstance(first, nodes.strong) else ""


def _wrap_table(table: nodes.table) -> None:
    """A wide table scrolls in a box of its own."""
    box = nodes.container(classes=["table-box"])
    table.replace_self(box)
    box += table


def _is_answer(node: nodes.Node) -> bool:
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "cell_code"
        and not {"tag_setup", "tag_parameters"} & set(node["classes"])
    )


def _is_question(node: nodes.Node) -> bool:
    """Whether the node opens the next exercise: a heading, or a bold number."""
    if isinstance(node, nodes.section):
        return True
    return isinstance(node, nodes.paragraph) and _bold_opening(node)[:1].isdigit()


def _fold_solutions(doctree: nodes.document) -> None:
    """Hide what follows each question, from its first cell on."""
    for section in list(doctree.findall(nodes.section)):
        children, fold = section.children, None
        section.children = []
        for child in children:
            if _is_question(child):
                fold = None
            elif fold is None and _is_answer(child):
                fold = Fold("", label=SOLUTION, kind="solution")
                section += fold
            (section if fold is None else fold).append(child)


def _dress_lesson(doctree: nodes.document, lesson: PlannedLesson) -> None:
    title = doctree.next_node(nodes.title)
    if title is not None:
        _split_title(title)
    section = doctree.next_node(nodes.section)
    for box in section.children if section is not None else []:
        if "table-box" in box.get("classes", []):
            _facts(box[0])
            return


def _split_title(title: nodes.title) -> None:
    """What follows the colon of a title is set smaller."""
    name, colon, rest = title.astext().partition(": ")
    if colon and len(title) == 1:
        title.children = []
        title += [nodes.Text(name), nodes.inline("", colon, classes=["hidden"])]
        title += nodes.inline("", rest[0].upper() + rest[1:], classes=["subtitle"])


def _facts(table: nodes.table) -> None:
    """The table under a title has its names on the left, not on top."""
    table["classes"].append("facts")
    group = table.next_node(nodes.tgroup)
    head, body = group.next_node(nodes.thead), group.next_node(nodes.tbody)
    group.next_node(nodes.colspec)["stub"] = 1
    if head is None or len(head[0]) != 2:
        return
    group.remove(head)
    titles = [entry.astext().strip() for entry in head[0]]
    if titles not in (["", ""], ["name", "value"]):
        body.insert(0, head[0])


def open_fold(translator: Any, node: nodes.Element) -> None:
    """Write the opening of what can be unfolded without a script."""
    label = node.get("label") or node.get("prompt_show")
    kind = node.get("kind", "code")
    summary = f"<summary>{translator.encode(label)}</summary>"
    translator.body.append(f'<details class="fold fold-{kind}">{summary}\n')


def close_fold(translator: Any, node: nodes.Element) -> None:
    """Write its end."""
    translator.body.append("</details>\n")
