"""A repeated run keeps a figure that looks as it did, and nothing else."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from book.course import Course
from book.figures import figures_agree, keep_stored
from book.notebook import dump, read
from lessons import plotting
from tests.book.conftest import code, notebook, prose, save
from tests.book.test_run import ONE, run_all

HAIR = 0.503
"""The second bar as another machine draws it: a pixel higher, or half a one."""

DRAW = """
import matplotlib.pyplot as plt
from lessons import plotting
plotting.use_style()
fig, ax = plt.subplots()
ax.bar([0, 1], [1, 0.5])
plotting.show(fig, "Two bars.")
"""


def drawn(height: float) -> bytes:
    plotting.use_style()
    fig, ax = plt.subplots()
    ax.bar([0, 1], [1, height])
    buffer = io.BytesIO()
    fig.savefig(buffer, dpi=plotting.DPI)
    plt.close(fig)
    return buffer.getvalue()


def output(height: float, alt: str = "Two bars.") -> dict[str, Any]:
    data = {"image/png": base64.b64encode(drawn(height)).decode(), "text/plain": alt}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def test_figures_may_move_by_a_hair_but_not_by_a_result() -> None:
    assert figures_agree(drawn(0.5), drawn(HAIR))
    assert not figures_agree(drawn(0.5), drawn(0.6))


def test_what_moved_by_a_hair_stays_as_stored() -> None:
    stored, again = output(0.5), output(HAIR, "Two bars, again.")
    assert stored["data"]["image/png"] != again["data"]["image/png"]
    (kept,) = keep_stored([stored], [again])
    assert kept["data"]["image/png"] == stored["data"]["image/png"]
    assert kept["data"]["text/plain"] == "Two bars, again."


@pytest.mark.parametrize(
    "stored",
    [[], [output(0.6)], [{"output_type": "stream", "name": "stdout", "text": "1\n"}]],
    ids=["nothing", "another result", "no figure"],
)
def test_what_changed_is_replaced(stored: list[dict[str, Any]]) -> None:
    again = [output(0.5)]
    assert keep_stored(stored, again) == again


@pytest.fixture
def course(tiny: Course) -> Course:
    shared = Path(plotting.__file__).read_text(encoding="utf-8")
    (tiny.root / "lessons/plotting.py").write_text(shared, encoding="utf-8")
    cells = (prose("# Drawing"), code("START = 1", "parameters"), code(DRAW))
    save(tiny.root, ONE, notebook(*cells))
    return tiny


def stored_png(course: Course) -> str:
    (shown,) = read(course.path(ONE), ONE)["cells"][2]["outputs"]
    return str(shown["data"]["image/png"])


def store(course: Course, height: float) -> str:
    """Put another drawing into the notebook, as from another machine."""
    path = course.path(ONE)
    content = json.loads(path.read_text(encoding="utf-8"))
    png = base64.b64encode(drawn(height)).decode()
    content["cells"][2]["outputs"][0]["data"]["image/png"] = png
    path.write_text(dump(content), encoding="utf-8")
    return png


def test_a_forced_run_on_another_machine_changes_no_figure(course: Course) -> None:
    run_all(course)
    ours = store(course, HAIR)
    run_all(course, force=True)
    assert stored_png(course) == ours


def test_a_run_that_was_called_for_writes_what_it_drew(course: Course) -> None:
    run_all(course)
    ours = store(course, HAIR)
    path = course.root / "lessons/plotting.py"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nNEW = 1\n", encoding="utf-8")
    run_all(course)
    assert stored_png(course) != ours
