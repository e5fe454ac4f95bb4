"""Generate: Python that makes a level's objects of their rows, one loop for all of them.

Of `{ id status lead { name } node { tags } }`, where `lead` is a batch field, it makes

    def make(rows, run, c1):
        made, missed = [], []
        add = made.append
        for r, x1 in zip(rows, c1):
            try:
                v2 = r.id
                if type(v2) is not T3 and type(v2) is not str: v2 = S4(v2)
                v5 = r.status
                v5 = E6[v5]
                v7 = r.node
                if type(v7) not in K8: C9(v7, run)
                v10 = v7.tags
                ...
                v7 = {'tags': v10}
                add({'id': v2, 'status': v5, 'lead': x1, 'node': v7})
            except Exception:
                missed.append(len(made)); add(None)
        return made, missed

which answers the objects and the numbers of those that exact completion has to make. Nothing of a client's text
enters the source but response keys, as `repr` writes them; attributes are names of the schema.
"""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType

from levelwise.fields import Attribute, TypeName
from levelwise.leaves import Leaf
from levelwise.plan import MOST_INLINE, Field, Make, Selection
from levelwise.run import Run
from levelwise.surprises import Surprise, is_ordinary


def generate(selection: Selection) -> Make:
    """Generate the function that makes a selection's objects. Its columns are the selection's."""
    writer = _Writer(selection)
    namespace = {**writer.constants, "Surprise": Surprise}
    exec(compile(writer.source, f"<levelwise {selection.type.name}>", "exec"), namespace)  # noqa: S102 (see above)
    make: Make = namespace["make"]
    return make


def prepare(selection: Selection) -> None:
    """Generate beforehand what a selection and all below it will need."""
    selection.make = selection.make or generate(selection)
    for field in selection.columns:
        _ = field.read_arguments  # made when it is first asked for
        for below in field.selections.values():
            prepare(below)


def source(selection: Selection) -> str:
    """Show what is generated."""
    return _Writer(selection).source


class _Writer:
    def __init__(self, selection: Selection) -> None:
        self.constants: dict[str, Any] = {}
        self._lines: list[str] = []
        self._count = 0
        cells = [self._name("x") for _ in selection.columns]
        columns = ["c" + cell[1:] for cell in cells]
        self._write(0, f"def make({', '.join(['rows', 'run', *columns])}):")
        self._write(1, "made, missed = [], []")
        self._write(1, "add = made.append")
        self._write(1, f"for r, {', '.join(cells)} in zip(rows, {', '.join(columns)}):" if cells else "for r in rows:")
        self._write(2, "try:")
        display = self._object(3, selection, "r", dict(zip(selection.columns, cells, strict=True)))
        self._write(3, f"add({display})")
        self._write(2, "except Exception:")
        self._write(3, "missed.append(len(made)); add(None)")
        self._write(1, "return made, missed")
        self.source = "\n".join(self._lines)

    def _write(self, depth: int, line: str) -> None:
        self._lines.append(" " * depth + line)

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _constant(self, prefix: str, value: Any) -> str:
        name = self._name(prefix)
        self.constants[name] = value
        return name

    def _object(self, depth: int, selection: Selection, row: str, cells: dict[Field, str]) -> str:
        """Write what completes an object's fields; answer the display that makes it."""
        items = [f"{field.key!r}: {self._field(depth, field, row, cells)}" for field in selection.fields]
        return f"{{{', '.join(items)}}}"

    def _field(self, depth: int, field: Field, row: str, cells: dict[Field, str]) -> str:
        if isinstance(field.source, TypeName):
            return repr(field.parent.name)
        if field in cells:
            value = cells[field]
            if field.leaf is None:
                return value  # put together by the level below
        else:
            value = self._name("v")
            assert isinstance(field.source, Attribute)  # noqa: S101 (whatever else is plain has returned)
            self._write(depth, f"{value} = {row}.{field.source.name}")
        if field.lists > MOST_INLINE:
            self._write(depth, "raise Surprise")
        else:
            self._value(depth, field, field.type, value)
        return value

    def _value(self, depth: int, field: Field, type_: GraphQLOutputType, value: str) -> None:
        """Write what completes a variable in its place."""
        nullable = not isinstance(type_, GraphQLNonNull)
        inner = type_ if nullable else type_.of_type  # type: ignore[union-attr]  # as just seen
        if not isinstance(inner, GraphQLList) and field.leaf is not None:
            self._leaf(depth, field.leaf, value, nullable=nullable)
            return
        if nullable:
            self._write(depth, f"if {value} is not None:")
            depth += 1
        if isinstance(inner, GraphQLList):
            self._list(depth, field, inner, value)
        elif field.selection is not None:
            known = self._constant("K", field.selection.known)
            self._write(depth, f"if type({value}) not in {known}: {self._constant('C', _check(field))}({value}, run)")
            self._write(depth, f"{value} = {self._object(depth, field.selection, value, {})}")

    def _list(self, depth: int, field: Field, type_: GraphQLList[Any], value: str) -> None:
        item, items = self._name("i"), self._name("l")
        self._write(depth, f"if type({value}) is not list and type({value}) is not tuple: raise Surprise")
        self._write(depth, f"{items} = []")
        self._write(depth, f"for {item} in {value}:")
        self._value(depth + 1, field, type_.of_type, item)
        self._write(depth + 1, f"{items}.append({item})")
        self._write(depth, f"{value} = {items}")

    def _leaf(self, depth: int, leaf: Leaf, value: str, *, nullable: bool) -> None:
        if leaf.names is not None:
            names = {None: None, **leaf.names} if nullable else leaf.names
            self._write(depth, f"{value} = {self._constant('E', names)}[{value}]")
            return
        doubts = [f"type({value}) is not {self._constant('T', each)}" for each in leaf.classes]
        if leaf.doubt:
            doubts.append(f"({leaf.doubt.format(value)})")
        if nullable:
            doubts.append(f"{value} is not None")
        condition = f"if {' and '.join(doubts)}: " if doubts else ""
        self._write(depth, f"{condition}{value} = {self._constant('S', leaf.coerce)}({value})")


def _check(field: Field) -> Callable[[Any, Run], None]:
    """Make the function that raises Surprise unless a value is an object of the field's type."""

    def check(value: Any, run: Run) -> None:
        if not are_of_type(field, [value], run):
            raise Surprise

    return check


def are_of_type(field: Field, values: Sequence[Any], run: Run) -> bool:
    """Tell whether all values are objects of the field's type, and remember what their classes tell."""
    selection = field.selection
    if selection is None:
        return False
    classes = set(map(type, values))
    if classes <= selection.known:
        return True
    if selection.error is not None or selection.asks_async or not all(map(is_ordinary, classes)):
        return False
    is_type_of = selection.type.is_type_of
    try:
        if is_type_of is not None:
            info = run.info(field)
            # `True` itself: what is awaitable is true as well.
            if not all(is_type_of(value, info) is True for value in values):
                return False
    except Exception:  # noqa: BLE001 (exact completion asks anew, and says what is wrong)
        return False
    if selection.decides_by_class:
        selection.known |= classes
    return True
