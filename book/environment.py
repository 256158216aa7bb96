"""What a lesson finds around it: the same variables and an empty home, everywhere."""

import os
import site
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GUARD = Path(__file__).parent / "guard"
"""The directory whose ``sitecustomize`` guards every Python that has it on its path."""

_KEPT = (
    "ATEN_CPU_CAPABILITY",
    "CONDA_PREFIX",
    "DYLD_LIBRARY_PATH",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "OPENBLAS_CORETYPE",
    "SHELL",
    "USER",
    "VIRTUAL_ENV",
)

_THREADS = ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_NO_HOST = "http://127.0.0.1:9"

_REPEATABLE = {
    "COLUMNS": "80",
    "GIT_AUTHOR_DATE": "1704067200 +0000",
    "GIT_COMMITTER_DATE": "1704067200 +0000",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "NO_COLOR": "1",
    "PRE_COMMIT_COLOR": "never",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",
    "TZ": "UTC",
}

_OFFLINE = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
    "FEAST_USAGE": "False",
    "GIT_ALLOW_PROTOCOL": "file",
    "GIT_TERMINAL_PROMPT": "0",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "NO_MKDOCS_2_WARNING": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_SERVER_HEADLESS": "true",
    "TRANSFORMERS_OFFLINE": "1",
    "all_proxy": _NO_HOST,
    "http_proxy": _NO_HOST,
    "https_proxy": _NO_HOST,
    "no_proxy": "localhost,127.0.0.1,::1",
}

_fonts: dict[str, bytes] = {}


def kernel_environment(
    scratch: Path, root: Path | None = None, *, varied: bool = False
) -> dict[str, str]:
    """Return all the environment variables of a kernel.

    Args:
        scratch: what ``scratch_directory`` gave.
        root: the repository, importable but not writable; without it, no guard.
        varied: whether parameters differ from those the lesson's prose speaks of.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    job = {} if root is None else {"BOOK_ROOT": str(root), "BOOK_SCRATCH": str(scratch)}
    if varied:
        job["LESSONS_CLAIMS"] = "off"
    threads = dict.fromkeys(_THREADS, os.environ.get("BOOK_THREADS", "1"))
    return kept | threads | _REPEATABLE | _OFFLINE | _places(scratch, root) | job


def record_path(scratch: Path) -> Path:
    """Return the file in which the guard records what it had to stop."""
    return scratch / "violations.jsonl"


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Give a temporary directory with an empty ``work`` directory and an empty home."""
    with tempfile.TemporaryDirectory(
        prefix="book-", ignore_cleanup_errors=True
    ) as name:
        scratch = Path(name).resolve()
        for part in ("work", "home", "tmp", "matplotlib"):
            (scratch / part).mkdir()
        for font_list, content in _fonts.items():
            (scratch / "matplotlib" / font_list).write_bytes(content)
        yield scratch
        for path in (scratch / "matplotlib").glob("fontlist-*.json"):
            _fonts[path.name] = path.read_bytes()


def _places(scratch: Path, root: Path | None) -> dict[str, str]:
    ours = [str(GUARD), *([str(root)] if root else [])]
    theirs = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return {
        "HOME": str(scratch / "home"),
        "MPLCONFIGDIR": str(scratch / "matplotlib"),
        "PATH": os.pathsep.join(programs),
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(ours + theirs)),
        "PYTHONUSERBASE": site.getuserbase(),
        "TMPDIR": str(scratch / "tmp"),
    }
