"""Which lessons there are, what belongs to each, and how to pick some."""

import difflib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from book.errors import BookError

_LESSON = re.compile(r"(foundations|mlops)/(\d\d)_([a-z0-9_]+)")


@dataclass(frozen=True)
class Lesson:
    """One row of the course. All paths are relative to the root.

    Args:
        name: the notebook's path without its suffix, ``foundations/03_numpy``.
    """

    name: str

    @property
    def part(self) -> str:
        """``foundations`` or ``mlops``."""
        return self.name.split("/")[0]

    @property
    def number(self) -> int:
        """Its place in the course, from 1."""
        return int(self.name.split("/")[1][:2])

    @property
    def module(self) -> str:
        """The name of its generated module and of its exercises, ``numpy``."""
        return self.name.split("/")[1][3:]

    @property
    def solution(self) -> str:
        """The name of its solution notebook."""
        return f"solutions/{self.name}"

    @property
    def export(self) -> str:
        """The path of its generated module."""
        return f"lessons/{self.part}/{self.module}.py"

    @property
    def exercises(self) -> str:
        """The path of the module that declares its exercises."""
        return f"lessons/exercises/{self.module}.py"


@dataclass(frozen=True)
class Course:
    """The book in a directory."""

    root: Path

    @cached_property
    def lessons(self) -> tuple[Lesson, ...]:
        """The lessons in the order of ``_toc.yml``."""
        names = [name for name in _files(self._toc) if _LESSON.fullmatch(name)]
        return tuple(map(Lesson, names))

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What ``[tool.book]`` in ``pyproject.toml`` says."""
        text = (self.root / "pyproject.toml").read_text(encoding="utf-8")
        settings: dict[str, Any] = tomllib.loads(text)["tool"]["book"]
        return settings

    @cached_property
    def _toc(self) -> Any:
        path = self.root / "_toc.yml"
        try:
            return yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            where = "run from the root of the repository"
            raise BookError(f"_toc.yml: {error.strerror}; {where}") from None
        except yaml.YAMLError as error:
            raise BookError(f"_toc.yml is not YAML: {_one_line(error)}") from None

    def path(self, name: str) -> Path:
        """Return where the notebook of that name is."""
        return self.root / f"{name}.ipynb"

    def notebooks(self, lessons: Sequence[Lesson]) -> list[str]:
        """Return the names of the lessons' notebooks and solutions that exist."""
        names = [name for lesson in lessons for name in (lesson.name, lesson.solution)]
        return [name for name in names if self.path(name).is_file()]

    def select(self, wanted: Sequence[str]) -> tuple[Lesson, ...]:
        """Return the lessons meant by names, numbers or globs; all of them by none.

        Raises:
            BookError: if a word means no lesson; names the nearest.
        """
        if not wanted:
            return self.lessons
        chosen = {lesson for word in wanted for lesson in self._matching(word)}
        return tuple(lesson for lesson in self.lessons if lesson in chosen)

    def _matching(self, word: str) -> list[Lesson]:
        plain = word.removeprefix("solutions/").removesuffix(".ipynb")
        found = [lesson for lesson in self.lessons if _means(plain, lesson)]
        if found:
            return found
        names = [lesson.name for lesson in self.lessons]
        near = difflib.get_close_matches(plain, names, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BookError(f"no lesson {word!r} in _toc.yml{hint}")


def _means(word: str, lesson: Lesson) -> bool:
    if word.isdigit():
        return int(word) == lesson.number
    slug = lesson.name.split("/")[1]
    return word in (lesson.module, slug) or fnmatch(lesson.name, word)


def _files(node: Any) -> list[str]:
    """Return every ``file:`` of a table of contents, in order."""
    if isinstance(node, list):
        return [name for child in node for name in _files(child)]
    if not isinstance(node, dict):
        return []
    own = [str(node["file"])] if "file" in node else []
    return own + [name for child in node.values() for name in _files(child)]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
