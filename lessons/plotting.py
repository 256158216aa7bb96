"""One style for every figure, and one way to show it: small, with alternative text."""

import base64
import io
from typing import Any, Final

import matplotlib.pyplot as plt
from cycler import cycler
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

BLUE: Final = "#0072B2"
ORANGE: Final = "#D55E00"
GREEN: Final = "#009E73"
PINK: Final = "#CC79A7"
INK: Final = "#787878"
"""Text and axes: 4.3 to 1 on white, 4.1 to 1 on the dark theme's ground."""
COLORS: Final = (BLUE, ORANGE, GREEN, PINK)
DPI: Final = 110
PALETTE: Final = 96
"""Colours of a stored figure, ground included."""

STYLE: Final[dict[Any, Any]] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.prop_cycle": cycler(color=COLORS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "figure.dpi": DPI,
    "figure.facecolor": "none",
    "figure.figsize": (6.4, 4.0),
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "grid.alpha": 0.25,
    "grid.color": INK,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "savefig.facecolor": "none",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 10,
    "ytick.color": INK,
    "ytick.labelsize": 10,
}


def use_style() -> None:
    """Draw in the course's style from here on."""
    plt.rcParams.update(STYLE)


def show(fig: Figure, alt: str) -> None:
    """Display a figure as a small PNG on a transparent ground, then close it.

    Args:
        fig: at most 6.4 in wide, so that it is not shrunk on a page.
        alt: what a sighted reader would notice; stored as the image's alternative
            text and as the output's plain text.

    Raises:
        ValueError: if ``alt`` is empty or the figure too wide.
    """
    if not alt.strip():
        raise ValueError("a figure needs alt text: say what a reader would notice")
    data = base64.b64encode(png(fig)).decode()
    display(
        {"image/png": data, "text/plain": f"Figure: {alt}"},
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )


def png(fig: Figure) -> bytes:
    """Draw a figure as a PNG of few colours on a transparent ground, then close it.

    Args:
        fig: at most 6.4 in wide, so that it is not shrunk on a page.

    Raises:
        ValueError: if the figure is too wide.
    """
    if fig.get_figwidth() > 6.4:
        raise ValueError(f"{fig.get_figwidth()} in is too wide: stack the panels")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=DPI)
    plt.close(fig)
    image = Image.open(buffer).convert("RGBA")
    small = image.quantize(PALETTE, method=Image.Quantize.FASTOCTREE)
    out = io.BytesIO()
    small.save(out, format="png", optimize=True)
    return out.getvalue()
