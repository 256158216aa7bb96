"""What an exercise is: cases, the right answer, typical wrong ones, and hints."""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lessons import TODO
from lessons.exercises._compare import difference, show

Arguments = tuple[Any, ...]
NOTHING = "nothing came back: is there a `return` in it?"


class Status(Enum):
    """How an answer fared."""

    CORRECT = "✓"
    WRONG = "✗"
    ERROR = "✗ error"
    NOT_ATTEMPTED = "○"


@dataclass(frozen=True)
class Verdict:
    """A status and what the learner is told."""

    status: Status
    message: str


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer, and a sentence on the misconception behind it."""

    answer: Any
    message: str


@dataclass(frozen=True)
class Property:
    """What every right answer has, where there is more than one right answer.

    Args:
        holds: called with the result and the case's arguments.
        message: what is wrong if it does not hold.
    """

    holds: Callable[..., object]
    message: str


@dataclass
class Exercise:
    """One exercise of a lesson.

    Args:
        lesson: as ``foundations/06_linear_regression``.
        number: its place among the lesson's exercises, from 1.
        insight: one sentence for those who solved it.
        hints: a ladder: a question, then the step, then almost the line.
        mistakes: at least two typical wrong answers.
        cases: what is tried, by name: the arguments of each call. Without cases the
            answer is not a function but a value.
        expected: a function that gives the right result for each case's arguments,
            or the right value. A reference made with a library, not the solution.
        properties: instead of ``expected``, what each result must satisfy.
        use: how a case uses the answer, called with it and the arguments; by default
            the answer is called with the arguments. Returns TODO for an untouched stub.
        tolerance: relative and absolute, for numbers.
    """

    lesson: str
    number: int
    insight: str
    hints: Sequence[str]
    mistakes: Sequence[Mistake]
    cases: Mapping[str, Arguments] = field(default_factory=dict)
    expected: Any = None
    properties: Sequence[Property] = ()
    use: Callable[..., object] | None = None
    tolerance: float = 1e-6
    _hints_given: int = field(default=0, init=False, repr=False)

    def check(self, answer: object) -> None:
        """Say whether the answer is right and, if not, what went wrong with what."""
        verdict = self.verdict(answer)
        print(f"{verdict.status.value} Exercise {self.number}: {verdict.message}")

    def hint(self) -> None:
        """Give the next rung of the ladder of hints."""
        rung = min(self._hints_given, len(self.hints) - 1)
        self._hints_given = rung + 1
        print(f"Hint {rung + 1} of {len(self.hints)}: {self.hints[rung]}")

    def solution(self) -> None:
        """Say where the solution is."""
        print(
            f"The solution is exercise {self.number} of solutions/{self.lesson}.ipynb"
        )

    def verdict(self, answer: object) -> Verdict:
        """Judge an answer, without printing."""
        if answer is TODO:
            return Verdict(Status.NOT_ATTEMPTED, "not attempted yet.")
        if self.cases and not callable(answer):
            told = f"`check` wants the function itself; it was given {show(answer)}."
            return Verdict(Status.ERROR, told)
        for name, arguments in self.cases.items() or [("", ())]:
            if verdict := self._try(answer, name, arguments):
                return verdict
        return Verdict(Status.CORRECT, f"correct. {self.insight}")

    def _try(self, answer: object, name: str, arguments: Arguments) -> Verdict | None:
        """Return None if the answer is right for this case."""
        tried = _tried(answer, name, arguments)
        given = copy.deepcopy(arguments)
        try:
            result = self._result(answer, given)
        except Exception as error:
            told = f"your code raised {type(error).__name__}: {error}"
            return Verdict(Status.ERROR, told + tried)
        if result is TODO:
            return Verdict(Status.NOT_ATTEMPTED, "not attempted yet.")
        if problem := self._problem(result, arguments):
            told = f"{problem}{tried}\n  came back: {show(result)}"
            return Verdict(Status.WRONG, told + self._explanation(result, arguments))
        if changed := _changed(arguments, given):
            told = f"the right result, but argument {changed} was changed in place"
            return Verdict(Status.WRONG, f"{told}; work on a copy.{tried}")
        return None

    def _result(self, answer: Any, arguments: Arguments) -> object:
        if not self.cases:
            return answer
        if self.use is not None:
            return self.use(answer, *arguments)
        return answer(*arguments)

    def _problem(self, result: object, arguments: Arguments) -> str | None:
        if self.properties:
            return self._violation(result, arguments)
        expected = self._expected(arguments)
        if result is None and expected is not None:
            return NOTHING
        problem = difference(result, expected, self.tolerance)
        return problem and f"{problem}."

    def _expected(self, arguments: Arguments) -> object:
        return self.expected(*copy.deepcopy(arguments)) if self.cases else self.expected

    def _violation(self, result: object, arguments: Arguments) -> str | None:
        if result is None:
            return NOTHING
        for wanted in self.properties:
            try:
                holds = wanted.holds(result, *copy.deepcopy(arguments))
            except Exception as error:
                kind, why = type(result).__name__, f"{type(error).__name__}: {error}"
                return f"a {kind} came back that can't be examined ({why})."
            if not holds:
                return wanted.message
        return None

    def _explanation(self, result: object, arguments: Arguments) -> str:
        """Show what was expected, and the misconception that gives this result."""
        if self.properties:
            return ""
        told = ""
        if self.cases:
            told = f"\n  expected:  {show(self._expected(arguments))}"
        for mistake in self.mistakes:
            try:
                theirs = self._result(mistake.answer, copy.deepcopy(arguments))
            except Exception:
                continue
            if difference(result, theirs, self.tolerance) is None:
                return f"{told}\n→ {mistake.message}"
        return told


def _tried(answer: object, name: str, arguments: Arguments) -> str:
    """Describe the call that failed, argument by argument."""
    if not name:
        return ""
    lines = [f"\n  tried with {name}:"]
    for parameter, value in zip(_names(answer, len(arguments)), arguments, strict=True):
        lines.append(f"    {parameter} = {show(value)}")
    return "\n".join(lines)


def _names(answer: Any, count: int) -> list[str]:
    try:
        names = list(inspect.signature(answer).parameters)
    except (TypeError, ValueError):
        names = []
    return names if len(names) == count else [f"argument {i + 1}" for i in range(count)]


def _changed(before: Arguments, after: Arguments) -> int | None:
    """Return the number of the first argument that was changed, from 1."""
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        if not isinstance(old, list | dict | set) and not hasattr(old, "shape"):
            continue
        if difference(new, old, 0.0) is not None:
            return number
    return None
