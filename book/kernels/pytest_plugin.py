"""Give nbval the press's kernels: ``pytest -p book.kernels.pytest_plugin --nbval``.

A notebook then finds what it finds when the press runs it: the same variables, an
empty working directory, a guard, and the common libraries loaded.
"""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.provisioning import KernelProvisionerFactory

from book.environment import kernel_environment, record_path, scratch_directory
from book.kernels import register
from book.kernels.family import Family
from book.kernels.warm import WarmProvisioner


class LessonProvisioner(WarmProvisioner):
    """Starts a warm kernel in a scratch directory, and leaves nothing of it."""

    root: Path
    _stack: ExitStack | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Replace the environment and the directory that nbval has in mind."""
        self._clean()
        self._stack = ExitStack()
        self._scratch = self._stack.enter_context(scratch_directory())
        self._family = Family(self._scratch)
        self._stack.callback(self._family.kill)
        kwargs["env"] = kernel_environment(self._scratch, self.root)
        kwargs["cwd"] = str(self._scratch / "work")
        prepared: dict[str, Any] = await super().pre_launch(**kwargs)
        return prepared

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel, and know it and its descendants from then on."""
        connection = await super().launch_kernel(cmd, **kwargs)
        self._family.start(self.pid)
        return connection

    async def cleanup(self, restart: bool = False) -> None:
        """Remove what the kernel leaves.

        Raises:
            RuntimeError: if the guard had to stop something that nobody noticed.
        """
        await super().cleanup(restart)
        record = record_path(self._scratch)
        violations = record.read_text("utf-8").splitlines() if record.exists() else []
        if not restart:
            self._clean()
        if violations:
            raise RuntimeError(json.loads(violations[0])["message"])

    def _clean(self) -> None:
        if self._stack:
            self._stack.close()
            self._stack = None


def pytest_configure(config: pytest.Config) -> None:
    """Make these the kernels of every tool in this process that doesn't choose."""
    LessonProvisioner.root = config.rootpath
    register()
    KernelProvisionerFactory.instance().default_provisioner_name = "lesson"
