"""One fault, one finding: which file, which cell, what."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from book.check import Finding, Where, check, drafts
from book.course import Course
from tests.book.notebooks.check.course import (
    NAME,
    SOLUTION,
    Notebook,
    build,
    code,
    load,
    read_source,
    stream,
    write,
)
from tests.book.notebooks.check.faults import (
    EXERCISES_FILE,
    FAULTS,
    LESSON_FILE,
    Fault,
    both,
    drop,
    say,
    show,
    swap,
)


def findings(course: Course) -> list[Finding]:
    fresh = Course(course.root)
    return check(fresh, fresh.lessons)


@pytest.fixture
def good(tmp_path: Path) -> Course:
    return build(tmp_path)


def test_a_course_that_keeps_every_rule(good: Course) -> None:
    assert findings(good) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_gives_its_finding(fault: Fault, tmp_path: Path) -> None:
    course = build(tmp_path, fault.lesson, fault.solution, fault.raw, fault.before)
    fault.house(tmp_path)
    found = findings(course)
    told = [(f.file, f.cell and f.cell.id, f.what) for f in found]
    assert told == [(fault.file, fault.cell, fault.what)]
    assert len(found[0].mend) >= 4
    if fault.cell:
        name = fault.file.removesuffix(".ipynb")
        ids = [cell["id"] for cell in load(course, name)["cells"]]
        assert ids[found[0].cell.number - 1] == fault.cell


def test_there_are_enough_faults() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names)) > 100


@pytest.mark.parametrize("name", [NAME, SOLUTION])
def test_a_lesson_without_one_of_its_notebooks(good: Course, name: str) -> None:
    good.path(name).unlink()
    told = f"{name}.ipynb: No such file or directory; write it"
    assert told in map(str, findings(good))


@pytest.mark.parametrize("old", ["number", "module"])
def test_two_lessons_of_one_name(good: Course, old: str) -> None:
    other = {"number": "mlops/01_sheep", "module": "mlops/02_counting"}[old]
    toc = good.root / "_toc.yml"
    toc.write_text(f"{toc.read_text()}  - file: {other}\n")
    value = {"number": "1", "module": "counting"}[old]
    told = f"{other}.ipynb: it has the {old} of {NAME}, {value}; rename one"
    assert told in map(str, findings(good))


def test_lessons_out_of_order(good: Course) -> None:
    toc = good.root / "_toc.yml"
    toc.write_text(
        toc.read_text().replace("chapters:", "chapters:\n  - file: mlops/02_x")
    )
    told = f"_toc.yml: {NAME} comes after mlops/02_x; put the lessons in order"
    assert told in map(str, findings(good))


def test_a_finding_is_one_line() -> None:
    cell = Where(7, "3f2a")
    finding = Finding("foundations/06_x.ipynb", cell, "a\nbad \udc80 thing", "mend it")
    told = "foundations/06_x.ipynb, cell 7 (id 3f2a): a bad ? thing; mend it"
    assert str(finding) == told
    assert str(Finding("a.py", None, "bad", "mend it")) == "a.py: bad; mend it"


def test_findings_stand_in_the_order_of_the_cells(tmp_path: Path) -> None:
    def break_all(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            cell["metadata"] = {"tags": ["odd"]}
            cell["source"] += "\n\n[x](http://example.org)"

    course = build(tmp_path, break_all, break_all)
    found = findings(course)
    files = [f.file for f in found]
    assert files == sorted(files, key=files.index)
    for file in set(files):
        cells = [f.cell.number if f.cell else 0 for f in found if f.file == file]
        assert cells == sorted(cells)
    assert len(found) > 50
    assert found == findings(course)


def test_the_house_is_looked_at_with_all_lessons_only(good: Course) -> None:
    write(good.root / "lessons/extra.py", "import book\n")
    toc = good.root / "_toc.yml"
    toc.write_text(f"{toc.read_text()}  - file: mlops/02_other\n")
    course = Course(good.root)
    first = course.lessons[:1]
    assert check(course, first) == []
    assert "lessons/extra.py" in [f.file for f in check(course, course.lessons)]


DRAFT = both(
    swap("title", "| saved to", "| status | draft |\n| saved to"),
    drop("figure-1", "figure-2", "exercise-2", "teach-1", "teach-2"),
    say("many-words", "TODO: write it."),
    say("further", "## Going further\n\nTODO"),
)


def test_a_draft_may_be_short(tmp_path: Path) -> None:
    def without_legs(root: Path) -> None:
        text = (root / EXERCISES_FILE).read_text()
        start, end = text.index("legs ="), text.index("twice =")
        write(root / EXERCISES_FILE, text[:start] + text[end:].replace("=3", "=2"))

    def told(number: int) -> Notebook:
        return stream(f"○ Exercise {number}: not attempted yet.\n")

    solution = both(
        drop("heading-2", "solved-2"),
        say("heading-3", "## 2. Twice"),
        show("solved-3", stream("✓ Exercise 2: correct.\n")),
    )
    lesson = both(DRAFT, show("exercise-3", told(2)))
    course = build(tmp_path, lesson, solution, before=without_legs)
    assert findings(course) == []
    assert drafts(course, course.lessons) == list(course.lessons)


def test_a_finished_lesson_is_no_draft(good: Course) -> None:
    assert drafts(good, good.lessons) == []


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)
MUTED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def battered(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return build(tmp_path_factory.mktemp("battered"))


def one_line_each(course: Course) -> None:
    found = findings(course)
    assert found
    for finding in found:
        assert "\n" not in str(finding)
        str(finding).encode()


@MUTED
@given(content=st.binary() | ANY.map(json.dumps).map(str.encode))
def test_any_bytes_end_in_findings(battered: Course, content: bytes) -> None:
    for name in (NAME, SOLUTION):
        battered.path(name).write_bytes(content)
    one_line_each(battered)


TEXT = st.text() | st.text(st.sampled_from("[]()<>{}`$#|>\n:%;.\"'\\ *_=-aA0é\0\ud800"))
KEYS = ("source", "metadata", "outputs", "execution_count", "cell_type", "id", "odd")


@MUTED
@given(data=st.data())
def test_any_value_in_a_notebook_ends_in_findings(
    battered: Course, data: st.DataObject
) -> None:
    for name in (NAME, SOLUTION):
        notebook = _source_of(name)
        cell = data.draw(st.sampled_from(notebook["cells"]))
        if data.draw(st.booleans()):
            cell[data.draw(st.sampled_from(KEYS))] = data.draw(ANY)
        elif cell["cell_type"] == "code":
            cell["outputs"] = [data.draw(OUTPUT)]
        notebook["metadata"] = data.draw(ANY)
        notebook["cells"] = notebook["cells"][: data.draw(st.integers(0, 40))]
        battered.path(name).write_text(json.dumps(notebook))
    one_line_each(battered)


OUTPUT = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "display_data", "execute_result"])},
    optional={
        "data": st.dictionaries(st.sampled_from(["image/png", "text/html"]), ANY),
        "metadata": st.fixed_dictionaries({"image/png": ANY}) | ANY,
        "name": st.sampled_from(["stdout", "stderr"]) | ANY,
        "text": st.text() | ANY,
        "execution_count": st.integers() | ANY,
    },
)


@MUTED
@given(text=TEXT, program=TEXT)
def test_any_text_in_a_cell_ends_in_findings(
    battered: Course, text: str, program: str
) -> None:
    notebook = _source_of(NAME)
    for cell in notebook["cells"]:
        cell["source"] += text if cell["cell_type"] == "markdown" else program
    battered.path(NAME).write_text(json.dumps(notebook))
    one_line_each(battered)


@pytest.mark.parametrize("depth", [60, 900, 100_000])
def test_json_of_any_depth_ends_in_a_finding(battered: Course, depth: int) -> None:
    text = json.dumps(_source_of(NAME) | {"metadata": {"deep": 0}})
    nested = text.replace('"deep": 0', f'"deep": {"[" * depth}{"]" * depth}')
    battered.path(NAME).write_text(nested)
    assert LESSON_FILE in [finding.file for finding in findings(battered)]


@pytest.mark.parametrize("text", ["(" * 9_000, "-" * 90_000 + "1", "f(" * 50, "\0"])
def test_code_of_any_depth_ends_in_a_finding(battered: Course, text: str) -> None:
    notebook = _source_of(NAME)
    notebook["cells"][-1] = code("odd", text)
    battered.path(NAME).write_text(json.dumps(notebook))
    assert "odd" in [f.cell.id for f in findings(battered) if f.cell]


def _source_of(name: str) -> Notebook:
    """Return a notebook as it was written, before any run."""
    return read_source("lesson" if name == NAME else "solution")
