"""«Lesson 13» in a text leads to lesson 13, as soon as there is one."""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

MENTION = re.compile(r"\b[Ll]esson (\d\d)\b")
_TAKEN = (nodes.reference, nodes.title, nodes.literal, nodes.FixedTextElement)


def link(app: Sphinx, doctree: nodes.document) -> None:
    """Make links of a page's mentions of other lessons, once in each section."""
    here = app.env.docname
    there = {
        f"{lesson.number:02}": name
        for name, lesson in app.config.book_plan.items()
        if name in app.env.found_docs and name != here
    }
    told: set[tuple[int, str]] = set()
    for text in list(doctree.findall(nodes.Text)):
        section = _closest(text, nodes.section)
        if section is not None and _closest(text, _TAKEN) is None:
            new = {
                key: name
                for key, name in there.items()
                if (id(section), key) not in told
            }
            told |= {(id(section), key) for key in MENTION.findall(text.astext())}
            text.parent.replace(text, [*_linked(text.astext(), here, new)])


def _closest(
    node: nodes.Node, kind: type[nodes.Node] | tuple[type[nodes.Node], ...]
) -> nodes.Node | None:
    while node is not None and not isinstance(node, kind):
        node = node.parent
    return node


def _linked(text: str, here: str, there: dict[str, str]) -> Iterator[nodes.Node]:
    """Yield a text in pieces, the first mention of each of these lessons as a link."""
    start = 0
    for found in MENTION.finditer(text):
        if target := there.pop(found[1], None):
            yield nodes.Text(text[start : found.start()])
            yield _reference(found[0], here, target)
            start = found.end()
    yield nodes.Text(text[start:])


def _reference(label: str, here: str, target: str) -> nodes.Node:
    wanted = {"refdomain": "std", "reftype": "doc", "refexplicit": True}
    inside = nodes.inline("", label)
    return addnodes.pending_xref(
        "", inside, reftarget=f"/{target}", refdoc=here, refwarn=True, **wanted
    )
