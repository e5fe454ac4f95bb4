"""Node: the interface of all types that have an id."""

import strawberry


@strawberry.interface(description="An object with an id.")
class Node:
    id: strawberry.ID = strawberry.field(description="A UUID, the same as in the REST API.")
