"""The parts the site is built with."""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

import book.site
from book.course import Course
from book.errors import BookError
from book.site import directives, maths, notebook_pages, page_data, plan, reference
from tests.site.conftest import ROOT


def test_the_plan_has_47_lessons_and_holds_those_that_exist() -> None:
    planned = plan.load(ROOT)
    assert [row.number for row in planned.values()] == list(range(1, 48))
    assert {lesson.name for lesson in Course(ROOT).lessons} <= planned.keys()
    assert all(int(name.split("/")[1][:2]) == r.number for name, r in planned.items())


def test_every_chapter_has_its_page_in_the_contents() -> None:
    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    for _, chapters in plan.chapters(plan.load(ROOT).values()):
        for chapter in chapters:
            assert f"file: {chapter.page}\n" in text
            page = (ROOT / f"{chapter.page}.md").read_text(encoding="utf-8")
            assert f"```{{chapter}} {chapter.title}\n" in page


def test_lessons_stand_below_the_chapter_of_the_plan() -> None:
    planned = plan.load(ROOT)
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = {c.title: c.page for _, cs in plan.chapters(planned.values()) for c in cs}
    for part in toc["parts"]:
        for chapter in part["chapters"]:
            for section in chapter.get("sections", []):
                if section["file"] in planned:
                    row = planned[section["file"]]
                    assert part["caption"] == row.part
                    assert chapter["file"] == pages[row.chapter]


@pytest.mark.parametrize(
    ("tex", "part"),
    [
        (r"\frac1N \sum_i e_i^2", "<mfrac>"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "<mtable"),
        (r"\lVert w \rVert_2", "‖"),
        (r"x < y", "&lt;"),
    ],
)
def test_formulas_become_mathml(tex: str, part: str) -> None:
    mathml = maths.to_mathml(tex, block=True)
    assert mathml.startswith("<math")
    assert part in mathml


