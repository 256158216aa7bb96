"""Draw the cells that the projects corpus is written from.

The writer of a year receives 240 cells in four batches of 60. A cell names the
subject and the shape of one record, so that neither is the writer's choice.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle, zip_longest
from pathlib import Path
from typing import TypeVar

import numpy as np
from corpus import FOLDER, family, load_tags, load_terms
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

YEARS = range(2019, 2027)
CELLS = 240
BATCH = 60
SEED = 2019
LAST_DAY = dt.date(2026, 11, 15)

# Area: letter, then cells per 240 in 2019 … 2026.
AREAS: Mapping[str, tuple[str, Sequence[int]]] = {
    "natural-language-processing": ("N", (56, 60, 54, 46, 32, 27, 25, 23)),
    "computer-vision": ("V", (74, 66, 64, 60, 48, 45, 43, 41)),
    "large-language-models": ("L", (0, 2, 4, 10, 50, 54, 57, 58)),
    "tabular-data": ("T", (23, 23, 22, 21, 20, 19, 18, 18)),
    "time-series": ("S", (14, 16, 16, 16, 15, 15, 15, 16)),
    "recommender-systems": ("R", (10, 9, 9, 9, 8, 7, 7, 7)),
    "audio": ("A", (10, 10, 11, 12, 12, 12, 12, 12)),
    "graphs": ("G", (6, 8, 10, 10, 8, 7, 7, 6)),
    "reinforcement-learning": ("Q", (12, 11, 10, 9, 7, 7, 7, 8)),
    "robotics": ("B", (3, 3, 3, 4, 5, 6, 8, 9)),
    "mlops": ("M", (10, 13, 17, 20, 16, 14, 13, 13)),
    "data-engineering": ("D", (6, 6, 7, 8, 9, 10, 10, 9)),
    "responsible-ai": ("E", (3, 4, 5, 5, 5, 6, 7, 8)),
    "multimodal": ("X", (2, 3, 5, 7, 9, 10, 10, 10)),
    "": ("Y", (14, 13, 12, 11, 10, 9, 9, 9)),
}
# Kind: cells per 240 in 2019 and in 2026; a straight line between.
KINDS: Mapping[str, tuple[int, int]] = {
    "tutorial": (48, 40),
    "library": (18, 20),
    "tool": (11, 20),
    "demo": (22, 22),
    "template": (5, 7),
    "course-project": (28, 17),
    "reproduction": (25, 14),
    "research-paper": (22, 24),
    "survey": (6, 6),
    "curated-list": (6, 6),
    "dataset": (9, 10),
    "benchmark": (9, 15),
    "course": (8, 8),
    "competition": (9, 7),
    "case-study": (8, 11),
    "postmortem": (3, 6),
    "talk": (5, 5),
    "": (18, 18),
}
# Voice: cells per 60, kinds it suits, openings it suits.
VOICES: Mapping[str, tuple[int, str, str]] = {
    "V1": (12, "library tool demo template reproduction dataset", "A noun verb gerund"),
    "V2": (9, "tutorial course template demo", "verb This how noun A"),
    "V3": (
        7,
        "course-project reproduction competition demo postmortem",
        "I This A noun gerund",
    ),
    "V4": (7, "research-paper benchmark dataset survey", "We This A noun"),
    "V5": (5, "case-study library tool postmortem talk", "We verb A how"),
    "V6": (4, "library tool template demo curated-list", "verb noun"),
    "V7": (
        5,
        "course-project demo tutorial tool reproduction research-paper",
        "This I A noun gerund free",
    ),
    "V8": (
        4,
        "tutorial postmortem talk benchmark competition case-study",
        "how I noun free",
    ),
    "V9": (
        7,
        "tutorial library tool demo course-project research-paper survey curated-list "
        "dataset benchmark course competition case-study talk reproduction",
        "A noun",
    ),
}
OPENINGS = {
    "A": 14,
    "This": 6,
    "We": 6,
    "I": 5,
    "verb": 10,
    "gerund": 4,
    "noun": 9,
    "how": 4,
    "free": 2,
}
TITLE_WORDS = {1: 8, 2: 5, 3: 8, 4: 8, 5: 9, 6: 8, 7: 5, 8: 4, 9: 2, 10: 2, 11: 1}
TITLE_STYLES = {"Title-Case": 33, "sentence": 16, "lower": 3}
COLON_KINDS = "tutorial research-paper survey case-study course talk benchmark"
DESCRIPTION_WORDS = (
    (0, 0.05, 0.075, 0.25, 0.5, 0.75, 0.93, 0.97, 1),
    (3, 5.5, 6.4, 10, 14.2, 18.6, 24.6, 28, 38),
)
STRAY = (
    "space-at-end",
    "newline-at-end",
    "double-space-inside",
    "space-at-end-of-title",
    "newline-inside",
    "space-at-start",
)
NAMED = {
    "area": 0.15,
    "domain": 0.35,
    "task": 0.6,
    "method": 0.58,
    "framework": 0.95,
    "kind": 0.32,
}
DOMAIN_SHARE = {
    "N": 45,
    "V": 45,
    "L": 38,
    "T": 75,
    "S": 78,
    "R": 75,
    "A": 42,
    "G": 45,
    "Q": 42,
    "B": 30,
    "M": 14,
    "D": 30,
    "E": 50,
    "X": 38,
    "Y": 0,
}
FRAMEWORK_SHARE = {
    "research-paper": 0.1,
    "survey": 0.05,
    "curated-list": 0.08,
    "talk": 0.2,
    "case-study": 0.25,
    "postmortem": 0.15,
    "dataset": 0.1,
    "benchmark": 0.25,
    "course": 0.4,
}
# Share of an area's cells that name nothing more specific than the area.
PLAIN_SHARE = {
    "N": 0.07,
    "V": 0.06,
    "L": 0.1,
    "T": 0.1,
    "S": 0.15,
    "R": 0.45,
    "A": 0.12,
    "G": 0.15,
    "Q": 0.6,
    "B": 0.35,
    "M": 0.08,
    "D": 0.15,
    "E": 0.15,
    "X": 0.4,
    "Y": 0.0,
}
TASK_SHARE = {"M": 0.92, "L": 0.84, "Y": 0.0, "Q": 0.0, "G": 0.3}
AWAY = 4  # how much rarer a tag is outside its home area
ZIPF = 1.5  # makes common tags commoner than their levels in mix.csv say
SECOND_SHARE = 0.45
TERM_SHARE = 0.65
TERMS_PER_YEAR = 3
FIRST_MONTH = {
    "huggingface": "2019-07",
    "large-language-models": "2020-07",
    "covid-19": "2020-02",
    "langchain": "2022-11",
    "retrieval-augmented-generation": "2020-07",
    "vision-transformers": "2020-11",
}

Rng = np.random.Generator
T = TypeVar("T")


@dataclass
class Cell:
    """What one record is to be about, and what it is to look like."""

    area: str
    letter: str
    subjects: list[str]
    kind: str = ""
    domain: str = ""
    setting: str = ""
    framework: str = ""
    term: str = ""
    day: dt.date = dt.date.min
    voice: str = ""
    opening: str = ""
    title_words: int = 0
    title_style: str = ""
    words: int = 0
    marks: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    @property
    def tags(self) -> list[str]:
        """Tags in the order area, subjects, domain, framework, kind."""
        wanted = [self.area, *self.subjects, self.domain, self.framework, self.kind]
        above = {p for tag in wanted if tag for p in load_tags()[tag]["parents"]}
        kept = dict.fromkeys(tag for tag in wanted if tag not in above - {self.area})
        return [tag for tag in kept if tag]

    @property
    def first_month(self) -> str:
        """First month in which the whole cell is possible."""
        return max(FIRST_MONTH.get(tag, "") for tag in self.tags)

    def line(self, number: int) -> str:
        """Write the cell as the writer reads it."""
        tags = " ".join(tag + "*" * (tag in self.said) for tag in self.tags)
        shape = f"T{self.title_words} {self.title_style} · D{self.words} {self.opening}"
        about = [f"setting: {self.setting}"] if self.setting else []
        about += [f"name: {self.term}"] if self.term else []
        parts = [f"{number:03} {self.day} {self.voice}", tags, *about, shape]
        return " | ".join(parts + [", ".join(self.marks)] * bool(self.marks))


def quota(weights: Mapping[str, float], count: int, rng: Rng) -> list[str]:
    """Draw exactly `count` names in proportion to their weights, shuffled."""
    names = [name for name, weight in weights.items() if weight > 0]
    if not names or not count:
        return []
    edges = np.cumsum([weights[name] for name in names])
    points = (np.arange(count) + rng.random()) * edges[-1] / count
    drawn = np.searchsorted(edges, points, side="right")
    return [names[index] for index in rng.permutation(drawn)]


def match(
    cells: Sequence[Cell],
    slots: Sequence[T],
    misfit: Callable[[Cell, T], float],
    rng: Rng,
) -> Iterator[tuple[Cell, T]]:
    """Give each cell one slot so that as few as possible do not fit."""
    cost = np.array([[misfit(cell, slot) for slot in slots] for cell in cells], float)
    cost += rng.random(cost.shape)
    rows, columns = linear_sum_assignment(cost)
    for row, column in zip(rows, columns, strict=True):
        yield cells[row], slots[column]


def spread(counts: Mapping[str, int]) -> list[str]:
    """Repeat each name by its count."""
    return [name for name, count in counts.items() for _ in range(count)]


@cache
def mix(year: int) -> dict[str, tuple[str, float]]:
    """Read which areas each tag goes with and its weight in the year."""
    with (FOLDER / "mix.csv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {r["tag"]: (r["areas"], float(r[str(year)])) for r in rows}


def pool(year: int, groups: str, letter: str) -> dict[str, float]:
    """Weigh the tags of some groups that go with an area in the year."""
    tags = load_tags()
    return {
        tag: weight**ZIPF / (1 if areas[0] == letter else AWAY)
        for tag, (areas, weight) in mix(year).items()
        if tags[tag]["group"] in groups.split() and letter in areas
    }


def draw_subjects(year: int, rng: Rng) -> list[Cell]:
    """Draw the area and the subjects of a year's cells."""
    sizes = {area: float(size[year - 2019]) for area, (_, size) in AREAS.items()}
    areas = Counter(quota(sizes, CELLS, rng))
    cells = [
        Cell(area, AREAS[area][0], subjects)
        for area, count in areas.items()
        for subjects in _subjects(year, AREAS[area][0], count, rng)
    ]
    return [cells[index] for index in rng.permutation(len(cells))]


