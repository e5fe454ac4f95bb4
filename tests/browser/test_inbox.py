"""The inbox that the demo shows at `/`, in a real browser: an example of the API must do what it shows."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest

from gateway.demo import home
from gateway.settings import Settings
from tests.browser.chromium import Page
from tests.support.organization import SECRET, Organization, token
from tests.support.server import serving
from tests.support.waiting import until

LIVE = "document.querySelector('.connection').dataset.state === 'live'"
# When it has asked again after the subscriptions, it has begun to listen.
LISTENING = "performance.getEntriesByType('resource').filter(each => each.name.endsWith('/graphql')).length > 1"
NAMES = "[...document.querySelectorAll('.list strong')].map(each => each.textContent).join()"
TEXTS = "[...document.querySelectorAll('.message p')].map(each => each.textContent).join()"
STATUS = "document.querySelector('.list .status')?.textContent"


class Inbox(NamedTuple):
    """A gateway with the page of an organization, which can be stopped and started again."""

    settings: Settings
    organization: Organization

    def serving(self, port: int = 0) -> AbstractContextManager[str]:
        """Serve until the block ends."""
        return serving(self.settings, home.home_routes(lambda: token(self.organization.id)), port)


@pytest.fixture
def inbox(database_url: str, organization: Organization) -> Inbox:
    """The inbox of an organization."""
    if not (home.BUILT / "index.html").exists():
        pytest.skip("the inbox is not built: `make inbox`")
    return Inbox(Settings(database_url=database_url, jwt_secret=SECRET, _env_file=None), organization)


@pytest.fixture
def url(inbox: Inbox) -> Iterator[str]:
    """Where it is served."""
    with inbox.serving() as url:
        yield url


def conversation(organization: Organization, name: str, *contents: str, **values: object) -> UUID:
    """Write a conversation with messages of somebody."""
    id = organization.conversation(organization.lead(name=name), **values)
    for content in contents:
        organization.message(id, content)
    return id


def choose(page: Page, selector: str, value: str) -> None:
    """Choose an option as a user does."""
    page.run(
        f"""{{
            const select = document.querySelector('{selector}');
            select.value = '{value}';
            select.dispatchEvent(new Event('change', {{bubbles: true}}));
        }}"""
    )


def test_the_list_shows_who_wrote_last_and_asks_nobody_else(page: Page, url: str, organization: Organization) -> None:
    conversation(organization, "Hypatia", "Salve")
    conversation(organization, "Ada", "Good day", status="escalated", channel="telegram")
    page.open(url)
    page.until(f"{NAMES} === 'Ada,Hypatia'")
    assert page.run("document.querySelector('.list a').innerText").split("\n")[-2:] == ["Escalated", "Telegram"]
    page.until(LIVE)
    assert page.problems == []
    assert {urlsplit(each).netloc for each in page.requests if not each.startswith("data:")} == {urlsplit(url).netloc}
    assert not any(token(organization.id) in each for each in page.requests)


def test_filters_narrow_the_list(page: Page, url: str, organization: Organization) -> None:
    conversation(organization, "Hypatia", "Salve")
    conversation(organization, "Ada", "Good day", status="escalated", channel="telegram")
    page.open(url)
    page.until(f"{NAMES} === 'Ada,Hypatia'")
    page.type_into("input[type=search]", "hypa")
    page.until(f"{NAMES} === 'Hypatia'")
    page.type_into("input[type=search]", "nobody")
    page.until("document.querySelector('.list .empty')?.textContent === 'No conversation matches.'")
    page.run("document.querySelector('input[type=search]').select()")
    page.call("Input.dispatchKeyEvent", type="keyDown", key="Backspace", windowsVirtualKeyCode=8)
    page.until(f"{NAMES} === 'Ada,Hypatia'")
    choose(page, "[aria-label=Channel]", "TELEGRAM")
    page.until(f"{NAMES} === 'Ada'")
    page.click("fieldset label:nth-of-type(2) input")  # active ones
    page.until("document.querySelector('.list .empty') !== null")
    choose(page, "[aria-label=Channel]", "")
    page.until(f"{NAMES} === 'Hypatia'")


def test_the_list_goes_on(page: Page, url: str, organization: Organization) -> None:
    for number in range(30):
        conversation(organization, f"Lead {number}")
    page.open(url)
    page.until(LISTENING)
    page.until("document.querySelectorAll('.list li').length === 25")
    page.click(".list button")
    page.until("document.querySelectorAll('.list li').length === 30")
    assert page.run(NAMES) == ",".join(f"Lead {number}" for number in reversed(range(30)))


def test_a_thread_opens_at_its_end_and_pages_back(page: Page, url: str, organization: Organization) -> None:
    id = conversation(organization, "Ada", *map(str, range(50)))
    page.open(url)
    page.click(".list a")
    page.until(f"{TEXTS} === '{','.join(map(str, range(30, 50)))}'")
    assert page.run("location.hash") == f"#{id}"
    last_seen = "document.querySelector('.message:last-child').getBoundingClientRect().bottom"
    before = page.run(last_seen)
    page.click(".earlier button")
    page.until(f"{TEXTS} === '{','.join(map(str, range(10, 50)))}'")
    assert page.run(last_seen) == before  # what is read does not jump
    page.click(".earlier button")
    page.until(f"{TEXTS} === '{','.join(map(str, range(50)))}'")
    assert page.run("document.querySelector('.earlier')") is None


def test_messages_and_conversations_arrive_by_themselves(page: Page, url: str, organization: Organization) -> None:
    id = conversation(organization, "Ada", "Good day")
    conversation(organization, "Hypatia", "Salve")
    page.open(url)
    page.until(LIVE)
    page.run(f"location.hash = '{id}'")
    page.until(f"{TEXTS} === 'Good day'")
    organization.message(id, "Is anybody there?", role="assistant", metadata={"author": "Katharina"})
    page.until(f"{TEXTS} === 'Good day,Is anybody there?'")
    page.until(f"{NAMES} === 'Ada,Hypatia'")
    assert "Katharina" in page.run("document.querySelector('.message:last-child small').textContent")
    conversation(organization, "Sappho", "Χαῖρε")
    page.until(f"{NAMES} === 'Sappho,Ada,Hypatia'")
    assert page.problems == []


def test_a_status_is_seen_before_it_is_answered(
    page: Page, url: str, organization: Organization, database_url: str
) -> None:
    id = conversation(organization, "Ada", "Good day")
    page.open(f"{url}/#{id}")
    page.until("document.querySelector('.thread select') !== null")
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM conversations WHERE id = %s FOR UPDATE", (id,))
        choose(page, ".thread select", "ESCALATED")
        page.until(f"{STATUS} === 'Escalated'")
        assert organization.sql("SELECT status FROM conversations WHERE id = %s", id) == [("active",)]
    # A page that is left takes along what it has asked for.
    until(lambda: organization.sql("SELECT status FROM conversations WHERE id = %s", id) == [("escalated",)])
    page.open(f"{url}/?again#{id}")
    page.until(f"{STATUS} === 'Escalated'")
    assert page.problems == []


def test_a_status_that_is_refused_is_taken_back(page: Page, url: str, organization: Organization) -> None:
    id = conversation(organization, "Ada", "Good day")
    page.open(f"{url}/#{id}")
    page.until("document.querySelector('.thread select') !== null")
    organization.sql("DELETE FROM conversations WHERE id = %s", id)
    choose(page, ".thread select", "COMPLETED")
    page.until("document.querySelector('.thread [role=alert]')?.textContent.startsWith('Not changed')")
    assert page.run("document.querySelector('.thread select').value") == "ACTIVE"


def test_a_change_elsewhere_leaves_the_filtered_list(page: Page, url: str, organization: Organization) -> None:
    id = conversation(organization, "Ada", "Good day")
    page.open(url)
    page.until(LISTENING)
    page.click("fieldset label:nth-of-type(2) input")  # active ones
    page.until(f"{NAMES} === 'Ada'")
    organization.sql("UPDATE conversations SET status = 'completed' WHERE id = %s", id)
    page.until("document.querySelector('.list .empty') !== null")


def test_a_restart_of_the_gateway_is_survived(page: Page, inbox: Inbox) -> None:
    organization = inbox.organization
    id = conversation(organization, "Ada", *map(str, range(30)))
    with inbox.serving() as url:
        page.open(f"{url}/#{id}")
        page.until(LIVE)
        page.click(".earlier button")
        page.until("document.querySelectorAll('.message').length === 30")
        organization.message(id, "before")
        page.until(f"{TEXTS}.endsWith(',before')")
    page.until("document.querySelector('.connection').textContent === 'Reconnecting …'")
    time.sleep(1)  # it has tried in vain
    organization.message(id, "meanwhile")
    conversation(organization, "Sappho", "Χαῖρε")
    with inbox.serving(urlsplit(url).port or 0):
        page.until(LIVE)
        page.until(f"{NAMES} === 'Sappho,Ada'")
        page.until(f"{TEXTS}.endsWith(',before,meanwhile')")
        organization.message(id, "after")
        page.until(f"{TEXTS} === '{','.join(map(str, range(30)))},before,meanwhile,after'")
    assert [each for each in page.problems if "WebSocket" not in each and "ERR_CONNECTION_REFUSED" not in each] == []


def test_keys_are_enough(page: Page, url: str, organization: Organization) -> None:
    id = conversation(organization, "Hypatia", "Salve")
    conversation(organization, "Ada", "Good day")
    page.open(url)
    page.until(f"{NAMES} === 'Ada,Hypatia'")
    page.run("document.querySelector('.list a').focus()")
    for key, code in (("ArrowDown", 40), ("Enter", 13)):
        page.call(
            "Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, text="\r" * (code == 13)
        )
        page.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)
    page.until(f"{TEXTS} === 'Salve'")
    assert page.run("location.hash") == f"#{id}"


def test_every_control_has_a_name(page: Page, url: str, organization: Organization) -> None:
    id = conversation(organization, "Ada", *map(str, range(30)))
    page.open(f"{url}/#{id}")
    page.until("document.querySelector('.earlier') !== null")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = {"link", "button", "combobox", "searchbox", "radio", "log", "navigation", "search", "article"}
    controls = [each for each in nodes if each["role"]["value"] in roles and not each["ignored"]]
    assert {each["role"]["value"] for each in controls} == roles
    assert [each for each in controls if not each["name"]["value"] and each["role"]["value"] != "search"] == []


def test_an_address_of_no_conversation_says_so(page: Page, url: str, organization: Organization) -> None:
    page.open(f"{url}/#{organization.id}")
    page.until("document.querySelector('main').textContent.includes('no such conversation')")


def test_light_and_dark_follow_the_system(page: Page, url: str) -> None:
    colors = []
    for scheme in ("light", "dark"):
        page.show_as(scheme)
        page.open(url)
        page.until("document.querySelector('.app') !== null")
        colors.append(page.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"))
    assert min(colors[0]) > 200
    assert max(colors[1]) < 100
