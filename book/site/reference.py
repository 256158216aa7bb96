"""Reference pages of ``lessons``, read from its source: nothing is imported.

A page in ``book/pages/api`` holds a line ``<!-- modules: lessons.foundations -->``; in
its place come the public names of that package's modules, as Markdown.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import griffe
from sphinx.application import Sphinx

from book.course import Lesson
from book.site.plan import PlannedLesson

_MARK = re.compile(r"^<!-- modules: ([\w.]+) -->$", re.MULTILINE)
_HEADINGS = {
    griffe.DocstringSectionKind.parameters: "Parameters",
    griffe.DocstringSectionKind.attributes: "Attributes",
    griffe.DocstringSectionKind.returns: "Returns",
    griffe.DocstringSectionKind.yields: "Yields",
    griffe.DocstringSectionKind.raises: "Raises",
}


def insert(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the reference of a package where a page asks for it."""
    if not docname.startswith("book/pages/api/"):
        return
    root = Path(app.srcdir)
    lessons = {
        Lesson(name).export.removesuffix(".py").replace("/", "."): plan
        for name, plan in app.config.book_plan.items()
        if name in app.env.found_docs
    }

    def write(match: re.Match[str]) -> str:
        lines: list[str] = []
        for module in modules(root, match[1]):
            app.env.note_dependency(str(module.filepath))
            lines += describe(module, lessons.get(module.path))
        return "\n".join(lines) or "Nothing yet.\n"

    source[0] = _MARK.sub(write, source[0])


def modules(root: Path, package: str) -> list[griffe.Module]:
    """Return the public modules of a package that have public names, by name.

    Of ``lessons`` itself: the package, its plain modules, and ``lessons.exercises``
    without the lessons' exercises.
    """
    tree = griffe.load(
        "lessons",
        search_paths=[root],
        try_relative_path=False,
        allow_inspection=False,
        docstring_parser=griffe.Parser.google,
    )
    assert isinstance(tree, griffe.Module)
    if package == "lessons":
        inside = [m for m in tree.modules.values() if not _of_lessons(m)]
        found = [tree, *inside]
    else:
        found = list(tree[package.removeprefix("lessons.")].modules.values())
    public = [module for module in found if not module.name.startswith("_")]
    return [module for module in public if next(_members(module), None)]


def _of_lessons(module: griffe.Module) -> bool:
    return module.path in ("lessons.foundations", "lessons.mlops")


def _members(parent: griffe.Module | griffe.Class) -> Iterator[griffe.Object]:
    """Yield the public names that are defined here or listed in ``__all__``."""
    for name, member in parent.members.items():
        listed = name in (parent.exports or ())
        if isinstance(member, griffe.Alias):
            if listed:
                yield member.final_target
        elif listed or (parent.exports is None and _is_public(member)):
            yield member


def _is_public(member: griffe.Object) -> bool:
    return not member.is_module and not member.name.startswith("_")


def describe(module: griffe.Module, lesson: PlannedLesson | None) -> Iterator[str]:
    """Yield the Markdown of a module; ``lesson`` is the one it comes from."""
    yield from (f"## `{module.path}`", "")
    if lesson:
        yield f"Written in lesson [{lesson.label}](/{lesson.slug}.ipynb)."
    elif module.docstring:
        yield module.docstring.value
    yield ""
    for member in _members(module):
        yield from _entry(member, module.path, fence=6)


def _entry(item: griffe.Object, module: str, fence: int) -> Iterator[str]:
    """Yield one directive of Sphinx's Python domain with its members inside."""
    colons = ":" * fence
    yield f"{colons}{{py:{_kind(item)}}} {_signature(item)}"
    yield f":module: {module}"
    if isinstance(item, griffe.Attribute) and item.value:
        yield f":value: {json.dumps(_short(str(item.value)))}"
    yield ""
    if item.docstring:
        for section in item.docstring.parsed:
            yield from _section(section)
    if isinstance(item, griffe.Class):
        for member in _members(item):
            if member.docstring:
                yield from _entry(member, module, fence - 1)
    yield from (colons, "")


def _short(value: str, width: int = 50) -> str:
    """Return a value on one line, cut where it is long."""
    line = " ".join(value.split())
    return line if len(line) <= width else line[:width] + " …"


def _kind(item: griffe.Object) -> str:
    if isinstance(item, griffe.Class):
        return "class"
    in_class = isinstance(item.parent, griffe.Class)
    if isinstance(item, griffe.Function):
        return "method" if in_class else "function"
    return "attribute" if in_class else "data"


def _signature(item: griffe.Object) -> str:
    name = item.name
    if isinstance(item.parent, griffe.Class):
        name = f"{item.parent.name}.{name}"
    if isinstance(item, griffe.Attribute):
        return name
    signature = str(item.signature())  # type: ignore[attr-defined]
    bare = signature.removeprefix(item.name)
    return name + re.sub(r"^\(self(, )?", "(", bare)


def _section(section: griffe.DocstringSection) -> Iterator[str]:
    if isinstance(section, griffe.DocstringSectionText):
        yield from (section.value, "")
    elif isinstance(section, griffe.DocstringSectionExamples):
        yield from ("**Examples**", "")
        for kind, text in section.value:
            code = kind is griffe.DocstringSectionKind.examples
            yield from ("```pycon", text, "```", "") if code else (text, "")
    elif section.kind in _HEADINGS:
        yield from (f"**{_HEADINGS[section.kind]}**", "")
        yield from (_line(element) for element in section.value)
        yield ""


def _line(element: griffe.DocstringElement) -> str:
    named = isinstance(element, griffe.DocstringNamedElement) and element.name
    name = named or str(element.annotation or "")
    text = " ".join(element.description.split())
    return f"- `{name}`: {text}" if name else f"- {text}"
