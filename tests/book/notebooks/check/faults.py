"""Faults: one rule broken at a time, and what must be said of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.book.notebooks.check.course import (
    NAME,
    SOLUTION,
    Change,
    Notebook,
    cell,
    code,
    figure,
    markdown,
    stream,
    write,
)

LESSON_FILE, SOLUTION_FILE = f"{NAME}.ipynb", f"{SOLUTION}.ipynb"
MODULE_FILE = "lessons/foundations/counting.py"
EXERCISES_FILE = "lessons/exercises/counting.py"
House = Callable[[Path], object]


@dataclass(frozen=True)
class Fault:
    """What is broken, and what must be said of it."""

    name: str
    what: str
    cell: str | None = None
    file: str = LESSON_FILE
    lesson: Change = bool
    solution: Change = bool
    raw: Change = bool
    before: House = bool
    house: House = bool


def say(name: str, text: str) -> Change:
    """Replace a cell's source."""
    return lambda nb: cell(nb, name).update(source=text)


def swap(name: str, old: str, new: str) -> Change:
    """Replace a part of a cell's source."""

    def change(nb: Notebook) -> None:
        found = cell(nb, name)
        text = "".join(found["source"])
        assert old in text
        found["source"] = text.replace(old, new)

    return change


def tag(name: str, *tags: str) -> Change:
    return lambda nb: cell(nb, name)["metadata"].update(tags=list(tags))


def put(name: str, **metadata: Any) -> Change:
    return lambda nb: cell(nb, name)["metadata"].update(metadata)


def show(name: str, *outputs: Notebook) -> Change:
    return lambda nb: cell(nb, name).update(outputs=list(outputs))


def drop(*names: str) -> Change:
    def change(nb: Notebook) -> None:
        nb["cells"] = [c for c in nb["cells"] if c["id"] not in names]

    return change


def add(after: str, *cells: Notebook) -> Change:
    def change(nb: Notebook) -> None:
        at = nb["cells"].index(cell(nb, after)) + 1
        nb["cells"][at:at] = cells

    return change


def both(*changes: Change) -> Change:
    return lambda nb: [change(nb) for change in changes]


