"""`byhand predict`: images, folders, tables; raw pixels only; Kaggle's answer file."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from byhand import MultiLayerPerceptron, load_dataset

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
def test_an_image_of_the_right_size_is_taken_as_it_is(byhand, net, tmp_path, light_paper):
    save_png(tmp_path / "a.png", DIGITS.images[0], light_paper)

    (answer,) = byhand("predict", "a.png", "--json").json

    expected = net.predict_proba(DIGITS.images[:1])[0]
    assert answer["image"] == "a.png"
    assert answer["class"] == expected.argmax()
    assert answer["probabilities"] == pytest.approx(expected.tolist(), abs=1e-6)


def test_a_folder_of_images(byhand, net, tmp_path):
    for number in range(3):
        save_png(tmp_path / "scans" / f"{number}.png", DIGITS.images[number])

    said = byhand("predict", "scans", "--top", 2)
    lines = said.out.splitlines()

    assert said.code == 0
    assert len(lines) == 4
    assert lines[1].split()[0].endswith("0.png")
    assert lines[1].count("%") == 2
    assert [int(line.split()[1]) for line in lines[1:]] == net.predict(DIGITS.images[:3]).tolist()


@pytest.mark.usefixtures("trained")
def test_a_drawing_of_another_size_is_prepared_like_the_training_images(byhand, tmp_path):
    drawing = np.kron(DIGITS.images[2], np.ones((9, 9), np.uint8))
    save_png(tmp_path / "large.png", drawing, light_paper=True)

    (answer,) = byhand("predict", "large.png", "--json").json

    assert answer["class"] == DIGITS.labels[2]


@pytest.mark.usefixtures("trained")
def test_an_empty_drawing(byhand, tmp_path):
    save_png(tmp_path / "empty.png", np.zeros((50, 50), np.uint8))

    said = byhand("predict", "empty.png")

    assert said.code == 1
    assert "empty.png: nothing drawn" in said.err


# --- tables -------------------------------------------------------------------------------------


def test_a_table_with_labels_is_predicted_and_judged(byhand, net, tmp_path):
    write_csv(tmp_path / "some.csv", DIGITS.images[:20], DIGITS.labels[:20])

    answers = byhand("predict", "some.csv", "--json").json
    said = byhand("predict", "some.csv")

    assert [answer["class"] for answer in answers] == net.predict(DIGITS.images[:20]).tolist()
    assert [answer["label"] for answer in answers] == DIGITS.labels[:20].tolist()
    assert "% of them as labelled" in said.err
    assert "row 20" in said.out


def test_a_submission_is_what_kaggle_wants(byhand, net, tmp_path):
    write_csv(tmp_path / "test.csv", DIGITS.images)

    said = byhand("predict", "test.csv", "--submission", "out.csv")

    assert said.code == 0
    assert "360 answers written to out.csv" in said.err
    with (tmp_path / "out.csv").open() as file:
        header, *rows = csv.reader(file)
    assert header == ["ImageId", "Label"]
    assert [int(row[0]) for row in rows] == list(range(1, 361))
    assert [int(row[1]) for row in rows] == net.predict(DIGITS.images).tolist()


@pytest.mark.usefixtures("trained")
def test_a_submission_into_a_folder_that_is_none(byhand, tmp_path):
    write_csv(tmp_path / "test.csv", DIGITS.images[:3])
    (tmp_path / "file").write_text("")

    said = byhand("predict", "test.csv", "--submission", "file/out.csv")

    assert said.code == 1
    assert "cannot write file/out.csv" in said.err


# --- mistakes -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("gone.png",), 1, "there is no file or folder gone.png"),
        (("notes.doc",), 2, "notes.doc is neither an image"),
        (("bad.png",), 1, "bad.png: not a readable image"),
        (("empty",), 1, "empty: no images"),
        (("a.csv", "a.png"), 2, "a table is predicted alone"),
        (("a.csv", "--invert", "maybe"), 2, "--invert takes yes, no or auto; got 'maybe'"),
        (("narrow.csv",), 1, "narrow.csv has 2 columns beside the labels; the network takes 64"),
        (("scaled.csv",), 1, "look scaled already"),
        (("a.csv", "--run", "gone"), 1, "there is no run gone"),
        ((), 2, "Missing argument"),
    ],
)
def test_mistakes_are_told(byhand, tmp_path, words, code, message):
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

    said = byhand("predict", *words)

    assert said.code == code
    assert message in said.err
    assert said.out == ""


# --- folders of dark ink on light paper ---------------------------------------------------------


def test_a_network_trained_on_light_paper_predicts_its_own_training_files(byhand, tmp_path):
    train = load_dataset("digits").train
    for number, (image, label) in enumerate(zip(train.images[:300], train.labels, strict=False)):
        save_png(tmp_path / "set" / str(label) / f"{number}.png", image, light_paper=True)

    assert byhand("train", "--dataset", "set", "--epochs", 30, "--out", "run", "-q").code == 0
    answers = [
        (answer["said"], str(label))
        for label in range(10)
        for answer in byhand(
            "predict", tmp_path / "set" / str(label), "--run", "run", "--json"
        ).json
    ]

    assert np.mean([said == label for said, label in answers]) > 0.95
    assert "invert = true" in (tmp_path / "run" / "recipe.toml").read_text()
    assert byhand("evaluate", "run", "--part", "train").code == 0
