"""Images with their size, so that the text does not jump when they arrive."""

import struct
from pathlib import Path
from typing import Any

from docutils import nodes


def png_size(path: Path) -> tuple[int, int] | None:
    """Return width and height in pixels, or None if the file is no PNG."""
    with path.open("rb") as file:
        head = file.read(24)
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def visit_image(translator: Any, node: nodes.image) -> None:
    """Write an image that loads when it comes near; a figure opens in full size."""
    builder, uri = translator.builder, node["uri"]
    attributes = {"alt": node.get("alt", ""), "decoding": "async", "loading": "lazy"}
    if uri in builder.images:
        size = png_size(Path(builder.srcdir, uri))
        if size:
            attributes |= dict(zip(("width", "height"), map(str, size), strict=True))
        uri = f"{builder.imgpath}/{builder.images[uri]}"
    image = translator.emptytag(node, "img", "", src=uri, **attributes)
    if "width" in attributes:
        image = f'<a class="figure" href="{uri}">{image}</a>'
    translator.body.append(f"{image}\n")


def depart_image(translator: Any, node: nodes.image) -> None:
    """Nothing is left to write."""
