"""Code that the lessons of Part I define, exported from their notebooks."""
