"""Searches over 900,000 messages: by which index, and what they cost the gateway and PostgreSQL.

python -m bench.search [DATABASE_URL] [--rounds N]

Without a database it makes its own. The words of `bench.seed` are all common; rarer ones are written besides.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any, NamedTuple

import httpx
import orjson
import psutil
import psycopg

from bench.peers.servers import SECRET
from bench.requests import cpu, gateway
from bench.seed import BIG_ORGANIZATION, seeded
from gateway.database import conversations, leads, messages
from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.database.messages import NEWEST_FIRST, MessageFilter
from gateway.database.paging import Order, Window
from gateway.database.tenant import Tenant
from gateway.settings import Settings
from gateway.tokens import signed_token
from tests.support.plans import Recorder, explained, nodes

RARE, SOME, NEVER_TOGETHER = "kintsugi", "balayage", ("ombre", "keratin")
_SPRINKLED = """
INSERT INTO messages (organization_id, conversation_id, role, content, created_at)
SELECT organization_id, id, 'user', 'About ' || %(word)s || ', please', created_at + interval '1 hour'
FROM conversations WHERE organization_id = %(organization)s ORDER BY md5(id::text || %(word)s) LIMIT %(count)s
"""


class Search(NamedTuple):
    """What a person types, and where."""

    what: str
    field: str
    text: str


SEARCHES = [
    Search("a common word", "searchMessages", "termin "),
    Search("a word of 1 message in 100", "searchMessages", f"{SOME} "),
    Search("a word of 10 messages", "searchMessages", f"{RARE} "),
    Search("a word of none", "searchMessages", "xyzzy "),
    Search("the beginning of common words", "searchMessages", "th"),
    Search("the beginning of a rare word", "searchMessages", RARE[:5]),
    Search("a common phrase", "searchMessages", '"half past five"'),
    Search("common words, never as a phrase", "searchMessages", '"five past half"'),
    Search("two words of 1 in 20, never together", "searchMessages", " ".join(NEVER_TOGETHER) + " "),
    Search("a common and a rare word", "searchMessages", f"about {RARE}"),
    Search("people by a common part", "leads", "schmidt"),
    Search("people by a part of an address", "leads", ".1234@"),
    Search("people by a part of a number", "leads", "+49 1012"),
    Search("people by two letters", "leads", "oë"),
    Search("people by what nobody has", "leads", "xyzzy"),
    Search("conversations by a common name", "conversations", "schmidt"),
    Search("conversations by a part of a number", "conversations", "1012345"),
    Search("conversations by what nobody has", "conversations", "xyzzy"),
]
DOCUMENTS = {
    "searchMessages": "query ($q: String!) { searchMessages(query: $q, first: 20) { nodes { id content createdAt } } }",
    "leads": "query ($q: String!) { leads(first: 20, filter: {search: $q}) { nodes { id name email phone } } }",
    "conversations": """query ($q: String!) {
        conversations(first: 20, filter: {search: $q}) { nodes { id sessionKey status updatedAt } } }""",
}


def sprinkle(database_url: str) -> None:
    """Write the rarer words, unless they are there."""
    counts = {RARE: 10, SOME: 6_000, **dict.fromkeys(NEVER_TOGETHER, 20_000)}
    with psycopg.connect(database_url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT FROM messages WHERE organization_id = %s AND content LIKE 'About ' || %s || '%%' LIMIT 1",
            (BIG_ORGANIZATION, RARE),
        )
        if found.fetchone() is None:
            for word, count in counts.items():
                connection.execute(_SPRINKLED, {"organization": BIG_ORGANIZATION, "word": word, "count": count})
            connection.execute("VACUUM ANALYZE messages")


async def asked(search: Search, tenant: Tenant) -> int:
    """Ask the database as the gateway does, and return how many rows a page has."""
    window = Window(20)
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "searchMessages": lambda: messages.listing.page(tenant, MessageFilter(words=search.text), NEWEST_FIRST, window),
        "leads": lambda: leads.listing.page(
            tenant, LeadFilter(search=search.text), Order("created_at", descending=True), window
        ),
        "conversations": lambda: conversations.listing.page(
            tenant, ConversationFilter(search=search.text), Order("updated_at", descending=True), window
        ),
    }
    return len((await questions[search.field]()).rows)


async def plans(database_url: str) -> dict[str, tuple[int, str]]:
    """Return what each search finds, and what of tables and indexes its plan has read."""
    database = Recorder(database_url, size=1, timeout=10, statement_timeout=60)
    database.asked = []
    await database.open()
    found = {}
    with psycopg.connect(database_url, autocommit=True) as planner:
        for search in SEARCHES:
            database.asked.clear()
            rows = await asked(search, Tenant(database, BIG_ORGANIZATION))
            plan = explained(planner, "force_custom_plan", database.asked[0])
            ran = [node for node in nodes(plan) if node["Actual Loops"]]
            reads = [node["Index Name"] for node in ran if "Index Name" in node]
            reads += [node["Relation Name"] for node in ran if node["Node Type"] == "Seq Scan"]
            found[search.what] = rows, ", ".join(f"`{name}`" for name in dict.fromkeys(reads))
    await database.close()
    return found


def server_cpu(database_url: str) -> Callable[[], float]:
    """Return what tells the seconds of CPU that the server's processes have used."""
    with psycopg.connect(database_url) as connection:
        postmaster = psutil.Process(connection.info.backend_pid).parent()
    assert postmaster is not None
    return lambda: sum(cpu(each) for each in postmaster.children())


def measure(database_url: str, rounds: int) -> None:
    """Print a table: rows, milliseconds of CPU and waited, and the plan."""
    token = signed_token(
        Settings(jwt_secret=SECRET, _env_file=None), BIG_ORGANIZATION, user="bench", scopes=None, ttl=3600
    )
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    found, postgres = asyncio.run(plans(database_url)), server_cpu(database_url)
    print("| search | rows | gateway, ms of CPU | PostgreSQL, ms of CPU | waited, ms | reads |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    with (
        gateway(database_url) as (process, url),
        httpx.Client(base_url=url, headers=headers, timeout=60) as client,
    ):
        for search in SEARCHES:
            body = orjson.dumps({"query": DOCUMENTS[search.field], "variables": {"q": search.text}})
            answers, before = [client.post("/graphql", content=body)], (cpu(process), postgres())
            answers += [client.post("/graphql", content=body) for _ in range(rounds if answers[0].is_success else 0)]
            waited = [answer.elapsed.total_seconds() for answer in answers[1:] or answers]
            own, its = (
                (now - then) / rounds * 1000 for now, then in zip((cpu(process), postgres()), before, strict=True)
            )
            rows, reads = found[search.what]
            print(f"| {search.what} | {rows} | {own:.1f} | {its:.1f} | {median(waited) * 1000:.1f} | {reads} |")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database_url", nargs="?")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with seeded(options.database_url) as database_url:
        sprinkle(database_url)
        measure(database_url, options.rounds)


if __name__ == "__main__":
    main()
