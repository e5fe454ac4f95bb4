"""A PostgreSQL for faults alone: whoever kills it disturbs no other test."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.chaos.cluster import Cluster


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server that is there when a test begins, and when it ends."""
    with Cluster(tmp_path_factory.mktemp("chaos") / "data") as cluster:
        yield cluster


@pytest.fixture
def inside(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection past the road, made before the fault."""
    with cluster.connect() as connection:
        yield connection
