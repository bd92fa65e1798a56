"""Ledgers in a folder of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger_facts import Ledgers


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[Ledgers]:
    opened = Ledgers(tmp_path / "voice" / "ledger.sqlite3")
    yield opened
    opened.close()
