"""Keeps lessons offline and out of the repository; its directory goes on their path."""
