"""Allowance: how many bytes an operation's statements may read, counted while results arrive."""

import fcntl
import socket
import sys
import termios
from array import array
from collections.abc import Sequence
from itertools import product, starmap

from psycopg.pq.abc import PGresult

from gateway.database.errors import AnswerTooLarge

_LEAST_READ = 8192
"""Bytes that libpq reads at a time, at least."""
_RECEIVED = slice(128, 136)
"""Where Linux' `tcp_info` has the number of bytes received since the connection was opened."""


class Allowance:
    """The bytes that may still be read."""

    __slots__ = ("left", "most")

    def __init__(self, most: int) -> None:
        """`most` bytes in all; 0: no limit."""
        self.most = self.left = most

    def check(self, found: int) -> None:
        """Raise AnswerTooLarge where this is more than is left."""
        if self.most > 0 and self.left < found:
            self.left = -1  # nothing more may be read
            raise AnswerTooLarge(self.most)

    def spend(self, found: int) -> None:
        """Take what was found. Raises AnswerTooLarge where there is not as much left."""
        self.check(found)
        self.left -= found


UNLIMITED = Allowance(0)


class Arrival:
    """How much of one result has come through a socket, as far as the system knows; never too much."""

    def __init__(self, number: int) -> None:
        """`number` is the socket's."""
        self._number = number
        self._base = 0
        self._waiting = array("i", [0])
        self.bytes = self.looks = self._read = 0

    def begin(self) -> None:
        """Start at 0."""
        self.bytes = self.looks = self._read = 0

    def look(self) -> None:
        """Count what can be read; called each time before it is read."""
        fcntl.ioctl(self._number, termios.FIONREAD, self._waiting)
        [waiting] = self._waiting
        if self.looks == 0:
            self.bytes = waiting  # most answers come at once
        elif (received := self._received()) is None:
            self.bytes = self._read + waiting
        else:
            if self.looks == 1:
                self._base = received - waiting
            self.bytes = received - self._base
        self._read += min(waiting, _LEAST_READ)
        self.looks += 1

    def _received(self) -> int | None:
        """Return the number of bytes ever received, if it can be known: over TCP, on Linux."""
        if sys.platform != "linux":
            return None
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM, fileno=self._number)
        try:
            told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RECEIVED.stop)[_RECEIVED]
            return int.from_bytes(told, sys.byteorder) or None
        except OSError:
            return None
        finally:
            connection.detach()

    def found(self, results: Sequence[PGresult]) -> int:
        """Return the size of results: exactly, if they did not arrive all at once."""
        return self.bytes if self.looks <= 1 else sum(map(_size, results))


def _size(result: PGresult) -> int:
    """Add up the values of all columns of variable length."""
    columns = [number for number in range(result.nfields) if result.fsize(number) < 0]
    return sum(map(len, filter(None, starmap(result.get_value, product(range(result.ntuples), columns)))))
