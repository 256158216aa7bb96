"""Make every source of randomness repeatable."""

import random
import sys

import numpy as np


def set_seeds(seed: int) -> None:
    """Seed Python's and NumPy's global generators, and torch's if it is loaded.

    Lessons draw from generators of their own (``np.random.default_rng``); this is for
    libraries that draw from the global ones.
    """
    random.seed(seed)
    np.random.seed(seed)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
