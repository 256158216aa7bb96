"""What lesson 03 exports, against NumPy, scikit-learn and SciPy."""

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.preprocessing import label_binarize

from lessons.foundations import numpy as ours

Array = NDArray[Any]
unhurried = settings(deadline=None)  # a loaded machine is no failure
SHAPES = arrays.array_shapes(max_dims=4, max_side=4)


def numbered(shape: tuple[int, ...]) -> tuple[ours.Strided, Array]:
    """An array of each kind in which every cell holds its own number."""
    theirs = np.arange(math.prod(shape)).reshape(shape)
    strip = theirs.ravel().tolist()
    return ours.Strided(strip, shape, ours.row_major(shape)), theirs


def same(mine: ours.Strided, theirs: Array) -> bool:
    return mine.shape == theirs.shape and ours.flatten(mine) == theirs.ravel().tolist()


@unhurried
@given(SHAPES)
def test_row_major_strides_are_those_of_numpy(shape: tuple[int, ...]) -> None:
    theirs = np.empty(shape, dtype=np.int64)
    assert ours.row_major(shape) == tuple(s // 8 for s in theirs.strides)


@unhurried
@given(SHAPES, st.data())
def test_any_sequence_of_moves_agrees_with_numpy(
    shape: tuple[int, ...], data: st.DataObject
) -> None:
    mine, theirs = numbered(shape)
    for move in data.draw(st.lists(st.sampled_from("tsb"), max_size=4)):
        if move == "t":
            mine, theirs = ours.transpose(mine), theirs.T
        elif move == "s":
            axis = data.draw(st.integers(0, theirs.ndim - 1))
            cut = data.draw(st.slices(theirs.shape[axis]))
            index = (slice(None),) * axis + (cut,)
            mine, theirs = ours.slice_axis(mine, axis, cut), theirs[index]
        elif theirs.ndim < 5:
            wide = (2, *theirs.shape)
            mine = ours.broadcast_to(mine, wide)
            theirs = np.broadcast_to(theirs, wide)
        assert same(mine, theirs)
    flat = (theirs.size,)
    assert same(ours.reshape(mine, flat), theirs.reshape(flat))


@unhurried
@given(SHAPES, SHAPES)
def test_broadcasting_is_possible_when_it_is_in_numpy(
    shape: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    mine, theirs = numbered(shape)
    try:
        stretched = np.broadcast_to(theirs, wanted)
    except ValueError:
        with pytest.raises(ValueError, match="does not stretch"):
            ours.broadcast_to(mine, wanted)
    else:
        assert same(ours.broadcast_to(mine, wanted), stretched)


def test_views_share_the_strip_and_a_transposed_reshape_does_not() -> None:
    mine, _ = numbered((2, 3))
    turned = ours.transpose(mine)
    assert turned.strip is mine.strip
    assert ours.slice_axis(mine, 1, slice(1, None)).strip is mine.strip
    assert ours.broadcast_to(mine, (4, 2, 3)).strip is mine.strip
    assert ours.reshape(mine, (3, 2)).strip is mine.strip
    assert ours.reshape(turned, (2, 3)).strip is not mine.strip


def test_reshape_refuses_another_size() -> None:
    mine, _ = numbered((2, 3))
    with pytest.raises(ValueError, match="does not fill"):
        ours.reshape(mine, (4, 2))


@pytest.mark.parametrize("index", [(2, 0), (0, 3), (-1, 0)])
def test_an_index_outside_is_refused(index: tuple[int, int]) -> None:
    mine, _ = numbered((2, 3))
    with pytest.raises(IndexError, match="outside shape"):
        mine[index]


@unhurried
@given(SHAPES, st.data(), st.sampled_from([np.int16, np.float32, np.float64]))
def test_cell_numbers_are_what_numbered_cells_hold(
    shape: tuple[int, ...], data: st.DataObject, dtype: type
) -> None:
    whole = numbered(shape)[1].astype(dtype)
    view = whole[data.draw(arrays.basic_indices(shape, allow_newaxis=True))]
    assume(isinstance(view, np.ndarray) and view.size > 0)
    assert np.array_equal(ours.cell_numbers(view.T, whole.ravel()), view.T)


def test_cell_numbers_of_a_broadcast_and_of_a_copy() -> None:
    row = np.arange(3.0)
    wide = np.broadcast_to(row, (2, 3))
    assert ours.cell_numbers(wide, row).tolist() == [[0, 1, 2], [0, 1, 2]]
    with pytest.raises(ValueError, match="a copy"):
        ours.cell_numbers(row.copy(), row)


@unhurried
@given(
    arrays.arrays(np.int64, arrays.array_shapes(max_dims=1), elements=st.integers(0, 4))
)
def test_one_hot_against_scikit_learn(labels: Array) -> None:
    assert np.array_equal(
        ours.one_hot(labels, 5), label_binarize(labels, classes=range(5))
    )


def test_one_hot_of_any_shape() -> None:
    assert ours.one_hot(np.array([[0, 1], [2, 2]]), 3).shape == (2, 2, 3)
    assert ours.one_hot(np.array([], dtype=int), 3).shape == (0, 3)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_one_hot_refuses_labels_without_a_class(labels: list[int]) -> None:
    with pytest.raises(ValueError, match="classes to 2"):
        ours.one_hot(np.array(labels), 3)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8])
def test_squared_distances_against_scipy(dtype: type) -> None:
    rng = np.random.default_rng(0)
    A, B = rng.uniform(0, 200, (7, 3)).astype(dtype), rng.uniform(0, 200, (5, 3))
    B = B.astype(dtype)
    expected = cdist(A.astype(float), B.astype(float), "sqeuclidean")
    assert np.allclose(ours.squared_distances(A, B), expected)


def test_draw_memory_draws_every_cell_and_every_step() -> None:
    fig, ax = plt.subplots()
    ours.draw_memory(ax, [5, 6.5, 7], np.array([[0, 2], [2, 2]]))
    texts = [text.get_text() for text in ax.texts]
    plt.close(fig)
    assert texts == ["5", "0", "6.5", "1", "7", "2"]
    assert len(ax.patches) == 3 + 4 + 2  # frames, reads, arrows
