"""The recipes that docs/clients.md shows: generated, compiled, bundled and run against a gateway."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from subprocess import PIPE, STDOUT
from uuid import UUID

import httpx
import pytest

from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.server import serving

HERE = Path(__file__).parent
SECONDS = 30
# Node.js 20 has no WebSocket of its own.
BROWSER = 'import WebSocket from "ws"; globalThis.WebSocket ??= WebSocket;'
RECIPES = ("apollo", "urql", "relay", "trusted-urql", "trusted-apollo")


@pytest.fixture(scope="module")
def kitchen(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the recipes, with all that is generated, and a program of each in `out`."""
    folder = tmp_path_factory.mktemp("recipes")
    shutil.copytree(HERE / "recipes", folder, dirs_exist_ok=True)
    shutil.copy(HERE.parents[1] / "schema.graphql", folder)
    (folder / "node_modules").symlink_to(packages)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "relay-manifest.json").write_text("{}")
    (folder / "browser.js").write_text(BROWSER)
    for command in ("graphql-codegen", "relay-compiler", "generate-persisted-query-manifest", "tsc"):
        run(folder, packages / ".bin" / command)
    for recipe in RECIPES:
        into = ("--outDir", "out", "--emptyOutDir=false")
        run(folder, packages / ".bin" / "vite", "build", "--ssr", f"{recipe}.ts", *into)
    return folder


def run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def told(kitchen: Path, recipe: str, organization: Organization, url: str, conversation: UUID) -> list[str]:
    """The lines that a recipe prints. Messages are added until it ends: when it listens is not to be seen."""
    _, _, bearer = organization.http.headers["Authorization"].partition(" ")
    given = {**os.environ, "GATEWAY_URL": f"{url}/graphql", "TOKEN": bearer}
    command = ["node", "--import", "./browser.js", f"out/{recipe}.js"]
    with subprocess.Popen(command, cwd=kitchen, env=given, stdout=PIPE, stderr=STDOUT, text=True) as process:
        end = time.monotonic() + SECONDS
        while process.poll() is None:
            if time.monotonic() > end:
                process.kill()
            organization.message(conversation, "Ahoy")
            time.sleep(0.1)
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    assert process.returncode == 0, lines
    return lines


def test_apollo_client(kitchen: Path, organization: Organization) -> None:
    conversation = organization.conversation(organization.lead(name="Ada"))
    assert told(kitchen, "apollo", organization, organization.url, conversation) == ["Ada"]


def test_urql(kitchen: Path, organization: Organization) -> None:
    conversation = organization.conversation(organization.lead(name="Ada"))
    assert told(kitchen, "urql", organization, organization.url, conversation) == ["Ada", "[]", "Ahoy"]
    assert ("assistant", "On my way") in organization.sql(
        "SELECT role, content FROM messages WHERE conversation_id = %s", conversation
    )


@pytest.mark.parametrize(
    ("recipe", "manifest", "lines"),
    [
        ("trusted-urql", "gql/persisted-documents.json", ["Ada"]),
        ("trusted-apollo", "apollo-manifest.json", ["Ada"]),
        ("relay", "relay-manifest.json", ["Ada", "Ahoy"]),
    ],
)
def test_trusted_documents_are_all_that_is_run(
    recipe: str, manifest: str, lines: list[str], kitchen: Path, organization: Organization, database_url: str
) -> None:
    conversation = organization.conversation(organization.lead(name="Ada"))
    settings = Settings(
        database_url=database_url,
        jwt_secret=SECRET,
        documents=str(kitchen / manifest),
        documents_mode="only",
        _env_file=None,
    )
    with serving(settings) as url:
        assert told(kitchen, recipe, organization, url, conversation) == lines
        other = httpx.post(f"{url}/graphql", json={"query": "{ __typename }"}, headers=organization.http.headers)
        assert other.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_REQUIRED"
