"""Draw the figures of the data cards, beside the cards.

Usage: python -m datasets.figures
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from lessons import datasets
from lessons.plotting import BLUE, COLORS, GREEN, INK, ORANGE, PINK, png, use_style

MARKERS = ("o", "s", "^", "D")


def projects_fashions() -> Figure:
    """Which share of a year's projects carries a tag."""
    table = datasets.load("projects")
    year = table["created_on"].dt.year
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    tags = ("computer-vision", "large-language-models", "keras")
    for tag, color, marker in zip(tags, COLORS, MARKERS, strict=False):
        share = 100 * table["tags"].map(lambda tags, tag=tag: tag in tags)
        share = share.groupby(year).mean()
        ax.plot(share.index, share, color=color, marker=marker, label=tag)
    ax.set(xlabel="year", ylabel="projects with the tag (%)")
    ax.set_title("Language models come, pictures recede, Keras goes")
    ax.legend(loc="upper right")
    ax.set_ylim(0, 48)
    return fig


def projects_long_tail() -> Figure:
    """How often each tag is used."""
    counts = datasets.load("projects")["tags"].explode().value_counts()
    rank = np.arange(1, len(counts) + 1)
    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    ax.loglog(rank, counts, ".", color=BLUE)
    ax.axhline(30, color=ORANGE, linestyle="--", linewidth=1.5)
    kept = int((counts >= 30).sum())
    ax.text(1, 33, f"{kept} tags have 30 projects or more", color=ORANGE, va="bottom")
    ax.set(xlabel="rank of the tag", ylabel="projects")
    ax.set_title("Few tags are common, most are rare")
    return fig


def headlines_accuracies() -> Figure:
    """Which architecture solves which slice."""
    table = datasets.load("headlines_grid")
    mean = table.pivot_table("accuracy", "slice", "architecture")
    slices = ["keyword", "phrase", "order", "memory", "lookup"]
    models = ["BagOfWords", "TextCNN", "vanilla RNN", "LSTM", "encoder"]
    fig, ax = plt.subplots(figsize=(6.4, 4.2))
    styles = zip(models, (*COLORS, INK), (*MARKERS, "P"), strict=True)
    for k, (model, color, marker) in enumerate(styles):
        height = np.arange(5) + 0.14 * (k - 2)
        style = {"s": 50, "color": color, "marker": marker, "label": model}
        ax.scatter(mean.loc[slices, model], height, **style)
    ax.axvline(0.25, color=INK, linestyle="--", linewidth=1)
    ax.set(yticks=range(5), yticklabels=slices, xlabel="accuracy (dashed: chance)")
    ax.set_title("Each slice asks for the next tool")
    ax.invert_yaxis()
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.15), ncols=3)
    return fig


def headlines_lengths() -> Figure:
    """How many words a text of each slice has."""
    table = datasets.load("headlines")
    slices = ["keyword", "phrase", "order", "memory", "lookup"]
    words = table["text"].str.split().str.len()
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    ax.boxplot(
        [words[table["slice"] == name] for name in slices],
        orientation="horizontal",
        tick_labels=slices,
        showfliers=False,
        medianprops={"color": ORANGE, "linewidth": 2},
        boxprops={"color": BLUE},
        whiskerprops={"color": BLUE},
        capprops={"color": BLUE},
    )
    ax.invert_yaxis()
    ax.set(xlabel="words a text", xlim=(0, None))
    ax.set_title("Memory and look-up need the long texts")
    return fig


def spiral_arms() -> Figure:
    """The three arms as they are loaded."""
    fig, ax = plt.subplots(figsize=(4.8, 4.4))
    _scatter(ax, datasets.load("spiral"), "x1", "x2", ["arm 0", "arm 1", "arm 2"])
    ax.set_title("No straight line parts the arms")
    return fig


def spiral_noise() -> Figure:
    """The same arms with more and more noise."""
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.7), sharex=True, sharey=True)
    for ax, noise_std in zip(axes, (0.0, 0.2, 0.6), strict=True):
        table = datasets.load("spiral", num_samples=150, noise_std=noise_std)
        _scatter(ax, table, "x1", "x2", None, size=6)
        ax.set(title=f"noise {noise_std}", ylabel="")
    axes[0].set_ylabel("x2")
    fig.suptitle("With more noise, the arms run into each other", color=INK)
    return fig


def breast_cancer_two_columns() -> Figure:
    """Two of the thirty columns."""
    names = ["malignant", "benign"]
    table = datasets.load("breast_cancer").rename(columns={"target": "label"})
    fig, ax = plt.subplots(figsize=(6.4, 4.0))
    _scatter(ax, table, "worst radius", "worst concave points", names)
    ax.set_title("Large and dented: usually malignant")
    return fig


def breast_cancer_ranges() -> Figure:
    """The span of ten columns on one logarithmic axis."""
    table = datasets.load("breast_cancer").iloc[:, :10]
    title = "Areas run to thousands, smoothness stays near a tenth"
    return _ranges(table, title)


