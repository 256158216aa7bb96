"""The parts of pages that are made from data: the map, chapters, how the book runs."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book import freshness
from book.site.plan import CURRICULUM, PlannedLesson, chapters

_OTHER = {"code", "python"}
"""What outputs are made from beside files and libraries."""


class FromData(SphinxDirective):
    """A directive whose content a template makes from data."""

    template: ClassVar[str]
    sources: ClassVar[tuple[Path, ...]] = (CURRICULUM, Path("_toc.yml"))

    def run(self) -> list[nodes.Node]:
        """Return the rendered template."""
        for source in self.sources:
            self.env.note_dependency(str(Path(self.env.srcdir, source)))
        context = {"uri": self._uri, "exists": self._exists, **self.data()}
        builder = self.env.app.builder
        if builder.format != "html":  # links are being checked
            return []
        html = builder.templates.render(self.template, context)
        return [nodes.raw("", html, format="html")]

    def data(self) -> dict[str, Any]:
        """Return what the template needs."""
        raise NotImplementedError

    @property
    def plan(self) -> dict[str, PlannedLesson]:
        """The planned lessons by name."""
        planned: dict[str, PlannedLesson] = self.config.book_plan
        return planned

    def _exists(self, docname: str) -> bool:
        return docname in self.env.found_docs

    def _uri(self, docname: str) -> str:
        builder = self.env.app.builder
        return str(builder.get_relative_uri(self.env.docname, docname))


class CourseMap(FromData):
    """All chapters with their lessons, those that exist as links."""

    template = "course_map.html"

    def data(self) -> dict[str, Any]:
        """Return parts, chapters and how many lessons there are."""
        ready = sum(map(self._exists, self.plan))
        return {
            "parts": list(chapters(self.plan.values())),
            "way": list(_way_up(list(self.plan.values()))),
            "ready": ready,
            "planned": len(self.plan),
        }


def _way_up(lessons: list[PlannedLesson]) -> Iterator[tuple[float, float, Any]]:
    """Yield a place on a rising curve for each lesson, in a picture of 960 × 190."""
    for place, lesson in enumerate(lessons):
        share = place / (len(lessons) - 1)
        rise = 1 / (1 + math.exp(-6 * (share - 0.5)))
        yield round(12 + 936 * share, 1), round(178 - 160 * rise, 1), lesson


class ChapterCards(FromData):
    """The lessons of one chapter as cards."""

    template = "chapter.html"
    required_arguments = 1
    final_argument_whitespace = True

    def data(self) -> dict[str, Any]:
        """Return the lessons of the chapter named by the argument."""
        title = self.arguments[0]
        lessons = [row for row in self.plan.values() if row.chapter == title]
        if not lessons:
            raise self.error(f"no chapter {title!r} in {CURRICULUM}")
        return {"lessons": lessons}


class SolutionList(FromData):
    """The lessons that have solutions, as links to them."""

    template = "solutions.html"

    def data(self) -> dict[str, Any]:
        """Return the lessons whose solutions exist."""
        found = [
            row for name, row in self.plan.items() if self._exists(f"solutions/{name}")
        ]
        return {"lessons": found}


class Measurements(FromData):
    """What each lesson took when it last ran, and the libraries it ran with."""

    template = "measurements.html"
    measured: ClassVar[Path] = Path("book/measurements.json")
    sources = (*FromData.sources, measured)

    def data(self) -> dict[str, Any]:
        """Return one row for each lesson that exists."""
        measured = json.loads(self._text(self.measured) or "{}")
        rows = []
        for name, lesson in self.plan.items():
            if self._exists(name):
                notebook = Path(self.env.doc2path(name))
                self.env.note_dependency(str(notebook))
                used = libraries(json.loads(notebook.read_text("utf-8")))
                rows.append((lesson, measured.get(name), used))
        return {"rows": rows}

    def _text(self, path: Path) -> str:
        file = Path(self.env.srcdir, path)
        return file.read_text(encoding="utf-8") if file.is_file() else ""


def libraries(notebook: dict[str, Any]) -> list[tuple[str, str]]:
    """Return name and version of what made a notebook's outputs, in order of name."""
    made_from = freshness.stored(notebook).items()
    return sorted((x, v) for x, v in made_from if "/" not in x and x not in _OTHER)
