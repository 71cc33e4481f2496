"""Statistics that the callback records during training."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import BatchNormLayer, Callback, DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.errors import ArgumentError, FileError, FormatError
from byhand.evaluation import Statistics, TrainingStatistics
from byhand.evaluation.training_statistics import KINDS, Histograms


def _learn(callbacks, epochs=4, layers=None, **options):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(90, 6)), rng.integers(0, 3, 90)
    layers = layers or [DenseLayer(8, "relu"), DenseLayer(3, "softmax")]
    net = MultiLayerPerceptron([InputLayer(6, "none"), *layers], seed=0)
    settings = {"batch_size": 20, "verbose": 0, **options}
    net.fit(x, y, epochs=epochs, callbacks=callbacks, **settings)
    return net


class Watch(Callback):
    """Keeps the weights before and after every step, and the last batch's arrays."""

    def on_train_begin(self, run):
        self.weights = [run.net.parameters["W1"].copy()]

    def on_batch_end(self, run):
        self.weights.append(run.net.parameters["W1"].copy())
        self.a1, self.dw1 = run.cache["A1"].copy(), run.net.gradients["dW1"].copy()

    def ratio(self, step):
        """The ratios of a step; steps count from 1."""
        before, after = self.weights[step - 1 : step + 1]
        return np.linalg.norm(after - before) / np.linalg.norm(before)


def test_ratios_are_those_of_the_steps():
    """All five steps of an epoch are recorded."""
    record, watch = Statistics(samples=5), Watch()
    _learn([record, watch])
    result = record.result

    expected = [[watch.ratio(5 * epoch + step) for step in range(1, 6)] for epoch in range(4)]

    np.testing.assert_allclose(result.ratios["W1"], expected, rtol=1e-5)
    np.testing.assert_allclose(result.steps[1], [1.2, 1.4, 1.6, 1.8, 2.0])
    assert result.epochs.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("samples", "steps"), [(1, [5]), (2, [2, 5]), (3, [1, 3, 5]), (99, [1, 2, 3, 4, 5])]
)
def test_steps_are_evenly_spaced_and_end_with_the_last(samples, steps):
    """The requested number of epochs is recorded, or all if there are fewer."""
    record = Statistics(samples=samples)
    _learn([record], epochs=1)

    np.testing.assert_allclose(record.result.steps[0], np.array(steps) / 5)


def test_histograms_are_those_of_the_last_batch():
    """Exact zeros are counted separately, and gradients by their size."""
    record, watch = Statistics(), Watch()
    _learn([record, watch])
    activations, gradients = record.result.activations["A1"], record.result.gradients["dW1"]

    present = watch.a1[watch.a1 != 0]
    assert activations.zeros[-1] == pytest.approx((watch.a1 == 0).mean())
    assert np.array_equal(activations.counts[-1], np.histogram(present, activations.edges[-1])[0])
    sizes = np.abs(watch.dw1[watch.dw1 != 0])
    assert gradients.counts[-1].sum() == sizes.size
    assert np.array_equal(gradients.counts[-1], np.histogram(sizes, gradients.edges[-1])[0])


@pytest.mark.parametrize("batch_size", [1, 90, "all"])
def test_every_batch_size_can_be_recorded(batch_size):
    """An epoch has one step or ninety."""
    record, watch = Statistics(samples=4), Watch()
    _learn([record, watch], epochs=2, batch_size=batch_size)
    steps = len(watch.weights) // 2

    assert record.result.ratios["W1"].shape == (2, min(4, steps))
    assert record.result.ratios["W1"][-1, -1] == pytest.approx(watch.ratio(2 * steps), rel=1e-5)


def test_recording_changes_nothing():
    """The weights are equal to the bit with and without recording."""
    with_record, without = _learn([Statistics()]), _learn([])

    assert np.array_equal(with_record.parameters.vector, without.parameters.vector)


def test_rows_after_batch_normalisation_are_recorded():
    """The row's output is recorded under the name of its layer."""
    record = Statistics()
    _learn([record], layers=[DenseLayer(5), BatchNormLayer("tanh"), DenseLayer(3, "softmax")])
    result = record.result

    assert list(result.activations) == ["A1", "A2"]
    assert list(result.gradients) == ["dW1", "dW2"]
    assert np.abs(result.activations["A1"].edges).max() <= 1 + 1e-6


def test_long_trainings_are_thinned_out():
    """The recorded epochs are evenly spaced, from the first to the last."""
    record = Statistics(most=4)
    _learn([record], epochs=10)

    assert record.result.epochs.tolist() == [1, 4, 7, 10]


def test_a_file_holds_everything(tmp_path):
    """The file is written when training ends, and read back bit for bit."""
    record = Statistics(tmp_path / "statistics.npz")
    _learn([record])

    read, made = TrainingStatistics.load(tmp_path / "statistics.npz"), record.result

    assert np.array_equal(read.epochs, made.epochs)
    assert np.array_equal(read.steps, made.steps)
    assert list(read.ratios) == list(made.ratios)
    for kind in KINDS:
        for name, histograms in getattr(made, kind).items():
            other = getattr(read, kind)[name]
            assert other.logarithmic == histograms.logarithmic
            for part in ("counts", "edges", "zeros"):
                assert np.array_equal(getattr(other, part), getattr(histograms, part))


def test_a_resumed_training_continues_its_record(tmp_path):
    """The statistics equal those of an uninterrupted training."""
    from byhand import ModelCheckpoint

    whole, path = Statistics(), tmp_path / "statistics.npz"
    _learn([whole], epochs=4)
    _learn([Statistics(path), ModelCheckpoint(tmp_path)], epochs=2)
    _learn([Statistics(path)], epochs=4, resume_from=tmp_path / "last.safetensors")

    read = TrainingStatistics.load(path)

    assert read.epochs.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(read.ratios["W2"], whole.result.ratios["W2"])
    assert np.array_equal(read.gradients["dW1"].counts, whole.result.gradients["dW1"].counts)


def test_density_in_other_bins_keeps_all_numbers():
    """Numbers count as evenly spread within an old bin."""
    one = Histograms(np.array([[1, 3]]), np.array([[0.0, 1.0, 2.0]]), np.zeros(1), False)

    assert one.density(np.array([0.0, 0.5, 1.0, 1.5, 2.0])).tolist() == [
        [0.125, 0.125, 0.375, 0.375]
    ]
    assert one.density(np.array([-1.0, 5.0])).tolist() == [[1.0]]


@pytest.mark.parametrize("options", [{"samples": 0}, {"most": 1}])
def test_options_that_record_nothing_are_refused(options):
    """At least one step and two epochs are needed."""
    with pytest.raises(ArgumentError, match="at least"):
        Statistics(**options)


def test_invalid_files_are_refused(tmp_path):
    """A file may be missing, damaged or of another kind."""
    with pytest.raises(FileError, match="cannot be read"):
        TrainingStatistics.load(tmp_path / "missing.npz")
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(FormatError, match="damaged"):
        TrainingStatistics.load(tmp_path / "damaged.npz")
    np.savez(tmp_path / "other.npz", a=np.ones(1))
    with pytest.raises(FormatError, match="training statistics"):
        TrainingStatistics.load(tmp_path / "other.npz")
