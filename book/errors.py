"""What the press says when it can't go on."""


class BookError(Exception):
    """One clear line: what is wrong, where, and how to mend it."""
