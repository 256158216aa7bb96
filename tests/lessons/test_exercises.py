"""Each exercise tells right from wrong; the runtime copes with whatever it is given."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from lessons.exercises import TODO, Exercise, Mistake, Property, Status
from lessons.exercises._compare import difference, show

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "lessons/exercises"
MODULES = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))
EXERCISES = {
    f"{module}.{name}": value
    for module in MODULES
    for name, value in vars(
        importlib.import_module(f"lessons.exercises.{module}")
    ).items()
    if isinstance(value, Exercise)
}
each = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES.keys())


def raising(*_: object, **__: object) -> None:
    raise RuntimeError("unplugged")


BAD: dict[str, Any] = {
    "None": lambda *_, **__: None,
    "NaN": lambda *_, **__: float("nan"),
    "wrong shape": lambda *_, **__: np.zeros((7, 5, 3)),
    "wrong type": lambda *_, **__: object(),
    "text": lambda *_, **__: "forty-two",
    "raises": raising,
}
VALUES = {
    "None": None,
    "NaN": float("nan"),
    "wrong type": object(),
    "text": "forty-two",
}


@each
def test_a_typical_mistake_is_explained(exercise: Exercise) -> None:
    assert len(exercise.mistakes) >= 2
    for mistake in exercise.mistakes:
        verdict = exercise.verdict(mistake.answer)
        assert verdict.status in (Status.WRONG, Status.ERROR)
        assert mistake.message in verdict.message


@each
def test_mistakes_differ(exercise: Exercise) -> None:
    assert len({mistake.message for mistake in exercise.mistakes}) == len(
        exercise.mistakes
    )


@each
@pytest.mark.parametrize("bad", BAD)
def test_an_odd_answer_gets_a_clear_line(exercise: Exercise, bad: str) -> None:
    if not exercise.cases and bad not in VALUES:
        bad = "None"
    answer = BAD[bad] if exercise.cases else VALUES[bad]
    verdict = exercise.verdict(answer)
    assert verdict.status in (Status.WRONG, Status.ERROR)
    first = verdict.message.splitlines()[0]
    assert 10 < len(first) < 400
    assert " at 0x" not in verdict.message


@each
def test_todo_is_not_attempted(exercise: Exercise) -> None:
    assert exercise.verdict(TODO).status is Status.NOT_ATTEMPTED


@each
def test_the_ladder_of_hints(exercise: Exercise, capsys) -> None:
    assert len(exercise.hints) >= 2
    for _ in range(len(exercise.hints) + 1):
        exercise.hint()
    told = capsys.readouterr().out
    assert all(hint in told for hint in exercise.hints)
    exercise.solution()
    path = re.search(r"solutions/\S+\.ipynb", capsys.readouterr().out)
    assert path
    assert (ROOT / path[0]).is_file()


@each
def test_the_solution_passes_and_the_stub_is_untouched(exercise: Exercise) -> None:
    """Outputs that nbval compares with a fresh run of both notebooks."""
    solved = printed(f"solutions/{exercise.lesson}")
    assert f"✓ Exercise {exercise.number}: correct. {exercise.insight}" in solved
    shipped = printed(exercise.lesson)
    assert f"○ Exercise {exercise.number}: not attempted yet." in shipped


def printed(name: str) -> str:
    cells = json.loads((ROOT / f"{name}.ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(output.get("text", "")) for output in outputs)


def test_numbers_run_from_one_in_each_lesson() -> None:
    for module in MODULES:
        numbers = [
            e.number for key, e in EXERCISES.items() if key.startswith(f"{module}.")
        ]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), module


def double(**changes: Any) -> Exercise:
    settings: dict[str, Any] = {
        "lesson": "foundations/01_x",
        "number": 1,
        "insight": "Twice is once more.",
        "hints": ["What is twice one?", "Add it to itself."],
        "mistakes": [Mistake(lambda x: x**2, "squared, not doubled")],
        "cases": {"a column": (np.array([[1.0], [3.0]]),)},
        "expected": lambda x: 2 * x,
    }
    return Exercise(**(settings | changes))


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (lambda x: 2 * x, Status.CORRECT, "Twice is once more."),
        (lambda x: TODO, Status.NOT_ATTEMPTED, "not attempted"),
        (lambda x: torch.tensor(2 * x), Status.CORRECT, "Twice"),
        (lambda x: (2 * x).tolist(), Status.CORRECT, "Twice"),
        (lambda x: x**2, Status.WRONG, "→ squared, not doubled"),
        (lambda x: 2 * x.ravel(), Status.WRONG, "shape (2,) came back, not (2, 1)"),
        (lambda x: x * np.nan, Status.WRONG, "there is a NaN in it"),
        (lambda x: None, Status.WRONG, "is there a `return`"),
        (lambda x: "2", Status.WRONG, "a str came back, not an array"),
        (lambda x: [[1], [2, 3]], Status.WRONG, "rows of unequal length"),
        (lambda x: np.array([["a"], ["b"]]), Status.WRONG, "not numbers"),
        (lambda x: 1 / 0, Status.ERROR, "your code raised ZeroDivisionError"),
        (lambda: 1, Status.ERROR, "your code raised TypeError"),
        (2.0, Status.ERROR, "wants the function itself"),
    ],
)
def test_what_is_said_of(answer: object, status: Status, told: str) -> None:
    verdict = double().verdict(answer)
    assert verdict.status is status
    assert told in verdict.message


def test_a_wrong_answer_shows_the_call(capsys) -> None:
    def answer(column):
        return column + 1

    double().check(answer)
    assert capsys.readouterr().out == (
        "✗ Exercise 1: the numbers differ.\n"
        "  tried with a column:\n"
        "    column = array (2, 1) [[1.] [3.]]\n"
        "  came back: array (2, 1) [[2.] [4.]]\n"
        "  expected:  array (2, 1) [[2.] [6.]]\n"
    )


def test_an_argument_changed_in_place_is_found() -> None:
    def answer(x):
        x *= 2
        return x

    assert "argument 1 was changed in place" in double().verdict(answer).message


def test_the_case_is_not_changed_by_an_answer() -> None:
    exercise = double()

    def answer(x):
        x *= 2
        return x

    exercise.verdict(answer)
    assert exercise.verdict(lambda x: 2 * x).status is Status.CORRECT


def test_a_value_is_an_answer_without_showing_the_right_one() -> None:
    exercise = double(
        cases={}, expected={"a", "b"}, mistakes=[Mistake({"a"}, "only a")]
    )
    assert exercise.verdict({"b", "a"}).status is Status.CORRECT
    wrong = exercise.verdict({"a"})
    assert "→ only a" in wrong.message
    assert "expected:" not in wrong.message


def test_properties_stand_for_answers_that_are_not_unique() -> None:
    exercise = double(
        expected=None,
        properties=[
            Property(lambda result, x: len(result) == len(x), "a row is missing"),
            Property(lambda result, x: result.sum() == 8, "the sum must be 8"),
        ],
    )
    assert exercise.verdict(lambda x: np.array([8.0, 0])).status is Status.CORRECT
    assert "a row is missing" in exercise.verdict(lambda x: x[:1]).message
    assert "the sum must be 8" in exercise.verdict(lambda x: x).message
    assert "can't be examined" in exercise.verdict(lambda x: [1, 2]).message
    assert "is there a `return`" in exercise.verdict(lambda x: None).message


def test_use_says_how_an_answer_is_used() -> None:
    exercise = double(use=lambda answer, x: answer()(x))
    assert exercise.verdict(lambda: lambda x: 2 * x).status is Status.CORRECT


FRAME = pd.DataFrame({"a": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("got", "expected", "told"),
    [
        (1.0, 1, None),
        (np.float64(1), 1, None),
        (True, True, None),
        (np.bool_(True), True, None),
        (1, True, "an int came back"),
        (False, True, "False came back"),
        ("a", "b", "other text"),
        ((1, 2), [1, 2], None),
        ([1, 2, 3], [1, 2], "3 came back, not 2"),
        ([1, 5], [1, 2], "entry 1: the numbers differ"),
        ({"a": 1}, {"a": 1, "b": 2}, "among the keys, {'b'} is missing"),
        ({"a": 1, "c": 0}, {"a": 1}, "{'c'} does not belong"),
        ({"a": [1, 3]}, {"a": [1, 2]}, "under 'a': entry 1"),
        ({1}, {1, 2}, "{2} is missing"),
        ([1, None], [1, 2], "entry 1: None came back, not an int"),
        (FRAME, FRAME.copy(), None),
        (FRAME * 2, FRAME, "DataFrame.iloc"),
        (FRAME["a"], FRAME["a"], None),
        (None, None, None),
        (b"a", b"a", None),
        (object, object, None),
        (float("inf"), float("inf"), None),
        (np.array(["a"]), np.array(["b"]), "other entries"),
    ],
)
def test_difference(got: object, expected: object, told: str | None) -> None:
    found = difference(got, expected, 1e-6)
    assert (found is None) == (told is None)
    assert told is None or told in found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "0.333333"),
        (np.arange(3), "array (3,) [0 1 2]"),
        ([np.eye(2), 0.5], "[array (2, 2) [[1. 0.] [0. 1.]], 0.5]"),
        ([np.random.default_rng(0)], "[Generator(PCG64)]"),
        ({"b", "a"}, "{'a', 'b'}"),
        ({"b": 1, "a": [2]}, "{'b': 1, 'a': [2]}"),
        ((None,), "(None,)"),
        (set(), "set()"),
        (lambda: 1, "<function <lambda>>"),
        ("x" * 500, "'" + "x" * 46),
        (pd.DataFrame({"a": [1]}), "DataFrame (1, 1)"),
    ],
)
def test_show(value: object, text: str) -> None:
    assert show(value).startswith(text)
