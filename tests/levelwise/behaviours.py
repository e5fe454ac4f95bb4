"""What Strawberry puts around resolvers: a permission, and extensions of fields."""

import asyncio
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission


class Permission(BasePermission):
    message = "not permitted"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        return not source.world.is_odd(source.key, info.field_name, "permission")


class Shout(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        return f"{next_(source, info, **kwargs)}!"


class Wait(FieldExtension):
    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return await next_(source, info, **kwargs)
