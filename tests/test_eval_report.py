"""The report as a document: complete, escaped, and with nothing from outside."""

from __future__ import annotations

import re

import pytest

from eval.evaluate import score_all
from eval.report import report_html
from eval.report_html import esc, marked_html
from eval.run import run
from eval.store import RunFiles
from eval.summary import summarise
from eval.svg import Series, dot_plot, line_plot
from eval.systems import AssistantSystem
from tests.test_eval_support import CASES, EVERYTHING, LIBRARY, FakeEngine


def html_of(tmp_path, *engines: FakeEngine, judge=None) -> str:
    files = RunFiles(tmp_path)
    systems = [
        AssistantSystem(engine, name=name)
        for name, engine in zip(("ragbot", "textbook"), engines, strict=False)
    ]
    run(CASES, systems, files)
    scored = score_all(CASES, list(files.replies().values()), LIBRARY)
    figures = summarise(scored, files.timings(), seed=0)
    manifest = {
        "inputs": {"cases": {"file": "<b>cases</b>.jsonl", "count": 6}, "seed": 0},
        "judge": judge,
    }
    return report_html(scored, figures, manifest, LIBRARY)


@pytest.fixture
def html(tmp_path) -> str:
    dump = {case.question: EVERYTHING for case in CASES}
    broken = FakeEngine(broken=["How many GPs?"])
    return html_of(tmp_path, broken, FakeEngine(dump))


def test_everything_is_in_it(html):
    for case in CASES:
        assert f"id='{case.id}'" in html
    assert "ragbot failed: RuntimeError: the engine broke" in html
    assert "<mark>Salary is an issue.</mark>" in html
    assert "NOT quoted" not in html.split("id='t2'")[1].split("textbook:")[0]
    assert "Risk–coverage" in html
    assert "data-verdict='failed'" in html
    assert "Nothing: the library does not answer this." in html
    assert "Not known." in html


def test_nothing_comes_from_outside_and_everything_is_escaped(html):
    assert not re.search(r"""(src|href)\s*=\s*["'](?!#)""", html)
    assert "url(" not in html
    assert "@import" not in html
    assert "&lt;b&gt;cases" in html
    assert "<b>cases" not in html


def test_every_table_has_a_caption_and_heads(html):
    tables = re.findall(r"<table>.*?</table>", html, re.DOTALL)
    assert len(tables) >= 8
    for table in tables:
        assert "<caption>" in table
        assert "scope='col'" in table
        assert "scope='row'" in table


def test_ids_are_unique(html):
    ids = re.findall(r"""\sid=["']([^"']+)["']""", html)
    assert len(ids) == len(set(ids))


def test_the_judge_is_shown_beside_its_agreement(tmp_path):
    judge = {
        "model": "fake:model",
        "prompt": "judge.md version 1",
        "asked": 4,
        "failed": 1,
        "agreement": {"facts": {"n": 3, "agreement": "0.667", "kappa": "–"}},
    }
    html = html_of(tmp_path, FakeEngine(), judge=judge)
    assert "1 of its 4 judgements failed" in html
    assert "0.667" in html


def test_marks():
    assert marked_html("abcdef", (100, 106), [(102, 104), (90, 101)]) == (
        "<mark>a</mark>b<mark>cd</mark>ef"
    )
    assert marked_html("<i>", (0, 3), [(0, 1)]) == "<mark>&lt;</mark>i&gt;"
    assert marked_html("abc", (0, 3), []) == "abc"


def test_control_and_direction_characters_go():
    assert esc("a\u202eb\x00c") == "a b c"


def test_plots_name_what_they_show():
    plot = line_plot([Series("a<b", [0, 1], [0.5, 0.2])], key="k", title="T", x="X", y="Y")
    assert 'role="img"' in plot
    assert "<title" in plot
    assert "a&lt;b" in plot
    dots = dot_plot({"direct": {"a": 0.5}, "other": {"b": 1.0}}, key="d", title="T")
    assert dots.count("<circle") == 2  # one value, one legend
    assert dots.count("<rect") == 2
