"""Node: whatever has an id of its own."""

import strawberry


@strawberry.interface(description="Whatever has an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(description="A UUID, the same that the REST API shows.")
