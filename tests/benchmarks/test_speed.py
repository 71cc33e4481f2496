"""The benchmark's code works on tiny sizes; these tests measure no time."""

from __future__ import annotations

import importlib.util
import json
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.speed import cases, figures, job, measure, tables
from benchmarks.speed.__main__ import Plan, listing, main, parse
from benchmarks.speed.cases import GROUPS, Prediction, Training, quick
from benchmarks.speed.digits import random_digits
from benchmarks.speed.figures import FIGURES, check_figures
from benchmarks.speed.measure import Spread, accuracy_gaps, paired_ratios, race
from benchmarks.speed.peers import PEERS
from benchmarks.speed.report import PLACE, SECTIONS, as_text, fill
from benchmarks.speed.worker import Desk, PeerError, Worker
from threadpoolctl import threadpool_limits

from byhand import backend, kernels

ALL_WORK = [work for works in GROUPS.values() for work in works]
TINY = Training("tiny", (784, 12, 10), "adam", batch=64, images=200)
FULL = Training("full", (784, 12, 10), batch=None, images=200, hidden="leaky_relu", epochs=3)
FAST_PEERS = [name for name in PEERS if name != cases.TORCH_COMPILED]


@pytest.fixture(scope="module")
def noise():
    return random_digits(300, 50)


@pytest.fixture(autouse=True)
def _one_thread_here_and_all_as_it_was_afterwards(monkeypatch):
    monkeypatch.setattr(job, "cores", lambda: 1)
    before = backend.active()
    with threadpool_limits():
        yield
    backend.use(before)


def desk(peer, digits):
    if not PEERS[peer].installed:
        pytest.skip(f"{PEERS[peer].needs} is not installed")
    return Desk(peer, lambda: digits)


# --- the work -----------------------------------------------------------------------------------


def test_case_names_are_unique():
    names = [work.name for work in ALL_WORK]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("work", ALL_WORK, ids=lambda work: work.name)
def test_a_quick_case_is_the_same_case_but_small(work):
    small = quick(work)

    assert (small.name, small.widths, small.peers) == (work.name, work.widths, work.peers)
    assert small.images <= 500 if isinstance(small, Training) else small.rows <= 100
    assert set(work.peers) <= set(PEERS)


def test_every_figure_is_about_a_case_that_is_measured():
    measured = {work.name: set(work.peers) for work in ALL_WORK}
    measured[figures.COLD] = set(PEERS)

    for figure in FIGURES:
        assert {*figure.above, figure.below} <= measured[figure.case]


# --- the peers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", [p for p in FAST_PEERS if p not in {cases.TEXTBOOK}])
def test_a_peer_trains_on_mini_batches(peer, noise):
    at_work = desk(peer, noise)
    facts = at_work.prepare(TINY)

    assert at_work.run() > 0
    assert json.dumps(facts)
    if peer != cases.FLOOR:
        assert at_work.job.predict().shape == (50,)


@pytest.mark.parametrize("peer", [p for p in FAST_PEERS if p in GROUPS["full-batch"][0].peers])
def test_full_batch_descent_ends_in_every_round_where_it_ends_for_all(peer, noise):
    ours, other = desk(cases.OURS_PLAIN, noise), desk(peer, noise)
    for at_work in (ours, other):
        at_work.prepare(FULL)
        at_work.run()
    first = other.job.predict()
    other.run()

    assert np.mean(ours.job.predict() == first) >= 0.98
    assert np.array_equal(first, other.job.predict())


@pytest.mark.parametrize("peer", [p for p in FAST_PEERS if p in cases.LEARNERS])
def test_a_peer_predicts(peer, noise):
    at_work = desk(peer, noise)
    at_work.prepare(Prediction("tiny", (784, 12, 10), 20, 3))

    assert at_work.run() > 0


def test_random_images_have_no_accuracy(noise):
    at_work = desk(cases.OURS_PLAIN, noise)
    at_work.prepare(TINY)

    assert at_work.accuracy() is None


def test_a_worker_tells_what_went_wrong():
    worker = Worker(cases.FLOOR)
    try:
        with pytest.raises(PeerError, match="AssertionError"):
            worker.run()
    finally:
        worker.close()


# --- statistics ---------------------------------------------------------------------------------


class Clockwork:
    """Takes turns without a process: its times are given."""

    def __init__(self, seconds, accuracy=None, facts=None):
        self.seconds, self.share, self.facts = iter(seconds), accuracy, facts or {}

    def prepare(self, work):
        return self.facts

    def run(self):
        return next(self.seconds)

    def accuracy(self):
        return self.share


