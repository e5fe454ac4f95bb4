"""What the documentation says of settings, commands, files and itself is true."""

import re
from pathlib import Path

import pytest

from gateway.cli import COMMANDS
from gateway.settings import settings_table

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_code_s() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"\n\n{settings_table()}\n\n" in operations, "`gateway settings` prints the table for docs/operations.md"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_told(name: str) -> None:
    assert f"`gateway {name}" in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_what_is_there(document: Path) -> None:
    linked = [each.partition("#") for each in re.findall(r"\]\(([^): ]+)\)", document.read_text(encoding="utf-8"))]
    places = [(document.parent / path if path else document, heading) for path, _, heading in linked]
    assert [each for each in places if not each[0].exists() or (each[1] and each[1] not in headings(each[0]))] == []


def headings(document: Path) -> list[str]:
    """The names by which a document's headings are linked to, as GitHub makes them."""
    titles = re.findall(r"(?m)^#+ (.+)$", document.read_text(encoding="utf-8"))
    return [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


def test_every_document_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in DOCUMENTS if path.parent.name == "docs" and f"]({path.name})" not in index] == [
        "README.md"
    ]


def test_every_folder_is_on_the_map() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = [path.parent for path in ROOT.glob("*/*.py")] + [path.parent for path in ROOT.glob("graphql/*/*.py")]
    assert [str(folder) for folder in {each.relative_to(ROOT) for each in folders} if f"`{folder}/" not in page] == []
