"""Measure which architecture solves which slice of the headlines.

Each architecture has one setting for all slices, stated below. The epoch with the
lowest validation loss counts; the test texts are used once, at the end. It takes about
half an hour on one core.

Usage: python datasets/headlines/grid.py
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lessons import datasets
from lessons.foundations.convolutional_networks import TextCNN
from lessons.foundations.recurrent_networks import RecurrentClassifier
from lessons.foundations.transformers import EncoderClassifier
from lessons.foundations.utilities import BagOfWords, Trainer, Vocabulary, text_loader

SLICES = ("keyword", "phrase", "order", "memory", "lookup")
SEEDS = range(5)
BATCH_SIZE, NUM_EPOCHS, CLIP_NORM = 32, 12, 1.0

ARCHITECTURES: dict[str, tuple[Callable[..., nn.Module], float]] = {
    "BagOfWords": (BagOfWords, 0.01),
    "TextCNN": (TextCNN, 0.005),
    "vanilla RNN": (partial(RecurrentClassifier, cell="rnn", hidden_dim=54), 0.003),
    "LSTM": (partial(RecurrentClassifier, cell="lstm", hidden_dim=54), 0.005),
    "encoder": (EncoderClassifier, 0.003),
    "encoder without positions": (partial(EncoderClassifier, positions="none"), 0.003),
}
"""Name: how to build it, and the learning rate of Adam.

A word has 32 entries in all of them. 54 makes the LSTM as large as the encoder.
"""


def loaders(name: str, seed: int) -> tuple[int, dict[str, Any]]:
    """Return the size of the vocabulary, and train, val and test batches of a slice."""
    table = datasets.load("headlines")
    table = table[table["slice"] == name]
    table["y"] = table["label"].astype("category").cat.codes
    parts = dict(tuple(table.groupby("split")))
    vocabulary = Vocabulary.build(parts["train"]["text"])
    return len(vocabulary), {
        split: text_loader(
            part["text"],
            part["y"],
            vocabulary,
            BATCH_SIZE,
            seed if split == "train" else None,
        )
        for split, part in parts.items()
    }


def accuracy(name: str, architecture: str, seed: int) -> float:
    """Train one model on one slice; return the share of test texts it gets right."""
    num_words, batches = loaders(name, seed)
    build, lr = ARCHITECTURES[architecture]
    torch.manual_seed(seed)
    model = build(num_words, 4).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    trainer = Trainer(model, optimizer, clip_norm=CLIP_NORM)
    trainer.fit(batches["train"], batches["val"], NUM_EPOCHS)
    return trainer.evaluate(batches["test"])[1]


def main() -> None:
    """Write the table."""
    torch.set_num_threads(1)
    path = Path(__file__).with_name("grid.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["slice", "architecture", "seed", "accuracy"])
        for name in SLICES:
            for architecture in ARCHITECTURES:
                for seed in SEEDS:
                    result = accuracy(name, architecture, seed)
                    writer.writerow([name, architecture, seed, f"{result:.3f}"])
                    file.flush()


if __name__ == "__main__":
    main()
