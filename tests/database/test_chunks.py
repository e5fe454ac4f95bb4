"""Chunks: files are read line by line, gzipped or not."""

import gzip
from pathlib import Path

import pytest

from gateway.database.admin import chunks
from gateway.database.admin.chunks import ImportFailed, read_lines


def read(path: Path) -> list[bytes]:
    with path.open("rb") as source:
        return list(read_lines(source))


def test_files_are_read_gzipped_or_not(tmp_path: Path) -> None:
    plain, zipped = tmp_path / "plain", tmp_path / "zipped"
    plain.write_bytes(b"one\n\ntwo")
    zipped.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"\ntwo"))
    assert read(plain) == read(zipped) == [b"one\n", b"\n", b"two"]


@pytest.mark.parametrize("damage", [slice(None, -9), slice(None, 5)])
def test_a_damaged_file_is_told(tmp_path: Path, damage: slice) -> None:
    path = tmp_path / "zipped"
    path.write_bytes(gzip.compress(b"one\ntwo\n")[damage])
    with pytest.raises(ImportFailed, match="cannot be read: the gzip data are cut off or damaged"):
        read(path)


def test_a_line_has_a_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_LINE_BYTES", 10)
    path = tmp_path / "long"
    path.write_bytes(b"123456789\n1234567890\n")
    with pytest.raises(ImportFailed, match=r"^line 2 is longer than 10 bytes"):
        read(path)
