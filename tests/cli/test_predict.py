"""`byhand predict`: images, photographs, folders, tables, and Kaggle's submissions."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset
from byhand.cli.predict_sheets import suggest
from byhand.data import Preparation
from byhand.readable import percent

Image = pytest.importorskip("PIL.Image")

DIGITS = load_dataset("digits").test


@pytest.fixture
def net(trained):
    """The network of the run."""
    return MultiLayerPerceptron.load(trained / "best.safetensors")


def save_png(path, image, light_paper=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(255 - image if light_paper else image).save(path)
    return path


def write_csv(path, images, labels=None, header=True):
    rows = images.reshape(len(images), -1).astype(int)
    names = [f"pixel{k}" for k in range(rows.shape[1])]
    if labels is not None:
        rows, names = np.column_stack([labels, rows]), ["label", *names]
    np.savetxt(path, rows, "%d", ",", header=",".join(names) if header else "", comments="")
    return path


# --- images -------------------------------------------------------------------------------------


@pytest.mark.parametrize("light_paper", [False, True])
def test_an_image_of_the_right_size_is_taken_as_it_is(byhand, net, trained, tmp_path, light_paper):
    save_png(tmp_path / "a.png", DIGITS.images[0], light_paper)

    said = byhand("predict", "a.png", "--json")
    (prediction,) = said.json

    expected = net.predict_proba(DIGITS.images[:1])[0]
    assert prediction["image"] == "a.png"
    assert prediction["model"] == str(trained / "best.safetensors")
    assert f"with the latest run, {trained} (64-" in said.err
    assert prediction["class"] == expected.argmax()
    assert prediction["probabilities"] == pytest.approx(expected.tolist(), abs=1e-6)


def test_a_folder_of_images(byhand, net, tmp_path):
    for number in range(3):
        save_png(tmp_path / "scans" / f"{number}.png", DIGITS.images[number])

    shown = byhand("predict", "scans", "--top", 2)
    lines = shown.out.splitlines()

    assert shown.code == 0
    assert len(lines) == 4
    assert lines[1].split()[0].endswith("0.png")
    assert lines[1].count("%") == 2
    first = [int(line.split()[1].rstrip(",")) for line in lines[1:]]
    assert first == net.predict(DIGITS.images[:3]).tolist()


@pytest.mark.usefixtures("trained")
def test_a_drawing_of_another_size_is_prepared_like_the_training_images(byhand, tmp_path):
    drawing = np.kron(DIGITS.images[2], np.ones((9, 9), np.uint8))
    save_png(tmp_path / "large.png", drawing, light_paper=True)

    (prediction,) = byhand("predict", "large.png", "--json").json

    assert prediction["class"] == DIGITS.labels[2]


@pytest.mark.usefixtures("trained")
def test_an_empty_drawing(byhand, tmp_path):
    save_png(tmp_path / "empty.png", np.zeros((50, 50), np.uint8))

    shown = byhand("predict", "empty.png")

    assert shown.code == 1
    assert "empty.png: nothing drawn" in shown.err


@pytest.mark.usefixtures("trained")
def test_a_photograph_is_seen_from_the_picture_and_can_be_overridden(byhand, tmp_path):
    large = np.kron(DIGITS.images[2], np.ones((30, 30)))
    noise = np.random.default_rng(0).normal(0, 3, large.shape)
    paper = np.linspace(230, 150, large.shape[1])
    photo = (paper * (1 - 0.7 * large / 255) + noise).clip(0, 255).astype(np.uint8)
    save_png(tmp_path / "photo.png", photo)

    (seen,) = byhand("predict", "photo.png", "--json").json
    (told,) = byhand("predict", "photo.png", "--photo", "--json").json
    (not_one,) = byhand("predict", "photo.png", "--no-photo", "--json").json

    assert seen == told
    assert (seen["taken_as"], not_one["taken_as"]) == ("photograph", "drawing")
    assert seen["class"] == DIGITS.labels[2]
    assert "photograph" in byhand("predict", "photo.png").out


@pytest.mark.usefixtures("trained")
def test_every_prediction_is_printed_once_and_doubt_is_reported(byhand, net, tmp_path):
    confidence = net.predict_proba(DIGITS.images).max(axis=1)
    sure, unsure = int(confidence.argmax()), int(confidence.argmin())
    save_png(tmp_path / "sure.png", DIGITS.images[sure])
    save_png(tmp_path / "unsure.png", DIGITS.images[unsure])

    shown = byhand("predict", "sure.png", "unsure.png")

    first = shown.out.splitlines()[1].split()
    number = percent(confidence[sure], 1).split()
    assert first == ["sure.png", str(DIGITS.labels[sure]), *number, "image"]
    assert "1 of 2 predictions is doubted" in shown.err
    assert confidence[unsure] < 1 / 3


def test_the_network_runs_once(byhand, trained, tmp_path, monkeypatch):
    calls = []
    forward = MultiLayerPerceptron.predict_proba
    monkeypatch.setattr(
        MultiLayerPerceptron,
        "predict_proba",
        lambda net, x: calls.append(len(x)) or forward(net, x),
    )
    write_csv(tmp_path / "some.csv", DIGITS.images[:20], DIGITS.labels[:20])

    byhand("predict", "some.csv")
    byhand("predict", "some.csv", "--submission", "out.csv")

    assert calls == [20, 20]


def test_a_single_output_means_two_classes(byhand, tmp_path):
    few = DIGITS.labels < 2
    net = MultiLayerPerceptron([InputLayer(64), DenseLayer(1, "sigmoid")], seed=0)
    x, y = DIGITS.images[few], DIGITS.labels[few]
    net.fit(x, y, epochs=60, optimizer="adam", learning_rate=0.05, verbose=0)
    net.save(tmp_path / "two.safetensors")
    for label in (0, 1):
        save_png(tmp_path / f"{label}.png", DIGITS.images[DIGITS.labels == label][0])

    lines = byhand("predict", "0.png", "1.png", "--run", "two.safetensors").out.splitlines()

    assert [line.split()[1] for line in lines[1:]] == ["0", "1"]
    assert all(float(line.split()[2].rstrip("%")) > 50 for line in lines[1:])


def test_a_network_of_values_prints_its_outputs(byhand, net, tmp_path):
    values = MultiLayerPerceptron([InputLayer(64), DenseLayer(2, "identity")], seed=0)
    values.fit(DIGITS.images[:50], np.ones((50, 2)), epochs=1, verbose=0)
    values.save(tmp_path / "values.safetensors")
    save_png(tmp_path / "a.png", DIGITS.images[0])

    shown = byhand("predict", "a.png", "--run", "values.safetensors")

    assert shown.out.splitlines()[0].split() == [
        "image",
        "output",
        "0",
        "output",
        "1",
        "taken",
        "as",
    ]
    expected = values.predict_proba(DIGITS.images[:1])[0]
    assert float(shown.out.splitlines()[1].split()[1]) == pytest.approx(expected[0], rel=1e-4)


def test_images_that_are_not_square_are_predicted_by_the_stored_shape(byhand, tmp_path):
    rng = np.random.default_rng(0)
    for number in range(40):
        image = rng.integers(0, 30, (26, 20), dtype=np.uint8)
        image[6:20, 3 if number % 2 else 12 :][:, :5] = 220
        save_png(tmp_path / "set" / "lr"[number % 2] / f"{number}.png", image)

    assert byhand("train", "--dataset", "set", "--epochs", 20, "--out", "run", "-q").code == 0
    for name in "lr":
        predictions = byhand("predict", f"set/{name}", "--run", "run", "--json").json
        assert [prediction["predicted"] for prediction in predictions] == [name] * 20
        assert {prediction["taken_as"] for prediction in predictions} == {"image"}


def test_a_network_of_tables_takes_no_pictures(byhand, tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{label},{rng.normal(label):.3f},1,2,3" for label in (0, 1) * 20]
    (tmp_path / "t.csv").write_text("label,a,b,c,d\n" + "\n".join(rows))
    save_png(tmp_path / "a.png", DIGITS.images[0])
    assert byhand("train", "--dataset", "t.csv", "--epochs", 2, "--out", "run", "-q").code == 0

    shown = byhand("predict", "a.png", "--run", "run")

    assert shown.code == 2
    assert "rows of 4 columns, not images" in shown.err


# --- tables -------------------------------------------------------------------------------------


def test_a_table_with_labels_is_predicted_and_evaluated(byhand, net, tmp_path):
    write_csv(tmp_path / "some.csv", DIGITS.images[:20], DIGITS.labels[:20])

    predictions = byhand("predict", "some.csv", "--json").json
    shown = byhand("predict", "some.csv")

    assert [prediction["class"] for prediction in predictions] == net.predict(
        DIGITS.images[:20]
    ).tolist()
    assert [prediction["label"] for prediction in predictions] == DIGITS.labels[:20].tolist()
    assert "on 20 labelled rows" in shown.err
    assert "row 20" in shown.out


def test_a_submission_is_what_kaggle_wants(byhand, net, tmp_path):
    write_csv(tmp_path / "test.csv", DIGITS.images)

    shown = byhand("predict", "test.csv", "--submission", "out.csv")

    assert shown.code == 0
    assert "360 predictions written to out.csv" in shown.err
    with (tmp_path / "out.csv").open() as file:
        header, *rows = csv.reader(file)
    assert header == ["ImageId", "Label"]
    assert [int(row[0]) for row in rows] == list(range(1, 361))
    assert [int(row[1]) for row in rows] == net.predict(DIGITS.images).tolist()


@pytest.mark.usefixtures("trained")
def test_a_submission_into_a_folder_that_does_not_exist(byhand, tmp_path):
    write_csv(tmp_path / "test.csv", DIGITS.images[:3])
    (tmp_path / "file").write_text("")

    shown = byhand("predict", "test.csv", "--submission", "file/out.csv")

    assert shown.code == 1
    assert "cannot write file/out.csv" in shown.err


# --- mistakes -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("gone.png",), 1, "there is no file or folder gone.png"),
        (("notes.doc",), 2, "notes.doc is neither an image"),
        (("bad.png",), 1, "bad.png: not a readable image"),
        (("empty",), 1, "empty: no images"),
        (("a.csv", "a.png"), 2, "a table must be the only file"),
        (("a.csv", "--invert", "maybe"), 2, "--invert takes yes, no or auto; got 'maybe'"),
        (("narrow.csv",), 1, "narrow.csv has 2 columns beside the labels; the network takes 64"),
        (("scaled.csv",), 1, "look scaled already"),
        (("a.csv", "--run", "gone"), 1, "there is no run gone"),
        ((), 2, "Missing argument"),
    ],
)
def test_mistakes_get_one_clear_message(byhand, tmp_path, words, code, message):
    (tmp_path / "notes.doc").write_text("")
    (tmp_path / "bad.png").write_text("no image")
    (tmp_path / "empty").mkdir()
    save_png(tmp_path / "a.png", DIGITS.images[0])
    write_csv(tmp_path / "a.csv", DIGITS.images[:2])
    (tmp_path / "narrow.csv").write_text("a,b\n1,2\n")
    scaled = ["0.5"] * 64
    (tmp_path / "scaled.csv").write_text(
        f"{','.join(f'x{k}' for k in range(64))}\n{','.join(scaled)}\n"
    )

    shown = byhand("predict", *words)

    assert shown.code == code
    assert message in shown.err
    assert shown.out == ""


# --- folders of dark ink on light paper ---------------------------------------------------------


def test_a_network_trained_on_light_paper_predicts_its_own_training_files(byhand, tmp_path):
    train = load_dataset("digits").train
    for number, (image, label) in enumerate(zip(train.images[:300], train.labels, strict=False)):
        save_png(tmp_path / "set" / str(label) / f"{number}.png", image, light_paper=True)

    assert byhand("train", "--dataset", "set", "--epochs", 30, "--out", "run", "-q").code == 0
    predictions = [
        (prediction["predicted"], str(label))
        for label in range(10)
        for prediction in byhand(
            "predict", tmp_path / "set" / str(label), "--run", "run", "--json"
        ).json
    ]

    assert np.mean([predicted == label for predicted, label in predictions]) > 0.95
    assert "invert = true" in (tmp_path / "run" / "recipe.toml").read_text()
    assert byhand("evaluate", "run", "--part", "train").code == 0


# --- doubt, stages, sheets ----------------------------------------------------------------------


@pytest.mark.usefixtures("trained")
def test_what_is_unlike_the_training_data_is_doubted(byhand, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)
    for number, image in enumerate(noise):
        save_png(tmp_path / "noise" / f"{number}.png", image)
    (sure, *_) = byhand("predict", "noise", "--json").json
    shown = byhand("predict", "noise")

    doubts = [one["doubt"] for one in byhand("predict", "noise", "--json").json]
    assert set(doubts) <= {None, "unsure", "strange"}
    assert doubts.count("strange") >= 6
    assert "doubt" in sure
    assert "unlike the training data" in shown.out
    assert "of 12 predictions are doubted" in shown.err


@pytest.mark.usefixtures("trained")
def test_the_stages_are_drawn(byhand, tmp_path):
    save_png(tmp_path / "a.png", np.kron(DIGITS.images[2], np.ones((9, 9), np.uint8)))

    shown = byhand("predict", "a.png", "--show", "out/stages.png")

    assert "to out/stages.png" in shown.err
    with Image.open(tmp_path / "out" / "stages.png") as drawn:
        assert drawn.width > 5 * 160
    assert byhand("predict", "a.png", "--show", "stages.odd").code == 2
    write_csv(tmp_path / "t.csv", DIGITS.images[:3])
    assert "a table has none" in byhand("predict", "t.csv", "--show", "x.png").err


def page_of(places):
    """A photograph with digits of the test images at some places."""
    ink = np.zeros((600, 700))
    for k, (top, left) in enumerate(places):
        ink[top : top + 160, left : left + 160] = np.kron(DIGITS.images[k], np.ones((20, 20))) / 255
    noise = np.random.default_rng(0).normal(0, 3, ink.shape)
    return np.clip(200 * (1 - 0.8 * ink) + noise, 0, 255).astype(np.uint8)


@pytest.mark.usefixtures("trained")
def test_a_sheet_is_read_line_by_line(byhand, tmp_path):
    save_png(tmp_path / "page.png", page_of([(60, 60), (60, 300), (350, 60)]))

    shown = byhand("predict", "page.png", "--sheet", "--show", "boxes.png")
    (sheet,) = byhand("predict", "page.png", "--sheet", "--json").json
    answers = [digit["predicted"] for digit in sheet["digits"]]

    assert [digit["line"] for digit in sheet["digits"]] == [0, 0, 1]
    assert all(np.isclose(sum(digit["probabilities"]), 1) for digit in sheet["digits"])
    said = [text.replace("?", "") for text in shown.out.splitlines()[-2:]]
    assert said == [f"line 1: {answers[0]}{answers[1]}", f"line 2: {answers[2]}"]
    assert (tmp_path / "boxes.png").exists()
    assert "hold 3 digits; use --sheet" in byhand("predict", "page.png").err


@pytest.mark.usefixtures("trained")
def test_two_sheets_are_named_and_a_column_without_doubts_is_left_out(
    byhand, tmp_path, monkeypatch
):
    save_png(tmp_path / "a.png", page_of([(60, 60)]))
    save_png(tmp_path / "b.png", page_of([(60, 60), (60, 300)]))

    shown = byhand("predict", "a.png", "b.png", "--sheet").out

    assert [text for text in shown.splitlines() if text.endswith(".png")] == ["a.png", "b.png"]
    doubts = [one["doubt"] for name in ("a", "b") for one in sheet_of(byhand, name)]
    headings = [text for text in shown.splitlines() if text.startswith("line  ")]
    assert ["doubt" in text for text in headings] == [any(doubts[:1]), any(doubts[1:])]


def sheet_of(byhand, name):
    (sheet,) = byhand("predict", f"{name}.png", "--sheet", "--json").json
    return sheet["digits"]


@pytest.mark.parametrize(("count", "doubted", "said"), [(1, True, 0), (2, False, 0), (2, True, 1)])
def test_two_digits_are_suspected_only_if_the_answer_is_doubted(capsys, count, doubted, said):
    picture = page_of([(60, 60), (60, 300)][:count])

    suggest("p.png", picture, Preparation("mnist", 28, 28), doubted=doubted)

    assert capsys.readouterr().err.count("p.png seems to hold 2 digits; use --sheet") == said


@pytest.mark.usefixtures("trained")
def test_a_folder_for_each_class_is_predicted_too(byhand, tmp_path):
    for name in ("0/a.png", "1/b.png"):
        (tmp_path / "set" / name).parent.mkdir(parents=True)
        save_png(tmp_path / "set" / name, page_of([(60, 60)]))

    images = [Path(one["image"]) for one in byhand("predict", "set", "--json").json]

    assert images == [Path("set/0/a.png"), Path("set/1/b.png")]


@pytest.mark.usefixtures("trained")
def test_a_sheet_without_ink_and_two_sheets_to_draw(byhand, tmp_path):
    save_png(tmp_path / "empty.png", page_of([]))
    save_png(tmp_path / "b.png", page_of([(60, 60)]))

    assert "empty.png: no ink stands out" in byhand("predict", "empty.png", "--sheet").err
    two = byhand("predict", "empty.png", "b.png", "--sheet", "--show", "x.png")
    assert two.code == 2
    assert "draws one sheet" in two.err
