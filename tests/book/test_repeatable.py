"""Every notebook of the course, run twice on this machine, gives the same bytes.

The outputs of volatile cells, durations, are let go; a forced run keeps the stored ones.
"""

import json
from pathlib import Path

import pytest

from book.course import Course
from book.execute import Job, Limits, Outcome, execute
from book.notebook import canonical, dump, read, tags, without_outputs

COURSE = Course(Path(__file__).parents[2])
NAMES = COURSE.notebooks(COURSE.lessons)


def ran(name: str, *, warm: bool) -> str:
    source = json.dumps(without_outputs(read(COURSE.path(name), name)))
    job = Job(name, source, {}, str(COURSE.root), Limits(), warm)
    outcome: Outcome = execute(job)
    assert outcome.failure is None, outcome.failure
    executed = json.loads(outcome.notebook or "")
    for cell in executed["cells"]:
        if "volatile" in tags(cell):
            cell["outputs"] = []
    return dump(canonical(executed, name))


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_and_a_cold_kernel_give_the_same_bytes(name: str) -> None:
    assert ran(name, warm=True) == ran(name, warm=False)
