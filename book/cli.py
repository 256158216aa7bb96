"""The command line of the press. Lessons are meant by name, number or glob."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from book.course import Course
from book.errors import BookError

if TYPE_CHECKING:
    from book.execute import Outcome
    from book.run import Options

BACKENDS = ("processes", "dask")

app = typer.Typer(
    help="Turn notebooks into a checked, offline book.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Names = Annotated[
    list[str] | None, typer.Argument(help="Names, numbers or globs; all if none.")
]


def main() -> None:
    """Run a command; say in one line why it could not be done."""
    try:
        app(_papermill_style(sys.argv[1:]))
    except BookError as error:
        err.print(f"error: {error}")
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("stopped; every notebook that is not named above is as it was")
        sys.exit(130)


def _papermill_style(arguments: Sequence[str]) -> list[str]:
    """Accept ``-p NAME VALUE``, as papermill does, beside ``-p NAME=VALUE``."""
    given, todo = [], list(arguments)
    while todo:
        word = todo.pop(0)
        given.append(word)
        if word == "-p" and len(todo) >= 2 and "=" not in todo[0]:
            given.append(f"{todo.pop(0)}={todo.pop(0)}")
    return given


def _course() -> Course:
    return Course(Path.cwd())


@app.command()
def run(
    names: Names = None,
    force: Annotated[bool, typer.Option("--all", help="Fresh ones, too.")] = False,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", metavar="NAME VALUE", help="Run a variant; needs --out."),
    ] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Write there, not over the lessons.")
    ] = None,
    shard: Annotated[str, typer.Option(help="i/n: every n-th, from the i-th.")] = "1/1",
    jobs: Annotated[int | None, typer.Option(help="At once; as many as cores.")] = None,
    cold: Annotated[bool, typer.Option(help="A new interpreter for each.")] = False,
    backend: Annotated[str, typer.Option(help="processes or dask.")] = "processes",
    address: Annotated[str | None, typer.Option(help="Of a Dask scheduler.")] = None,
) -> None:
    """Run the notebooks that are stale, and write back what they print."""
    from book.run import Options, plan

    if parameter and not out_dir:
        raise BookError("-p makes a variant; say with --out DIR where it shall go")
    if (backend == "dask") != (address is not None) or backend not in BACKENDS:
        raise BookError(
            "--backend is processes, or dask with --address tcp://host:port"
        )
    course = _course()
    options = Options(
        force=force,
        parameters=dict(_parameter(text) for text in parameter or []),
        out=out_dir and out_dir.resolve(),
        shard=_shard(shard),
        jobs=jobs,
        cold=cold,
        address=address,
    )
    lessons = course.select(names or [])
    chosen = [x.name for x in lessons] if out_dir else course.notebooks(lessons)
    todo = plan(course, chosen, options)
    if not todo:
        out.print(f"{len(chosen)} notebooks, all fresh")
    elif not _run(course, todo, options):
        raise typer.Exit(1)


def _run(course: Course, todo: Sequence[str], options: Options) -> bool:
    from book.run import run

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("running", total=len(todo))

        def done(outcome: Outcome, changed: bool) -> None:
            progress.advance(task)
            err.print(_told(course, outcome, changed))

        return run(course, todo, options, done)


def _told(course: Course, outcome: Outcome, changed: bool) -> str:
    """Say in one line how a notebook's run went."""
    failure = outcome.failure
    if failure is None:
        what = "changed" if changed else "same as before"
        return f"✓ {outcome.name}: {outcome.seconds:.1f} s, {what}"
    report = course.root / f"book/_build/reports/{outcome.name}.txt"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(failure.traceback, encoding="utf-8")
    where = f", cell {failure.cell}" if failure.cell else ""
    return (
        f"✗ {outcome.name}{where}: {failure.cause} (more in {_short(report, course)})"
    )


def _short(path: Path, course: Course) -> str:
    return path.relative_to(course.root).as_posix()


def _parameter(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BookError(f"-p {text}: a parameter is given as -p NAME VALUE")
    meant = yaml.safe_load(value)
    return name, value if isinstance(meant, date) else meant  # JSON has no dates


def _shard(text: str) -> tuple[int, int]:
    index, _, count = text.partition("/")
    if index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count):
        return int(index), int(count)
    raise BookError(f"--shard {text}: it is given as i/n, with i from 1 to n")


@app.command()
def export(names: Names = None) -> None:
    """Write the modules that the lessons define."""
    from book.export import export as write_modules

    course = _course()
    changed = write_modules(course, course.select(names or []))
    out.print("\n".join(f"wrote {path}" for path in changed) or "nothing changed")


@app.command()
def check(names: Names = None) -> None:
    """Hold the lessons against the standard, without running them."""
    from book.check import check as findings
    from book.check import drafts

    course = _course()
    lessons = course.select(names or [])
    found = findings(course, lessons)
    for finding in found:
        out.print(str(finding), soft_wrap=True, markup=False)
    if found:
        raise typer.Exit(1)
    unfinished = len(drafts(course, lessons))
    out.print(f"{len(lessons)} lessons, {unfinished} of them drafts, no findings")


@app.command()
def status(
    names: Names = None,
    why: Annotated[bool, typer.Option(help="Name what changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    stale: Annotated[bool, typer.Option(help="Only the names of stale ones.")] = False,
) -> None:
    """Show which lessons are fresh, and what each costs and gives."""
    from book import status as report

    course = _course()
    found = report.statuses(course, course.select(names or []))
    if as_json:
        print(report.as_json(found))
    elif stale:
        print("".join(f"{status.name}\n" for status in found if status.stale), end="")
    else:
        out.print(report.table(found, why=why))


@app.command()
def build(
    everything: Annotated[bool, typer.Option("--all", help="Every page anew.")] = False,
) -> None:
    """Build the site from the notebooks as they are."""
    from book.site import build as build_site

    index = build_site(_course().root, all_pages=everything)
    out.print(f"open {index.as_uri()}", soft_wrap=True)


@app.command()
def new(name: Annotated[str, typer.Argument(help="As mlops/31_styling.")]) -> None:
    """Start a lesson: notebook, solution, exercises and its line in _toc.yml."""
    from book.scaffold import scaffold

    for path in scaffold(_course(), name):
        out.print(f"wrote {path}")


@app.command()
def clean() -> None:
    """Remove what the press has built."""
    shutil.rmtree(_course().root / "book/_build", ignore_errors=True)
    out.print("removed book/_build")
