"""Exercises with checks; one module per lesson declares them as data."""

from lessons import TODO
from lessons.exercises._exercise import Exercise, Mistake, Property, Status, Verdict

__all__ = ["TODO", "Exercise", "Mistake", "Property", "Status", "Verdict"]
