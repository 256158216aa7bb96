"""The 47 lessons as planned (``book/curriculum.yml``) and which of them exist."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import yaml

CURRICULUM = Path("book/curriculum.yml")


@dataclass(frozen=True)
class PlannedLesson:
    """One row of ``book/curriculum.yml``; ``slug`` is the lesson's name."""

    number: int
    slug: str
    part: str
    chapter: str
    title: str
    promise: str

    @property
    def label(self) -> str:
        """Number and title, as in the margin and on cards."""
        return f"{self.number:02} {self.title}"


@dataclass(frozen=True)
class Chapter:
    """Lessons that stand together, and the page that introduces them."""

    title: str
    lessons: tuple[PlannedLesson, ...]

    @property
    def page(self) -> str:
        """The name of the chapter's page."""
        return "book/pages/chapters/" + self.title.lower().replace(" ", "-")


def load(root: Path) -> dict[str, PlannedLesson]:
    """Return the planned lessons by name, in order."""
    rows = yaml.safe_load((root / CURRICULUM).read_text(encoding="utf-8"))
    return {row["slug"]: PlannedLesson(**row) for row in rows}


def chapters(lessons: Iterable[PlannedLesson]) -> Iterator[tuple[str, list[Chapter]]]:
    """Yield each part of the course with its chapters."""
    for part, rows in groupby(lessons, key=lambda lesson: lesson.part):
        grouped = groupby(rows, key=lambda lesson: lesson.chapter)
        yield part, [Chapter(title, tuple(group)) for title, group in grouped]