def _subjects(year: int, letter: str, count: int, rng: Rng) -> Iterator[list[str]]:
    plain = round(PLAIN_SHARE[letter] * count)
    tasks = round(TASK_SHARE.get(letter, 0.72) * (count - plain))
    first = quota(pool(year, "task", letter), tasks, rng)
    methods = pool(year, "method", letter)
    yield from ([] for _ in range(plain))
    yield from _pairs(first, methods, rng)
    first = quota(methods, count - plain - len(first), rng)
    yield from _pairs(first, pool(year, "task", letter), rng)


def _pairs(
    firsts: Sequence[str], others: Mapping[str, float], rng: Rng
) -> Iterator[list[str]]:
    seconds = quota(others, round(SECOND_SHARE * len(firsts)), rng)
    for first, second in zip_longest(firsts, seconds, fillvalue=""):
        kin = second in family(first) or (second and first in family(second))
        yield [first] if kin or not second else [first, second]


def draw_kinds(year: int, cells: Sequence[Cell], rng: Rng) -> None:
    """Give each cell its kind; theory is taught, operations are told."""
    at = (year - 2019) / 7
    weights = {k: early + (late - early) * at for k, (early, late) in KINDS.items()}
    told = {"M": "case-study postmortem template tool tutorial", "D": "tool library"}
    for cell, kind in match(
        cells,
        quota(weights, CELLS, rng),
        lambda cell, kind: 0.4 * (kind not in told.get(cell.letter, kind).split()),
        rng,
    ):
        cell.kind = kind


