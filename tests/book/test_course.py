import pytest

from book.course import Course, Lesson
from book.errors import BookError


def names(course: Course, *words: str) -> list[int]:
    return [lesson.number for lesson in course.select(words)]


def test_order_is_that_of_the_table_of_contents(tiny: Course) -> None:
    text = (tiny.root / "_toc.yml").read_text()
    first, second = "- file: foundations/01_counting", "- file: foundations/02_adding"
    swapped = text.replace(first, "@").replace(second, first).replace("@", second)
    (tiny.root / "_toc.yml").write_text(swapped)
    assert names(Course(tiny.root)) == [2, 1]


@pytest.mark.parametrize(
    ("word", "numbers"),
    [
        ("2", [2]),
        ("02", [2]),
        ("adding", [2]),
        ("02_adding", [2]),
        ("foundations/02_adding", [2]),
        ("foundations/02_adding.ipynb", [2]),
        ("solutions/foundations/02_adding.ipynb", [2]),
        ("foundations/*", [1, 2]),
        ("*ing", [1, 2]),
    ],
)
def test_a_word_means(tiny: Course, word: str, numbers: list[int]) -> None:
    assert names(tiny, word) == numbers


def test_words_are_answered_in_course_order_and_once(tiny: Course) -> None:
    assert names(tiny, "adding", "1", "2") == [1, 2]


def test_no_words_mean_all(tiny: Course) -> None:
    assert names(tiny) == [1, 2]


def test_an_unknown_word_names_the_nearest(tiny: Course) -> None:
    with pytest.raises(BookError, match="did you mean foundations/02_adding"):
        tiny.select(["foundations/02_addin"])
    with pytest.raises(BookError, match="no lesson '9'"):
        tiny.select(["9"])


def test_outside_a_book(tmp_path) -> None:
    with pytest.raises(BookError, match="run from the root"):
        _ = Course(tmp_path).lessons


def test_a_broken_table_of_contents(tiny: Course) -> None:
    (tiny.root / "_toc.yml").write_text("a: [1")
    with pytest.raises(BookError, match="_toc.yml is not YAML"):
        _ = tiny.lessons


def test_a_lesson_knows_its_places() -> None:
    lesson = Lesson("foundations/06_linear_regression")
    assert (lesson.part, lesson.number) == ("foundations", 6)
    assert lesson.module == "linear_regression"
    assert lesson.solution == "solutions/foundations/06_linear_regression"
    assert lesson.export == "lessons/foundations/linear_regression.py"
    assert lesson.exercises == "lessons/exercises/linear_regression.py"
