"""The page at /docs in a real browser: it shows every call, sends them, and translates them."""

from tests.browser.chromium import Page
from tests.support.organization import Organization, token

ANSWER = "document.querySelector('#list_leads .answer').textContent"


def test_every_call_is_shown_and_can_be_sent(page: Page, gateway_url: str, organization: Organization) -> None:
    organization.lead(name="Hypatia")
    bearer = token(organization.id)
    page.open(f"{gateway_url}/docs#token={bearer}")
    page.until("document.querySelectorAll('article').length === 8")
    assert page.run("location.hash") == ""
    page.click("#list_leads .send")
    page.until(f"{ANSWER}.includes('Hypatia')")
    page.click("#list_leads button:not(.send)")
    page.until(f"{ANSWER}.includes('query ListLeads')")
    assert page.problems == []
    assert all(url.startswith((gateway_url, "data:")) for url in page.requests)
    assert not any(bearer in url for url in page.requests)


def test_a_form_is_what_is_sent(page: Page, gateway_url: str, organization: Organization) -> None:
    page.open(f"{gateway_url}/docs#token={token(organization.id)}")
    page.until("document.querySelectorAll('article').length === 8")
    page.type_into("#create_lead textarea", '{"name": "<b>Zoë</b>"}')
    page.click("#create_lead .send")
    page.until("document.querySelector('#create_lead .answer').textContent.includes('201')")
    [lead] = organization.http.get("/api/v1/leads").json()["leads"]
    assert lead["name"] == "<b>Zoë</b>"
    page.type_into("#get_lead [aria-label=lead_id]", lead["id"])
    page.click("#get_lead .send")
    page.until("document.querySelector('#get_lead .answer').textContent.includes('<b>Zoë</b>')")


def test_light_and_dark_follow_the_system(page: Page, gateway_url: str) -> None:
    colors = []
    for scheme in ("light", "dark"):
        page.show_as(scheme)
        page.open(f"{gateway_url}/docs")
        page.until("document.querySelectorAll('article').length === 8")
        colors.append(
            page.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
        )
    assert min(colors[0]) > 200
    assert max(colors[1]) < 100
