"""Run what is stale: plan, execute in parallel, write back what changed."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from book import freshness
from book.course import Course
from book.errors import BookError
from book.execute import Job, Limits, Outcome, execute, stop_all
from book.notebook import (
    Cell,
    Notebook,
    canonical,
    code_cells,
    dump,
    read,
    source,
    tags,
    without_outputs,
    write,
)
from book.status import measurements

WARM_FROM = 4
"""Jobs from which loading the libraries once pays."""


@dataclass(frozen=True)
class Options:
    """How a run differs from the usual one.

    Args:
        force: run what is fresh, too.
        parameters: values by name, for a variant.
        out: where a variant goes, instead of over the lesson.
        shard: (i, n): only every n-th notebook, from the i-th.
        jobs: how many at once; as many as there are cores by default.
        cold: a new interpreter for every notebook.
        address: of a Dask scheduler that runs them instead of this machine.
    """

    force: bool = False
    parameters: Mapping[str, object] = field(default_factory=dict)
    out: Path | None = None
    shard: tuple[int, int] = (1, 1)
    jobs: int | None = None
    cold: bool = False
    address: str | None = None


def plan(course: Course, names: Sequence[str], options: Options) -> list[str]:
    """Return the names of the notebooks to run, of those given."""
    index, count = options.shard
    mine = [name for k, name in enumerate(names) if k % count == index - 1]
    if options.force or options.out:
        return mine
    return [
        name
        for name in mine
        if freshness.changed(read(course.path(name), name), course)
    ]


def run(
    course: Course,
    names: Sequence[str],
    options: Options,
    done: Callable[[Outcome, bool], None],
) -> bool:
    """Run notebooks and write back those that succeed.

    Args:
        course: the book.
        names: what ``plan`` returned.
        options: as given to ``plan``.
        done: called after each, with its outcome and whether its file changed.

    Returns:
        Whether all of them succeeded.

    Raises:
        BookError: if a notebook can't be read, or has no such parameter.
    """
    notebooks = {name: read(course.path(name), name) for name in names}
    for name, notebook in notebooks.items():
        _refuse_unknown(options.parameters, notebook, name)
    ordered = _longest_first(course, names)
    jobs = [_job(course, x, notebooks[x], options, names) for x in ordered]
    succeeded = True
    for outcome in _executed(jobs, options):
        changed = False
        if outcome.failure is None:
            changed = _keep(course, outcome, notebooks[outcome.name], options)
        else:
            succeeded = False
        done(outcome, changed)
    return succeeded


def parameters(notebook: Notebook) -> list[str]:
    """Return the names that a notebook's ``parameters`` cell assigns."""
    cells = [cell for cell in code_cells(notebook) if "parameters" in tags(cell)]
    return [
        target.id
        for cell in cells
        for node in freshness.parsed(source(cell)).body
        for target in getattr(node, "targets", [getattr(node, "target", None)])
        if hasattr(target, "id")
    ]


def _longest_first(course: Course, names: Sequence[str]) -> list[str]:
    """Put what takes long, or was never timed, at the front: then the ends meet."""
    known = measurements(course)
    cost = {name: float(known.get(name, {}).get("seconds", 1e9)) for name in names}
    return sorted(names, key=lambda name: -cost[name])


def _refuse_unknown(given: Mapping[str, object], notebook: Notebook, name: str) -> None:
    known = parameters(notebook)
    if unknown := sorted(set(given) - set(known)):
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise BookError(f"{name} has no parameter {', '.join(unknown)}; {has}")


def _job(
    course: Course, name: str, notebook: Notebook, options: Options, all_: Sequence[str]
) -> Job:
    settings = course.settings
    return Job(
        name=name,
        source=json.dumps(without_outputs(notebook)),
        parameters=dict(options.parameters),
        root=str(course.root),
        limits=Limits(settings["seconds"], settings["megabytes"]),
        warm=_warm(options, len(all_)),
    )


def _warm(options: Options, count: int) -> bool:
    """Return whether kernels shall be forked; Windows can't."""
    possible = hasattr(os, "fork") and not options.address
    return possible and not options.cold and count >= WARM_FROM


def _executed(jobs: Sequence[Job], options: Options) -> Iterator[Outcome]:
    if options.address:
        from book.cluster import executed

        yield from executed(jobs, options.address)
        return
    pool = ThreadPoolExecutor(options.jobs or os.cpu_count() or 1)
    try:
        for future in as_completed([pool.submit(execute, job) for job in jobs]):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        stop_all()
        pool.shutdown(wait=True)


def _keep(course: Course, outcome: Outcome, before: Notebook, options: Options) -> bool:
    """Write an executed notebook where it belongs; return whether that changed it."""
    executed: Notebook = json.loads(outcome.notebook or "{}")
    if options.out:
        target = options.out / f"{outcome.name}.ipynb"
        return write(target, dump(canonical(executed, outcome.name)), options.out)
    path, made_from = course.path(outcome.name), freshness.inputs(before, course)
    current = read(path, outcome.name)
    if freshness.inputs(current, course)["code"] != made_from["code"]:
        raise BookError(f"{outcome.name}.ipynb was edited while it ran; run it again")
    scratch = course.root / "book/_build/tmp"
    anew = freshness.stored(before) != made_from
    _record(course, outcome, scratch, anew=anew)
    if not anew:
        executed = _as_stored(current, executed)
    after = freshness.stamped(_with_outputs(current, executed), made_from)
    return write(path, dump(canonical(after, outcome.name)), scratch)


def _as_stored(notebook: Notebook, executed: Notebook) -> Notebook:
    """Return a repeated run; durations and another processor's pixels don't count."""
    from book.figures import keep_stored

    stored = {cell["id"]: cell for cell in code_cells(notebook)}

    def outputs(cell: Cell) -> list[dict[str, Any]]:
        before: list[dict[str, Any]] = stored[cell["id"]].get("outputs", [])
        return (
            before if "volatile" in tags(cell) else keep_stored(before, cell["outputs"])
        )

    cells = [
        cell | {"outputs": outputs(cell)} if cell["cell_type"] == "code" else cell
        for cell in executed["cells"]
    ]
    return executed | {"cells": cells}


def _with_outputs(notebook: Notebook, executed: Notebook) -> Notebook:
    """Return the notebook with the outputs of its executed copy."""
    outputs = {cell["id"]: cell.get("outputs", []) for cell in executed["cells"]}
    cells = [
        cell | {"outputs": outputs[cell["id"]]} if cell["cell_type"] == "code" else cell
        for cell in notebook["cells"]
    ]
    return notebook | {"cells": cells}


def _record(course: Course, outcome: Outcome, scratch: Path, *, anew: bool) -> None:
    """Keep what a run cost; of a run that nothing called for, only if it is unknown."""
    known = measurements(course)
    if outcome.name in known and not anew:
        return
    cost = {"megabytes": outcome.megabytes, "seconds": round(outcome.seconds, 1)}
    content = json.dumps(known | {outcome.name: cost}, indent=1, sort_keys=True) + "\n"
    write(course.root / "book/measurements.json", content, scratch)
