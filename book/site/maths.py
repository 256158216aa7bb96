"""Formulas as MathML, made while the site is built.

The page then needs no script to show them, and a formula that TeX would refuse stops
the build instead of reaching a reader. Temml does the translation, in V8.
"""

from functools import cache
from pathlib import Path

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

_TEMML = Path(__file__).parent / "vendor" / "temml.min.js"
_LOGGER = logging.getLogger(__name__)


@cache
def _engine() -> MiniRacer:
    engine = MiniRacer()
    engine.eval(_TEMML.read_text(encoding="utf-8"))
    return engine


@cache
def to_mathml(tex: str, *, block: bool) -> str:
    """Translate a formula.

    Raises:
        ValueError: if it is not TeX, with what is wrong.
    """
    options = {"displayMode": block, "throwOnError": True}
    try:
        return str(_engine().call("temml.renderToString", tex, options))
    except JSEvalException as error:
        reason = str(error).split("ParseError:")[-1].split("\n")[0].strip()
        raise ValueError(reason) from None


def _write(translator: HTML5Translator, node: nodes.Element, *, block: bool) -> None:
    tex = node.astext()
    try:
        mathml = to_mathml(tex, block=block)
    except ValueError as reason:
        _LOGGER.warning("formula %r: %s", tex, reason, location=node)
        mathml = f"<code>{translator.encode(tex)}</code>"
    translator.body.append(f'<div class="math">{mathml}</div>' if block else mathml)


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    _write(translator, node, block=False)
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    _write(translator, node, block=True)
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the renderer that ``html_math_renderer: mathml`` names."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
