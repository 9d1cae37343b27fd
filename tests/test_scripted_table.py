"""``ragbot eval --engine llm`` with scripted models: nothing wrong is shown, every quote is exact.

A small part of the table in docs/scripted-models.md (``python -m tests.scripted_table``);
RAGBOT's own tests of each model are in test_generate_real.
"""

from __future__ import annotations

import os

from tests.scripted_table import CHARACTERS, COLUMNS, table

FEW = ("honest", "invents numbers")
ALL = bool(os.environ.get("SCRIPTED_TABLE_ALL"))


def test_what_comes_through() -> None:
    chosen = [c for c in CHARACTERS if ALL or c.name in FEW]
    head, *rows = table(5 if ALL else 1, chosen)
    assert tuple(head) == COLUMNS
    found = {row[0]: dict(zip(COLUMNS[1:], row[1:], strict=True)) for row in rows}
    assert len(found) == len(chosen)
    for cells in found.values():
        assert int(cells["asked"]) > 0
        assert cells["of them wrong"] == "0"
        assert cells["quotes exact"] == "1.000"
    assert found["honest"]["asked"] == found["honest"]["prose"]
    assert int(found["honest"]["its sentences shown"]) > 0
    assert found["invents numbers"]["prose"] == "0"
