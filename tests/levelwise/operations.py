"""Random operations: valid for the peculiar schema, whatever they ask for."""

import re
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

from tests.levelwise.peculiar import schema

_TYPES = schema._schema.type_map  # noqa: SLF001 (Strawberry's name for graphql-core's)
_OVERLAPS = {
    "Stone": ["Stone", "Pet"],
    "Being": ["Being", "Cat", "Dog", "Pet"],
    "Cat": ["Cat", "Being", "Pet"],
    "Dog": ["Dog", "Being", "Pet"],
    "Pet": ["Pet", "Being", "Cat", "Dog", "Stone"],
    "Pebble": ["Pebble"],
    "Query": ["Query"],
    "Mutation": ["Mutation"],
}


LITERALS = {
    "Int": ["0", "1", "3"],
    "Float": ["1", "2.5", "-0.5e3"],
    "ID": ['"x"', "7"],
    "Boolean": ["true", "false"],
    "String": ['"word"', '"other"'],
    "Colour": ["RED", "BLUE"],
    "Odd": ["1", '{a: [1, "b"], c: null}', "[true]", '"odd"', "{a: <Int>}"],
    "[Int!]": ["[]", "[1, 2]", "5", "[<Int!>, 2]"],
    "[[Int!]!]": ["[]", "[[1], [2, 3]]", "[4]", "[[<Int!>], <[Int!]!>]"],
    "[String]": ["[]", '"one"', '["a", null]', "[<String>, <String>]"],
    "[Colour!]": ["[]", "RED", "[RED, GREEN]", "[<Colour!>]"],
    "Wish": ["{}", '{words: ["a"]}', "{colour: BLUE, deeper: {words: []}}"],
    "Least": ["{amount: 3}", "{amount: 4, of: BLUE}", "{of: <[Colour!]>, amount: <Int!>}"],
    "Bid": [
        '{item: "a", amount: null}',
        "{item: 5, certain: true, odd: {b: 1}, least: {amount: 2}}",
        "{item: <ID!>, amount: <Float>, notes: <[String]>}",
        "{item: <ID!>, colours: <[Colour!]!>, least: <Least>, odd: <Odd>, certain: <Boolean!>}",
    ],
    "[Bid!]": ["[]", '{item: "b"}', "[<Bid!>, <Bid!>]"],
}
"""What stands in an operation, by type; `<Int>` is a value of its own."""

VALUES: dict[str, list[Any]] = {
    "Int": [0, 2, 4],
    "Float": [1, 2.5],
    "ID": ["x", 7],
    "Boolean": [True, False],
    "String": ["word", "other"],
    "Colour": ["GREEN", "RED"],
    "Odd": [1, "odd", [None], {"a": {}}, "unreadable"],
    "[Int!]": [[], [3], 4],
    "[[Int!]!]": [[], [[3], [4, 5]], 6],
    "[String]": [[], ["a", None], "b"],
    "[Colour!]": [[], ["GREEN"], "RED"],
    "Wish": [{}, {"colour": "GREEN"}, {"deeper": {"deeper": {"words": ["x"]}}}],
    "Least": [{"amount": 1}, {"amount": 2, "of": ["RED"]}],
    "Bid": [
        {"item": "a"},
        {"item": 5, "amount": 2, "notes": ["n", None], "colours": ["RED"]},
        {"item": "b", "amount": None, "notes": None, "least": {"amount": 1, "of": None}, "odd": [1], "certain": True},
    ],
    "[Bid!]": [[], {"item": "c"}, [{"item": "d"}, {"item": "e", "colours": "GREEN"}]],
}
WRONG = [
    "nonsense", 2**40, 1.5, True, float("nan"), [None], ["x", 1], {}, {"item": None}, {"item": "a", "amount": "much"},
    {"item": "a", "other": 1}, {"item": "a", "colours": ["PINK"]}, {"item": "a", "least": {}}, {"amount": 2**31},
]  # fmt: skip

_PLACE = re.compile("<([^>]+)>")


class Operation(NamedTuple):
    """What a client asks to be run."""

    text: str
    variables: Mapping[str, Any]


