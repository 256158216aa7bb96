"""Kernels of the press: how they start, what watches them, and how they end."""


def register() -> None:
    """Make the press's kernel provisioners known to Jupyter in this process."""
    from importlib.metadata import EntryPoint

    from jupyter_client.provisioning import KernelProvisionerFactory as Factory

    places = {
        "warm": "warm:WarmProvisioner",
        "lesson": "pytest_plugin:LessonProvisioner",
    }
    factory = Factory.instance()
    for name, place in places.items():
        factory.provisioners[name] = EntryPoint(
            name, f"book.kernels.{place}", Factory.GROUP_NAME
        )
