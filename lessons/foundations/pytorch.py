"""PyTorch: an array that knows its slope.

Made from foundations/05_pytorch.ipynb; edit it there.
"""

import math
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean
from typing import Self

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from lessons import plotting

__all__ = [
    "Arithmetic",
    "Node",
    "Value",
    "backward",
    "data_of",
    "draw_graph",
    "topological_order",
]


# From cell fe65f20b of foundations/05_pytorch.ipynb.
@dataclass(eq=False)
class Node:
    """A number that remembers what it was made of.

    Args:
        data: its value.
        label: its name, or the operation that made it; for drawings.
        edges: each input it was made of, with the local slope: how fast ``data``
            grows with that input.
        grad: slope of a result with respect to this number; see ``backward``.
    """

    data: float
    label: str = ""
    edges: tuple[tuple["Node", float], ...] = field(default=(), repr=False)
    grad: float = 0.0


def data_of(x: Node | float) -> float:
    """Value of a node, or of a plain number."""
    return x.data if isinstance(x, Node) else x


# From cell 59b30b7f of foundations/05_pytorch.ipynb.
_Place = tuple[float, float]


def _rows(root: Node) -> dict[Node, int]:
    """How many steps each node lies from the result, by the longest way."""
    rows, waiting = {root: 0}, [root]
    for node in waiting:  # grows while it is walked through
        for source, _ in node.edges:
            if rows.get(source, 0) <= rows[node]:
                rows[source] = rows[node] + 1
                waiting.append(source)
    return rows


# From cell f03f15c1 of foundations/05_pytorch.ipynb.
def _chains(rows: dict[Node, int]) -> list[list[Node]]:
    """Each edge, upwards, with a new node in every row that it crosses."""
    chains = []
    for node, row in list(rows.items()):
        for source in dict.fromkeys(source for source, _ in node.edges):
            bends = {Node(0.0): k for k in range(row + 1, rows[source])}
            rows.update(bends)
            chains.append([node, *bends, source])
    return chains


def _places(rows: dict[Node, int], chains: list[list[Node]]) -> dict[Node, _Place]:
    """Each node above those that it goes into, in the row that is its own."""
    links = [link for chain in chains for link in pairwise(chain)]
    x = {node: 0.0 for node, row in rows.items() if row == 0}
    for row in range(1, max(rows.values()) + 1):
        above: dict[Node, list[float]] = {}
        for below, node in links:
            if rows[node] == row:
                above.setdefault(node, []).append(x[below])
        x |= _spread({node: fmean(wished) for node, wished in above.items()})
    return {node: (x[node], float(row)) for node, row in rows.items()}


# From cell 94e7f330 of foundations/05_pytorch.ipynb.
def draw_graph(ax: Axes, value: Node) -> None:
    """Draw what a value was made of, inputs above, the value itself at the bottom.

    A box holds the label, the value after "=" and, once ``backward`` has run, the
    slope of the result after "∂". An arrow carries its local slope after "×".

    Args:
        ax: an empty axes, about 1.2 in wide for each box in a row and 1.1 in high for
            each row; its ticks and frame are removed.
        value: the result, a ``Node`` or ``Value``.
    """
    rows = _rows(value)
    nodes = list(rows)
    chains = _chains(rows)
    places = _places(rows, chains)
    for node, *bends, source in chains:
        points = [places[point] for point in (source, *reversed(bends), node)]
        slopes = [slope for other, slope in node.edges if other is source]
        _draw_edge(ax, points, slopes)
    for node in nodes:
        _draw_box(ax, places[node], node, with_slope=value.grad != 0)
    xs = [x for x, _ in places.values()]
    ax.set(xlim=(min(xs) - 0.5, max(xs) + 0.5), ylim=(-0.4, max(rows.values()) + 0.4))
    ax.set_axis_off()


def _spread(wishes: dict[Node, float]) -> dict[Node, float]:
    """Put nodes beside one another, at least 1 apart, near where they wish to be."""
    placed: dict[Node, float] = {}
    for node in sorted(wishes, key=lambda node: wishes[node]):
        placed[node] = max([wishes[node], *(x + 1 for x in placed.values())])
    shift = fmean(wishes[node] - x for node, x in placed.items())
    return {node: x + shift for node, x in placed.items()}


# From cell 5786b7ad of foundations/05_pytorch.ipynb.
def _number(x: float) -> str:
    return f"{round(x, 6) + 0.0:.3g}".replace("-", "−")


