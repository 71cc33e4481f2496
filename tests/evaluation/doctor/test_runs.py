"""The doctor on real runs, healthy and faulty, in training and afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from byhand import (
    SGD,
    Adam,
    DenseLayer,
    EarlyStopping,
    InputLayer,
    MultiLayerPerceptron,
    load_dataset,
)
from byhand.errors import DivergedError
from byhand.evaluation.doctor import Doctor, Observations, Training, diagnose, observe
from byhand.training import Callback

Data = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def parts() -> tuple[Data, Data]:
    """Real digits: (train, validation)."""
    digits = load_dataset("digits")
    return (digits.train.images, digits.train.labels), (digits.test.images, digits.test.labels)


def network(
    normalisation: str = "auto", fn: str = "relu", units: tuple[int, ...] = (32,), **options
) -> MultiLayerPerceptron:
    layers = [InputLayer(64, normalisation), *(DenseLayer(n, fn) for n in units)]
    return MultiLayerPerceptron([*layers, DenseLayer(10, "softmax")], seed=1, **options)


class Fitted:
    """A run with the callback, and the findings afterwards."""

    def __init__(self, net, train: Data, held_out: Data, optimizer, **options) -> None:
        initial = net.copy()
        self.doctor, self.diverged = Doctor(print_fn=None), False
        kept = _Kept()
        callbacks = [*options.pop("callbacks", []), self.doctor, kept]
        options = {"epochs": 25, "batch_size": 32, "verbose": 0, **options}
        try:
            net.fit(
                *train,
                validation_data=held_out,
                optimizer=optimizer,
                callbacks=callbacks,
                **options,
            )
        except DivergedError:
            self.diverged = True
        training = Training(
            optimizer,
            batch_size=options["batch_size"],
            diverged=self.diverged,
            kept_epoch=self.doctor.observations.setup.kept_epoch,
        )
        self.net, self.history = net, kept.history
        self.seen = observe(
            net, kept.history, train, validation=held_out, initial=initial, training=training
        )

    @property
    def named(self) -> set[str]:
        """The checks named by the callback and afterwards, which must be the same."""
        beside, after = (
            {finding.check for finding in findings if finding.severe}
            for findings in (self.doctor.findings, diagnose(self.seen))
        )
        assert beside == after
        return after


class _Kept(Callback):
    def on_train_begin(self, run) -> None:
        self.history = run.history


# --- healthy --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fn", "units", "optimizer", "options"),
    [
        ("relu", (32,), Adam(3e-3), {}),
        ("tanh", (48, 24), SGD(0.1), {"weight_init": "glorot_uniform"}),
        ("sigmoid", (32,), Adam(1e-2), {"weight_init": "glorot_uniform"}),
        ("leaky_relu", (48, 24, 16), Adam(3e-3), {}),
    ],
)
def test_a_healthy_run_has_no_findings(parts, fn, units, optimizer, options) -> None:
    assert Fitted(network(fn=fn, units=units, **options), *parts, optimizer).named == set()


def several_labels(y: np.ndarray) -> np.ndarray:
    """Return two labels of each digit: even, and above 4."""
    return np.stack([y % 2 == 0, y > 4], axis=1).astype(float)


def test_a_healthy_run_with_several_labels_has_no_findings(parts) -> None:
    train, held_out = ((x, several_labels(y)) for x, y in parts)
    layers = [InputLayer(64), DenseLayer(48, "relu"), DenseLayer(2, "sigmoid")]
    run = Fitted(MultiLayerPerceptron(layers, seed=1), train, held_out, Adam(3e-3))

    assert run.named == set()
    assert run.seen.end.accuracy > 0.9


def test_a_low_rate_with_several_labels_is_named_with_their_accuracy(parts) -> None:
    train, held_out = ((x, several_labels(y)) for x, y in parts)
    layers = [InputLayer(64), DenseLayer(48, "relu"), DenseLayer(2, "sigmoid")]
    run = Fitted(MultiLayerPerceptron(layers, seed=1), train, held_out, SGD(1e-4))
    (found,) = [one for one in diagnose(run.seen) if one.check == "under_fitting"]

    assert run.named == {"learning_rate_low"}
    assert "accuracy on training examples" in found.evidence


# --- faulty ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_pixels_from_0_to_255_that_enter_unscaled_are_named(parts, kind) -> None:
    (x, y), (x_held, y_held) = parts
    flat, flat_held = (part.reshape(len(part), -1).astype(kind) for part in (x, x_held))
    run = Fitted(network("none", "leaky_relu"), (flat, y), (flat_held, y_held), SGD(0.1))
    found = next(one for one in run.doctor.findings if one.check == "input_scale")

    assert run.named == {"input_scale"}
    assert found.severity == "critical"
    assert found.numbers["largest"] == 255
    assert "255" in found.evidence
    assert 'InputLayer(units, normalisation="pixels")' in found.fix


def test_a_rate_with_which_training_diverges_is_named(parts) -> None:
    run = Fitted(network(fn="leaky_relu", units=(32, 32)), *parts, SGD(1e3))

    assert run.diverged
    assert run.named == {"learning_rate_high"}


def test_a_rate_that_changes_nothing_is_reported_with_a_better_one(parts) -> None:
    run = Fitted(network(), *parts, SGD(1e-4))
    (found,) = [one for one in diagnose(run.seen) if one.check == "learning_rate_low"]
    better = Fitted(network(), *parts, SGD(1e-4 * found.numbers["factor"]))

    assert run.named == {"learning_rate_low"}
    assert better.history["accuracy"][-1] > 0.95 > 0.8 > run.history["accuracy"][-1]


def test_equal_weights_are_named(parts) -> None:
    run = Fitted(network(fn="tanh", weight_init="zeros"), *parts, Adam(1e-3))

    assert run.named == {"symmetric_initialisation"}


def test_gradients_that_fade_are_named_with_what_reaches_each_layer(parts) -> None:
    run = Fitted(network(fn="sigmoid", units=(24,) * 7), *parts, SGD(0.1), epochs=5)
    (found,) = [one for one in diagnose(run.seen) if one.severe]

    assert found.check == "vanishing_gradients"
    assert found.evidence.count("e-") >= 6


def test_shuffled_labels_are_named(parts) -> None:
    rng = np.random.default_rng(0)
    (x, y), (x_held, y_held) = parts
    run = Fitted(network(), (x, rng.permutation(y)), (x_held, rng.permutation(y_held)), Adam(3e-3))

    assert run.named == {"shuffled_labels"}


def test_held_out_images_among_the_training_images_are_counted(parts) -> None:
    (x, y), (x_held, y_held) = parts
    more = np.concatenate([x, x_held[:90]]), np.concatenate([y, y_held[:90]])
    run = Fitted(network(), more, (x_held, y_held), Adam(3e-3))

    assert run.named == {"leaking_split"}
    assert run.seen.held_out["validation"].repeated == 90


def test_wrong_labels_are_named_and_listed(parts) -> None:
    (x, y), held_out = parts
    wrong = np.arange(0, len(y), 4)
    noisy = y.copy()
    noisy[wrong] = (y[wrong] + 3) % 10
    run = Fitted(network(), (x, noisy), held_out, Adam(3e-3))
    facts = run.seen.labels

    assert "label_noise" in run.named
    assert facts is not None
    correct = [y[row] == label for row, label in zip(facts.rows, facts.instead, strict=True)]
    assert np.mean(correct) > 0.9


# --- the callback ---------------------------------------------------------------------------------


def test_the_doctor_does_not_touch_the_training(parts) -> None:
    train, held_out = parts
    alone, watched = network(), network()
    options = {"epochs": 2, "validation_data": held_out, "optimizer": "adam", "verbose": 0}
    first = alone.fit(*train, **options)
    second = watched.fit(*train, **options, callbacks=[Doctor(print_fn=None)])

    assert (alone.parameters.vector == watched.parameters.vector).all()
    assert first["val_loss"] == second["val_loss"]


def test_steps_that_are_not_measured_cost_nothing(parts) -> None:
    """After the first thirty steps the hook returns at once."""
    doctor = Doctor(print_fn=None)
    net = network()
    net.fit(*parts[0], epochs=1, verbose=0, callbacks=[doctor])

    class Late:
        step = 31

        def __getattr__(self, name: str) -> object:
            raise AssertionError(f"looked at {name}")

    doctor.on_batch_end(Late())  # type: ignore[arg-type]


def test_measured_and_recomputed_update_ratios_agree(parts) -> None:
    run = Fitted(network(), *parts, SGD(0.1), epochs=3)
    beside, after = run.doctor.observations.updates, run.seen.updates

    assert len(beside) == len(after) == 2
    assert np.allclose(np.log10(beside), np.log10(after), atol=0.5)


def test_the_doctor_takes_data_split_and_options_from_the_run(parts) -> None:
    """It finds wrong labels, validation rows and penalties without being told."""
    (x, y), _ = parts
    rng = np.random.default_rng(0)
    wrong = np.where(rng.random(len(y)) < 0.25, rng.integers(0, 10, len(y)), y)
    doctor = Doctor(print_fn=None)
    network(fn="relu").fit(
        x, wrong, epochs=3, optimizer="adam", validation_split=0.2, l2=1e-4, callbacks=[doctor],
        verbose=0,
    )  # fmt: skip
    seen = doctor.observations

    assert "label_noise" in {finding.check for finding in doctor.findings if finding.severe}
    assert seen.held_out["validation"].rows == round(0.2 * len(y))
    assert (seen.setup.l2, seen.setup.examples) == (1e-4, len(y) - round(0.2 * len(y)))
    assert seen.trials


def test_faults_of_the_start_are_printed_before_training(parts) -> None:
    printed: list[str] = []

    class FirstStep(Callback):
        def on_batch_end(self, run) -> None:
            if run.step == 1:
                printed.append("first step")

    doctor = Doctor(print_fn=printed.append)
    network("none").fit(
        *parts[0], epochs=1, optimizer="adam", callbacks=[doctor, FirstStep()], verbose=0
    )
    relevant = [line for line in printed if "wrong scale" in line or line == "first step"]

    assert relevant == ["critical: inputs on the wrong scale [input_scale]", "first step"]


def test_observations_are_left_in_the_run_folder(parts, tmp_path) -> None:
    doctor = Doctor(folder=tmp_path, print_fn=None)
    network().fit(*parts[0], validation_data=parts[1], epochs=2, callbacks=[doctor], verbose=0)
    kept = Observations.from_json(tmp_path / "doctor.json")

    assert diagnose(kept) == doctor.findings
    assert kept.setup == doctor.observations.setup


def test_weights_that_early_stopping_put_back_are_noticed(parts) -> None:
    run = Fitted(
        network(units=(64,)), *parts, Adam(3e-2), epochs=60, callbacks=[EarlyStopping(patience=3)]
    )
    setup = run.doctor.observations.setup

    assert setup.kept_epoch == run.history.best_epoch


def test_a_resumed_training_is_not_examined_by_its_start(parts) -> None:
    train, _ = parts
    net = network()
    net.fit(*train, epochs=5, optimizer="adam", verbose=0)
    doctor = Doctor(print_fn=None)
    net.fit(*train, epochs=5, optimizer="adam", verbose=0, callbacks=[doctor])

    assert doctor.observations.setup.resumed
    assert doctor.observations.start is None


def test_a_diverged_run_ends_with_its_own_error_and_with_findings(parts) -> None:
    doctor = Doctor(print_fn=None)
    with pytest.raises(DivergedError, match="training diverged"):
        network(fn="leaky_relu", units=(32, 32)).fit(
            *parts[0], optimizer=SGD(1e3), callbacks=[doctor], verbose=0
        )

    assert "learning_rate_high" in {finding.check for finding in doctor.findings}


def test_findings_depend_on_observations_alone(parts) -> None:
    run = Fitted(network(), *parts, Adam(3e-3), epochs=3)

    assert diagnose(run.seen) == diagnose(replace(run.seen))
