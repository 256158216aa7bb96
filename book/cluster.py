"""The same jobs on a Dask cluster: notebook in, notebook out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from distributed import Client, as_completed

from book.errors import BookError
from book.execute import Job, Outcome, execute

RETRIES = 3
"""How often a job is given to another worker after one was lost."""


def executed(jobs: Sequence[Job], address: str) -> Iterator[Outcome]:
    """Run jobs on the workers of a scheduler.

    Every worker needs this repository, at the same commit, on its Python path.

    Args:
        jobs: what to run.
        address: of the scheduler, as ``tcp://127.0.0.1:8786``.

    Raises:
        BookError: if no scheduler answers there.
    """
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise BookError(f"no Dask scheduler at {address}: {error}") from None
    with client:
        futures = client.map(_here, jobs, retries=RETRIES, pure=False)
        for future in as_completed(futures, loop=client.loop):
            yield future.result()


def _here(job: Job) -> Outcome:
    """Run a job in the repository of the worker that it has come to."""
    return execute(replace(job, root=str(Path(__file__).parents[1])))
