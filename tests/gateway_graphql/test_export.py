"""The exported schema, and what is said of its changes."""

import re

import pytest

from gateway_graphql import export, subgraph
from gateway_graphql.export import sdl


def changes(exported: str) -> list[str]:
    return export.changes(exported, sdl())


@pytest.mark.parametrize("text", [sdl(), subgraph.sdl()])
def test_nothing_has_changed(text: str) -> None:
    assert export.changes(text, text) == []


def test_a_subgraph_s_changes_are_told() -> None:
    exported = subgraph.sdl().replace("type Viewer {", "type Viewer {\n  gone: String\n", 1)
    assert export.changes(exported, subgraph.sdl()) == ["breaking: Field Viewer.gone was removed."]


def test_each_change_is_named_the_worst_first() -> None:
    exported = (
        sdl()
        .replace("type Viewer {", "type Viewer {\n  gone: String\n", 1)
        .replace("  searchMessages(", "  searchOthers: Int\n  searchMessages(", 1)
    )
    exported = re.sub(r'  """[^"]*"""\n  VOICE\n', "", exported, count=1)
    found = changes(exported)
    kinds = [each.partition(":")[0] for each in found]
    assert kinds == sorted(kinds)
    assert {"breaking: Field Viewer.gone was removed.", "breaking: Field Query.searchOthers was removed."} <= set(found)
    assert any(each.startswith("dangerous: ") and "VOICE" in each for each in found)


def test_what_is_new_is_safe() -> None:
    exported = sdl().replace("  updateLead(", "  updateOthers(", 1)
    assert "safe: Field Mutation.updateLead was added." in changes(exported)


def test_what_is_no_schema() -> None:
    for text in ("", "{", "type Query { a: Nothing }"):
        assert changes(text)[0].startswith("breaking: ")
