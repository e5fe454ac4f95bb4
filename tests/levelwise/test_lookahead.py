"""What a resolver is told of the fields below it."""

from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import parse

from levelwise import Lookahead, Plan, batched, compile_operation, lookahead


async def friends(parents: Sequence["Person"], _: Any, first: int = 3) -> list[list["Person"]]:
    return [[Person(name=f"{parent.name}'s friend")] * first for parent in parents]


async def homes(parents: Sequence["Person"], _: Any) -> list["Home"]:
    return [Home(town="Bern") for _ in parents]


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Home:
    town: str


@strawberry.type
class Person(Named):
    friends: list["Person"] = batched(friends, description="The first of the friends.")
    home: Home = batched(homes, description="Where somebody lives.")


@strawberry.type
class Query:
    @strawberry.field
    def person(self, info: strawberry.Info) -> Person:
        info.context.append(lookahead(info))
        return Person(name="Jane")

    @strawberry.field
    def anybody(self, info: strawberry.Info) -> Named:
        info.context.append(lookahead(info))
        return Person(name="Jane")


SCHEMA = strawberry.Schema(Query, types=[Person])


async def ahead(selections: str, **variables: object) -> Lookahead:
    plan = compile_operation(SCHEMA, parse(f"query ($n: Int! = 7, $no: Boolean! = false) {selections}"))
    assert isinstance(plan, Plan)
    seen: list[Lookahead] = []
    await plan.run(seen, variables)
    return seen[0]


async def test_which_functions() -> None:
    assert set((await ahead("{ person { name } }")).functions) == set()
    found = await ahead("{ person { name ...More } } fragment More on Person { friends { name home { town } } }")
    assert friends in found
    assert homes not in found
    assert homes in found.below(friends)
    assert set(found.below(friends).below(homes).functions) == set()
    assert set(found.below(homes).functions) == set()


async def test_with_which_arguments() -> None:
    assert (await ahead("{ person { friends { name } } }")).arguments(friends) == {"first": 3}
    assert (await ahead("{ person { friends(first: $n) { name } } }")).arguments(friends) == {"first": 7}
    assert (await ahead("{ person { friends(first: $n) { name } } }", n=1)).arguments(friends) == {"first": 1}


async def test_the_first_of_two_places() -> None:
    found = await ahead("{ person { a: friends(first: 1) { name } b: friends(first: 2) { home { town } } } }")
    assert found.arguments(friends) == {"first": 1}
    assert homes not in found.below(friends)


async def test_what_is_skipped_is_not_ahead() -> None:
    query = "{ person { friends @include(if: $no) { name } home { town } } }"
    assert set((await ahead(query)).functions) == {homes}
    assert set((await ahead(query, no=True)).functions) == {homes, friends}


async def test_below_an_interface_nothing_is_known() -> None:
    assert set((await ahead("{ anybody { ... on Person { home { town } } } }")).functions) == set()


async def test_graphql_core_knows_nothing() -> None:
    seen: list[Lookahead] = []
    await SCHEMA.execute("{ person { home { town } } }", context_value=seen)
    assert set(seen[0].functions) == set()
