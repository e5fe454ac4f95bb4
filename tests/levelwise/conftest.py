"""How tests of coroutines run here."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Loaders are asyncio's."""
    return "asyncio"
