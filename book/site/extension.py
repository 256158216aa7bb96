"""The Sphinx extension that makes the book's site: what ``_config.yml`` names."""

import hashlib
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.config import Config
from sphinx.highlighting import PygmentsBridge

from book.site import (
    code_style,
    directives,
    figures,
    maths,
    mentions,
    notebook_pages,
    page_data,
    plan,
    reference,
)

_PAGES = "book/pages/"
_HERE = Path(__file__).parent


class BookBuilder(StandaloneHTMLBuilder):
    """Writes the pages of ``book/pages`` to the top of the site."""

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return a page's address."""
        return str(super().get_target_uri(docname.removeprefix(_PAGES), typ))

    def get_outfilename(self, pagename: str) -> str:
        """Return a page's file."""
        return str(super().get_outfilename(pagename.removeprefix(_PAGES)))


def _version() -> str:
    """What this extension is: when it changes, every page is read anew."""
    sources = sorted(_HERE.glob("*.py"))
    text = b"".join(path.read_bytes() for path in sources)
    return hashlib.sha256(text).hexdigest()


def _load_plan(app: Sphinx, config: Config) -> None:
    config.book_plan = plan.load(Path(app.srcdir))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the parts."""
    app.setup_extension("myst_nb")
    app.add_config_value("book_plan", {}, "env")
    app.add_config_value("comments_config", {}, "")  # jupyter-book sets it, unused here
    app.add_builder(BookBuilder, override=True)
    app.add_html_theme("course", str(_HERE / "theme"))
    app.add_js_file("book.js", loading_method="defer")
    app.connect("config-inited", _load_plan)
    app.connect("source-read", notebook_pages.read_notebook)
    app.connect("source-read", reference.insert)
    app.connect("doctree-read", notebook_pages.dress)
    app.connect("doctree-read", mentions.link)
    app.connect("env-updated", page_data.outdated)
    app.connect("html-page-context", page_data.add_context)
    app.add_directive("course-map", directives.CourseMap)
    app.add_directive("chapter", directives.ChapterCards)
    app.add_directive("solution-list", directives.SolutionList)
    app.add_directive("measurements", directives.Measurements)
    fold = (notebook_pages.open_fold, notebook_pages.close_fold)
    app.add_node(notebook_pages.Fold, html=fold)
    app.add_node(HideCodeCellNode, override=True, html=fold)
    image = (figures.visit_image, figures.depart_image)
    app.add_node(nodes.image, override=True, html=image)
    maths.setup(app)
    PygmentsBridge.html_formatter = code_style.QuietFormatter
    return {
        "env_version": _version(),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