def _draw_box(ax: Axes, place: _Place, node: Node, with_slope: bool) -> None:
    x, y = place
    color = plotting.BLUE if node.edges else plotting.GREEN
    round_ = "round,pad=0,rounding_size=0.08"
    box = FancyBboxPatch((x - 0.38, y - 0.24), 0.76, 0.48, round_, fc="none", ec=color)
    ax.add_patch(box)
    shown = [(node.label, plotting.INK), (f"= {_number(node.data)}", color)]
    if with_slope:
        shown.append((f"∂ {_number(node.grad)}", plotting.ORANGE))
    top = y + 0.07 * (len(shown) - 1)
    for k, (line, ink) in enumerate(shown):
        weight = "normal" if k else "bold"
        spot = (x, top - 0.14 * k)
        ax.text(*spot, line, color=ink, weight=weight, ha="center", va="center")


# From cell 538a7c2c of foundations/05_pytorch.ipynb.
def _draw_edge(ax: Axes, points: list[_Place], slopes: list[float]) -> None:
    (x, y), *bends, (x_end, y_end) = points
    middle = ((x + x_end) / 2, (y + y_end) / 2)
    bends = bends or [middle]  # a curve pulled towards its middle is straight
    between = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in pairwise(bends)]
    stops = [*between, (x_end, y_end + 0.25)]
    curve = [spot for pair in zip(bends, stops, strict=True) for spot in pair]
    path = Path([(x, y - 0.25), *curve], [Path.MOVETO] + [Path.CURVE3] * len(curve))
    arrow = FancyArrowPatch(
        path=path, arrowstyle="-|>", mutation_scale=13, lw=1.5, color=plotting.INK
    )
    ax.add_patch(arrow)
    at = middle if len(points) == 2 else bends[0]
    aside = 0.04 + 0.08 * abs(x - x_end)
    ax.text(at[0] + aside, at[1], "× " + " + ".join(map(_number, slopes)), va="center")


# From cell 3bfc4ef1 of foundations/05_pytorch.ipynb.
def topological_order(root: Node) -> list[Node]:
    """All that a result was made of, each node after its inputs, the result last."""
    order, seen = list[Node](), set[Node]()
    stack = [(root, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(source, False) for source, _ in node.edges]
    return order


def backward(root: Node) -> None:
    """Put the slope of ``root`` into ``grad`` of all that it was made of.

    A node without edges adds it to what its ``grad`` held before, as in PyTorch.
    """
    order = topological_order(root)
    for node in order:
        node.grad = 0.0 if node.edges else node.grad
    root.grad += 1.0
    for node in reversed(order):
        for source, slope in node.edges:
            source.grad += node.grad * slope


# From cell a91a1c08 of foundations/05_pytorch.ipynb.
class Arithmetic(Node):
    """A node whose sums, products and powers keep the record."""

    def _with(self, other: Node | float, op: str, y: float, a: float, b: float) -> Self:
        """Return y, made of self with slope a and of other, if a node, with slope b."""
        if isinstance(other, Node):
            return type(self)(y, op, ((self, a), (other, b)))
        return type(self)(y, f"{op} {other:g}", ((self, a),))

    def __add__(self, other: Self | float) -> Self:
        return self._with(other, "+", self.data + data_of(other), 1.0, 1.0)

    def __sub__(self, other: Self | float) -> Self:
        return self._with(other, "−", self.data - data_of(other), 1.0, -1.0)

    def __mul__(self, other: Self | float) -> Self:
        b = data_of(other)
        return self._with(other, "×", self.data * b, b, self.data)

    def __neg__(self) -> Self:
        return self * -1.0

    def __pow__(self, n: float) -> Self:
        return self._with(n, "**", self.data**n, n * self.data ** (n - 1), 0.0)

    __radd__, __rmul__ = __add__, __mul__


# From cell 19df1a10 of foundations/05_pytorch.ipynb.
class Value(Arithmetic):
    """A scalar that knows its slope: autograd in miniature.

    Write expressions with ``+ - * / **`` and the methods below, call ``backward`` on
    the result, and read ``grad`` on the inputs.
    """

    def __rsub__(self, other: float) -> Self:
        return type(self)(other - self.data, f"{other:g} −", ((self, -1.0),))

    def __truediv__(self, other: Self | float) -> Self:
        return self * other**-1.0

    def __rtruediv__(self, other: float) -> Self:
        return self**-1.0 * other

    def exp(self) -> Self:
        """Exponential; its slope is itself."""
        y = math.exp(self.data)
        return type(self)(y, "exp", ((self, y),))

    def log(self) -> Self:
        """Natural logarithm."""
        return type(self)(math.log(self.data), "log", ((self, 1 / self.data),))

    def tanh(self) -> Self:
        """Hyperbolic tangent, an S from -1 to 1."""
        y = math.tanh(self.data)
        return type(self)(y, "tanh", ((self, 1 - y * y),))

    def relu(self) -> Self:
        """The number if it is positive, else 0."""
        return type(self)(max(self.data, 0.0), "relu", ((self, float(self.data > 0)),))

    def backward(self) -> None:
        """Add the slope of this value to ``grad`` of all that it was made of."""
        backward(self)