def draw_domains(year: int, cells: Sequence[Cell], rng: Rng) -> None:
    """Give some cells of each area a domain and leave the others without."""
    for letter, share in DOMAIN_SHARE.items():
        same = [cell for cell in cells if cell.letter == letter]
        count = round(len(same) * share / 100)
        drawn = quota(pool(year, "domain", letter), count, rng)
        for cell, domain in zip(same, drawn, strict=False):
            cell.domain = "" if "medical-imaging" in cell.subjects else domain


def draw_frameworks(year: int, cells: Sequence[Cell], rng: Rng) -> None:
    """Give some cells a framework that suits their area."""
    for letter in DOMAIN_SHARE:
        same = [cell for cell in cells if cell.letter == letter]
        chosen = [c for c in same if rng.random() < FRAMEWORK_SHARE.get(c.kind, 0.58)]
        drawn = quota(pool(year, "framework", letter), len(chosen), rng)
        for cell, framework in zip(chosen, drawn, strict=False):
            cell.framework = framework


def draw_days(year: int, cells: Sequence[Cell], rng: Rng) -> list[Cell]:
    """Spread the cells over the year and sort them by day."""
    first, last = dt.date(year, 1, 2), min(dt.date(year, 12, 30), LAST_DAY)
    span = (last - first).days
    offsets = np.sort(rng.random(CELLS) * 0.8 + np.arange(CELLS)) / (CELLS + 0.8)
    days = [first + dt.timedelta(days=int(offset * span)) for offset in offsets]
    for cell, day in match(
        cells, days, lambda cell, day: 9.0 * (f"{day:%Y-%m}" < cell.first_month), rng
    ):
        cell.day = day
    return sorted(cells, key=lambda cell: cell.day)