class Writer:
    """Writes one operation."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._variables: dict[str, tuple[str, Any]] = {}
        self._fragments: dict[str, str] = {}
        self._conditions: list[str] = []
        self._most_conditions = random.choice([2, 3, 3, 4, 4, 8])

    def operation(self) -> Operation:
        """Write a query, or now and then a mutation."""
        kind = "mutation" if self._random.random() < 0.1 else "query"
        selections = self._selections(kind.capitalize(), self._random.choice([1, 2, 2, 3, 3, 4]))
        variables = ", ".join(f"${name}: {type_}" for name, (type_, _) in self._variables.items())
        head = f"{kind} Test({variables})" if variables else kind
        fragments = "\n".join(self._fragments.values())
        values = {name: value for name, (_, value) in self._variables.items() if value is not ...}
        return Operation(f"{head} {selections}\n{fragments}", values)

    def _selections(self, type_name: str, depth: int) -> str:
        count = self._random.choice([0, 1, 1, 2, 2, 3, 5])
        # A field that certainly is there: fragments alone might leave nothing.
        first = "__typename" if self._random.random() < 0.2 else self._field(type_name, depth) or "__typename"
        return f"{{ {' '.join([first, *(self._selection(type_name, depth) for _ in range(count))])} }}"

    def _selection(self, type_name: str, depth: int) -> str:
        kind = self._random.random()
        if kind < 0.06:
            return f"__typename{self._directives()}"
        if kind < 0.16:
            return f"...{self._directives()} {self._selections(type_name, depth - 1)}"
        on = self._random.choice(_OVERLAPS[type_name])
        if kind < 0.26:
            return f"... on {on}{self._directives()} {self._selections(on, depth - 1)}"
        if kind < 0.34:
            return f"...{self._fragment(on, depth - 1)}{self._directives()}"
        return self._field(type_name, depth)

    def _fragment(self, type_name: str, depth: int) -> str:
        known = [name for name in self._fragments if name.startswith(f"{type_name}_") and self._fragments[name]]
        if known and self._random.random() < 0.5:
            return self._random.choice(known)
        name = f"{type_name}_{len(self._fragments)}"
        self._fragments[name] = ""  # its place: it must not spread itself
        self._fragments[name] = f"fragment {name} on {type_name} {self._selections(type_name, depth)}"
        return name

    def _field(self, type_name: str, depth: int) -> str:
        fields = _fields(_TYPES[type_name])
        usable = [name for name, field in fields.items() if depth > 0 or is_leaf_type(get_named_type(field.type))]
        if not usable:
            return "" if self._random.random() < 0.8 else "__typename"
        name = self._random.choice(usable)
        field = fields[name]
        arguments = self._arguments(field)
        # The same key is the same field with the same arguments, so that all of them can be merged.
        suffix = f"_{crc32(arguments.encode()):x}" if arguments else ""
        if self._random.random() < 0.2:
            suffix += "_again"
        key = f"{name}{suffix}: " if suffix else ""
        of = get_named_type(field.type)
        below = "" if is_leaf_type(of) else self._selections(of.name, depth - 1)
        return f"{key}{name}{arguments}{self._directives()} {below}"

    def _arguments(self, field: GraphQLField) -> str:
        given = []
        for name, argument in field.args.items():
            if self._random.random() < 0.5 or str(argument.type).endswith("!"):
                given.append(f"{name}: {self._value(str(argument.type))}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, type_: str) -> str:
        if self._random.random() < 0.4:
            return self._variable(type_)
        nullable = not type_.endswith("!")
        if nullable and self._random.random() < 0.1:
            return "null"
        literals = LITERALS[type_.removesuffix("!")]
        return _PLACE.sub(lambda place: self._value(place[1]), self._random.choice(literals))

    def _variable(self, type_: str) -> str:
        name = f"v{len(self._variables)}"
        value = self._random.choice(VALUES[type_.removesuffix("!")])
        if not type_.endswith("!"):
            value = self._random.choice([value, value, None, ...])
        elif self._random.random() < 0.02:
            value = None
        if self._random.random() < 0.02:
            value = self._random.choice(WRONG)
        default = ""
        if self._random.random() < 0.2:
            literals = LITERALS[type_.removesuffix("!")]
            default = f" = {self._random.choice([each for each in literals if '<' not in each])}"
            value = self._random.choice([value, ...])
        self._variables[name] = f"{type_}{default}", value
        return f"${name}"

    def _directives(self) -> str:
        kind = self._random.random()
        if kind > 0.2:
            return ""
        name = self._random.choice(["skip", "include"])
        if kind > 0.1:
            return f" @{name}(if: {self._random.choice(['true', 'false'])})"
        if len(self._conditions) > self._most_conditions:
            return f" @{name}(if: ${self._random.choice(self._conditions)})"
        condition = f"v{len(self._variables)}"
        self._conditions.append(condition)
        value = self._random.choice([True, False])
        if self._random.random() < 0.1:  # one that may be null, and then is an error
            self._variables[condition] = (
                f"Boolean = {str(value).lower()}",
                self._random.choice([..., None, value]),
            )
        else:
            self._variables[condition] = "Boolean!", value
        return f" @{name}(if: ${condition})"


def _fields(type_: GraphQLNamedType) -> Mapping[str, GraphQLField]:
    if isinstance(type_, GraphQLUnionType):
        return {}
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    fields: Mapping[str, GraphQLField] = type_.fields
    return fields
