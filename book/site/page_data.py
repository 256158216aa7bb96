"""What the theme shows round a page: contents, path to it, buttons, exports."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from book.course import Lesson
from book.site.plan import PlannedLesson


@dataclass(frozen=True)
class Entry:
    """A line of the contents."""

    docname: str
    title: str
    children: tuple["Entry", ...] = ()

    def holds(self, docname: str) -> bool:
        """Whether the page is this one or one below it."""
        return docname == self.docname or any(c.holds(docname) for c in self.children)


@dataclass(frozen=True)
class Part:
    """The lines under one caption of the contents."""

    caption: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class LessonData:
    """What a lesson's page shows of it."""

    plan: PlannedLesson
    notebook: str
    colab: str
    solution: str | None
    module: str
    exports: tuple[str, ...] = field(default=())


def title_of(env: BuildEnvironment, docname: str) -> str:
    """Return a page's short title: a lesson's number and name, or its heading."""
    plan: dict[str, PlannedLesson] = env.config.book_plan
    if docname in plan:
        return plan[docname].label
    lesson = docname.removeprefix("solutions/")
    if lesson in plan:
        return f"Solutions {plan[lesson].label}"
    return str(env.titles[docname].astext())


def contents(env: BuildEnvironment) -> list[Part]:
    """Return the contents as ``_toc.yml`` has them."""
    site_map = env.config.external_site_map

    def entries(docnames: list[str]) -> Iterator[Entry]:
        for name in docnames:
            trees = site_map[name].subtrees if name in site_map else []
            below = [item for tree in trees for item in tree.items]
            yield Entry(name, title_of(env, name), tuple(entries(below)))

    return [
        Part(tree.caption or "", tuple(entries(tree.items)))
        for tree in site_map.root.subtrees
    ]


def exports_of(path: Path) -> tuple[str, ...]:
    """Return the ``__all__`` of a module, without running it."""
    if not path.is_file():
        return ()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return tuple(ast.literal_eval(node.value))
    return ()


def lesson_data(app: Sphinx, docname: str) -> LessonData | None:
    """Return what the page of a lesson shows; None for other pages."""
    plan = app.config.book_plan.get(docname)
    if plan is None:
        return None
    lesson = Lesson(docname)
    options = app.config.html_theme_options
    place = f"{options['repository_url']}/blob/{options['repository_branch']}"
    github = place.removeprefix("https://github.com/")
    colab = options["launch_buttons"]["colab_url"]
    solution = lesson.solution if lesson.solution in app.env.all_docs else None
    return LessonData(
        plan=plan,
        notebook=f"_sources/{docname}.ipynb",
        colab=f"{colab}/github/{github}/{docname}.ipynb",
        solution=solution,
        module=lesson.export.removesuffix(".py").replace("/", "."),
        exports=exports_of(Path(app.srcdir, lesson.export)),
    )


def add_context(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Give the templates their data."""
    if not hasattr(app.env, "book_contents"):
        app.env.book_contents = contents(app.env)
    parts: list[Part] = app.env.book_contents
    trail = [
        (part, entry)
        for part in parts
        for entry in part.entries
        if entry.holds(pagename)
    ]
    if pagename in app.env.all_docs:
        context["title"] = title_of(app.env, pagename)
    context["author"] = app.config.author
    context["contents"] = parts
    context["trail"] = trail[0] if trail else None
    context["short_title"] = lambda name: title_of(app.env, name)
    context["lesson"] = lesson_data(app, pagename)
    planned = app.config.book_plan.get(pagename.removeprefix("solutions/"))
    context["of_lesson"] = planned
    context["description"] = planned.promise if planned else ""
    context["neighbours"] = _neighbours(app.env, pagename)


def _neighbours(env: BuildEnvironment, pagename: str) -> dict[str, str]:
    """Return the pages before and after this one; solutions stand beside the path."""
    order = [name for name in _flat(env) if not name.startswith("solutions/")]
    if pagename not in order:
        return {}
    place = order.index(pagename)
    near = {"previous": order[place - 1 : place], "next": order[place + 1 : place + 2]}
    return {key: names[0] for key, names in near.items() if names}


def _flat(env: BuildEnvironment) -> Iterator[str]:
    def walk(entries: tuple[Entry, ...]) -> Iterator[str]:
        for entry in entries:
            yield entry.docname
            yield from walk(entry.children)

    yield str(env.config.root_doc)
    for part in env.book_contents:
        yield from walk(part.entries)


def outdated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages to write anew: all of them, when the contents have changed."""
    before = getattr(env, "book_contents", None)
    env.book_contents = contents(env)
    changed = before is not None and before != env.book_contents
    return sorted(env.all_docs) if changed else []