@pytest.fixture
def raced(monkeypatch):
    monkeypatch.setattr(measure, "REST", 0)
    work = next(work for work in GROUPS["pairs"] if work.name == "784-300-10 sgd")
    participants = {
        cases.FLOOR: Clockwork([1.0, 2.0, 4.0]),
        cases.OURS: Clockwork([1.2, 2.4, 4.8], 0.95, {"compile_seconds": 0.8}),
        cases.TORCH: Clockwork([2.4, 3.6, 9.6], 0.97),
        cases.TORCH_COMPILED: Clockwork([2.0, 9.0, 9.0], 0.951),
    }
    return race(work, participants, 3, say=lambda _: None)


def results_of(*pairs):
    machine = {"processor": "p", "cores": 2, "memory_gb": 8, "system": "s", "python": "3"}
    return {
        "machine": {**machine, "blas": "b", "versions": {}, "date": "today"},
        "settings": {"rounds": 3, "quick": False, "real": True},
        "cases": dict(pairs),
    }


def test_ratios_are_taken_within_rounds(raced):
    assert paired_ratios(raced, cases.TORCH, cases.OURS) == pytest.approx([2.0, 1.5, 2.0])


def test_compiling_counts_where_it_is_requested(raced):
    ratios = paired_ratios(raced, cases.TORCH, cases.OURS, compiling=True)

    assert ratios == pytest.approx([1.2, 3.6 / 3.2, 9.6 / 5.6])


def test_a_spread_is_the_median_between_the_quartiles():
    assert Spread.of([5, 1, 4, 2, 3]) == Spread(2, 3, 4)


def test_a_figure_takes_the_faster_mode_of_pytorch_and_the_right_side(raced):
    verdicts = {v.figure.above: v for v in check_figures({"784-300-10 sgd": raced})}

    assert verdicts[(cases.OURS,)].met
    assert verdicts[figures.BEST_TORCH].above == cases.TORCH
    assert verdicts[figures.BEST_TORCH].ratio.median == pytest.approx(2.0)
    assert (cases.JAX,) not in verdicts


def test_a_slow_peer_sits_out_the_later_rounds(monkeypatch):
    monkeypatch.setattr(measure, "REST", 0)
    participants = {cases.OURS: Clockwork([1] * 9), cases.SKLEARN: Clockwork([1] * 9)}
    peers = race(TINY, participants, 5, say=lambda _: None)["peers"]

    assert len(peers[cases.OURS]["seconds"]) == 5
    assert len(peers[cases.SKLEARN]["seconds"]) == cases.FEWER_ROUNDS[cases.SKLEARN]


def test_accuracies_outside_the_tolerance_are_named(raced):
    assert accuracy_gaps(raced, cases.OURS)[cases.TORCH] == pytest.approx(0.02)
    found = {peer: agrees for _, peer, _, _, agrees in tables.accuracies(results_of(("a", raced)))}
    assert found == {cases.TORCH: False, cases.TORCH_COMPILED: True}


def test_a_peer_that_fails_is_left_out_and_reported(raced, monkeypatch):
    monkeypatch.setattr(measure, "REST", 0)

    class Broken(Clockwork):
        def prepare(self, work):
            raise PeerError("no compiler")

    participants = {cases.OURS: Clockwork([1.0]), cases.TORCH_COMPILED: Broken([])}
    case = race(GROUPS["pairs"][0], participants, 1, say=lambda _: None)

    assert "no compiler" in as_text(results_of((GROUPS["pairs"][0].name, case)))


# --- text ---------------------------------------------------------------------------------------


def test_a_page_is_filled_in_its_marked_places_and_again(raced):
    results = results_of(("784-300-10 sgd", raced))
    page = "before\n<!-- result: pairs -->\nold\n<!-- end -->\nafter"
    filled = fill(page, results)

    assert filled.startswith("before\n")
    assert filled.endswith("\nafter")
    assert "old" not in filled
    assert cases.TORCH in filled
    assert fill(filled, results) == filled


def test_the_page_has_a_place_for_every_section(request):
    page = (request.config.rootpath / "docs" / "performance.md").read_text()

    assert {match["name"] for match in PLACE.finditer(page)} == set(SECTIONS)