def diabetes_bmi() -> Figure:
    """Body mass index against the target."""
    table = datasets.load("diabetes")
    fig, ax = plt.subplots(figsize=(6.4, 3.8))
    ax.scatter(table["bmi"], table["target"], s=12, color=BLUE, alpha=0.6)
    ax.set(xlabel="body mass index (kg/m²)", ylabel="progression after a year")
    ax.set_title("Heavier patients fare worse, with much scatter")
    return fig


def diabetes_correlations() -> Figure:
    """How each column goes with the target."""
    table = datasets.load("diabetes")
    r = table.corr()["target"].drop("target").sort_values()
    fig, ax = plt.subplots(figsize=(6.4, 3.8))
    ax.barh(r.index, r, color=np.where(r < 0, ORANGE, BLUE))
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(xlabel="correlation with the target (no unit)")
    ax.set_title("No column says much alone")
    return fig


def digits_samples() -> Figure:
    """The first picture of each digit."""
    first = datasets.load("digits").groupby("target").head(1).sort_values("target")
    fig, axes = plt.subplots(2, 5, figsize=(6.4, 3.0))
    for ax, (_, row) in zip(axes.flat, first.iterrows(), strict=True):
        pixels = row.drop("target").to_numpy(float).reshape(8, 8)
        ax.imshow(pixels, cmap="Blues")
        ax.set(title=f"{row['target']:.0f}", xticks=[], yticks=[])
        ax.grid(visible=False)
    fig.suptitle("64 pixels are enough to read a digit", color=INK)
    return fig


def digits_map() -> Figure:
    """All pictures on their two main directions; a number stands for a picture."""
    table = datasets.load("digits")
    place = PCA(2).fit_transform(table.drop(columns="target"))
    fig, ax = plt.subplots(figsize=(6.4, 5.0))
    for (x1, x2), digit in list(zip(place, table["target"], strict=True))[::4]:
        color = (*COLORS, INK)[digit % 5]
        ax.text(x1, x2, str(digit), color=color, size=10, ha="center", va="center")
    ax.set(xlim=(-33, 33), ylim=(-30, 32))
    ax.set(xlabel="first principal component", ylabel="second")
    ax.set_title("Two numbers of 64 already part 4 from 0")
    return fig


def wine_two_columns() -> Figure:
    """Two of the thirteen columns."""
    names = ["cultivar 0", "cultivar 1", "cultivar 2"]
    table = datasets.load("wine").rename(columns={"target": "label"})
    fig, ax = plt.subplots(figsize=(6.4, 4.0))
    _scatter(ax, table, "flavanoids", "proline", names)
    ax.set_title("Two measurements nearly part three cultivars")
    return fig


def wine_ranges() -> Figure:
    """The span of the columns on one logarithmic axis."""
    table = datasets.load("wine").drop(columns="target")
    return _ranges(table, "Proline would drown all other columns")


def _scatter(
    ax: Axes,
    table: pd.DataFrame,
    x: str,
    y: str,
    names: list[str] | None,
    size: int = 14,
) -> None:
    """Points of each label with a colour and a marker of their own."""
    for label, part in table.groupby("label"):
        style = {"color": (BLUE, ORANGE, GREEN, PINK)[label], "marker": MARKERS[label]}
        name = names[label] if names else None
        ax.scatter(part[x], part[y], s=size, alpha=0.7, label=name, **style)
    ax.set(xlabel=x, ylabel=y)
    if names:
        ax.legend()


def _ranges(table: pd.DataFrame, title: str) -> Figure:
    """From the smallest to the largest value above zero, column by column."""
    columns = table.max().sort_values().index
    fig, ax = plt.subplots(figsize=(6.4, 0.28 * len(columns) + 1))
    low = [table.loc[table[column] > 0, column].min() for column in columns]
    ax.hlines(columns, low, table[columns].max(), color=BLUE, linewidth=4)
    ax.plot(table[columns].median(), columns, "|", color=ORANGE, markersize=10)
    ax.set(xscale="log", xlabel="range of values; mark: median (log scale)")
    ax.set_title(title)
    return fig


FIGURES: dict[str, Callable[[], Figure]] = {
    "projects/fashions.png": projects_fashions,
    "projects/long_tail.png": projects_long_tail,
    "headlines/accuracies.png": headlines_accuracies,
    "headlines/lengths.png": headlines_lengths,
    "spiral/arms.png": spiral_arms,
    "spiral/noise.png": spiral_noise,
    "breast_cancer/two_columns.png": breast_cancer_two_columns,
    "breast_cancer/ranges.png": breast_cancer_ranges,
    "diabetes/bmi.png": diabetes_bmi,
    "diabetes/correlations.png": diabetes_correlations,
    "digits/samples.png": digits_samples,
    "digits/map.png": digits_map,
    "wine/two_columns.png": wine_two_columns,
    "wine/ranges.png": wine_ranges,
}
"""Where each figure stands under `datasets/`, and what draws it."""


def main() -> None:
    """Draw them all."""
    use_style()
    for name, draw in FIGURES.items():
        path = Path(__file__).parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(draw()))


if __name__ == "__main__":
    main()
