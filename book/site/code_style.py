"""Colours of code: CSS variables, so that light and dark need one style sheet."""

from collections.abc import Iterable
from typing import Any, ClassVar, TextIO

from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.style import Style  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Error,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
    Text,
    Token,
)


class CourseStyle(Style):
    """Few colours: words of the language, names that are defined, data, remarks."""

    background_color = "var(--code-ground)"
    styles: ClassVar = {
        Token: "var(--code-ink)",
        Comment: "italic var(--code-comment)",
        Keyword: "var(--code-keyword)",
        Keyword.Constant: "var(--code-number)",
        Operator: "var(--code-ink)",
        Operator.Word: "var(--code-keyword)",
        Name.Builtin: "var(--code-builtin)",
        Name.Builtin.Pseudo: "var(--code-ink)",
        Name.Class: "bold var(--code-name)",
        Name.Decorator: "var(--code-builtin)",
        Name.Exception: "var(--code-builtin)",
        Name.Function: "bold var(--code-name)",
        Name.Tag: "var(--code-keyword)",
        Name.Attribute: "var(--code-name)",
        Literal: "var(--code-number)",
        Number: "var(--code-number)",
        String: "var(--code-string)",
        String.Doc: "italic var(--code-comment)",
        Generic.Prompt: "var(--code-comment)",
        Generic.Output: "var(--code-ink)",
        Generic.Inserted: "var(--code-string)",
        Generic.Deleted: "var(--code-keyword)",
        Error: "var(--code-keyword)",
    }


class QuietFormatter(HtmlFormatter):
    """Marks only what has a look of its own: a page has half the elements."""

    def format_unencoded(
        self, tokensource: Iterable[tuple[Any, str]], outfile: TextIO
    ) -> None:
        """Write the code, its plain tokens as text."""
        marked = (
            (Text if _is_plain(kind) else kind, text) for kind, text in tokensource
        )
        super().format_unencoded(marked, outfile)


def _is_plain(kind: Any) -> bool:
    look = CourseStyle.style_for_token(kind)
    return bool(look == CourseStyle.style_for_token(Token))