def shape(cells: Sequence[Cell], rng: Rng) -> None:
    """Give a batch its voices, openings, lengths and surface marks."""
    for cell, voice in match(
        cells,
        spread({name: count for name, (count, _, _) in VOICES.items()}),
        lambda cell, voice: 5.0 * (cell.kind not in [*VOICES[voice][1].split(), ""]),
        rng,
    ):
        cell.voice = voice
    for cell, opening in match(
        cells,
        spread(OPENINGS),
        lambda cell, opening: 5.0 * (opening not in VOICES[cell.voice][2].split()),
        rng,
    ):
        cell.opening = opening
    _lengths(cells, rng)
    _titles(cells, rng)
    _marks(cells, rng)


def _lengths(cells: Sequence[Cell], rng: Rng) -> None:
    points = (np.arange(len(cells)) + 0.5) / len(cells)
    words = np.rint(np.interp(points, *DESCRIPTION_WORDS)).astype(int).tolist()
    for cell, count in match(cells, words, _length_misfit, rng):
        cell.words = count


def _length_misfit(cell: Cell, words: int) -> float:
    short, long = words <= 6, words >= 25
    return 3.0 * (short and cell.voice not in "V1 V6 V7 V9") + 3.0 * (
        long and (cell.voice in "V1 V6 V8" or cell.opening == "noun")
    )


def _titles(cells: Sequence[Cell], rng: Rng) -> None:
    words = [count for count, times in TITLE_WORDS.items() for _ in range(times)]
    things = ["library", "tool", "demo", "dataset", "reproduction", "template"]
    for cell, count in match(
        cells, words, lambda c, n: 3.0 * (n == 1 and c.kind not in things), rng
    ):
        cell.title_words = count
    bare = cycle(("repo-name", "repo-name", "ProductName"))
    for cell in cells:
        cell.title_style = next(bare) if cell.title_words == 1 else ""
    longer = [cell for cell in cells if cell.title_words > 1]
    styles = rng.permutation(spread(TITLE_STYLES)).tolist()
    for cell, style in zip(longer, styles, strict=True):
        cell.title_style = style
    fits = COLON_KINDS.split()
    for cell in pick(
        [c for c in longer if c.title_words > 3], 8, lambda c: c.kind in fits, rng
    ):
        cell.title_style += "+colon"


def pick(
    cells: Sequence[Cell], count: int, fits: Callable[[Cell], bool], rng: Rng
) -> list[Cell]:
    """Pick cells at random, those that fit first."""
    order = sorted(cells, key=lambda cell: rng.random() - fits(cell))
    return order[:count]


