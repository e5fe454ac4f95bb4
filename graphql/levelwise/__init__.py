"""Level-by-level execution of Strawberry schemas: a field of many parents is one call."""

from levelwise.batching import batched

__all__ = ["batched"]
