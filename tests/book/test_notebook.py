import errno
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from book.errors import BookError
from book.notebook import canonical, dump, read, without_outputs, write
from tests.book.conftest import code, notebook, prose, save

TEXT = st.text(max_size=60)
OUTPUTS = st.one_of(
    st.builds(
        lambda name, text: {"output_type": "stream", "name": name, "text": text},
        st.sampled_from(["stdout", "stderr"]),
        TEXT,
    ),
    st.builds(
        lambda text: {
            "output_type": "display_data",
            "data": {"text/plain": text, "text/html": text},
            "metadata": {},
        },
        TEXT,
    ),
    st.builds(
        lambda text: {
            "output_type": "error",
            "ename": "E",
            "evalue": text,
            "traceback": [text],
        },
        TEXT,
    ),
)
NOTEBOOKS = st.lists(
    st.one_of(
        st.builds(prose, TEXT),
        st.builds(
            lambda text, outputs: code(text, "b", "a", outputs=outputs),
            TEXT,
            st.lists(OUTPUTS, max_size=4),
        ),
    ),
    max_size=5,
).map(lambda cells: notebook(*cells))


def printed(*texts: str) -> dict[str, Any]:
    outputs = [{"output_type": "stream", "name": "stdout", "text": t} for t in texts]
    return notebook(code("print()", outputs=outputs))


def output(content: dict[str, Any], name: str = "n") -> Any:
    return canonical(content, name)["cells"][0]["outputs"]


@given(NOTEBOOKS)
def test_canonical_is_idempotent(content: dict[str, Any]) -> None:
    once = canonical(content, "foundations/01_x")
    assert canonical(json.loads(dump(once)), "foundations/01_x") == once


@given(NOTEBOOKS)
def test_canonical_keeps_the_source_and_leaves_its_input_alone(content) -> None:
    before = json.dumps(content)
    after = canonical(content, "n")
    assert json.dumps(content) == before
    assert ["".join(c["source"]) for c in after["cells"]] == [
        c["source"] for c in content["cells"]
    ]


def test_counts_run_from_one() -> None:
    cells = code("1", execution_count=7), prose("p"), code("2")
    after = canonical(notebook(*cells), "n")["cells"]
    assert [after[0]["execution_count"], after[2]["execution_count"]] == [1, 2]


def test_how_a_stream_was_cut_does_not_matter() -> None:
    assert output(printed("a\nb", "\nc\n")) == output(printed("a\nb\nc\n"))


def test_a_progress_bar_leaves_its_last_line() -> None:
    assert output(printed("10%\r", "50%\r", "done\n"))[0]["text"] == ["done\n"]


def test_addresses_and_colours_are_gone() -> None:
    text = output(printed("<f at 0x7f3a2b1c4d5e> \x1b[31mred\x1b[0m 600x350"))
    assert text[0]["text"] == ["<f at 0x…> red 600x350"]


def test_random_style_ids_repeat() -> None:
    def table(random: str) -> dict[str, Any]:
        html = f'<style>#T_{random}_row0 {{}}</style><table id="T_{random}">'
        data = {"output_type": "display_data", "data": {"text/html": html}}
        return notebook(code("t", outputs=[data | {"metadata": {}}]))

    assert output(table("ab12c")) == output(table("99fe0"))
    assert output(table("ab12c"), "a") != output(table("ab12c"), "b")


def test_timings_and_unknown_metadata_are_gone() -> None:
    cell = code("1") | {"metadata": {"execution": {"a": 1}, "tags": []}}
    content = notebook(cell) | {"metadata": {"papermill": {"duration": 1}, "book": {}}}
    after = canonical(content, "n")
    assert after["cells"][0]["metadata"] == {}
    assert sorted(after["metadata"]) == ["book", "kernelspec", "language_info"]


def test_alternative_text_reaches_the_cell() -> None:
    shown = {
        "output_type": "display_data",
        "data": {"image/png": "AA==", "text/plain": "Figure: a line"},
        "metadata": {"image/png": {"alt": "a line"}},
    }
    after = canonical(notebook(code("show()", outputs=[shown])), "n")
    assert after["cells"][0]["metadata"]["mystnb"] == {"image": {"alt": "a line"}}


def test_without_outputs_forgets_the_run() -> None:
    ran = printed("hello")
    assert without_outputs(ran)["cells"][0]["outputs"] == []
    assert ran["cells"][0]["outputs"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "no list of cells"),
        ("{}", "no list of cells"),
        ('{"cells": [], "nbformat": 3, "nbformat_minor": 0}', "it is 3.0"),
        ('{"cells": [], "nbformat": 4, "nbformat_minor": 4}', "it is 4.4"),
        ('{"cells": [{}], "nbformat": 4, "nbformat_minor": 5}', "cell 1 lacks"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(text)
    with pytest.raises(BookError, match=what) as caught:
        read(path, "foundations/01_a")
    assert str(caught.value).startswith("foundations/01_a.ipynb")
    assert "\n" not in str(caught.value)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="No such file"):
        read(tmp_path / "a.ipynb", "a")
    (tmp_path / "b.ipynb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BookError, match="is not JSON"):
        read(tmp_path / "b.ipynb", "b")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cells", "nbformat", "cell_type", "source", "id", "x"]),
            children,
            max_size=4,
        )
    ),
)


@given(ANYTHING)
def test_any_json_is_read_or_refused(tmp_path_factory, content: object) -> None:
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    path.write_text(json.dumps(content))
    try:
        canonical(read(path, "any"), "any")
    except BookError as error:
        assert "any.ipynb" in str(error)


def test_write_says_whether_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "deep/a.txt"
    assert write(path, "é\n", tmp_path / "tmp")
    assert not write(path, "é\n", tmp_path / "tmp")
    assert path.read_bytes() == "é\n".encode()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch) -> None:
    path = save(tmp_path, "a", notebook())
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(BookError, match="as it was: No space left"):
        write(path, "new", tmp_path / "tmp")
    assert path.read_bytes() == before
    assert list((tmp_path / "tmp").iterdir()) == []
