"""Every mistake runs and shows; its fix passes the check, and the fix of another does not."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import pytest

from byhand.hunt.bug import BUGS, KINDS, MODULES, program
from byhand.hunt.folder import function_of
from byhand.hunt.function_trials import TRIALS
from byhand.hunt.judge import differences, function_difference
from byhand.hunt.load import functions, right_program

RIGHT = program()
PLACES = {bug.name: (bug.module, function_of(bug)) for bug in BUGS.values()}
EPOCHS = {
    "best-by-reference": 20,  # the last epoch must not be the best one
    "last-weights-kept": 20,
    "best-is-the-worst": 4,  # training must continue for longer than the patience
    "patience-never-renewed": 4,
}
"""Number of epochs after which a mistake shows, if two are not enough."""

every_bug = pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)


def fixed(bug, texts):
    """Return texts in which a mistake is undone."""
    text = texts[bug.module]
    for right, wrong in bug.changes:
        assert text.count(wrong) == 1
        text = text.replace(wrong, right)
    return {**texts, bug.module: text}


def own_function(loaded, bug):
    """The name of the function that holds a mistake, and the function in a loaded program."""
    found = {(module, name): function for module, name, function in functions(loaded)}
    return PLACES[bug.name][1], found[PLACES[bug.name]]


def said(loaded, epochs):
    """The output of a program's training and evaluation."""
    loaded.train.EPOCHS = epochs
    out = io.StringIO()
    with contextlib.redirect_stdout(out), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded.train.main()
        loaded.evaluate.main()
    return out.getvalue()


def test_there_are_at_least_forty_of_all_kinds_and_levels():
    assert len(BUGS) >= 40
    assert {bug.kind for bug in BUGS.values()} == set(KINDS)
    for level in (1, 2, 3, 4):
        assert sum(bug.level == level for bug in BUGS.values()) >= 8


def test_the_right_program_has_no_mistake_and_learns(loaded):
    program = loaded()

    assert differences(program) == {}
    accuracy = float(said(program, 20).split("test accuracy")[1].split()[0])
    assert accuracy > 0.98


def test_every_function_of_the_program_is_tried():
    assert {(module, name) for module, name, _ in functions(right_program())} == set(TRIALS)


@every_bug
def test_a_mistake_is_found_its_fix_passes_and_that_of_another_does_not(bug, loaded):
    others = [other for other in BUGS.values() if PLACES[other.name] != PLACES[bug.name]]
    other = others[len(bug.name) % len(others)]
    mended = fixed(bug, bug.planted(RIGHT))
    other_mended = fixed(other, other.planted(bug.planted(RIGHT)))

    name, wrong = own_function(loaded(other_mended, "other"), bug)
    assert function_difference(bug.module, name, wrong)
    name, right = own_function(loaded(mended, "mended"), bug)
    assert function_difference(bug.module, name, right) == ""


@pytest.fixture(scope="module")
def right_output(tmp_path_factory):
    """The output of the correct program by the number of epochs."""
    return {}


@every_bug
def test_a_program_with_a_mistake_runs_and_prints_something_else(bug, loaded, right_output):
    epochs = EPOCHS.get(bug.name, 2)
    if epochs not in right_output:
        right_output[epochs] = said(loaded(), epochs)

    assert said(loaded(bug.planted(RIGHT), "planted"), epochs) != right_output[epochs]


@every_bug
def test_an_entry_is_complete_and_points_at_one_place(bug):
    assert bug.level in (1, 2, 3, 4)
    assert bug.module in MODULES
    for text in (bug.hint, bug.explanation, bug.case):
        assert text.endswith((".", "?", ")"))
        assert len(text) > 12
    assert 1 <= len(bug.lines) <= 2
    assert PLACES[bug.name] in TRIALS


FIXES = {  # other correct ways to write it
    "batch-mean-missing": (
        'dZ3 = c["A3"] - T',
        'dZ3 = np.subtract(c["A3"], T) * (1.0 / T.shape[0])',
    ),
    "softmax-overflow": ("np.exp(Z)", "np.exp(Z - np.amax(Z, 1)[:, None])"),
    "rows-drawn-with-replacement": (
        "np.random.default_rng(seed).integers(0, rows, rows)",
        "np.random.default_rng(seed + 7).permutation(np.arange(rows))",
    ),
    "not-shuffled": ("np.arange(rows)", "rng.choice(rows, rows, replace=False)"),
    "zero-weights": (
        "np.zeros((inputs, units))",
        "rng.standard_normal((inputs, units)) * (2 / inputs) ** 0.5",
    ),
    "uphill": ("+ rate * g[name]", "+ (-rate) * g[name]"),
    "each-pair-counted-once": (
        "counts[labels, predict(p, x)] += 1",
        "[counts.__setitem__((i, j), counts[i, j] + 1) for i, j in zip(labels, predict(p, x))]",
    ),
    "dropout-upside-down": (
        '(rng.random(c["Z1"].shape) > keep)',
        '(rng.random(c["Z1"].shape) >= 1 - keep)',
    ),
    "best-by-reference": ("dict(p), validation", "{n: np.array(p[n]) for n in p}, validation"),
}


@pytest.mark.parametrize("name", FIXES)
def test_a_fix_that_is_written_in_another_way_passes(name, loaded):
    bug, (wrong, other) = BUGS[name], FIXES[name]
    texts = bug.planted(RIGHT)
    assert wrong in texts[bug.module]

    mended = loaded({**texts, bug.module: texts[bug.module].replace(wrong, other)})

    assert differences(mended) == {}


def test_output_that_is_printed_is_not_a_difference(loaded):
    line = "    parts = data.prepare()\n"
    more = line + "    print('training rows', len(parts['train'][0]), 3.5)\n"
    text = RIGHT["train"].replace(line, more)

    assert differences(loaded({**RIGHT, "train": text})) == {}


def test_what_a_player_breaks_is_named(loaded):
    texts = {
        **RIGHT,
        "train": RIGHT["train"]
        .replace("RATE = 0.1", "RATE = 0.01")
        .replace("def step", "def stop"),
        "network": RIGHT["network"].replace("return c\n", "return d\n"),
    }

    found = differences(loaded(texts))

    assert found["train.RATE"] == "it was 0.1 and is now 0.01"
    assert found["train.step"] == "it is missing"
    assert "NameError" in found["network.forward"]
