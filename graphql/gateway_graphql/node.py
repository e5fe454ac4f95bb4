"""Node: the interface of all types that have an id."""

import strawberry


@strawberry.interface(description="Whatever has an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(description="A UUID, the same that the REST API shows.")
