"""`deploy/grafana-dashboard.json` and the documentation's table: they name the metrics that there are, all of them."""

import json
import re
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana-dashboard.json").read_text(encoding="utf-8"))
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
SUFFIX = re.compile("_(total|bucket|count|sum)$")
NAME = re.compile(r"\bgateway_\w+")


def families(gateway_url: str) -> set[str]:
    """The metrics that the gateway has, without suffixes."""
    text = httpx.get(f"{gateway_url}/metrics").text
    named = {family.name for family in text_string_to_metric_families(text)}
    return {SUFFIX.sub("", name) for name in named if name.startswith("gateway_") and not name.endswith("_created")}


def test_every_query_is_of_metrics_that_exist(gateway_url: str) -> None:
    asked = {SUFFIX.sub("", name) for expression in EXPRESSIONS for name in NAME.findall(expression)}
    assert asked == families(gateway_url)


def test_queries_ask_for_samples_and_labels_that_exist(gateway_url: str) -> None:
    httpx.post(f"{gateway_url}/graphql", json={"query": "{ viewer { userId } }"})
    httpx.get(f"{gateway_url}/api/v1/leads")
    text = httpx.get(f"{gateway_url}/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    labels = {sample.name: set(sample.labels) for sample in samples}
    for expression in EXPRESSIONS:
        for name in NAME.findall(expression):
            assert name in labels or name.startswith("gateway_operation"), f"{name} of {expression}"
        grouped = {each.strip() for found in re.findall(r"by \(([^)]+)\)", expression) for each in found.split(",")}
        known = set().union(*(labels.get(name, set()) for name in NAME.findall(expression)))
        if any(name in labels for name in NAME.findall(expression)):
            assert grouped <= known, expression


def test_the_documentation_has_them_all(gateway_url: str) -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = text[text.index("| metric | labels |") :].partition("\n\n")[0]
    assert {SUFFIX.sub("", name) for name in NAME.findall(table)} == families(gateway_url)
