"""Disk: a small one that a part of a server's files lies on, to be full."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class Disk:
    """A file system that is nearly empty until it is filled."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._filler = root / "filler"

    def take(self, folder: Path) -> None:
        """Have a folder lie here from now on, with what is in it. Its server is stopped."""
        there = self._root / folder.name
        subprocess.run(["/bin/cp", "--archive", folder, there], check=True)
        folder.rename(folder.with_name(f"{folder.name}.before"))
        folder.symlink_to(there)

    def fill(self) -> None:
        """Leave no room for anything."""
        with self._filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink()


@contextmanager
def disk(megabytes: int) -> Iterator[Disk]:
    """Mount a disk of this size, which lies in memory. Only root may."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount the disk that is to be full")
    root = Path(tempfile.mkdtemp(prefix="gateway-disk-"))
    mount = ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(root)]
    if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode:
        root.rmdir()
        pytest.skip("the disk that is to be full cannot be mounted here")
    try:
        root.chmod(0o755)
        yield Disk(root)
    finally:
        subprocess.run(["/bin/umount", "--lazy", root], check=True)
        root.rmdir()
