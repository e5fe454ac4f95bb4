"""Progress: a bar on a terminal, plain lines elsewhere."""

from pathlib import Path

import pytest

from gateway.commands import progress
from gateway.commands.progress import import_progress


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "records"
    path.write_bytes(b"half" + b"half")
    return path


def test_a_line_every_few_seconds(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with file.open("rb") as source, import_progress(source) as report:
        report(1_000)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
        report(2_000)
    assert capsys.readouterr().err.startswith("2,000 records, ")


def test_a_bar_on_a_terminal(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with file.open("rb") as source, import_progress(source) as report:
        source.read(4)
        report(1_500)
    shown = capsys.readouterr().err
    assert "50%" in shown
    assert "1,500 records" in shown
