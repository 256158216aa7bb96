"""Read, write and match the projects corpus: records, tags and availability."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypedDict

FOLDER = Path(__file__).parent
FIELDS = ("created_on", "title", "description", "tags")


class Record(NamedTuple):
    """One project as a writer hands it in."""

    created_on: str
    title: str
    description: str
    tags: tuple[str, ...]

    @property
    def text(self) -> str:
        """Title and description, as a model reads them."""
        return f"{self.title} {self.description}"

    @property
    def year(self) -> int:
        """Year of creation."""
        return int(self.created_on[:4])


class Tag(TypedDict):
    """What the taxonomy says about a tag."""

    group: str
    parents: list[str]
    aliases: list[str]


class Term(TypedDict):
    """When a technology became public, and how people spell it."""

    first: str
    until: int
    exact: bool
    spellings: list[str]
    tags: list[str]


def read(path: Path) -> list[Record]:
    """Read records from a JSON Lines file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [
        _parse(line, f"{path.name}:{number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def _parse(line: str, where: str) -> Record:
    try:
        row = json.loads(line)
        values = [row[field] for field in FIELDS]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise SystemExit(
            f"{where}: not a record ({error}); write one JSON object "
            f"per line with {', '.join(FIELDS)}"
        ) from None
    return Record(values[0], values[1], values[2], tuple(values[3]))


@cache
def load_tags() -> Mapping[str, Tag]:
    """Load the taxonomy: tag to group, parents and aliases."""
    tags: dict[str, Tag] = json.loads((FOLDER / "tags.json").read_text("utf-8"))
    return tags


@cache
def load_terms() -> Mapping[str, Term]:
    """Load the availability table: technology to its first public month."""
    path = FOLDER / "availability.json"
    terms: dict[str, Term] = json.loads(path.read_text("utf-8"))
    return terms


def group(name: str) -> list[str]:
    """Return the tags of one group: area, domain, task, method, framework, kind."""
    return [tag for tag, about in load_tags().items() if about["group"] == name]


@cache
def family(root: str) -> frozenset[str]:
    """Return a tag and everything below it."""
    found = {root}
    while True:
        below = {
            tag for tag, about in load_tags().items() if found & set(about["parents"])
        }
        if below <= found:
            return frozenset(found)
        found |= below


def whole_words(phrases: Iterable[str], *, exact: bool = False) -> re.Pattern[str]:
    """Compile a pattern that finds any of the phrases as whole words."""
    longest_first = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    choices = "|".join(re.escape(phrase) for phrase in longest_first)
    flags = re.NOFLAG if exact else re.IGNORECASE
    return re.compile(rf"(?<!\w)(?:{choices})(?!\w)", flags)


@cache
def tag_patterns() -> Mapping[str, re.Pattern[str]]:
    """Compile, for each tag, a pattern for its name and its aliases."""
    return {
        tag: whole_words([tag, tag.replace("-", " "), *about["aliases"]])
        for tag, about in load_tags().items()
    }


@cache
def named(text: str) -> frozenset[str]:
    """Return the tags that a text names by tag or alias."""
    patterns = tag_patterns().items()
    return frozenset(tag for tag, pattern in patterns if pattern.search(text))


@cache
def term_patterns() -> Mapping[str, re.Pattern[str]]:
    """Compile, for each technology, a pattern for its spellings."""
    return {
        name: whole_words([name, *term["spellings"]], exact=term["exact"])
        for name, term in load_terms().items()
    }
