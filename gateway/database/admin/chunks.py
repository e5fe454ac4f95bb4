"""Chunks: an import's JSON lines, checked and grouped, so that memory does not grow with the file."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import BinaryIO

from gateway.database.admin.lines import COLUMNS, PARENTS, BadLine, Row, parse

MAX_LINE_BYTES = 16 * 1024 * 1024
_BUFFER_BYTES = 1024 * 1024
_CHUNK_BYTES = 8 * 1024 * 1024
_GZIP = b"\x1f\x8b"


class ImportFailed(Exception):
    """Nothing was imported. Names the line, where one is to blame, and the reason."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason if line is None else f"line {line} {reason}")
        self.line = line
        self.reason = reason


class Chunk:
    """Rows to be stored by one statement a table."""

    def __init__(self) -> None:
        self.rows: dict[str, list[bytes]] = {table: [] for table in COLUMNS}
        """COPY's text of a table's rows, each behind its line's number."""
        self.wanted: dict[str, dict[str, int]] = {table: {} for table in PARENTS.values()}
        """Ids that must be in a table before the chunk is, and the line that refers to each first."""
        self.records = 0
        self._ids: dict[str, set[str]] = {table: set() for table in COLUMNS}
        self._bytes = 0

    def add(self, number: int, row: Row) -> None:
        """Add the row of a line, by its number."""
        copied = f"{number}\t{row.text}\n".encode()  # takes less room than text beyond Latin-1
        self.rows[row.table].append(copied)
        self.records += 1
        self._ids[row.table].add(row.id)
        self._bytes += len(copied)
        if row.parent and row.parent not in self._ids[PARENTS[row.table]]:
            self.wanted[PARENTS[row.table]].setdefault(row.parent, number)

    def takes(self, row: Row) -> bool:
        """Whether there is room, and the row is not there yet: a statement cannot write a row twice."""
        return self._bytes < _CHUNK_BYTES and row.id not in self._ids[row.table]


def chunks_of(lines: Iterable[bytes]) -> Iterator[Chunk]:
    """Check every line. Raises ImportFailed at the first bad one, behind a chunk of those before it."""
    chunk = Chunk()
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            row = parse(line)
        except BadLine as bad:
            yield chunk
            raise ImportFailed(number, str(bad)) from None
        if not chunk.takes(row):
            yield chunk
            chunk = Chunk()
        chunk.add(number, row)
    yield chunk


def read_lines(source: io.BufferedReader) -> Iterator[bytes]:
    """Read a file, gzipped or not, line by line. Raises ImportFailed."""
    number = 0
    try:
        for number, line in enumerate(iter(partial(_plain(source).readline, MAX_LINE_BYTES + 1), b""), 1):
            if len(line) > MAX_LINE_BYTES:
                raise ImportFailed(number, f"is longer than {MAX_LINE_BYTES:,} bytes")
            yield line
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise ImportFailed(number + 1, "cannot be read: the gzip data are cut off or damaged") from None


def _plain(source: io.BufferedReader) -> BinaryIO:
    if source.peek(len(_GZIP))[: len(_GZIP)] != _GZIP:
        return source
    return io.BufferedReader(gzip.GzipFile(fileobj=source), _BUFFER_BYTES)
