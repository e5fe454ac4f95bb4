"""Level-by-level execution of Strawberry schemas: an operation is compiled once, a field of many parents is one call.

surprises, leaves, fields   what values and fields there are
coerce, variables           input values, coerced by what is made for their types once
convert, arguments          what functions are given: Strawberry's forms of it, read without walking the document
support                     what is compiled, and what is left to graphql-core
plan                        which fields each object of the answer has
generate                    Python that makes a level's objects, for all that is usual
complete                    exact completion, for all that is not
infos, lookahead            what resolvers are told, made when they ask
layout, calls, levels, run  from the root value downwards and back
operation                   the way in
"""

from levelwise.batching import batched
from levelwise.infos import lookahead
from levelwise.lookahead import Lookahead
from levelwise.operation import Plan, compile_operation
from levelwise.plan import by_class
from levelwise.support import Unsupported

__all__ = ["Lookahead", "Plan", "Unsupported", "batched", "by_class", "compile_operation", "lookahead"]
