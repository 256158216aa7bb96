"""Code that the lessons of Part II define, exported from their notebooks."""
