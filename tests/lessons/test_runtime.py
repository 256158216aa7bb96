import base64
import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from lessons import TODO, claim, datasets, plotting


def test_a_true_claim_is_silent(capsys) -> None:
    claim(1 < 2, "one is less than two")
    assert capsys.readouterr().out == ""


def test_a_false_claim_says_what_the_text_says() -> None:
    with pytest.raises(AssertionError, match="the text says: two wins"):
        claim(np.bool_(False), "two wins")


def test_claims_are_off_for_a_variant(monkeypatch) -> None:
    monkeypatch.setenv("LESSONS_CLAIMS", "off")
    claim(False, "two wins")


def test_todo_is_named() -> None:
    assert repr(TODO) == "TODO"


@pytest.fixture
def shown(monkeypatch):
    seen = []
    monkeypatch.setattr(
        plotting, "display", lambda data, metadata, raw: seen.append((data, metadata))
    )
    plotting.use_style()
    return seen


def test_show_gives_a_small_transparent_png_with_alt_text(shown) -> None:
    fig, ax = plt.subplots()
    ax.plot([0, 1], [0, 1])
    plotting.show(fig, "a line that rises")
    ((data, metadata),) = shown
    assert metadata == {"image/png": {"alt": "a line that rises"}}
    assert data["text/plain"] == "Figure: a line that rises"
    png = base64.b64decode(data["image/png"])
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    assert len(png) < 40_000
    assert image.width == round(6.4 * plotting.DPI)
    assert image.getpixel((0, 0))[3] == 0
    assert not plt.fignum_exists(fig.number)


def test_show_gives_the_same_bytes_twice(shown) -> None:
    for _ in range(2):
        fig, ax = plt.subplots()
        ax.imshow(np.arange(12).reshape(3, 4))
        plotting.show(fig, "a ramp")
    assert shown[0] == shown[1]


def test_show_refuses_what_a_page_can_not_use(shown) -> None:
    with pytest.raises(ValueError, match="needs alt text"):
        plotting.show(plt.figure(), " ")
    with pytest.raises(ValueError, match=r"9\.0 in is too wide"):
        plotting.show(plt.figure(figsize=(9, 4)), "wide")
    plt.close("all")


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("ground", ["#ffffff", "#14181e"])
def test_colours_are_seen_on_both_grounds(ground: str) -> None:
    for colour, least in [(plotting.INK, 4.0), *((c, 3.0) for c in plotting.COLORS)]:
        light, dark = sorted([luminance(colour), luminance(ground)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= least, colour


@pytest.mark.parametrize("name", datasets.available())
def test_every_data_set_loads_and_has_a_card(name: str) -> None:
    table = datasets.load(name)
    assert len(table) > 100
    assert len(datasets.card(name)) > 200
    table.drop(table.index, inplace=True)
    assert len(datasets.load(name)) > 100


def test_an_unknown_name_lists_the_known_and_the_nearest() -> None:
    with pytest.raises(
        datasets.DataError, match=r"known: .*digits.*Did you mean 'wine'"
    ):
        datasets.load("win")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch) -> Path:
    for file in ("checksums.txt", "projects/projects.jsonl"):
        target = tmp_path / file
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((datasets.ROOT / file).read_bytes())
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    return tmp_path / "projects/projects.jsonl"


def test_a_damaged_file_is_named_with_its_cure(copied: Path) -> None:
    copied.write_bytes(copied.read_bytes()[:-7])
    with pytest.raises(datasets.DataError, match=r"projects\.jsonl is not the file"):
        datasets.load("projects")


def test_a_missing_file_is_named_with_its_cure(copied: Path) -> None:
    copied.unlink()
    with pytest.raises(
        datasets.DataError, match="No such file.*git checkout -- datasets"
    ):
        datasets.load("projects")


def test_checksums_name_the_data_files_and_no_other() -> None:
    named = {line.split("  ")[1] for line in _lines(datasets.ROOT / "checksums.txt")}
    assert all((datasets.ROOT / name).is_file() for name in named)
    assert {"projects/projects.jsonl", "projects/tags.json"} <= named


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
