"""run.json tells how a run ended, also if a second Ctrl-C comes while that is being written."""

from __future__ import annotations

import json

import pytest

from byhand.errors import FormatError
from byhand.runs import run_json


def test_a_second_ctrl_c_while_the_end_is_written_leaves_it_written(run, monkeypatch):
    write, facts = run_json.write_facts, run.facts.model_copy()
    interrupted = []

    def write_interrupted(path, found):
        if found.status == "interrupted" and not interrupted:
            interrupted.append(path)
            raise KeyboardInterrupt
        write(path, found)

    monkeypatch.setattr(run_json, "write_facts", write_interrupted)
    with pytest.raises(KeyboardInterrupt), run_json.recorded(run.folder.facts_file, facts):
        facts.status = "interrupted"

    assert interrupted
    assert json.loads(run.folder.facts_file.read_text())["status"] == "interrupted"


@pytest.mark.parametrize(
    "changes",
    [
        {"results": {"seconds": 10**400}},
        {"results": {"test": {"accuracy": 10**400}}},
        {"search": [{"folder": "a", "seconds": -(10**400)}]},
    ],
)
def test_integers_that_no_float_can_hold_are_refused(changes, run):
    file = run.folder.facts_file
    file.write_text(json.dumps(json.loads(file.read_text()) | changes), encoding="utf-8")

    with pytest.raises(FormatError, match=r"is not the run.json of a run: .*expected .*number"):
        run_json.read_facts(file)
