"""A browser, and each kind of explorer page on a gateway of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from gateway.settings import Settings
from gateway_graphql import explorer
from tests.browser.chromium import PROGRAM, Chromium, Page, chromium
from tests.support.organization import SECRET
from tests.support.server import serving


class ExplorerPage(NamedTuple):
    """Where a page is, and how its parts are selected."""

    url: str
    operation: str
    token: str
    run: str
    answer: str


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Chromium, without a way to anything but this machine."""
    if PROGRAM is None:
        pytest.skip("no Chromium on this machine")
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def page(browser: Chromium) -> Iterator[Page]:
    """An empty tab."""
    with browser.page() as page:
        yield page


@pytest.fixture(scope="session")
def plain(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExplorerPage]:
    """The page of a checkout without a build."""
    settings = Settings(database_url=database_url, jwt_secret=SECRET, _env_file=None)
    with ExitStack() as running:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(explorer, "BUILT", tmp_path_factory.mktemp("nothing"))
            url = running.enter_context(serving(settings))
        yield ExplorerPage(f"{url}/graphql", operation="#query", token="#token", run="#run", answer="#answer")


@pytest.fixture(scope="session")
def graphiql(gateway_url: str) -> ExplorerPage:
    """GraphiQL."""
    if not (explorer.BUILT / "index.html").exists():
        pytest.skip("GraphiQL is not built: `make graphiql`")
    return ExplorerPage(
        f"{gateway_url}/graphql",
        operation=".graphiql-query-editor",
        token=".token input",
        run=".graphiql-execute-button",
        answer=".result-window",
    )


@pytest.fixture(params=["plain", "graphiql"])
def either(request: pytest.FixtureRequest) -> ExplorerPage:
    """Each kind of page."""
    page: ExplorerPage = request.getfixturevalue(request.param)
    return page
