"""Logs as an operator would read them: the text that the gateways of this process write meanwhile."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import structlog

from gateway.settings import Settings
from gateway.telemetry import configure_logging


class Logs:
    """What was written so far."""

    def __init__(self) -> None:
        self.stream = StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def entries(self) -> list[dict[str, Any]]:
        """Every entry, where the format is JSON."""
        return [json.loads(line) for line in self.text.splitlines()]

    def after(self, request_id: str) -> str:
        """The text, once the request has been logged: that happens when its answer is on its way already."""
        deadline = time.monotonic() + 5
        while not any("milliseconds" in line and request_id in line for line in self.text.splitlines()):
            assert time.monotonic() < deadline, f"request {request_id} was not logged"
            time.sleep(0.002)
        return self.text


@contextmanager
def logged(log_format: str) -> Iterator[Logs]:
    """Collect the logs of this process, in the form that an operator sets."""
    before, logs = structlog.get_config(), Logs()
    configure_logging(Settings(log_format=log_format, _env_file=None))
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(logs.stream))
    yield logs
    structlog.configure(**before)
