"""Run the press: ``python -m book``."""

from book.cli import main

main()