@pytest.mark.parametrize("tex", [r"\notacommand x", r"\frac{1", "a}"])
def test_a_wrong_formula_is_refused(tex: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        maths.to_mathml(tex, block=False)


def test_exports_are_read_without_running_the_module(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('import missing\n\n__all__ = ["fit", "mse"]\n')
    assert page_data.exports_of(module) == ("fit", "mse")
    assert page_data.exports_of(tmp_path / "absent.py") == ()


def test_libraries_are_those_that_made_the_outputs() -> None:
    inputs = {"code": "1f", "python": "3.11", "lessons/x.py": "2e", "torch": "2.13"}
    notebook = {"metadata": {"book": {"inputs": inputs | {"numpy": "2.4"}}}}
    assert directives.libraries(notebook) == [("numpy", "2.4"), ("torch", "2.13")]
    assert directives.libraries({"metadata": {}}) == []


def test_the_reference_reads_what_cannot_be_imported(tmp_path: Path) -> None:
    package = tmp_path / "lessons" / "foundations"
    package.mkdir(parents=True)
    (tmp_path / "lessons" / "__init__.py").touch()
    (package / "__init__.py").touch()
    source = '''
        import a_library_that_is_not_here as far

        __all__ = ["Model", "mse"]
        hidden = 1

        class Model(far.Module):
            """A model.

            Args:
                lr: length of a step.
            """
            def __init__(self, lr: float = 0.1) -> None: ...
            def fit(self, X: far.Array) -> "Model":
                """Fit it."""

        def mse(y: far.Array) -> float:
            """Mean *squared* error of y_hat_ and |y|.

            Raises:
                ValueError: if shapes differ.
            """
    '''
    (package / "regression.py").write_text(textwrap.dedent(source))
    (module,) = reference.modules(tmp_path, "lessons.foundations")
    text = "\n".join(reference.describe(module, None))
    assert "{py:class} Model(lr: float = 0.1)" in text
    assert "{py:method} Model.fit(X: far.Array)" in text
    assert "{py:function} mse(y: far.Array) -> float" in text
    assert "- `ValueError`: if shapes differ." in text
    assert "- `lr`: length of a step." in text
    assert "hidden" not in text


def _book(root: Path, cells: list[dict[str, Any]]) -> Path:
    """Make the smallest book: a front page, one lesson, its solution."""
    cell = {"metadata": {}, "outputs": [], "execution_count": 1}
    full = [
        {"id": f"c{k}", **({} if c["cell_type"] == "markdown" else cell), **c}
        for k, c in enumerate(cells)
    ]
    metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    notebook = {"cells": full, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    name = "foundations/03_numpy"
    toc = {
        "format": "jb-book",
        "root": "book/pages/index",
        "parts": [
            {
                "caption": "All",
                "chapters": [
                    {"file": name},
                    {"file": f"solutions/{name}"},
                    {"file": "book/pages/contributing"},
                    {"file": "book/pages/how-the-book-runs"},
                ],
            }
        ],
    }
    (root / "book" / "pages").mkdir(parents=True)
    for folder in ("foundations", "solutions/foundations", "book/static"):
        (root / folder).mkdir(parents=True)
    for path in (f"{name}.ipynb", f"solutions/{name}.ipynb"):
        (root / path).write_text(json.dumps(notebook))
    for page in ("index", "contributing", "how-the-book-runs"):
        (root / "book" / "pages" / f"{page}.md").write_text(f"# {page.title()}\n")
    (root / "_toc.yml").write_text(yaml.safe_dump(toc))
    for copied in ("_config.yml", "book/curriculum.yml", "book/static/favicon.svg"):
        (root / copied).write_bytes((ROOT / copied).read_bytes())
    return root


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": text}


CELLS = [
    _markdown(
        "# NumPy: think in arrays\n\nAfterwards you can.\n\n"
        "| | |\n|---|---|\n| minutes | 30 |\n| data | none |"
    ),
    _code("%pip install lessons", "setup"),
    _code("import this", "setup"),
    _code("SEED = 1", "parameters"),
    _markdown(
        "## Exercises\n\n> **Pitfall** Beware.\n\n> Only a quotation.\n\n"
        "**1. Recall.** What is it? It is 3 % of `3 %`."
    ),
    _code("answer = 1"),
    _markdown("An explanation."),
    _markdown("**2. Build.** And this?"),
    _code("answer = 2"),
    _code("secret = 3", "remove-cell"),
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return book.site.build(_book(tmp_path_factory.mktemp("small"), CELLS)).parent


def test_a_small_book_has_clean_addresses(small: Path) -> None:
    assert (small / "index.html").is_file()
    assert (small / "contributing.html").is_file()
    assert not (small / "book").exists()
    assert not (small.parents[2] / "conf.py").exists()


def test_tags_and_markdown_are_dressed(small: Path) -> None:
    html = (small / "foundations" / "03_numpy.html").read_text(encoding="utf-8")
    assert html.count(notebook_pages.SETUP) == html.count(notebook_pages.IMPORTS) == 1
    assert "secret" not in html
    assert "3\xa0% of" in html
    assert '<span class="pre">%</span>' in html
    assert html.count('class="callout callout-pitfall"') == 1
    assert html.count("<blockquote") == 2
    assert '<span class="subtitle">Think in arrays</span>' in html
    assert '<th class="stub"><p>minutes</p>' in html


def test_each_solution_has_its_own_fold(small: Path) -> None:
    html = (small / "solutions/foundations/03_numpy.html").read_text(encoding="utf-8")
    visible, first, second = html.split('<details class="fold fold-solution">')
    assert "What is it?" in visible
    assert "An explanation." in first.split("</details>")[0]
    assert "And this?" in first.split("</details>")[1]
    assert "answer" in second


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (_markdown(r"# T" "\n\n" r"A formula $\frac{1$."), "formula"),
        (_markdown("# T\n\nA [link](nowhere.ipynb)."), "nowhere.ipynb"),
    ],
)
def test_a_fault_stops_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cell: dict[str, Any], said: str
) -> None:
    with pytest.raises(BookError, match="not built"):
        book.site.build(_book(tmp_path, [cell]))
    assert said in capsys.readouterr().err


def test_a_new_title_reaches_the_contents_of_other_pages(tmp_path: Path) -> None:
    root = _book(tmp_path, CELLS)
    html = book.site.build(root).parent
    page = root / "book" / "pages" / "contributing.md"
    page.write_text("# Join in\n")
    book.site.build(root)
    assert "Join in" in (html / "index.html").read_text(encoding="utf-8")


def test_a_lesson_that_is_mentioned_is_linked_once_in_a_section(tmp_path: Path) -> None:
    root = _book(tmp_path, [*CELLS, _markdown("Lesson 03 is this one.")])
    (root / "book/pages/contributing.md").write_text(
        "# Lesson 03 and you\n\nSee lesson 31, lesson 03, and lesson 03 again.\n\n"
        "As in lesson 03.\n\n## More\n\nIn `lesson 03` and in Lesson 03.\n"
    )
    html = book.site.build(root).parent
    text = (html / "contributing.html").read_text(encoding="utf-8")
    article = text[text.index("<article") : text.index("</article>")]
    links = re.findall(r'<a class="reference internal" href="(.+?)">.*?</a>', article)
    assert links == ["foundations/03_numpy.html"] * 2
    own = (html / "foundations/03_numpy.html").read_text(encoding="utf-8")
    assert 'href="03_numpy.html">' not in own
