"""Ensembles and test-time augmentation: the average itself, and everywhere it is used."""

from __future__ import annotations

import json

import numpy as np
import pytest

import byhand
from byhand import (
    ArgumentError,
    Augmentation,
    DenseLayer,
    Ensemble,
    FormatError,
    InputLayer,
    MultiLayerPerceptron,
    WithCopies,
)
from byhand.model_file import read_tensors, write_tensors

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (1500, 6, 6), dtype=np.uint8)
Y = (X.reshape(1500, -1)[:, :18].mean(axis=1) > X.reshape(1500, -1)[:, 18:].mean(axis=1)) * 1


def network(seed=0, units=8, names=("no", "yes"), output="softmax", inputs=36, outputs=2):
    return MultiLayerPerceptron(
        [InputLayer(inputs), DenseLayer(units, "relu"), DenseLayer(outputs, output)],
        seed=seed, class_names=names,
    )  # fmt: skip


@pytest.fixture(scope="module")
def members():
    nets = [network(seed, units) for seed, units in ((0, 8), (1, 8), (2, 5))]
    for net in nets:
        net.fit(X[:400], Y[:400], epochs=2, verbose=0)
    return nets


def test_outputs_are_the_mean_of_the_members(members):
    expected = np.mean([net.predict_proba(X) for net in members], axis=0)

    np.testing.assert_allclose(Ensemble(members).predict_proba(X), expected, atol=1e-6)
    np.testing.assert_array_equal(Ensemble(members).predict(X), expected.argmax(axis=1))


def test_its_loss_is_that_of_the_averaged_probabilities(members):
    both = Ensemble(members)
    p = both.predict_proba(X)[np.arange(len(Y)), Y]

    scores = both.evaluate(X, Y)

    assert scores["loss"] == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert scores["accuracy"] == pytest.approx((both.predict(X) == Y).mean())
    assert scores["loss"] <= np.mean([net.evaluate(X, Y)["loss"] for net in members]) + 1e-6


@pytest.mark.parametrize("output", ["sigmoid", "identity"])
def test_other_outputs_are_averaged_too(output):
    values = output == "identity"
    y = (Y * 2.5)[:, None].astype(np.float32) if values else Y
    nets = [network(seed, names=None, output=output, outputs=1) for seed in range(3)]
    for net in nets:
        net.fit(X[:300], y[:300], epochs=1, verbose=0)
    mean = np.mean([net.predict_proba(X) for net in nets], axis=0)

    scores = Ensemble(nets).evaluate(X, y)

    t = y.reshape(-1, 1)
    losses = (mean - t) ** 2 if values else -(t * np.log(mean) + (1 - t) * np.log(1 - mean))
    assert scores["loss"] == pytest.approx(float(losses.mean()), rel=1e-4)


def test_an_ensemble_of_one_is_its_member(members):
    one = Ensemble(members[:1])

    np.testing.assert_allclose(one.predict_proba(X), members[0].predict_proba(X), atol=1e-7)
    assert one.evaluate(X, Y)["accuracy"] == members[0].evaluate(X, Y)["accuracy"]


def test_ensembles_of_ensembles_are_flat(members):
    nested = Ensemble([Ensemble(members[:2]), members[2]])

    assert nested.members == tuple(members)


def test_saved_and_loaded_it_is_the_same(members, tmp_path):
    path = Ensemble(members).save(tmp_path / "three.safetensors")
    loaded = Ensemble.load(path)

    np.testing.assert_array_equal(loaded.predict_proba(X), Ensemble(members).predict_proba(X))
    assert loaded.class_names == ["no", "yes"] or loaded.class_names == ("no", "yes")
    assert [net.shape_text for net in loaded.members] == ["36-8-2", "36-8-2", "36-5-2"]
    assert "3 networks" in repr(loaded)


def test_the_same_ensemble_gives_the_same_file(members, tmp_path):
    files = [Ensemble(members).save(tmp_path / f"{k}.safetensors") for k in (1, 2)]

    assert files[0].read_bytes() == files[1].read_bytes()


def test_one_kind_of_file_is_not_read_as_the_other(members, tmp_path):
    single, several = tmp_path / "one.safetensors", tmp_path / "three.safetensors"
    members[0].save(single)
    Ensemble(members).save(several)

    with pytest.raises(FormatError, match="contains no ensemble"):
        Ensemble.load(single)
    with pytest.raises(FormatError, match=r"read it with byhand\.Ensemble\.load"):
        MultiLayerPerceptron.load(several)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m | {"members": "[]"},
        lambda m: m | {"members": "{}"},
        lambda m: m | {"members": "["},
        lambda m: m | {"members": json.dumps([1, 2])},
        lambda m: m | {"members": json.dumps([*json.loads(m["members"])] * 2)},
        lambda m: {"format": m["format"]},
    ],
)
def test_damaged_files_are_refused(members, tmp_path, change):
    path = Ensemble(members).save(tmp_path / "three.safetensors")
    tensors, metadata = read_tensors(path)
    write_tensors(path, tensors, change(metadata))

    with pytest.raises(FormatError):
        Ensemble.load(path)


def test_members_that_do_not_fit_are_refused(members):
    others = {
        "inputs": network(inputs=16),
        "outputs": network(outputs=3, names=None),
        "classes": network(names=("a", "b")),
        "activation": network(output="sigmoid"),
    }
    for what, other in others.items():
        with pytest.raises(ArgumentError, match=what):
            Ensemble([members[0], other])
    for nothing in ([], [1]):
        with pytest.raises(ArgumentError, match="at least one"):
            Ensemble(nothing)


def test_an_ensemble_has_no_report_of_its_own(members):
    with pytest.raises(ArgumentError, match="the units of one network"):
        Ensemble(members).report(byhand.load_dataset("digits"))


def test_an_ensemble_is_not_trained(members):
    with pytest.raises(ArgumentError, match="cannot be trained"):
        Ensemble(members).fit(X, Y)


# --- copies -------------------------------------------------------------------------------------


def test_copies_that_change_nothing_change_nothing(members):
    still = WithCopies(members[0], Augmentation(0, 0, 0), 3, (6, 6))

    np.testing.assert_allclose(still.predict_proba(X), members[0].predict_proba(X), atol=1e-6)


def test_the_image_itself_counts_as_one_of_the_copies(members):
    net, turns = members[0], Augmentation(1, 20, 0.1)
    with_one = WithCopies(net, turns, 1, (6, 6), seed=4)
    both = with_one.predict_proba(X[:50])

    copy = 2 * both - net.predict_proba(X[:50])

    np.testing.assert_allclose(copy.sum(axis=1), 1, atol=1e-5)
    assert not np.allclose(copy, both)


def test_copies_do_not_depend_on_blocks_but_on_the_seed(members):
    turns = Augmentation(1, 20, 0.1)
    first, again, other = (
        WithCopies(members[0], turns, 2, (6, 6), seed=seed).predict_proba(X) for seed in (1, 1, 2)
    )
    start = WithCopies(members[0], turns, 2, (6, 6), seed=1).predict_proba(X[:70])

    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(start, first[:70], atol=1e-6)
    assert not np.array_equal(first, other)


def test_the_number_of_copies_is_reported(members):
    assert "36-8-2 with 5 copies" in repr(WithCopies(members[0], Augmentation(), 5, (6, 6)))


def test_copies_need_the_shape_of_the_images(members):
    with pytest.raises(ArgumentError, match="takes 36 pixels"):
        WithCopies(members[0], Augmentation(), 2)
    with pytest.raises(ArgumentError, match="copies"):
        WithCopies(members[0], Augmentation(), 0, (6, 6))
