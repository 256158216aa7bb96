"""The press: turns notebooks into a checked, offline book (``python -m book``)."""

import sys

# Jupyter's tools import it through jsonschema, never use it, and wait a second for it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