def edit(file: str, old: str, new: str) -> House:
    def change(root: Path) -> None:
        text = (root / file).read_text("utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new), "utf-8")

    return change


def make(file: str, text: str = "") -> House:
    return lambda root: write(root / file, text)


def remove(file: str) -> House:
    return lambda root: (root / file).unlink()


def prose(text: str) -> Change:
    return say("summary", f"## Summary\n\n{text}")


def cut(file: str, start: str) -> House:
    """Remove the end of a file, from that text on."""

    def change(root: Path) -> None:
        text = (root / file).read_text("utf-8")
        write(root / file, text[: text.index(start)])

    return change


def both_(*changes: House) -> House:
    return lambda root: [change(root) for change in changes]


def half(output: Notebook) -> Notebook:
    """Cut a figure short."""
    data = output["data"]["image/png"]
    output["data"]["image/png"] = data[: len(data) // 8 * 4]
    return output


def result(text: str) -> Notebook:
    data = {"text/plain": text}
    return {"output_type": "execute_result", "execution_count": 1} | {
        "data": data,
        "metadata": {},
    }


def html(text: str) -> Notebook:
    data = {"text/plain": "a table", "text/html": text}
    return {"output_type": "display_data", "data": data, "metadata": {}}


FACTS = "minutes, needs, data, libraries, saved to"
ERROR = {"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []}
WIDGET = {
    "output_type": "display_data",
    "data": {"application/javascript": "1", "text/plain": "1"},
    "metadata": {},
}
REASON = {"tags": ["nbval-ignore-output", "volatile"], "reason": "a clock"}
VOLATILE = [code(f"clock-{k}", "print()") | {"metadata": REASON} for k in range(3)]
UNCHECKED = code("more", "x = TODO", "exercise") | {
    "outputs": [stream("○ Exercise 4: not attempted yet.\n")]
}
LAST = "    expected=lambda things: len(things) + len(things),\n)\n"
EXTRA = (
    "extra = Exercise(LESSON, 4, 'Good.', ['What?', 'So.'], [Mistake(1, 'No.'),"
    " Mistake(2, 'No.')], expected=3)\n"
)
LONG = "\n".join(f"x = {k}" for k in range(21))
STUB = "exercises.pairs.check(TODO)"
ALT = "A field with three sheep, one of them black."

STRUCTURE = [
    Fault(
        "no title",
        "the first cell is not Markdown that opens with '# Title'",
        "title",
        lesson=swap("title", "# Counting: how many there are", "Counting"),
    ),
    Fault(
        "two titles",
        "a second title, '# Sheep'",
        "scratch",
        lesson=say("scratch", "## From scratch\n\n# Sheep"),
    ),
    Fault(
        "two sentences",
        "under the title there is not exactly one sentence",
        "title",
        lesson=swap("title", "could not do before.", "could not. Now you can."),
    ),
    Fault(
        "no data in the table",
        "the table under the title has the rows minutes, needs, libraries, saved to",
        "title",
        lesson=swap("title", "| data | made here |\n", ""),
    ),
    Fault(
        "an empty fact",
        "'needs' is empty",
        "title",
        lesson=swap("title", "| needs | – |", "| needs | |"),
    ),
    Fault(
        "half an hour",
        "minutes are '½ h'",
        "title",
        lesson=swap("title", "| minutes | 20 |", "| minutes | ½ h |"),
    ),
    Fault(
        "saved elsewhere",
        "'saved to' does not name the lesson's module",
        "title",
        lesson=swap("title", "foundations.counting", "foundations.sheep"),
    ),
    Fault(
        "an odd status",
        "status 'done'",
        "title",
        lesson=swap("title", "| saved to", "| status | done |\n| saved to"),
    ),
    Fault(
        "an unknown heading",
        "unknown heading '## Background'",
        "scratch",
        lesson=say("scratch", "## Background"),
    ),
    Fault(
        "headings out of order",
        "'## From scratch' comes after '## With the library'",
        "scratch",
        lesson=swap("scratch", "##", "## With the library\n\n##"),
    ),
    Fault("no summary", "'## Summary' is missing", lesson=drop("summary")),
    Fault(
        "a skipped level",
        "'Deep' skips from level 2 to level 4",
        "scratch",
        lesson=swap("scratch", "scratch", "scratch\n\n#### Deep"),
    ),
    Fault(
        "no setup",
        "the first code cell is not tagged setup",
        "early",
        lesson=add("learn", code("early", "print(1)")),
    ),
    Fault(
        "another bootstrap",
        "the setup cell does not begin with the bootstrap",
        "setup",
        lesson=swap("setup", "  # Colab, or any bare kernel", ""),
    ),
    Fault(
        "late parameters",
        "set-up after '## The idea'",
        "parameters",
        lesson=lambda nb: nb["cells"].insert(6, nb["cells"].pop(3)),
    ),
    Fault(
        "no parameters",
        "0 cells are tagged parameters",
        lesson=tag("parameters"),
    ),
    Fault(
        "two cells of parameters",
        "2 cells are tagged parameters",
        "more",
        lesson=both(
            add("parameters", code("more", "HORSES = 2", "parameters")),
            swap("use", "NUM_SHEEP", "NUM_SHEEP + HORSES"),
        ),
    ),
    Fault(
        "a computed parameter",
        "'NUM_SHEEP = 1 + len(\"ab\")  # in the fiel' is no parameter",
        "parameters",
        lesson=swap("parameters", "3", '1 + len("ab")'),
    ),
    Fault(
        "a small parameter",
        "'num_sheep = 3' is no parameter",
        "parameters",
        lesson=both(
            say("parameters", "num_sheep = 3"),
            swap("use", "NUM", "num"),
            swap("use", "SHEEP", "sheep"),
        ),
    ),
    Fault(
        "an unused parameter",
        "parameter NUM_GOATS is never used",
        "parameters",
        lesson=say("parameters", "NUM_SHEEP = 3\nNUM_GOATS = 2"),
    ),
    Fault(
        "a parameter set again",
        "parameter NUM_SHEEP is set again, so -p NUM_SHEEP has no effect",
        "use",
        lesson=swap("use", "print", "NUM_SHEEP = 4\nprint"),
    ),
    Fault(
        "a solution without its number",
        "it does not open with '# Solutions: 01 …'",
        "title",
        SOLUTION_FILE,
        solution=swap("title", "# Solutions: 01 Counting", "# Counting"),
    ),
    Fault(
        "no way back",
        "no link back to the lesson",
        "title",
        SOLUTION_FILE,
        solution=swap(
            "title", "[the lesson](../../foundations/01_counting.ipynb)", "it"
        ),
    ),
]

FORM = [
    Fault(
        "an unknown tag",
        "unknown tag 'raises-exception'",
        "use",
        lesson=tag("use", "raises-exception"),
    ),
    Fault(
        "an exercise in a solution",
        "unknown tag 'exercise'",
        "solved-1",
        SOLUTION_FILE,
        solution=tag("solved-1", "exercise"),
    ),
    Fault(
        "a tag on text",
        "tag 'hide-input' on a cell without code",
        "summary",
        lesson=tag("summary", "hide-input"),
    ),
    Fault(
        "volatile alone",
        "tagged volatile alone",
        "use",
        lesson=tag("use", "volatile"),
    ),
    Fault(
        "volatile for no reason",
        "volatile without a reason",
        "use",
        lesson=tag("use", "nbval-ignore-output", "volatile"),
    ),
    Fault(
        "three volatile cells",
        "more than 2 volatile cells",
        "clock-2",
        lesson=add("use", *VOLATILE),
    ),
    Fault(
        "a comment that hides an output",
        "the comment NBVAL_… hides its output from the tests",
        "use",
        lesson=swap("use", "print", "# NBVAL_IGNORE_OUTPUT\nprint"),
    ),
    Fault(
        "odd metadata",
        "metadata 'collapsed'",
        "use",
        raw=put("use", collapsed=True),
    ),
    Fault(
        "one id twice",
        "its id is another cell's, too",
        "learn",
        lesson=add("title", markdown("learn", "Once more.")),
    ),
    Fault(
        "a cell that never ran",
        "its execution count is None, not 4",
        "teach-11",
        raw=lambda nb: cell(nb, "teach-11").update(execution_count=None),
    ),
    Fault(
        "another form",
        "not in the canonical form",
        raw=lambda nb: nb["metadata"].update(papermill={}),
    ),
    Fault(
        "too large",
        "401 kB",
        lesson=show("use", stream("x" * 386_000)),
    ),
    Fault(
        "never run",
        "it was never run",
        raw=lambda nb: nb["metadata"].pop("book"),
    ),
    Fault(
        "stale code",
        "its outputs are stale: code changed",
        raw=lambda nb: cell(nb, "teach-3").update(source=["print(4)"]),
    ),
    Fault(
        "a stale library",
        "its outputs are stale: numpy changed",
        house=edit("requirements.txt", "2.4.6", "2.4.7"),
    ),
]

CODE = [
    Fault(
        "a magic",
        "a magic or a shell command",
        "teach-1",
        lesson=say("teach-1", "%matplotlib inline"),
    ),
    Fault(
        "not Python",
        "line 1 is not Python: invalid syntax",
        "teach-1",
        lesson=say("teach-1", "let x = 3"),
    ),
    Fault("a long cell", "21 lines of code", "teach-1", lesson=say("teach-1", LONG)),
    Fault(
        "a wide line",
        "line 2 has 89 columns",
        "teach-1",
        lesson=say("teach-1", f"print(1)\n# {'-' * 87}"),
    ),
    Fault(
        "a semicolon",
        "a semicolon",
        "teach-1",
        lesson=say("teach-1", "[1].pop();"),
    ),
    Fault(
        "too few cells",
        "14 teaching cells",
        lesson=drop("teach-1"),
    ),
    Fault(
        "the press in a lesson",
        "it imports from book",
        "teach-1",
        lesson=say("teach-1", "from book import run"),
    ),
    Fault(
        "another notebook in a lesson",
        "it imports from foundations",
        "teach-1",
        lesson=say("teach-1", "import foundations.other"),
    ),
    Fault(
        "a library outside the lock",
        "polars is not in requirements.txt",
        "teach-1",
        lesson=say("teach-1", "import polars"),
    ),
    Fault(
        "a machine's path",
        "the path '/tmp/sheep' is of one machine",
        "teach-1",
        lesson=say("teach-1", "place = '/tmp/sheep'"),
    ),
    Fault(
        "a file that is not there",
        "it reads 'sheep.csv', which a reader does not have",
        "teach-1",
        lesson=say("teach-1", "file = open('sheep.csv')"),
    ),
]

EXPORTS = [
    Fault(
        "an effect",
        "'print(1)' does more than define",
        "more",
        lesson=add("use", code("more", "print(1)", "export")),
    ),
    Fault(
        "an effect in an assignment",
        "'np.random.default_rng' does more than define",
        "more",
        lesson=add("use", code("more", "RNG = np.random.default_rng(0)", "export")),
    ),
    Fault(
        "no docstring",
        "count_all has no docstring",
        "more",
        lesson=add("use", code("more", "def count_all() -> None: ...", "export")),
    ),
    Fault(
        "no types",
        "count_all does not say the type of things, its result",
        "more",
        lesson=add(
            "use", code("more", 'def count_all(things):\n    """All."""', "export")
        ),
    ),
    Fault(
        "an edited module",
        "it is not what the lesson exports",
        None,
        MODULE_FILE,
        house=edit(MODULE_FILE, "sum(1 for", "sum(2 for"),
    ),
    Fault(
        "no module",
        "it is missing",
        None,
        MODULE_FILE,
        house=remove(MODULE_FILE),
    ),
]
OUTPUTS = [
    Fault("an error", "a stored KeyError", "use", lesson=show("use", ERROR)),
    Fault(
        "a warning",
        "stderr: 'a warning'",
        "use",
        lesson=show("use", stream("a warning\nand more\n", "stderr")),
    ),
    Fault(
        "JavaScript",
        "an output of type application/javascript",
        "use",
        lesson=show("use", WIDGET),
    ),
    Fault(
        "a script in a table",
        "its HTML runs a script or reaches for another host",
        "use",
        lesson=show("use", html("<table></table><script>1</script>")),
    ),
    Fault(
        "a path",
        "its output has a path of one machine: '/home/ann/sheep.csv'",
        "use",
        lesson=show("use", stream("read /home/ann/sheep.csv\n")),
    ),
    Fault(
        "an address",
        "its output has an object's address: 'at 0x…'",
        "use",
        lesson=show("use", stream("<Sheep at 0x7f0012345678>\n")),
    ),
    Fault(
        "a time",
        "its output has the time of the run: '2026-11-23T20:40:12.123456'",
        "use",
        lesson=show("use", stream("2026-11-23T20:40:12.123456\n")),
    ),
    Fault(
        "a duration",
        "its output has a duration: 'passed in 0.02s'",
        "use",
        lesson=show("use", stream("1 passed in 0.02s\n")),
    ),
    Fault(
        "a port",
        "its output has a port of this run: '127.0.0.1:43127'",
        "use",
        lesson=show("use", stream("http://127.0.0.1:43127/\n")),
    ),
    Fault(
        "a NumPy scalar",
        "its output has a NumPy scalar's repr: 'np.float64('",
        "use",
        lesson=show("use", stream("[np.float64(0.5)]\n")),
    ),
    Fault(
        "a bare number",
        "a bare number or array",
        "use",
        lesson=show("use", result("0.48293847561")),
    ),
    Fault(
        "two figures in a cell",
        "2 figures",
        "figure-1",
        lesson=show("figure-1", figure(ALT), figure(ALT)),
    ),
    Fault(
        "no alternative text",
        "a figure without alternative text",
        "figure-1",
        lesson=show("figure-1", figure("")),
    ),
    Fault(
        "a short alternative text",
        "alternative text 'Sheep.'",
        "figure-1",
        lesson=show("figure-1", figure("Sheep.")),
    ),
    Fault(
        "a file name for a text",
        "alternative text 'a_field_with_three_sheep.png'",
        "figure-1",
        lesson=show("figure-1", figure("a_field_with_three_sheep.png")),
    ),
    Fault(
        "no twin",
        "a figure without a twin in text, so no test compares it",
        "figure-1",
        lesson=show("figure-1", figure(ALT, twin="<Figure size 640x2 with 1 Axes>")),
    ),
    Fault(
        "a wide figure",
        "its figure is 705 pixels wide",
        "figure-1",
        lesson=show("figure-1", figure(ALT, width=705)),
    ),
    Fault(
        "half a figure",
        "its figure is no whole PNG",
        "figure-1",
        lesson=show("figure-1", half(figure(ALT))),
    ),
    Fault("one figure", "1 figures", lesson=say("figure-1", "print(1)")),
]

PROSE = [
    Fault(
        "few words",
        "100 words",
        lesson=say("many-words", ""),
    ),
    Fault(
        "hype", "stock phrase 'powerful'", "summary", lesson=prose("A powerful sum.")
    ),
    Fault("ease", "stock phrase 'just'", "summary", lesson=prose("You just count.")),
    Fault("colour", "American 'color'", "summary", lesson=prose("A color.")),
    Fault(
        "normalise",
        "American 'normalized'",
        "summary",
        lesson=prose("It is normalized."),
    ),
    Fault("a gap", "a TODO in the text", "summary", lesson=prose("TODO: sum up.")),
    Fault(
        "a directive",
        "the directive {note}",
        "summary",
        lesson=prose("```{note}\nBaa.\n```"),
    ),
    Fault(
        "a colon fence",
        "a directive :::",
        "summary",
        lesson=prose(":::{note}\nBaa.\n:::"),
    ),
    Fault(
        "a role", "a MyST role or label", "summary", lesson=prose("See {ref}`sheep`.")
    ),
    Fault("HTML", "HTML", "summary", lesson=prose("<div>Baa.</div>")),
    Fault(
        "an image",
        "an image; figures come from code",
        "summary",
        lesson=prose("![a sheep](sheep.png)"),
    ),
    Fault(
        "a quotation",
        "a block quote that does not open with a bold word",
        "summary",
        lesson=prose("> Baa, said the sheep."),
    ),
    Fault(
        "an unsafe link",
        "link to http://example.org",
        "summary",
        lesson=prose("[there](http://example.org)"),
    ),
    Fault(
        "a dead link",
        "link to 02_adding.ipynb#sums, which is not in the book",
        "summary",
        lesson=prose("[next](02_adding.ipynb#sums)"),
    ),
    Fault(
        "a link out of the house",
        "link to ../../elsewhere.md, which is not in the book",
        "summary",
        lesson=prose("[there](../../elsewhere.md)"),
    ),
    Fault(
        "two references",
        "2 references",
        "further",
        lesson=swap("further", "<https://example.org/2>", "out of print"),
    ),
]

EXERCISES = [
    Fault(
        "two exercises",
        "2 cells are tagged exercise",
        lesson=drop("exercise-3"),
        before=cut(EXERCISES_FILE, "twice = Exercise("),
    ),
    Fault(
        "no check",
        "0 calls of exercises.NAME.check",
        "more",
        lesson=add("exercise-3", UNCHECKED),
    ),
    Fault(
        "no stub",
        "no TODO to replace",
        "exercise-3",
        lesson=swap("exercise-3", "TODO", "None"),
    ),
    Fault(
        "an answer in the lesson",
        "it does not print '○ Exercise n: not attempted yet.'",
        "exercise-3",
        lesson=show("exercise-3", stream("✓ Exercise 3: correct.\n")),
    ),
    Fault(
        "a check outside an exercise",
        "a check in a cell that is not tagged exercise",
        "teach-1",
        lesson=say("teach-1", STUB),
    ),
    Fault(
        "no declarations",
        "it is missing",
        None,
        EXERCISES_FILE,
        before=remove(EXERCISES_FILE),
    ),
    Fault(
        "a broken declaration",
        "line 1 is not Python: invalid syntax",
        None,
        EXERCISES_FILE,
        before=make(EXERCISES_FILE, "let x = 3"),
    ),
    Fault(
        "an undeclared exercise",
        f"exercise 'twice' is not declared in {EXERCISES_FILE}",
        "exercise-3",
        before=cut(EXERCISES_FILE, "twice = Exercise("),
    ),
    Fault(
        "a declaration without an exercise",
        "extra is not an exercise of the lesson",
        None,
        EXERCISES_FILE,
        before=edit(EXERCISES_FILE, LAST, LAST + EXTRA),
    ),
    Fault(
        "a wrong number",
        "twice has number 4, but is exercise 3",
        None,
        EXERCISES_FILE,
        before=edit(EXERCISES_FILE, "number=3", "number=4"),
    ),
    Fault(
        "another lesson's exercise",
        "twice says lesson 'x'",
        None,
        EXERCISES_FILE,
        before=edit(
            EXERCISES_FILE, "lesson=LESSON,\n    number=3", "lesson='x',\n    number=3"
        ),
    ),
    Fault(
        "one mistake",
        "twice has 1 mistakes",
        None,
        EXERCISES_FILE,
        before=edit(
            EXERCISES_FILE,
            '        Mistake(lambda things: len(things), "That is once."),\n',
            "",
        ),
    ),
    Fault(
        "one hint",
        "twice has 1 hints",
        None,
        EXERCISES_FILE,
        before=edit(EXERCISES_FILE, '"Once is not enough.", ', ""),
    ),
    Fault(
        "no insight",
        "twice has no insight",
        None,
        EXERCISES_FILE,
        before=edit(EXERCISES_FILE, 'insight="Twice is two times.",', ""),
    ),
    Fault(
        "no heading in the solution",
        "no heading '## 3. …'",
        None,
        SOLUTION_FILE,
        solution=say("heading-3", "## Three"),
    ),
    Fault(
        "an exercise without a solution",
        "exercise 3, twice, is not solved",
        None,
        SOLUTION_FILE,
        solution=drop("solved-3"),
    ),
    Fault(
        "a wrong solution",
        "no answer to exercise 3 is found correct",
        "solved-3",
        SOLUTION_FILE,
        solution=show("solved-3", stream("✗ Exercise 3: the numbers differ.\n")),
    ),
    Fault(
        "a solution given away",
        "'number_of_things = len(things)' is a line of the solution",
        "teach-1",
        lesson=say("teach-1", "things = []\nnumber_of_things  = len( things )"),
    ),
]

HOUSE = [
    Fault(
        "a lesson that is not listed",
        "it is not in _toc.yml",
        None,
        "mlops/31_styling.ipynb",
        house=make("mlops/31_styling.ipynb", "{}"),
    ),
    Fault(
        "a lesson listed twice",
        f"{SOLUTION} stands there twice",
        None,
        "_toc.yml",
        house=edit("_toc.yml", "root: intro", f"root: {SOLUTION}"),
    ),
    Fault(
        "a solution without a lesson",
        "its lesson is not in _toc.yml",
        None,
        "solutions/mlops/31_styling.ipynb",
        house=both_(
            make("solutions/mlops/31_styling.ipynb"),
            edit(
                "_toc.yml",
                "chapters:",
                "chapters:\n  - file: solutions/mlops/31_styling",
            ),
        ),
    ),
    Fault(
        "a solution without a notebook",
        "solutions/mlops/31_styling has no notebook",
        None,
        "_toc.yml",
        house=edit(
            "_toc.yml", "chapters:", "chapters:\n  - file: solutions/mlops/31_styling"
        ),
    ),
    Fault(
        "the press in the package",
        "it imports book",
        None,
        "lessons/extra.py",
        house=make("lessons/extra.py", "import book.run\n"),
    ),
    Fault(
        "a hand-written module among the generated",
        "no lesson in _toc.yml exports it",
        None,
        "lessons/mlops/extra.py",
        house=make("lessons/mlops/extra.py"),
    ),
    Fault(
        "exercises of no lesson",
        "no lesson in _toc.yml has these exercises",
        None,
        "lessons/exercises/extra.py",
        house=make("lessons/exercises/extra.py"),
    ),
    Fault(
        "a lesson that was not planned",
        f"{NAME} is not in it",
        None,
        "book/curriculum.yml",
        house=edit("book/curriculum.yml", "counting", "sheep"),
    ),
    Fault(
        "a plan that is not YAML",
        "it is not YAML",
        None,
        "book/curriculum.yml",
        house=make("book/curriculum.yml", "- {slug: [}"),
    ),
    Fault(
        "not JSON",
        "is not JSON: Expecting value: line 1 column 1 (char 0)",
        house=make(LESSON_FILE, "nothing"),
    ),
]

FAULTS = [
    *STRUCTURE,
    *FORM,
    *CODE,
    *EXPORTS,
    *OUTPUTS,
    *PROSE,
    *EXERCISES,
    *HOUSE,
]
