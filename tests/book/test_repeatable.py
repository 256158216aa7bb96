"""Every notebook of the course, run twice on this machine, gives the same bytes."""

import json
from pathlib import Path

import pytest

from book.course import Course
from book.execute import Job, Limits, Outcome, execute
from book.notebook import canonical, dump, read, without_outputs

COURSE = Course(Path(__file__).parents[2])
NAMES = COURSE.notebooks(COURSE.lessons)


def ran(name: str, *, warm: bool) -> str:
    source = json.dumps(without_outputs(read(COURSE.path(name), name)))
    job = Job(name, source, {}, str(COURSE.root), Limits(), warm)
    outcome: Outcome = execute(job)
    assert outcome.failure is None, outcome.failure
    return dump(canonical(json.loads(outcome.notebook or ""), name))


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_and_a_cold_kernel_give_the_same_bytes(name: str) -> None:
    assert ran(name, warm=True) == ran(name, warm=False)
