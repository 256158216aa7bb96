"""The site: turns executed notebooks and hand-written pages into HTML."""

import sys
from pathlib import Path
from types import ModuleType

from book.errors import BookError

OUTPUT = Path("book/_build/html")


def build(root: Path, *, all_pages: bool = False) -> Path:
    """Build the site with jupyter-book; a warning is an error.

    The same as ``jupyter-book build . --path-output book -W -n --keep-going``, with
    nothing said but warnings.

    Args:
        root: the repository.
        all_pages: write every page anew, not only those whose source has changed.

    Returns:
        The page to open, ``book/_build/html/index.html``.

    Raises:
        BookError: if there was a warning; jupyter-book has printed it.
    """
    _leave_out_execution()
    from jupyter_book.sphinx import build_sphinx

    output = root / OUTPUT
    result = build_sphinx(
        root,
        output,
        path_config=root / "_config.yml",
        noconfig=True,
        confoverrides={"latex_individualpages": False, "nitpicky": True},
        doctreedir=output.parent / "doctrees",
        force_all=all_pages,
        quiet=True,
        warningiserror=True,
        keep_going=True,
    )
    if result:
        raise BookError("the site was not built: mend the warnings above, build again")
    return output / "index.html"


def _leave_out_execution() -> None:
    """Spare the import of what MyST-NB executes notebooks with: a data base and more.

    Execution is off, so its clients are never asked for; they took a third of the
    time of building one page anew.
    """
    clients = {"cache": "NotebookClientCache", "direct": "NotebookClientDirect"}
    for name, client in clients.items():
        path = f"myst_nb.core.execute.{name}"
        empty = ModuleType(path)
        setattr(empty, client, None)
        sys.modules.setdefault(path, empty)
