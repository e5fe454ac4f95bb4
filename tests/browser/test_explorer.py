"""The page at /graphql in a real browser: it works offline, under its policy, with a token from the link."""

import re
import time
from urllib.parse import urlsplit

from gateway_graphql import explorer
from tests.browser.chromium import Page
from tests.browser.conftest import ExplorerPage
from tests.support.organization import Organization, token


def text_of(selector: str) -> str:
    """JavaScript for the text that is shown, or ''."""
    return f"(element => element?.value || element?.innerText || '')(document.querySelector('{selector}'))"


def wait_for_editor(page: Page, explorer: ExplorerPage) -> None:
    """Wait until the first example is in the editor."""
    page.until(f"{text_of(explorer.operation)}.includes('query')")


def run_until_shown(page: Page, explorer: ExplorerPage, text: str) -> None:
    """Run what the editor holds, and wait for a text in the answer."""
    wait_for_editor(page, explorer)
    page.click(explorer.run)
    page.until(f"{text_of(explorer.answer)}.includes('{text}')")


def test_a_link_with_a_token_is_all_it_takes(page: Page, either: ExplorerPage, organization: Organization) -> None:
    organization.message(organization.conversation(organization.lead(name="Hypatia")))
    bearer = token(organization.id)
    page.open(f"{either.url}#token={bearer}")
    run_until_shown(page, either, "Hypatia")
    assert page.problems == []
    assert {urlsplit(url).netloc for url in page.requests if not url.startswith("data:")} == {
        urlsplit(either.url).netloc
    }
    assert page.run("location.href") == either.url
    assert not any(bearer in url for url in page.requests)


def test_the_token_outlives_a_reload_and_stays_in_the_tab(
    page: Page, either: ExplorerPage, organization: Organization
) -> None:
    page.open(f"{either.url}#token=abc")
    page.until(f"{text_of(either.token)} === 'abc'")
    page.open(either.url)
    page.until(f"{text_of(either.token)} === 'abc'")
    assert page.run("Object.values(localStorage).some(value => value.includes('abc'))") is False
    page.type_into(either.token, f" {token(organization.id)} ")
    run_until_shown(page, either, "totalCount")


def test_without_a_token_the_answer_says_so(page: Page, either: ExplorerPage) -> None:
    page.open(either.url)
    run_until_shown(page, either, "UNAUTHENTICATED")


def test_the_policy_bites(page: Page, either: ExplorerPage) -> None:
    page.open(either.url)
    page.problems.clear()
    page.run(
        """
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.body.append(script);
        document.body.append(Object.assign(new Image(), {src: 'http://elsewhere.example/'}));
        fetch('http://elsewhere.example/').catch(() => {})
        """
    )
    page.until("document.images.length")
    assert page.run("window.injected ?? null") is None
    assert len([text for text in page.problems if "Content Security Policy" in text]) >= 3


def test_light_and_dark_follow_the_system(page: Page, either: ExplorerPage) -> None:
    colors = []
    for scheme in ("light", "dark"):
        page.show_as(scheme)
        page.open(either.url)
        wait_for_editor(page, either)
        body = "getComputedStyle(document.querySelector('.graphiql-container') ?? document.body)"
        colors.append(page.run(f"{body}.backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"))
    assert min(colors[0]) > 200
    assert max(colors[1]) < 100


def test_graphiql_opens_the_examples_in_tabs(page: Page, graphiql: ExplorerPage) -> None:
    page.open(graphiql.url)
    wait_for_editor(page, graphiql)
    titles = page.run("[...document.querySelectorAll('.graphiql-tab-button')].map(tab => tab.innerText)")
    source = (explorer.PLAIN / "examples.graphql").read_text()
    assert titles == re.findall(r"^(?:query|mutation|subscription) (\w+)", source, re.MULTILINE)


def test_graphiql_shows_messages_as_they_are_added(
    page: Page, graphiql: ExplorerPage, organization: Organization
) -> None:
    conversation = organization.conversation()
    page.open(f"{graphiql.url}#token={token(organization.id)}")
    wait_for_editor(page, graphiql)
    page.run("[...document.querySelectorAll('.graphiql-tab-button')].find(tab => tab.innerText === 'Live').click()")
    page.until(f"{text_of(graphiql.operation)}.includes('messageAdded')")
    # GraphiQL looks at an operation only a tenth of a second after it changed.
    page.run("new Promise(done => setTimeout(done, 300))")
    page.click(graphiql.run)
    # When the subscription has begun is not to be seen: the first messages may come too early for it.
    for _ in range(100):
        organization.message(conversation, "Ahoy")
        if page.run(f"{text_of(graphiql.answer)}.includes('Ahoy')"):
            break
        time.sleep(0.1)
    page.until(f"{text_of(graphiql.answer)}.includes('Ahoy')")
    assert f"{graphiql.url.replace('http', 'ws')}" in page.requests
    assert page.problems == []


def test_graphiql_has_documentation_explorer_and_history(
    page: Page, graphiql: ExplorerPage, organization: Organization
) -> None:
    page.open(f"{graphiql.url}#token={token(organization.id)}")
    for panel, content in {
        "Documentation Explorer": "ConversationStatus",
        "GraphiQL Explorer": "lastMessagePreview",
        "History": "History",
    }.items():
        page.click(f"[aria-label='Show {panel}']")
        page.until(f"{text_of('.graphiql-plugin')}.includes('{content}')")
    assert page.problems == []


def test_the_plain_page_says_what_is_missing(page: Page, plain: ExplorerPage) -> None:
    page.open(plain.url)
    assert "make graphiql" in page.run(text_of("[role=note]"))


def test_the_plain_page_tells_of_variables_that_are_no_json(
    page: Page, plain: ExplorerPage, organization: Organization
) -> None:
    page.open(f"{plain.url}#token={token(organization.id)}")
    wait_for_editor(page, plain)
    page.type_into("#variables", "{")
    run_until_shown(page, plain, "SyntaxError")
    page.type_into("#query", "query Q($n: Int) { leads(first: $n) { nodes { id } } }")
    page.type_into("#variables", '{"n": 0}')
    run_until_shown(page, plain, '"nodes": []')
