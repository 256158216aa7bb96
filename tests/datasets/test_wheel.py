"""What is installed from the wheel loads the same tables as a clone."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lessons import datasets
from tests.colab import built

DIGESTS = """
import sys
sys.path.insert(0, sys.argv[1])
from pandas.util import hash_pandas_object
from lessons import datasets
for name in datasets.available():
    table = datasets.load(name).astype(str)
    print(name, len(datasets.card(name)), hash_pandas_object(table).sum())
print(datasets.ROOT.is_relative_to(sys.argv[1]))
"""


def digests(folder: Path) -> list[str]:
    """Load every set in an interpreter that sees only this copy of the package."""
    command = [sys.executable, "-I", "-c", DIGESTS, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(built(home)) as wheel:
        wheel.extractall(home / "site")
    return home / "site"


def test_the_wheel_holds_the_same_data(unpacked: Path) -> None:
    clone = Path(datasets.__file__).parents[1]
    ours = digests(unpacked)
    assert ours[-1] == "True"
    assert ours == digests(clone)
    assert len(ours) == len(datasets.available()) + 1


def test_the_wheel_is_small(unpacked: Path) -> None:
    data = [path for path in unpacked.rglob("*") if "_datasets" in path.parts]
    assert data
    assert sum(path.stat().st_size for path in data) <= 6_000_000