def test_durations_have_a_fitting_unit():
    assert [tables.duration(s) for s in (2.5, 0.0125, 3.4e-5)] == ["2.5 s", "12.5 ms", "34 µs"]
    assert tables.durations([1e-3, 2e-3, 3e-3]) == "2 ms (1.5–2.5)"


# --- the rest -----------------------------------------------------------------------------------


def test_the_size_of_byhand_counts_its_requirements_and_its_extras():
    pytest.importorskip("packaging")
    from importlib.metadata import distribution

    from benchmarks.speed.install_size import closure, size_of

    assert {"byhand", "numpy", "pydantic-core"} <= closure(["byhand"])
    assert "numba" not in closure(["byhand"])
    assert 100_000 < size_of(distribution("byhand")) < 100_000_000


@pytest.mark.parametrize("name", ["numpy", "numba"])
def test_a_profile_names_every_part_and_leaves_everything_as_it_was(name, noise):
    if name == "numba":
        pytest.importorskip("numba", reason="Numba is not installed")
    from benchmarks.speed.profiling import KINDS, profile

    dot = np.dot
    found = profile(TINY, noise, name, passes=1)
    products = [row["part"].split("  ") for row in found["rows"] if row["kind"] == "product"]

    assert np.dot is dot
    for (owner, method), function in kernels.overrides(name).items():
        assert getattr(owner, method) is function
    parts = {row["part"]: row for row in found["rows"]}
    assert {
        "InputLayer.gather 784", "DenseLayer.forward 784 x 12", "DenseLayer.forward 12 x 10",
        "DenseLayer.backward 784 x 12", "DenseLayer.backward_from_dz 12 x 10",
        "CategoricalCrossEntropy.write 10", "Adam.step 9550",
    } <= set(parts)  # fmt: skip
    assert {row["kind"] for row in found["rows"]} <= {"product", "Python and the rest"} | set(
        KINDS.values()
    )
    assert parts["DenseLayer.forward 784 x 12"]["calls"] == 1
    assert len(products) == 5
    assert ["X W", "784 x 12"] in products
    assert ["D W^T", "12 x 10"] in products
    assert ["X^T D", "784 x 12"] in products
    assert sum(row["in_step"] for row in found["rows"]) == pytest.approx(found["step"])
    assert tables.profile_table(found)


def test_the_time_of_a_part_excludes_that_of_its_inner_parts(monkeypatch):
    from benchmarks.speed import profiling
    from benchmarks.speed.profiling import Open, clocked

    parts, running, now = {}, [Open()], [0.0]
    monkeypatch.setattr(profiling, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def wait(seconds):
        now[0] += seconds

    inner = clocked(wait, parts, running, lambda seconds: ("", f"inner {seconds}"))

    def both():
        wait(0.01)
        inner(0.05)
        inner(0.05)

    outer = clocked(both, parts, running, lambda: ("", "outer"))
    outer()
    outer()

    assert parts["inner 0.05"].calls == 4
    assert parts["inner 0.05"].seconds == pytest.approx(0.2)
    assert parts["outer"].seconds == pytest.approx(0.02)
    assert parts["outer"].within == 4


def test_a_plan_takes_groups_cases_and_patterns():
    def names(*only):
        return [work.name for _, work in Plan(only=only).works()]

    assert names("full-batch") == ["full-batch 784-10-10 sgd"]
    assert names("784-16-10 *") == ["784-16-10 sgd", "784-16-10 adam"]
    assert names("cold") == []
    assert len(names()) == len(ALL_WORK)


def test_an_unknown_case_is_refused(capsys):
    with pytest.raises(SystemExit):
        parse(["--only", "784-17-10"])
    assert "matches nothing" in capsys.readouterr().err


def test_the_listing_names_all_peers():
    assert all(name in listing() for name in PEERS)


def test_the_command_measures_prints_and_writes(tmp_path, capsys):
    file, picture = tmp_path / "results.json", tmp_path / "plot.svg"
    arguments = ["--quick", "--rounds", "1", "--only", "growth width 16", "--json", str(file)]
    if importlib.util.find_spec("matplotlib"):
        arguments += ["--plot", str(picture)]

    assert main(arguments) == 0
    peers = json.loads(file.read_text())["cases"]["growth width 16"]["peers"]
    assert set(peers) <= {cases.FLOOR, cases.OURS}
    assert len(peers[cases.FLOOR]["seconds"]) == 1
    assert "How time grows" in capsys.readouterr().out
    assert picture.exists() == ("--plot" in arguments)
