"""Lesson 05's autograd against PyTorch's, and the drawing of its graphs."""

import math

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lessons.foundations.pytorch import (
    Node,
    Value,
    backward,
    draw_graph,
    topological_order,
)

unhurried = settings(max_examples=40, deadline=None)

UNARY = {
    "-x": lambda x: -x,
    "exp": lambda x: x.tanh().exp(),
    "log": lambda x: (x * x + 0.5).log(),
    "tanh": lambda x: x.tanh(),
    "relu": lambda x: x.relu(),
    "square": lambda x: x.tanh() ** 2,
    "root": lambda x: (x * x + 1) ** 0.5,
    "reflected": lambda x: 2 - 3 / (1 + x * x) + 0.5 * x - x / 4,
}
BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a.tanh() * b,
    "/": lambda a, b: a / (b * b + 1),
}
numbers = st.floats(-3, 3).filter(lambda x: x == 0 or abs(x) > 1e-3)


def grow(pool, data):
    """Compose operations on numbers drawn from all that exist so far."""
    pool = list(pool)
    for name, i, j in data:
        if name in UNARY:
            pool.append(UNARY[name](pool[i % len(pool)]))
        else:
            pool.append(BINARY[name](pool[i % len(pool)], pool[j % len(pool)]))
    return sum(pool)


steps = st.lists(
    st.tuples(
        st.sampled_from([*UNARY, *BINARY]), st.integers(0, 99), st.integers(0, 99)
    ),
    max_size=20,
)


@unhurried
@given(st.lists(numbers, min_size=1, max_size=4), steps)
def test_slopes_are_those_of_torch_on_any_graph(start, data) -> None:
    theirs = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    expected = grow(theirs, data)
    assume(abs(expected.item()) < 1e6)
    expected.backward()
    ours = [Value(x) for x in start]
    result = grow(ours, data)
    result.backward()
    assert result.data == pytest.approx(expected.item(), rel=1e-10, abs=1e-10)
    np.testing.assert_allclose(
        [x.grad for x in ours], theirs.grad, rtol=1e-8, atol=1e-8
    )


@unhurried
@given(numbers)
def test_slopes_are_those_that_are_measured(x) -> None:
    def result(x):
        return (x * 2 - 1).tanh() * (x * x + 1).log() / (1 + x.exp()) ** 3

    value = Value(x)
    result(value).backward()
    h = 1e-5
    measured = (result(Value(x + h)).data - result(Value(x - h)).data) / (2 * h)
    assert value.grad == pytest.approx(measured, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("x", [-1.0, 0.0, 2.0])
def test_relu_has_the_slope_of_torch_at_its_corner(x: float) -> None:
    value, leaf = Value(x), torch.tensor(x, requires_grad=True)
    value.relu().backward()
    leaf.relu().backward()
    assert value.grad == leaf.grad


def test_a_leaf_adds_up_and_the_rest_starts_anew() -> None:
    x, leaf = Value(3.0), torch.tensor(3.0, requires_grad=True)
    y, made = x * x, leaf * leaf
    z, result = y * y, made * made
    for _ in range(2):
        z.backward()
        result.backward(retain_graph=True)
    assert x.grad == leaf.grad == 2 * 4 * 3.0**3
    assert (y.grad, z.grad) == (2 * 9, 1)


def test_a_result_that_is_a_leaf() -> None:
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2


def test_a_plain_number_has_no_edge() -> None:
    x = Value(4.0, "x")
    made = 27 - 4 * x
    assert [node.label for node in topological_order(made)] == ["x", "× 4", "27 −"]


def test_log_of_nothing_is_refused_as_in_python() -> None:
    with pytest.raises(ValueError, match=r"math domain|positive"):
        Value(0.0).log()


@unhurried
@given(st.lists(numbers, min_size=2, max_size=4), steps)
def test_the_order_is_topological(start, data) -> None:
    result = grow([Value(x) for x in start], data)
    order = topological_order(result)
    place = {node: k for k, node in enumerate(order)}
    graph = nx.DiGraph([(a, b) for b in order for a, _ in b.edges])
    assert len(place) == len(order)
    assert order[-1] is result
    assert all(place[a] < place[b] for a, b in graph.edges)
    assert set(order) == nx.ancestors(graph, result) | {result}


def test_ten_thousand_steps_do_not_exhaust_the_stack() -> None:
    x = Value(1.0)
    made = x
    for _ in range(10_000):
        made = made + x
    made.backward()
    assert x.grad == 10_001


def test_sixty_doublings_take_sixty_visits() -> None:
    x = Node(1.0)
    made = x
    for _ in range(60):
        made = Node(2 * made.data, "+", ((made, 1.0), (made, 1.0)))
    backward(made)
    assert x.grad == 2.0**60
    assert len(topological_order(made)) == 61


def drawn(value: Node) -> tuple[list[str], Axes]:
    ax = Figure().add_subplot()
    draw_graph(ax, value)
    return [text.get_text() for text in ax.texts], ax


def test_the_drawing_says_it_all() -> None:
    price, cost = Value(4.0, "price"), Value(2.0, "cost")
    profit = (price - cost) * (27 - 4 * price)
    texts, ax = drawn(profit)
    assert {"price", "= 4", "cost", "= 2", "× 4", "= 16", "27 −"} <= set(texts)
    assert not any(text.startswith("∂") for text in texts)
    assert len(ax.patches) == 6 + 6  # boxes, arrows
    profit.backward()
    assert {"∂ 3", "∂ −11", "∂ 1"} <= set(drawn(profit)[0])


def test_two_edges_to_one_input_are_drawn_as_one() -> None:
    x = Value(3.0, "x")
    texts, ax = drawn(x * x)
    assert "× 3 + 3" in texts
    assert len(ax.patches) == 2 + 1


@settings(max_examples=8, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=3), steps.map(lambda some: some[:6]))
def test_no_two_boxes_of_a_drawing_overlap(start, data) -> None:
    result = grow([Value(x) for x in start], data)
    _, ax = drawn(result)
    boxes = [
        (patch.get_x(), patch.get_y())
        for patch in ax.patches
        if hasattr(patch, "get_x")
    ]
    assert len(boxes) == len(topological_order(result))
    for k, (x, y) in enumerate(boxes):
        for other_x, other_y in boxes[:k]:
            gap = max(abs(x - other_x) - 0.76, abs(y - other_y) - 0.48)
            assert gap > 0.1, (x, y, other_x, other_y)


def test_a_lone_value_can_be_drawn() -> None:
    texts, ax = drawn(Value(math.pi, "pi"))
    assert texts == ["pi", "= 3.14"]
    assert len(ax.patches) == 1
