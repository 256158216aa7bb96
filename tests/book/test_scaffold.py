"""A new lesson is complete: after its run, nothing is wrong but that it is a draft."""

import shutil
from pathlib import Path

import pytest
import yaml

from book import scaffold as scaffolding
from book.check import check, drafts
from book.check.structure import NEXT_SENTENCE
from book.course import Course
from book.errors import BookError
from book.scaffold import scaffold
from book.site.plan import load
from tests.book.notebooks.check.course import NAME, SOLUTION, build, write

ROOT = Path(__file__).parents[2]
RUNTIME = [*ROOT.glob("lessons/*.py"), *ROOT.glob("lessons/exercises/_*.py")]
NEW = "mlops/31_styling"
WRITTEN = [
    f"{NEW}.ipynb",
    f"solutions/{NEW}.ipynb",
    "lessons/exercises/styling.py",
    "lessons/mlops/styling.py",
    "_toc.yml",
]
TOC = """\
format: jb-book
root: intro
parts:
  - caption: Lessons
    chapters:
      - file: book/pages/chapters/toolkit
        sections:
          - file: {NAME}
      - file: book/pages/chapters/scripting
      - file: book/pages/chapters/testing
  - caption: Reference
    chapters:
      - file: book/pages/solutions
        sections:
          - file: {SOLUTION}
      - file: book/pages/data  # a comment stays
"""
PLAN = """\
- {number: 1, slug: foundations/01_counting, part: F, chapter: Toolkit, title: C, promise: P.}
- {number: 30, slug: mlops/30_logging, part: M, chapter: Scripting, title: L, promise: P.}
- {number: 31, slug: mlops/31_styling, part: M, chapter: Scripting, title: Styling, promise: Q.}
- {number: 32, slug: mlops/32_makefile, part: M, chapter: Scripting, title: M, promise: P.}
- {number: 40, slug: mlops/40_lost, part: M, chapter: Nowhere, title: L, promise: P.}
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course that keeps every rule, with the lessons' real runtime."""

    def complete(root: Path) -> None:
        for path in RUNTIME:
            write(root / path.relative_to(ROOT), path.read_text("utf-8"))
        write(
            root / "_toc.yml",
            TOC.replace("{NAME}", NAME).replace("{SOLUTION}", SOLUTION),
        )
        write(root / "book/curriculum.yml", PLAN)
        settings = '[tool.book]\npython = "3.11"\nseconds = 60\nmegabytes = 2048\n'
        write(root / "pyproject.toml", settings)
        shutil.copy(ROOT / "requirements.txt", root)

    return build(tmp_path / "course", before=complete)


def test_a_new_lesson_is_green_and_a_draft(course: Course) -> None:
    assert check(course, course.lessons) == []
    assert scaffold(course, NEW) == WRITTEN
    after = Course(course.root)
    assert check(after, after.lessons) == []
    assert [lesson.name for lesson in drafts(after, after.lessons)] == [NEW]


@pytest.fixture
def without_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaffolding, "find_spec", lambda _: None)


@pytest.mark.usefixtures("without_lessons")
def test_without_the_lessons_environment_only_the_run_is_missing(
    course: Course,
) -> None:
    scaffold(course, NEW)
    after = Course(course.root)
    assert [str(finding) for finding in check(after, after.lessons)] == [
        f"{name}.ipynb: it was never run; python -m book run 31"
        for name in (NEW, f"solutions/{NEW}")
    ]


@pytest.mark.usefixtures("without_lessons")
def test_entries_of_the_table_of_contents_stand_in_order(course: Course) -> None:
    for name in ("mlops/32_makefile", "mlops/30_logging", NEW):
        scaffold(course, name)
    text = (course.root / "_toc.yml").read_text()
    assert "      - file: book/pages/data  # a comment stays\n" in text
    chapters = yaml.safe_load(text)["parts"]
    names = ["mlops/30_logging", "mlops/31_styling", "mlops/32_makefile"]
    pages = [chapter["file"] for chapter in chapters[0]["chapters"]]
    assert pages == [
        f"book/pages/chapters/{c}" for c in ("toolkit", "scripting", "testing")
    ]
    assert chapters[0]["chapters"][1]["sections"] == [{"file": name} for name in names]
    solutions = chapters[1]["chapters"][0]["sections"]
    assert [entry["file"] for entry in solutions] == [
        SOLUTION,
        *(f"solutions/{name}" for name in names),
    ]


@pytest.mark.usefixtures("without_lessons")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("styling", "a lesson is named as mlops/31_styling"),
        ("mlops/31_Styling", "a lesson is named as mlops/31_styling"),
        (NAME, "is in _toc.yml already"),
        ("mlops/48_more", "not in book/curriculum.yml; add its row first"),
        ("mlops/40_lost", "no '- file: book/pages/chapters/nowhere'"),
    ],
)
def test_what_can_not_be_started(course: Course, name: str, why: str) -> None:
    before = files(course.root)
    with pytest.raises(BookError, match=why):
        scaffold(course, name)
    assert files(course.root) == before


@pytest.mark.usefixtures("without_lessons")
@pytest.mark.parametrize("path", WRITTEN[:4])
def test_nothing_is_overwritten(course: Course, path: str) -> None:
    write(course.root / path, "mine")
    before = files(course.root)
    with pytest.raises(BookError, match=f"{path}: there already"):
        scaffold(course, NEW)
    assert files(course.root) == before


def test_a_run_that_fails_is_told(course: Course) -> None:
    write(course.root / "lessons/plotting.py", "raise RuntimeError('no ink')\n")
    with pytest.raises(BookError, match="written, but a run failed: mlops/31_.*no ink"):
        scaffold(course, NEW)


def test_every_promise_of_the_plan_can_stand_under_a_title() -> None:
    for planned in load(ROOT).values():
        assert not NEXT_SENTENCE.search(planned.promise), planned.promise


def files(root: Path) -> dict[str, bytes]:
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
