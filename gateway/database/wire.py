"""Wire: runs statements on libpq, below psycopg's cursor, each prepared once by name.

What a cursor does besides (inspecting the types of values, deciding whether to prepare, describing columns) costs more
than a small statement itself: without it, one row by its key takes less than half the CPU.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from select import poll
from typing import Any, NamedTuple

import psycopg
from psycopg import abc, errors, pq
from psycopg.adapt import Transformer
from psycopg.pq.abc import PGconn, PGresult

from gateway.database.allowance import UNLIMITED, Allowance, Arrival
from gateway.database.errors import AnswerTooLarge
from gateway.database.results import NoAnswer, checked, is_good
from gateway.database.row_security import WALL
from gateway.database.statements import Pipeline, Row, Statement

KEPT_STATEMENTS = 256
"""Prepared statements per connection: each takes memory of the server."""

_CANCEL_SECONDS = 2.0

# Python 3.11 calls a function for each member of an enum that is named.
_BINARY = pq.Format.BINARY
_CONNECTED = pq.ConnStatus.OK
_NO_PIPELINE, _PIPELINE = pq.PipelineStatus.OFF, pq.PipelineStatus.ON
_PIPELINE_END = pq.ExecStatus.PIPELINE_SYNC
_Answered = asyncio.Future[list[PGresult]]
_NO_ANSWERS = {_PIPELINE_END, pq.ExecStatus.PIPELINE_ABORTED}


class _Prepared(NamedTuple):
    name: bytes
    loaders: abc.Transformer | None
    """Reads the columns; known from the first result on."""


class Connection(psycopg.AsyncConnection[Any]):
    """A connection that runs Statements, one at a time. If a task is cancelled in the middle of one, it is closed.

    The socket has one reader for the whole time: adding one for each result would cost two system calls and more.
    It also reads while nothing is asked, so that a connection that the server closed is known to be closed before it
    is used.
    """

    def __init__(self, pgconn: PGconn) -> None:
        super().__init__(pgconn)
        self._prepared_by_sql: OrderedDict[str, _Prepared] = OrderedDict()
        self._names = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        """The event loop with the socket's reader, if there is one."""
        self._socket = -1
        self._writes = False
        self._answered: _Answered | None = None
        self._results: list[PGresult] = []
        self._hung_up = poll()
        self._hung_up.register(pgconn.socket, 0)
        self._asked_at = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._patience = 60.0
        self._allowance = UNLIMITED
        self._arrival = Arrival(pgconn.socket)
        self._prepares, self._walled = True, False

    def begin(self, patience: float, *, prepares: bool, walled: bool) -> None:
        """Watch the socket. `patience`: seconds to wait for a result; `walled`: limit rows to the `organization_id`."""
        self._patience = patience
        self._prepares, self._walled = prepares, walled
        self._watch()

    async def rows(
        self, statement: Statement[Row], parameters: Mapping[str, object], allowance: Allowance = UNLIMITED
    ) -> list[Row]:
        """Run a statement. Raises psycopg's errors, without their details: those may quote what a row holds."""
        self._allowance = allowance
        try:
            front = self._in_front(statement, parameters)
            known = None if front else self._prepared_by_sql.get(statement.sql)
            if known:  # as most are
                self.pgconn.send_query_prepared(known.name, *statement.encoded(parameters), _BINARY)
            else:
                await self._send_together((*front, *statement.parts), parameters)
            results = await self._answer()
        except (errors.FeatureNotSupported, errors.ReadOnlySqlTransaction, NoAnswer, AnswerTooLarge):
            # A table was altered, and prepared statements do not fit it; or there is a better server; or the rest
            # of a result would have to be read.
            await self.close()
            raise
        except asyncio.CancelledError:
            try:
                await asyncio.shield(self.cancel_safe(timeout=_CANCEL_SECONDS))
            finally:
                await self.close()
            raise
        allowance.spend(self._arrival.found(results))
        if isinstance(statement, Pipeline):
            answered: Any = map(self._read, statement.parts, results[-len(statement.parts) :])
            return list(answered)
        return self._read(statement, results[-1])

    async def close(self) -> None:
        """Close the connection."""
        self._look_away()
        self._prepared_by_sql.clear()  # loaders refer to the connection: a cycle, freed without the collector
        await super().close()

    async def wait(self, *args: Any, **options: Any) -> Any:
        """Wait as psycopg does: its own operations watch the socket themselves."""
        self._look_away()
        return await super().wait(*args, **options)

    def _in_front(self, statement: Statement[Any], parameters: Mapping[str, object]) -> Sequence[Statement[Any]]:
        # Also before several: on Citus' nodes the first of them is not part of the transaction.
        if parameters.get("organization_id") and (self._walled or statement.preceded_by):
            return (WALL, *statement.preceded_by)
        return statement.preceded_by

    async def _send_together(self, statements: Sequence[Statement[Any]], parameters: Mapping[str, object]) -> None:
        encoded = [each.encoded(parameters) for each in statements]
        for each in statements if self._prepares else ():
            if each.sql not in self._prepared_by_sql and not each.planned_anew:
                await self._prepare(each.sql)
        if len(statements) > 1:
            self.pgconn.enter_pipeline_mode()  # one round trip, and one transaction
        for each, (values, formats) in zip(statements, encoded, strict=True):
            if prepared := self._prepared_by_sql.get(each.sql):
                self.pgconn.send_query_prepared(prepared.name, values, formats, _BINARY)
            else:
                self.pgconn.send_query_params(each.sql.encode(), values, None, formats, _BINARY)

    async def _prepare(self, sql: str) -> None:
        if len(self._prepared_by_sql) >= KEPT_STATEMENTS:
            _, oldest = self._prepared_by_sql.popitem(last=False)
            self.pgconn.send_close_prepared(oldest.name)  # not by SQL: a pooler has other names for it
            await self._answer()
        self._names += 1
        name = b"gateway_%d" % self._names
        self.pgconn.send_prepare(name, sql.encode())
        await self._answer()
        self._prepared_by_sql[sql] = _Prepared(name, None)

    def _read(self, statement: Statement[Row], result: PGresult) -> list[Row]:
        prepared = self._prepared_by_sql.get(statement.sql)
        loaders = prepared and prepared.loaders
        if loaders:
            loaders.set_pgresult(result, set_loaders=False)
        else:
            loaders = Transformer(self)
            loaders.set_pgresult(result)
            if prepared:
                self._prepared_by_sql[statement.sql] = prepared._replace(loaders=loaders)
        return loaders.load_rows(0, result.ntuples, statement.make)

    async def _answer(self) -> list[PGresult]:
        if self.pgconn.pipeline_status == _PIPELINE:
            self.pgconn.pipeline_sync()
        loop = self._loop or self._watch()
        self._answered, self._results = loop.create_future(), []
        self._arrival.begin()
        self._asked_at = loop.time()
        if self.pgconn.flush():
            self._writes = True  # more than the socket takes at once
            loop.add_writer(self._socket, self._proceed)
        return checked(await self._answered)

    def _watch(self) -> asyncio.AbstractEventLoop:
        self._loop, self._socket = asyncio.get_running_loop(), self.pgconn.socket
        self._loop.add_reader(self._socket, self._proceed)
        self._alarm = self._loop.call_later(self._patience, self._look_at_clock, self._loop)
        return self._loop

    def _look_at_clock(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up if a result is overdue. One timer serves all statements: one for each would cost more."""
        left = self._patience
        if self._answered and not self._answered.done():
            left = self._asked_at + self._patience - loop.time()
            if left <= 0:
                self._answered.set_exception(NoAnswer("no answer"))
        self._alarm = loop.call_later(left if left > 0 else self._patience, self._look_at_clock, loop)

    def _look_away(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            if self._alarm:
                self._alarm.cancel()
            self._stop_writing(self._loop)
            self._loop = None

    def _stop_writing(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._writes:
            loop.remove_writer(self._socket)
            self._writes = False

    def _proceed(self) -> None:
        """Read what has arrived, and write what has not been sent yet."""
        pgconn, answered = self.pgconn, self._answered
        try:
            if answered and not answered.done():
                # Before it is read: libpq would hold all of it, and making JSON of it would block the loop.
                self._arrival.look()
                self._allowance.check(self._arrival.bytes)
            pgconn.consume_input()
            if self._writes and self._loop and pgconn.flush() == 0:
                self._stop_writing(self._loop)
            if answered:
                self._take_what_came(answered)
        except AnswerTooLarge as error:
            self._look_away()
            if answered:
                answered.set_exception(error)
        except psycopg.OperationalError as error:
            self._look_away()
            if answered and not answered.done():
                self._take(None, answered, error)

    def _take_what_came(self, answered: _Answered) -> None:
        # Only if it is complete: libpq would block the whole process to wait for the rest.
        pgconn = self.pgconn
        while not answered.done():
            if not pgconn.is_busy():
                self._take(pgconn.get_result(), answered)
            elif self._hung_up.poll(0):
                pgconn.consume_input()  # to its end: of a reset connection the loop reports only once
            else:
                break
        if pgconn.status != _CONNECTED:
            self._look_away()  # libpq closed the socket at something unreadable; its number is soon another's

    def _take(self, result: PGresult | None, answered: _Answered, error: psycopg.Error | None = None) -> None:
        if result is not None and result.status not in _NO_ANSWERS:
            self._results.append(result)
        elif error is None and self._is_amid_pipeline(result):
            return
        elif self._results and (error is None or not is_good(self._results[-1])):
            answered.set_result(self._results)  # also if the server gave an error, and then closed the connection
        else:
            # Also a good result: it is committed only when the server is ready for the next statement.
            answered.set_exception(error or psycopg.OperationalError("the server closed the connection"))

    def _is_amid_pipeline(self, result: PGresult | None) -> bool:
        pgconn = self.pgconn
        if result is not None and result.status == _PIPELINE_END:
            pgconn.exit_pipeline_mode()
        return pgconn.pipeline_status != _NO_PIPELINE and pgconn.status == _CONNECTED
