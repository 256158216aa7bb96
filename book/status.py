"""What is fresh, what is stale and why, and what each lesson costs and gives."""

import ast
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table

from book import freshness
from book.course import Course, Lesson
from book.notebook import code_cells, read, tags


@dataclass(frozen=True)
class Status:
    """One lesson's state. ``stale`` lists what changed, by notebook."""

    name: str
    stale: dict[str, list[str]] = field(default_factory=dict)
    seconds: float | None = None
    megabytes: int | None = None
    exercises: int = 0
    exports: list[str] = field(default_factory=list)


def statuses(course: Course, lessons: Sequence[Lesson]) -> list[Status]:
    """Return the state of each lesson."""
    costs = measurements(course)
    return [_status(course, lesson, costs.get(lesson.name, {})) for lesson in lessons]


def measurements(course: Course) -> dict[str, dict[str, Any]]:
    """Return what each notebook's last run cost, by name."""
    path = course.root / "book/measurements.json"
    found: dict[str, dict[str, Any]] = {}
    return json.loads(path.read_text("utf-8")) if path.is_file() else found


def _status(course: Course, lesson: Lesson, cost: dict[str, Any]) -> Status:
    notebooks = {
        name: read(course.path(name), name) for name in (lesson.name, lesson.solution)
    }
    cells = code_cells(notebooks[lesson.name])
    reasons = {
        n: freshness.changed(notebook, course) for n, notebook in notebooks.items()
    }
    return Status(
        name=lesson.name,
        stale={name: why for name, why in reasons.items() if why},
        seconds=cost.get("seconds"),
        megabytes=cost.get("megabytes"),
        exercises=sum("exercise" in tags(cell) for cell in cells),
        exports=_exports(course, lesson),
    )


def _exports(course: Course, lesson: Lesson) -> list[str]:
    path = course.root / lesson.export
    if not path.is_file():
        return []
    for node in freshness.parsed(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def table(found: Sequence[Status], *, why: bool) -> Table:
    """Lay the states out for a terminal."""
    view = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("lesson", "state", "seconds", "MiB", "exercises", "exports"):
        view.add_column(heading, overflow="fold")
    for status in found:
        view.add_row(
            status.name,
            _state(status, why=why),
            *("–" if cost is None else f"{cost:g}" for cost in _costs(status)),
            str(status.exercises),
            ", ".join(status.exports) or "–",
        )
    return view


def _costs(status: Status) -> tuple[float | None, float | None]:
    return status.seconds, status.megabytes


def _state(status: Status, *, why: bool) -> str:
    if not status.stale:
        return "fresh"
    if not why:
        return "stale"
    return "\n".join(f"{name}: {', '.join(w)}" for name, w in status.stale.items())


def as_json(found: Sequence[Status]) -> str:
    """Return the states for a machine."""
    return json.dumps([asdict(status) for status in found], indent=1)
