"""Drives Chromium over its own protocol (CDP): what the tests of our pages need, and no more."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")

_FLAGS = [
    "--headless=new",
    "--no-sandbox",  # it cannot be had as root; the browser sees nothing but our own pages
    "--disable-gpu",
    "--window-size=1400,1000",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
]
_SECONDS = 20


class Page:
    """A tab in a profile of its own: `requests` are the addresses it asked for, `problems` its complaints."""

    def __init__(self, connection: ClientConnection) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        self._connection = connection
        self._calls = 0
        context = self._call(None, "Target.createBrowserContext")["browserContextId"]
        target = self._call(None, "Target.createTarget", url="about:blank", browserContextId=context)
        attached = self._call(None, "Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session: str = attached["sessionId"]
        self._watch(self._session)
        self.call("Page.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of CDP."""
        return self._call(self._session, method, **parameters)

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """Evaluate JavaScript, and wait where it is a promise."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition: str) -> Any:
        """Wait until JavaScript is truthy."""
        return _until(lambda: self.run(condition), lambda: f"{condition}; problems: {self.problems}")

    def click(self, selector: str) -> None:
        """Click on an element as soon as it is there."""
        self.until(f"document.querySelector({json.dumps(selector)}) !== null")
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def type_into(self, selector: str, text: str) -> None:
        """Put text in place of what a field holds, as a user who pastes it."""
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)

    def show_as(self, scheme: str) -> None:
        """Pretend that the system is `light` or `dark`."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def _call(self, session: str | None, method: str, **parameters: object) -> dict[str, Any]:
        number = self._send(session, method, **parameters)
        while True:
            message = json.loads(self._connection.recv(timeout=_SECONDS))
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                result: dict[str, Any] = message["result"]
                return result
            self._note(message.get("method"), message.get("params", {}))

    def _send(self, session: str | None, method: str, **parameters: object) -> int:
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        self._connection.send(json.dumps(message | ({"sessionId": session} if session else {})))
        return self._calls

    def _watch(self, session: str) -> None:
        for domain in ("Network", "Runtime", "Log"):
            self._send(session, f"{domain}.enable")
        # Workers are targets of their own, stopped until they are watched too.
        self._send(session, "Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=True, flatten=True)
        self._send(session, "Runtime.runIfWaitingForDebugger")

    def _note(self, event: str | None, values: dict[str, Any]) -> None:
        match event:
            case "Network.requestWillBeSent":
                self.requests.append(values["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(values["url"])
            case "Runtime.exceptionThrown":
                self.problems.append(str(values["exceptionDetails"]))
            case "Log.entryAdded" if values["entry"]["level"] in {"warning", "error"}:
                self.problems.append(values["entry"]["text"])
            case "Runtime.consoleAPICalled" if values["type"] in {"warning", "error", "assert"}:
                self.problems.append(str(values["args"]))
            case "Target.attachedToTarget" if values["targetInfo"]["type"] == "worker":
                self._watch(values["sessionId"])


class Chromium:
    """A running browser: `page()` opens tabs."""

    def __init__(self, address: str) -> None:
        self._address = address

    @contextmanager
    def page(self) -> Iterator[Page]:
        """Open a tab until the block ends."""
        with connect(self._address, max_size=None, compression=None) as connection:
            page = Page(connection)
            yield page
            page.call("Page.close")


@contextmanager
def chromium(profile: Path) -> Iterator[Chromium]:
    """Run the browser until the block ends."""
    assert PROGRAM
    command = [PROGRAM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            said = profile / "DevToolsActivePort"
            _until(lambda: said.exists() and said.read_text().count("\n"), lambda: "Chromium listens")
            port, path = said.read_text().split()
            yield Chromium(f"ws://127.0.0.1:{port}{path}")
        finally:
            process.terminate()


def _until(holds: Callable[[], Any], expectation: Callable[[], str]) -> Any:
    end = time.monotonic() + _SECONDS
    while not (value := holds()):
        assert time.monotonic() < end, f"not within {_SECONDS} s: {expectation()}"
        time.sleep(0.05)
    return value
