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
        found = MENTION.search(text.astext())
        if not found or section is None or _closest(text, _TAKEN) is not None:
            continue
        mention = id(section), found[1]
        if found[1] in there and mention not in told:
            told.add(mention)
            text.parent.replace(text, [*_linked(text, found, here, there[found[1]])])


def _closest(
    node: nodes.Node, kind: type[nodes.Node] | tuple[type[nodes.Node], ...]
) -> nodes.Node | None:
    while node is not None and not isinstance(node, kind):
        node = node.parent
    return node


def _linked(
    text: nodes.Text, found: re.Match[str], here: str, target: str
) -> Iterator[nodes.Node]:
    whole = text.astext()
    yield nodes.Text(whole[: found.start()])
    label = nodes.inline("", found[0])
    wanted = {"refdomain": "std", "reftype": "doc", "refexplicit": True}
    yield addnodes.pending_xref(
        "", label, reftarget=f"/{target}", refdoc=here, refwarn=True, **wanted
    )
    yield nodes.Text(whole[found.end() :])
