"""What `/metrics` shows."""

import httpx
from prometheus_client.parser import text_string_to_metric_families


def counted(url: str, name: str, **labels: str) -> float:
    """The sum of the samples with these labels; 0 where there is none."""
    text = httpx.get(f"{url}/metrics").text
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())