def _marks(cells: Sequence[Cell], rng: Rng) -> None:
    plan: list[tuple[str, int, Callable[[Cell], bool]]] = [
        ("no-period", 15, lambda c: c.voice in "V1 V7 V3 V6" or c.words < 8),
        ("comma", 16, lambda c: c.words > 11),
        ("digits", 9, lambda c: c.words > 9),
        ("parens", 5, lambda c: c.words > 9),
        ("stray", 8, lambda c: True),
        ("typo", 2, lambda c: c.voice == "V3"),
        ("wit", 4, lambda c: c.voice in "V8 V3 V5" and c.words > 7),
        ("emoji", 1, lambda c: c.voice in "V1 V5 V6"),
        ("url", int(rng.random() < 0.6), lambda c: c.voice in "V1 V2"),
    ]
    for mark, count, fits in plan:
        roomy = [cell for cell in cells if cell.words > 6] if mark != "stray" else cells
        for cell in pick(roomy, count, fits, rng):
            cell.marks.append(mark)
    _strays(cells, rng)


def _strays(cells: Sequence[Cell], rng: Rng) -> None:
    for cell in cells:
        if "stray" in cell.marks:
            where = STRAY[int(rng.integers(len(STRAY)))]
            cell.marks[cell.marks.index("stray")] = where
        if cell.voice == "V7":
            cell.marks.append("non-native")


def draw_said(cells: Iterable[Cell], rng: Rng) -> None:
    """Choose the tags that the text must name; the others are only implied."""
    tags = load_tags()
    for cell in cells:
        said = [tag for tag in cell.tags if rng.random() < NAMED[tags[tag]["group"]]]
        cell.said = set(said[: 2 if cell.words <= 6 else None])


def draw_terms(year: int, cells: Sequence[Cell], rng: Rng) -> None:
    """Suggest to some cells a technology that was public and in use."""
    used: Counter[str] = Counter()
    for cell in cells:
        weights = _candidates(year, cell, used)
        drawn = quota(weights, int(rng.random() < TERM_SHARE), rng)
        cell.term = drawn[0] if drawn else ""
        used.update(drawn)


def _candidates(year: int, cell: Cell, used: Counter[str]) -> dict[str, float]:
    month = f"{cell.day:%Y-%m}"
    chat = family("large-language-models")
    return {
        name: (5.0 if int(term["first"][:4]) > year - 3 else 1.0)
        for name, term in load_terms().items()
        if term["first"] < month
        and year <= term["until"]
        and used[name] < TERMS_PER_YEAR
        and _suits(term["tags"], cell)
        and (cell.letter == "L" or not chat & set(term["tags"]))
    }


def _suits(tags: Sequence[str], cell: Cell) -> bool:
    own = {*cell.subjects, cell.framework, cell.domain, cell.area}
    return bool(tags) and (tags[0] in own or len(own.intersection(tags)) > 1)


def draw_settings(cells: Sequence[Cell], rng: Rng) -> None:
    """Give each domain cell a setting; none comes twice before all came once."""
    text = (FOLDER / "settings.json").read_text("utf-8")
    settings: dict[str, list[str]] = json.loads(text)
    queues = {d: cycle(rng.permutation(names)) for d, names in settings.items()}
    for cell in cells:
        cell.setting = str(next(queues[cell.domain])) if cell.domain else ""


def draw_year(year: int) -> list[Cell]:
    """Draw the cells of one year, without settings."""
    rng = np.random.default_rng((SEED, year))
    cells = draw_subjects(year, rng)
    draw_kinds(year, cells, rng)
    draw_domains(year, cells, rng)
    draw_frameworks(year, cells, rng)
    cells = draw_days(year, cells, rng)
    for start in range(0, CELLS, BATCH):
        shape(cells[start : start + BATCH], rng)
    draw_terms(year, cells, rng)
    draw_said(cells, rng)
    return cells


def draw() -> dict[int, list[Cell]]:
    """Draw the cells of all years."""
    years = {year: draw_year(year) for year in YEARS}
    rng = np.random.default_rng(SEED)
    draw_settings([cell for cells in years.values() for cell in cells], rng)
    return years


def write(cells: Sequence[Cell], path: Path) -> None:
    """Write a year's cells in batches."""
    lines: list[str] = []
    for number, cell in enumerate(cells):
        if number % BATCH == 0:
            lines.append(f"\n## Batch {number // BATCH + 1}")
        lines.append(cell.line(number + 1))
    path.write_text("\n".join(lines).lstrip() + "\n", encoding="utf-8")


def main(folder: str) -> None:
    """Write `cells-YEAR.txt` for every year into a folder."""
    for year, cells in draw().items():
        write(cells, Path(folder) / f"cells-{year}.txt")


if __name__ == "__main__":
    main(sys.argv[1])
