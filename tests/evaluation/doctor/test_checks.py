"""Every check, on made-up observations: silent on healthy runs, and right about faulty ones."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from byhand.errors import FileError, FormatError
from byhand.evaluation.doctor import CHECKS, SEVERITIES, Observations, diagnose
from byhand.evaluation.doctor.checks import in_causal_order
from byhand.evaluation.doctor.checks.common import is_poor, penalty_at_start
from byhand.evaluation.doctor.findings_text import HEALTHY, lines
from byhand.evaluation.doctor.observations import (
    HeldOutFacts,
    InputFacts,
    LabelFacts,
    LayerFacts,
    Setup,
    State,
    Trial,
    ValueFacts,
)
from byhand.evaluation.doctor.relabelled import RelabelledClass

# --- a healthy run, and faults --------------------------------------------------------------------


def layer(number: int, hidden: bool = True, **changes: object) -> LayerFacts:
    facts = LayerFacts(
        number=number,
        units=20 if hidden else 10,
        activation="relu" if hidden else "softmax",
        hidden=hidden,
        active=0.5 if hidden else 1.0,
        silent=(),
        equal_units=0,
        weight_norm=5.0,
        gradient_norm=0.1,
        signal=0.9,
    )
    return replace(facts, **changes)


def state(loss: float, accuracy: float, *layers: LayerFacts) -> State:
    layers = layers or (layer(1), layer(2), layer(3, hidden=False))
    return State(1000, loss, accuracy, 1.2, layers, gradient_norm=0.5, gradient_rms=0.01)


def healthy() -> Observations:
    return Observations(
        setup=Setup(
            classes=10,
            loss="categorical_cross_entropy",
            output="softmax",
            normalisation="pixels",
            images=True,
            optimizer="sgd",
            learning_rate=0.1,
            batch_size=64,
            examples=6400,
            steps=1000,
        ),
        curves={
            "loss": (1.0, 0.5, 0.3, 0.25, 0.2, 0.18, 0.17, 0.16, 0.16, 0.16),
            "accuracy": (0.7, 0.8, 0.88, 0.9, 0.92, 0.93, 0.94, 0.95, 0.95, 0.95),
            "val_loss": (0.9, 0.5, 0.35, 0.3, 0.28, 0.27, 0.26, 0.26, 0.26, 0.26),
            "val_accuracy": (0.72, 0.8, 0.86, 0.89, 0.9, 0.91, 0.92, 0.92, 0.92, 0.92),
        },
        inputs=InputFacts(3000, 0.13, 0.33, 0.0, 1.0, 0.6, 0.0),
        labels=LabelFacts((640,) * 10, 0.1, 1000, 10, 0.91, 0.85, 800, 0.004),
        held_out={"validation": HeldOutFacts(1000, 0, 0.01, 1.0, 0.02, 0.03)},
        start=state(2.35, 0.1),
        end=state(0.15, 0.955),
        updates=(2e-3, 1e-3, 3e-3),
    )


def with_setup(**changes: object) -> Observations:
    seen = healthy()
    return replace(seen, setup=replace(seen.setup, **changes))


def with_start(*layers: LayerFacts, loss: float = 2.35) -> Observations:
    return replace(healthy(), start=state(loss, 0.1, *layers, layer(3, hidden=False)))


def fading() -> Observations:
    """A run whose gradient hardly reached the first layer at the start."""
    return with_start(layer(1, signal=1e-5), layer(2, signal=1e-2))


def with_end(*layers: LayerFacts, accuracy: float = 0.955) -> Observations:
    return replace(healthy(), end=state(0.15, accuracy, *layers, layer(3, hidden=False)))


def badly_ended(*trials: tuple[float, float], **setup: object) -> Observations:
    """A run that ended with a loss of 2 and an accuracy of 30 %; trials are (factor, loss)."""
    seen = with_setup(**setup)
    curves = {"loss": (2.2, 2.05, 2.0, 2.0), "accuracy": (0.2, 0.3, 0.3, 0.3)}
    return replace(
        seen,
        curves=curves,
        end=state(2.0, 0.3),
        trials=tuple(Trial(factor, 150, loss, 0.5) for factor, loss in trials),
        trial_loss=2.0,
        yardstick=0.93,
    )


def harmed_a_little_by(l2: float) -> Observations:
    """A run that learned nearly all, and would have learned more in a few steps without l2."""
    seen = replace(with_setup(l2=l2), end=state(0.4, 0.93), trial_loss=0.4)
    return replace(seen, trials=(Trial(1.0, 150, 0.2, 0.94),), yardstick=0.94)


def few_of_each_class(validation: float) -> Observations:
    """A network that knows all of its 100 examples of 10 classes, and others less well."""
    return replace(
        with_setup(examples=100),
        end=state(0.01, 1.0),
        curves={
            "loss": (0.5, 0.1, 0.01),
            "val_loss": (0.5, 0.4, 0.4),
            "val_accuracy": (0.5, validation, validation),
        },
    )


def over_confident() -> Observations:
    seen = healthy()
    rising = (0.5, 0.3, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55)
    same = (0.85, 0.92, 0.92, 0.92, 0.92, 0.92, 0.92, 0.92)
    return replace(seen, curves={**seen.curves, "val_loss": rising, "val_accuracy": same})


def with_labels(**changes: object) -> Observations:
    seen = healthy()
    assert seen.labels is not None
    return replace(seen, labels=replace(seen.labels, **changes))


def with_inputs(**changes: float) -> Observations:
    seen = healthy()
    assert seen.inputs is not None
    return replace(seen, inputs=replace(seen.inputs, **changes))


def with_held_out(**changes: float) -> Observations:
    seen = healthy()
    facts = replace(seen.held_out["validation"], **changes)
    return replace(seen, held_out={"validation": facts})


def regression(smallest: float, largest: float) -> Observations:
    """A healthy run that predicts values in this range."""
    deviation = (largest - smallest) / 4
    values = ValueFacts(
        (smallest + largest) / 2, deviation, smallest, largest, usual_loss=deviation**2
    )
    setup = replace(healthy().setup, classes=0, loss="squared_error", output="identity")
    return Observations(
        setup=setup,
        curves={"loss": (0.5, 0.2, 0.1), "val_loss": (0.5, 0.25, 0.15)},
        inputs=healthy().inputs,
        values=values,
        start=state(1.1 * deviation**2, 0.0),
        end=state(0.1 * deviation**2, 0.9),
    )


def unrelated_values(learnt: float) -> Observations:
    """A regression whose values have nothing to do with those of neighbours.

    Args:
        learnt: fraction of the variance of validation values that the network explains.
    """
    seen = regression(-2.0, 2.0)
    assert seen.values is not None
    return replace(
        seen,
        values=replace(seen.values, examined=800, agreement=0.01),
        curves={"loss": (1.0, 0.5), "val_loss": (1.1, (1 - learnt) * seen.values.usual_loss)},
        end=None,
    )


SUSPECTS = {"suspects": 0.2, "rows": (3, 44), "labels": (1, 2), "instead": (7, 0)}
UNRELATED = {"knn_accuracy": 0.1, "agreement": 0.0, "agreed": 0}
EVEN = (0.1,) * 10

SICK: dict[str, list[Observations]] = {
    "input_scale": [
        with_inputs(rms=80.0, largest=255.0, column_rms=150.0),
        with_inputs(rms=0.001, largest=0.004, column_rms=0.002),
        with_inputs(rms=3.0, largest=900.0, column_rms=400.0),
    ],
    "blank_inputs": [with_inputs(blank=0.4)],
    "shuffled_labels": [
        replace(with_labels(**UNRELATED), curves={"val_accuracy": EVEN}, end=None),
        replace(with_labels(**UNRELATED), curves={}, held_out={}, end=None),
        unrelated_values(learnt=0.0),
    ],
    "unshuffled": [
        replace(with_labels(in_order=0.99), setup=replace(healthy().setup, shuffled=False))
    ],
    "validation_shift": [
        with_held_out(mean_shift=1.2),
        with_held_out(spread_ratio=0.3),
        with_held_out(class_distance=0.9),
        replace(with_held_out(knn_accuracy=0.1), curves={"val_accuracy": (0.1, 0.12)}),
        with_held_out(column_shift=0.5),
    ],
    "leaking_split": [
        with_held_out(repeated=30),
        with_held_out(repeated=900),
        with_held_out(near=0.3),
    ],
    "label_noise": [
        with_labels(**SUSPECTS),
        replace(
            with_labels(random=0.5, agreed=100, suspects=0.4), curves={"val_accuracy": (0.4, 0.3)}
        ),
    ],
    "relabelled_class": [
        with_labels(relabelled=RelabelledClass(5, 0.47, 8, 0.93)),
        with_labels(relabelled=RelabelledClass(1, 0.4, 0, 0.2)),
    ],
    "mixed_examples": [with_inputs(inverted=0.2), with_inputs(rescaled=0.3)],
    "label_in_inputs": [with_labels(told=1.0, told_next=0.3, telling_column=5)],
    "over_smoothing": [with_setup(label_smoothing=0.95), with_setup(label_smoothing=0.5)],
    "tight_clipping": [
        badly_ended((1.0, 0.3), clip_norm=1e-4),
        badly_ended((1.0, 0.3), clip_value=1e-6),
        badly_ended(
            (1.0, 1.95), clip_norm=1e-5
        ),  # without the fault, 150 steps do not get far either
        badly_ended((1.0, 1.95), clip_norm=0.01, optimizer="sgd"),  # 1,000 steps of 0.001
    ],
    "fading_rate": [
        replace(
            badly_ended((1.0, 0.5)),
            curves={"loss": (2.0,) * 8, "learning_rate": tuple(0.1 * 0.1**k for k in range(8))},
        ),
        replace(
            healthy(),  # as far as its own examples show, but not on others
            curves={"val_accuracy": (0.85,) * 8, "learning_rate": tuple(0.1**k for k in range(8))},
        ),
    ],
    "wrong_loss": [
        badly_ended((1.0, 1.9), loss="absolute_error"),
        replace(regression(-1.5, 2.0), setup=replace(regression(-1.5, 2.0).setup, output="tanh")),
    ],
    "target_scale": [replace(regression(0.0, 900.0), end=state(8e4, 0.0), yardstick=0.9)],
    "class_imbalance": [
        with_labels(counts=(640, 640, 20, *(640,) * 7)),
        with_labels(counts=(640, 640, 0, *(640,) * 7)),
    ],
    "symmetric_initialisation": [with_start(layer(1, equal_units=20))],
    "dead_start": [with_start(layer(1, silent=tuple(range(18))))],
    "exploding_gradients": [with_start(layer(1, signal=100.0), layer(2, signal=6.0))],
    "vanishing_gradients": [replace(fading(), end=state(2.0, 0.3), yardstick=0.93)],
    "saturated_start": [
        with_start(layer(1, activation="tanh", active=0.1)),
        replace(with_start(layer(1, activation="tanh", active=0.3)), end=state(0.5, 0.8)),
    ],
    "initial_loss": [
        with_start(layer(1), loss=9.0),
        replace(healthy(), start=replace(state(3.0, 0.1), logits=12.0)),
        with_start(layer(1), loss=0.2),
        replace(regression(-2.0, 2.0), start=replace(state(200.0, 0.0), logits=14.0)),
    ],
    "over_regularised": [
        badly_ended((1.0, 0.3), l2=0.5),
        harmed_a_little_by(l2=1.0),
        replace(
            badly_ended((1.0, 1.9), l2=0.5),
            end=state(2.0, 0.3, layer(1, weight_norm=0.2), layer(3, hidden=False, weight_norm=0.2)),
            start=state(2.35, 0.1, layer(1), layer(3, hidden=False)),
        ),
        replace(
            with_setup(dropout=0.9),
            curves={"accuracy": (0.2, 0.4), "val_accuracy": (0.8, 0.93)},
        ),
    ],
    "learning_rate_high": [
        badly_ended((0.01, 0.4), (0.1, 0.6), (1.0, 2.4)),
        replace(
            badly_ended((0.01, 0.4), (1.0, math.inf), diverged=True), end=None, trial_loss=math.inf
        ),
    ],
    "learning_rate_low": [
        badly_ended((0.1, 2.34), (1.0, 2.2), (10.0, 1.9), (100.0, 0.5)),
        replace(badly_ended((1.0, 2.34), (1000.0, 1.2)), trial_loss=2.3),
    ],
    "diverged": [with_setup(diverged=True)],
    "dead_units": [with_end(layer(1, silent=tuple(range(16))), accuracy=0.86)],
    "saturated_units": [with_end(layer(1, activation="sigmoid", active=0.05))],
    "update_ratio": [
        replace(healthy(), updates=(1e-7, 1e-3, 1e-3)),
        replace(healthy(), updates=(1e-3, 2.0, 1e-3), end=state(0.4, 0.86)),
    ],
    "unfinished": [
        badly_ended(steps=12),
        replace(with_setup(steps=6), curves={"loss": (0.5,), "val_accuracy": (0.85,)}),
        replace(badly_ended(), curves={"loss": (2.3, 2.0, 1.8, 1.6, 1.4, 1.3, 1.1, 1.0)}),
    ],
    "over_fitting": [
        few_of_each_class(validation=0.9),
        replace(healthy(), end=state(0.001, 1.0), curves={"loss": (0.1,), "val_accuracy": (0.8,)}),
    ],
    "over_confidence": [over_confident()],
    "under_fitting": [badly_ended((1.0, 1.9), (10.0, 1.9))],
}
"""Runs in which each check must find something, by its name."""

EACH_SICK = [
    pytest.param(check, seen, id=f"{check}-{number}")
    for check, cases in SICK.items()
    for number, seen in enumerate(cases)
]


# --- tests ----------------------------------------------------------------------------------------


def test_every_check_has_a_failing_run_here() -> None:
    assert set(SICK) == set(CHECKS)


def test_a_healthy_run_has_no_findings() -> None:
    assert diagnose(healthy()) == []


def test_a_healthy_regression_has_no_findings() -> None:
    assert diagnose(regression(-2.0, 2.0)) == []


def test_a_run_without_records_has_no_findings() -> None:
    assert diagnose(Observations()) == []


@pytest.mark.parametrize(("check", "seen"), EACH_SICK)
def test_a_check_finds_its_problem_and_no_other_check_contradicts(
    check: str, seen: Observations
) -> None:
    findings = {finding.check: finding for finding in diagnose(seen)}
    found = findings[check]

    assert found.severe
    assert not found.follows
    assert [name for name, one in findings.items() if one.severe] == [check]


@pytest.mark.parametrize(("check", "seen"), EACH_SICK)
def test_a_finding_has_evidence_in_numbers_a_meaning_and_an_option(
    check: str, seen: Observations
) -> None:
    found = CHECKS[check](seen)
    assert found is not None

    assert found.check == check
    assert found.severity in SEVERITIES
    assert any(letter.isdigit() for letter in found.evidence)
    assert found.numbers
    assert found.meaning.endswith((".", "?"))
    assert found.advice.changes or found.advice.text
    assert "nan" not in found.evidence
    assert json.loads(json.dumps(found.as_dict()))["check"] == check


@pytest.mark.parametrize(("check", "seen"), EACH_SICK)
def test_observations_survive_a_file(check: str, seen: Observations, tmp_path) -> None:
    back = Observations.from_json(seen.to_json(tmp_path / "doctor.json"))

    assert diagnose(back) == diagnose(seen)
    assert back.setup == seen.setup
    assert back.end == seen.end


def test_observations_of_version_0_1_are_read(tmp_path) -> None:
    """Version 0.1 wrote batch_rows for batch_size, and twins for equal_units."""
    seen = with_start(layer(1, equal_units=20))
    path = seen.to_json(tmp_path / "doctor.json")
    text = path.read_text().replace("batch_size", "batch_rows").replace("equal_units", "twins")
    path.write_text(text)

    assert "batch_rows" in text
    back = Observations.from_json(path)
    assert (back.setup, back.start) == (seen.setup, seen.start)


def test_the_evidence_is_that_of_the_observations() -> None:
    (found,) = diagnose(with_held_out(repeated=30))

    assert "30 of 1000 validation examples (3 %)" in found.evidence
    assert found.numbers == {"repeated": 30, "rows": 1000, "fraction": 0.03}


def test_a_relabelled_class_is_named_with_its_fraction_and_the_other_label() -> None:
    (one,) = diagnose(with_labels(relabelled=RelabelledClass(5, 0.47, 8, 0.93)))
    (several,) = diagnose(with_labels(relabelled=RelabelledClass(1, 0.4, 0, 0.2)))

    assert "look like class 5, about 47 % have the label 8" in one.evidence
    assert "about 40 % have other labels (most often 0)" in several.evidence


def test_scores_that_no_network_outdoes_accuse_a_class_although_neighbours_know_little() -> None:
    found = RelabelledClass(5, 0.47, 8, 0.93, accuracy=0.93)
    (one, *_) = diagnose(with_labels(relabelled=found, knn_accuracy=0.6))

    assert one.check == "relabelled_class"


def test_a_class_of_a_small_table_that_is_rare_by_chance_is_a_note() -> None:
    (by_chance,) = diagnose(with_labels(counts=(8, 12, 6, 2, 7, 6, 5, 2)))
    (really,) = diagnose(with_labels(counts=(80, 120, 60, 20, 70, 60, 50, 20)))

    assert (by_chance.severity, really.severity) == ("note", "warning")


@pytest.mark.parametrize(("examples", "severity"), [(30, "warning"), (600, "note")])
def test_few_values_that_are_predicted_much_worse_for_others_were_memorised(
    examples: int, severity: str
) -> None:
    seen = regression(-2.0, 2.0)
    seen = replace(
        seen,
        setup=replace(seen.setup, examples=examples),
        curves={"loss": (0.5, 0.01), "val_loss": (0.5, 0.2)},
        end=state(0.01, 0.99),
        held_out=healthy().held_out,
    )

    (found,) = diagnose(seen)

    assert (found.check, found.severity) == ("over_fitting", severity)


def test_a_few_labels_that_are_known_as_well_as_others_were_not_memorised() -> None:
    assert diagnose(few_of_each_class(validation=0.94)) == []


def test_weights_that_start_too_large_make_no_penalty_strong() -> None:
    seen = badly_ended((1.0, 0.3), l2=1e-4)
    wild = with_start(layer(1, weight_norm=600.0))

    assert penalty_at_start(replace(seen, start=wild.start)) < 0.01


def test_weight_decay_that_a_hasty_rate_makes_strong_is_not_the_cause() -> None:
    seen = replace(badly_ended((0.1, 0.2), (1.0, 1.3), weight_decay=0.01), trial_loss=2.0)
    hasty = replace(seen.setup, learning_rate=0.5)

    assert diagnose(replace(seen, setup=hasty))[0].check == "learning_rate_high"


@pytest.mark.parametrize(("held_out", "found"), [(0.9, False), (0.6, True), (math.nan, True)])
def test_other_column_means_count_unless_neighbours_predict_both_parts_alike(
    held_out: float, found: bool
) -> None:
    """Training images that were moved, for augmentation, have other means and do no harm."""
    labels = replace(with_labels().labels, knn_accuracy=0.92)
    seen = replace(with_held_out(column_shift=0.5, knn_accuracy=held_out), labels=labels)
    names = [finding.check for finding in diagnose(seen)]
    assert ("validation_shift" in names) == found


def test_a_mild_penalty_is_not_blamed_for_what_a_trial_learns_faster() -> None:
    assert diagnose(harmed_a_little_by(l2=1e-4)) == []


@pytest.mark.parametrize(("accuracy", "severity"), [(0.955, "note"), (0.8, "warning")])
def test_large_first_steps_are_a_note_where_all_was_learnt(accuracy: float, severity: str) -> None:
    seen = replace(healthy(), updates=(1e-3, 0.6, 1e-3), end=state(0.15, accuracy))
    (found,) = (one for one in diagnose(seen) if one.check == "update_ratio")

    assert found.severity == severity


def test_what_is_easy_with_the_label_among_the_inputs_is_no_yardstick() -> None:
    seen = badly_ended((1.0, 1.9))
    assert seen.labels is not None
    told = replace(seen.labels, told=1.0, told_next=0.3, telling_column=5)
    first, *others = diagnose(replace(seen, labels=told))

    assert first.check == "label_in_inputs"
    assert "under_fitting" in {one.check for one in others if one.follows == "label_in_inputs"}


def test_values_on_another_scale_are_a_warning_where_the_network_falls_behind() -> None:
    seen = regression(0.0, 900.0)
    severities = [
        diagnose(replace(seen, end=state(5e3, reached), yardstick=0.98))[0].severity
        for reached in (0.97, 0.93, 0.85)
    ]

    assert severities == ["note", "warning", "critical"]


def test_neighbours_that_a_network_outdoes_accuse_no_class() -> None:
    seen = with_labels(relabelled=RelabelledClass(5, 0.47, 8, 0.93), knn_accuracy=0.6)

    assert diagnose(seen) == []


@pytest.mark.parametrize(
    ("fading", "contradicted", "severity"),
    [(4.0, 0.03, "note"), (4.0, 0.2, "warning"), (0.5, 0.03, "warning")],
)
def test_contradictions_at_the_borders_of_classes_are_a_note(
    fading: float, contradicted: float, severity: str
) -> None:
    """The first labels only overlap; the second are wrong inside classes, the third everywhere."""
    seen = with_labels(
        suspects=0.12, agreed=400, unanimous=150, contradicted=contradicted, fading=fading
    )
    (found,) = (one for one in diagnose(seen) if one.check == "label_noise")

    assert found.severity == severity
    assert ("overlap" in found.meaning) is (severity == "note")


@pytest.mark.parametrize(("rows", "named"), [(200, True), (20_000, False)])
def test_a_part_that_is_easy_by_chance_shows_nothing_learnt(rows: int, named: bool) -> None:
    held_out = {"validation": HeldOutFacts(rows, 0, 0.01, 1.0, 0.0, 0.0)}
    seen = replace(unrelated_values(learnt=0.15), held_out=held_out)

    assert ("shuffled_labels" in {one.check for one in diagnose(seen)}) is named


def test_contradictions_are_a_note_where_classes_overlap_everywhere() -> None:
    seen = with_labels(suspects=0.08, knn_accuracy=0.7, unanimous=150, contradicted=0.09)
    seen = replace(seen, curves={})
    (found,) = (one for one in diagnose(seen) if one.check == "label_noise")

    assert found.severity == "note"
    assert "overlap" in found.meaning


def test_a_limit_that_allows_long_ways_is_not_too_tight() -> None:
    seen = badly_ended((1.0, 1.95), clip_norm=0.02, optimizer="momentum")

    assert "tight_clipping" not in {one.check for one in diagnose(seen)}


def test_a_loss_that_dropout_raises_does_not_make_hardly_any_steps_too_long() -> None:
    seen = badly_ended((0.1, 2.29), (1.0, 2.28))
    raised = replace(seen, curves={"loss": (3.6,) * 4}, updates=(1e-6, 2e-6, 1e-6))

    assert "learning_rate_high" not in {one.check for one in diagnose(raised)}


def test_a_schedule_that_wastes_nearly_all_epochs_is_named_although_nothing_is_behind() -> None:
    seen = replace(
        healthy(),
        curves={"learning_rate": tuple(0.1**k for k in range(40))},
        trials=(Trial(1.0, 150, 0.2, 0.94),),
        trial_loss=0.2,
    )
    (found,) = diagnose(seen)

    assert (found.check, found.severity) == ("fading_rate", "warning")


@pytest.mark.parametrize(("repeated", "named"), [(80, False), (300, True)])
def test_rows_that_are_equal_by_chance_are_not_copies(repeated: int, named: bool) -> None:
    findings = diagnose(with_held_out(repeated=repeated, alike=0.07))

    assert [one.check for one in findings] == ["leaking_split"] * named


@pytest.mark.parametrize(("mean_shift", "severity"), [(1.2, "warning"), (60.0, "critical")])
def test_parts_that_have_no_number_in_common_are_critical(mean_shift: float, severity: str) -> None:
    (found,) = diagnose(with_held_out(mean_shift=mean_shift))

    assert found.severity == severity


def test_values_that_a_network_predicts_belong_to_their_inputs() -> None:
    named = {finding.check for finding in diagnose(unrelated_values(learnt=0.3))}

    assert "shuffled_labels" not in named


def test_a_run_that_diverged_at_every_rate_is_given_the_usual_rate() -> None:
    (found,) = diagnose(with_setup(diverged=True, learning_rate=1e30, optimizer="adam"))

    assert "learning_rate=0.001 (it was 1e+30)" in found.fix


def test_dead_units_are_counted_and_named() -> None:
    (found,) = diagnose(with_end(layer(1, silent=tuple(range(3, 19)))))

    assert "16 of 20" in found.evidence
    assert "units 3, 4, 5" in found.evidence
    assert found.numbers["dead"] == 16


def test_a_consequence_is_a_note_beside_its_cause() -> None:
    seen = replace(
        with_inputs(rms=80.0, largest=255.0),
        start=state(120.0, 0.1, layer(1), layer(3, hidden=False)),
    )
    first, second = diagnose(seen)

    assert (first.check, first.severity) == ("input_scale", "critical")
    assert (second.check, second.severity, second.follows) == (
        "initial_loss",
        "note",
        "input_scale",
    )


def test_causes_come_before_what_they_explain() -> None:
    order = [check.name for check in in_causal_order()]
    for check in in_causal_order():
        for effect in check.explains:
            assert order.index(check.name) < order.index(effect), f"{check.name} explains {effect}"


def test_the_most_serious_comes_first() -> None:
    seen = replace(with_inputs(blank=0.2), start=state(2.35, 0.1, layer(1, equal_units=20)))
    ranks = [SEVERITIES.index(finding.severity) for finding in diagnose(seen)]

    assert ranks == sorted(ranks, reverse=True)


def test_weighted_classes_out_of_balance_are_only_worth_a_note() -> None:
    seen = with_labels(counts=(640, 640, 20, *(640,) * 7))
    (found,) = diagnose(replace(seen, setup=replace(seen.setup, weighted=True)))

    assert found.severity == "note"


def test_a_rate_that_fails_without_weight_decay_too_is_the_cause() -> None:
    seen = badly_ended((1.0, 2.2), (0.01, 0.3), weight_decay=0.01, learning_rate=1.0)
    found = [finding.check for finding in diagnose(seen) if finding.severe]

    assert found == ["learning_rate_high"]


def test_a_gradient_that_a_single_unit_loses_is_under_fitting() -> None:
    one = layer(1, units=1, signal=0.0)
    seen = badly_ended((1.0, 1.9), (10.0, 1.9))
    end = state(2.0, 0.3, one, layer(2, hidden=False))
    seen = replace(seen, start=state(2.3, 0.1, one, layer(2, hidden=False)), end=end)

    assert diagnose(seen)[0].check == "under_fitting"


def test_a_gradient_that_fades_is_only_worth_a_note_where_all_was_learnt() -> None:
    found = {finding.check: finding.severity for finding in diagnose(fading())}

    assert found["vanishing_gradients"] == "note"


def test_layers_that_do_not_move_at_all_do_not_ask_for_a_higher_rate() -> None:
    stuck = replace(badly_ended((10.0, 1.99)), updates=(0.0, 0.0, 0.0))

    assert "learning_rate_low" not in {finding.check for finding in diagnose(stuck)}


def test_a_gap_that_does_no_harm_yet_is_only_worth_a_note() -> None:
    seen = healthy()
    still_falling = (1.0, 0.5, 0.4, 0.35, 0.3, 0.3, 0.28, 0.28)
    behind = (0.7, 0.75, 0.8, 0.82, 0.84, 0.84, 0.84, 0.84)
    curves = {**seen.curves, "val_loss": still_falling, "val_accuracy": behind}
    (found,) = diagnose(replace(seen, curves=curves))

    assert (found.check, found.severity) == ("over_fitting", "note")


@pytest.mark.parametrize(("reachable", "severity"), [(0.9, "warning"), (0.84, "note")])
def test_a_gap_is_a_note_where_others_are_predicted_as_well_as_is_easy(
    reachable: float, severity: str
) -> None:
    seen = with_labels(knn_accuracy=reachable)
    curves = {"loss": (0.9, 0.1), "val_loss": (0.6, 0.7), "val_accuracy": (0.8, 0.82)}
    (found,) = diagnose(replace(seen, curves=curves, end=state(0.1, 0.95)))

    assert (found.check, found.severity) == ("over_fitting", severity)


def test_a_loss_that_doubles_while_few_more_are_wrong_is_over_confidence() -> None:
    seen = over_confident()
    slightly_worse = (0.8, 0.82, 0.82, 0.82, 0.81, 0.8, 0.8, 0.795)
    much_worse = (0.8, 0.82, 0.82, 0.8, 0.75, 0.7, 0.65, 0.6)

    def named(accuracies: tuple[float, ...]) -> set[str]:
        curves = {**seen.curves, "val_accuracy": accuracies}
        return {finding.check for finding in diagnose(replace(seen, curves=curves))}

    assert "over_confidence" in named(slightly_worse)
    assert "over_confidence" not in named(much_worse)


def late_gap(early: float) -> Observations:
    """A run whose accuracies are 20 points apart in the end, and `early` at the lowest loss."""
    seen = over_confident()
    train = (0.7, 0.8 + early, *[1.0] * 6)
    validation = (0.7, *[0.8] * 7)
    curves = {**seen.curves, "accuracy": train, "val_accuracy": validation}
    return replace(seen, end=state(0.001, 1.0), curves=curves)


def test_a_gap_that_opens_after_the_lowest_loss_comes_after_over_confidence() -> None:
    def first(seen: Observations) -> str:
        return diagnose(seen)[0].check

    assert first(late_gap(0.05)) == "over_confidence"
    assert first(late_gap(0.2)) == "over_fitting"


def test_with_few_examples_over_confidence_is_a_note() -> None:
    seen = over_confident()
    few = replace(seen, setup=replace(seen.setup, examples=10 * int(seen.setup.classes or 0)))

    assert [one.severity for one in diagnose(few) if one.check == "over_confidence"] == ["note"]


def test_of_an_epoch_whose_weights_were_put_back_what_came_later_does_not_count() -> None:
    seen = over_confident()
    kept = replace(seen, setup=replace(seen.setup, kept_epoch=2))

    assert [finding.check for finding in diagnose(seen)] == ["over_confidence"]
    assert diagnose(kept) == []


def test_findings_as_lines_name_everything() -> None:
    (found,) = diagnose(with_inputs(rms=80.0, largest=255.0))
    text = " ".join(" ".join(lines([found])).split())

    assert found.name in text
    assert found.evidence in text
    assert found.fix in text
    assert lines([]) == [HEALTHY]


@pytest.mark.parametrize("text", ['{"setup": 3, "unknown": 1}', "[" * 100_000])
def test_a_damaged_file_of_observations_is_named(text, tmp_path) -> None:
    path = tmp_path / "doctor.json"
    path.write_text(text)

    with pytest.raises(FormatError, match=r"doctor\.json"):
        Observations.from_json(path)
    with pytest.raises(FileError, match="cannot be read"):
        Observations.from_json(tmp_path / "nowhere.json")


# --- what chance explains, or costs nothing -------------------------------------------------------


def named(seen: Observations) -> set[str]:
    return {finding.check for finding in diagnose(seen) if finding.severe}


@pytest.mark.parametrize(("rows", "poor"), [(1000, True), (100, False)])
def test_an_accuracy_is_poor_only_beyond_the_error_of_what_is_easy(rows: int, poor: bool) -> None:
    """Ten points behind: 250 examples show it, and 25 do not."""
    end = replace(state(0.5, 0.8), rows=rows)
    seen = replace(with_labels(knn_accuracy=math.nan), yardstick=0.9, end=end)

    assert is_poor(seen) is poor


@pytest.mark.parametrize(("in_order", "found"), [(0.9, False), (0.999, True)])
def test_a_frequent_class_follows_itself_in_any_order(in_order: float, found: bool) -> None:
    seen = with_labels(counts=(950, 50), in_order=in_order)
    seen = replace(seen, setup=replace(seen.setup, shuffled=False, classes=2))

    assert ("unshuffled" in named(seen)) is found


@pytest.mark.parametrize(("rows", "found"), [(1000, True), (40, False)])
def test_a_loss_that_rises_through_a_few_predictions_is_no_over_confidence(
    rows: int, found: bool
) -> None:
    seen = over_confident()
    held_out = {"validation": replace(seen.held_out["validation"], rows=rows)}

    assert ("over_confidence" in named(replace(seen, held_out=held_out))) is found


def test_half_of_the_units_may_be_dead_where_inputs_hardly_vary() -> None:
    assert named(with_start(layer(1, silent=tuple(range(14))))) == set()


def test_dead_units_that_a_network_can_spare_are_a_note() -> None:
    (found,) = diagnose(with_end(layer(1, silent=tuple(range(16)))))

    assert (found.check, found.severity) == ("dead_units", "note")


@pytest.mark.parametrize(
    ("right", "asked", "easy", "severity"),
    [
        (50, 120, 0.92, "note"),
        (50, 120, 0.99, "warning"),
        (5, 120, 0.92, "warning"),
        (8, 8, 0.92, "warning"),
    ],
)
def test_rare_classes_that_are_learnt_as_well_as_is_easy_are_a_note(
    right: int, asked: int, easy: float, severity: str
) -> None:
    """As well as is easy; much less well; the class is ignored; there are too few to tell."""
    seen = with_labels(counts=(4480, 640), knn_accuracy=easy)
    seen = replace(seen, recalls=((870, 880), (right, asked)))
    (found,) = (one for one in diagnose(seen) if one.check == "class_imbalance")

    assert found.severity == severity


@pytest.mark.parametrize(("loss", "found"), [(0.19, True), (0.09, False)])
def test_a_network_that_always_names_the_frequent_class_may_know_more(
    loss: float, found: bool
) -> None:
    seen = with_labels(counts=(6080, 320), agreement=0.01, knn_accuracy=0.95)
    curves = {"val_accuracy": (0.95, 0.95), "val_loss": (0.2, loss)}
    seen = replace(seen, curves=curves, setup=replace(seen.setup, classes=2))

    assert ("shuffled_labels" in named(seen)) is found


@pytest.mark.parametrize(("share", "found"), [(0.5, True), (0.98, False)])
def test_a_first_loss_is_too_good_only_below_that_of_the_frequencies(
    share: float, found: bool
) -> None:
    counts = round(6400 * share), round(6400 * (1 - share))
    seen = replace(with_labels(counts=counts), start=state(0.1, 0.9))
    seen = replace(seen, setup=replace(seen.setup, classes=2))

    assert ("initial_loss" in named(seen)) is found


def test_labels_that_all_classes_share_only_near_their_borders_are_not_random() -> None:
    """Ten classes that overlap: a third contradict, and hardly any where neighbours agree."""
    seen = with_labels(random=0.3, agreed=300, suspects=0.03, knn_accuracy=0.6)

    assert "label_noise" not in named(replace(seen, curves={"val_accuracy": (0.7,)}))


def test_repeated_training_examples_make_no_other_labels() -> None:
    seen = replace(with_held_out(knn_accuracy=0.4), curves={"val_accuracy": (0.9,)})

    assert "validation_shift" not in named(seen)


@pytest.mark.parametrize(("rows", "found"), [(20, False), (1000, True)])
def test_other_class_frequencies_count_beyond_chance(rows: int, found: bool) -> None:
    seen = with_held_out(rows=rows, class_distance=0.4, class_noise=0.05)

    assert ("validation_shift" in named(seen)) is found


def test_a_rate_that_learns_more_than_a_lower_one_is_not_too_high() -> None:
    seen = badly_ended((0.1, 0.8), (1.0, 0.45), (10.0, 4.3))

    assert "learning_rate_high" not in named(seen)


@pytest.mark.parametrize(("alike", "found"), [(0.0, True), (1 / 500, False)])
def test_three_equal_rows_where_rows_may_be_equal_are_no_copies(alike: float, found: bool) -> None:
    """One of 500 training rows may equal another by chance; 3 of 130 are not beyond that."""
    seen = with_held_out(repeated=3, rows=130, alike=alike)
    seen = replace(seen, setup=replace(seen.setup, examples=500))

    assert ("leaking_split" in named(seen)) is found


def test_a_rate_that_is_better_on_a_few_examples_only_is_a_note() -> None:
    """Of 30 examples that judge a trial, one more is right; of 1,600, fifty-three are."""
    severity = {}
    for rows in (120, 6400):
        seen = replace(
            healthy(),
            trials=(Trial(1.0, 150, 0.2, 0.94), Trial(10.0, 150, 0.05, 0.98)),
            trial_loss=0.15,
            trial_accuracy=0.94,
            end=replace(state(0.15, 0.955), rows=rows),
        )
        (found,) = [one for one in diagnose(seen) if one.check == "learning_rate_low"]
        severity[rows] = found.severity

    assert severity == {120: "note", 6400: "warning"}
