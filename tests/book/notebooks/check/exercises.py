"""Exercises of a lesson on counting."""

from lessons.exercises import Exercise, Mistake

LESSON = "foundations/01_counting"

pairs = Exercise(
    lesson=LESSON,
    number=1,
    insight="Each thing pairs with every other.",
    hints=["How many partners has one?", "Halve it."],
    mistakes=[
        Mistake(lambda things: len(things) ** 2, "A thing is not its own partner."),
        Mistake(lambda things: len(things) // 2, "Each thing has many partners."),
    ],
    cases={"three": ([1, 2, 3],)},
    expected=lambda things: len(things) * (len(things) - 1) / 2,
)
legs = Exercise(
    lesson=LESSON,
    number=2,
    insight="Four each.",
    hints=["Look at one sheep.", "Multiply."],
    mistakes=[
        Mistake(lambda sheep: 2 * len(sheep), "Those are birds."),
        Mistake(lambda sheep: 4, "That is one sheep."),
    ],
    cases={"two": ([1, 2],)},
    expected=lambda sheep: sum(4 for _ in sheep),
)
twice = Exercise(
    lesson=LESSON,
    number=3,
    insight="Twice is two times.",
    hints=["Once is not enough.", "Double it."],
    mistakes=[
        Mistake(lambda things: len(things), "That is once."),
        Mistake(lambda things: len(things) ** 2, "That is squared."),
    ],
    cases={"two": ([1, 2],)},
    expected=lambda things: len(things) + len(things),
)
