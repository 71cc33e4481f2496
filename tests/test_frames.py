"""Data frames of pandas and Polars in fit, predict and evaluate."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    DataError,
    DenseLayer,
    InputLayer,
    MultiLayerPerceptron,
    frame_columns,
)
from byhand.data.formats.table import read_table

LIBRARIES = ("pandas", "polars")
N = 90
RNG = np.random.default_rng(0)
COLUMNS = {
    "size": RNG.normal(3, 1, N),
    "colour": [["red", "blue", "green"][k % 3] for k in range(N)],
    "count": RNG.integers(0, 9, N),
    "wild": [k % 2 == 0 for k in range(N)],
}
LABELS = np.array([k % 3 for k in range(N)])


@pytest.fixture(params=LIBRARIES)
def library(request):
    """Pandas, then Polars."""
    return pytest.importorskip(request.param)


def network(units=7):
    return MultiLayerPerceptron(
        [InputLayer(units), DenseLayer(8, "relu"), DenseLayer(3, "softmax")], seed=0
    )


def trained(library):
    net = network()
    net.fit(
        library.DataFrame(COLUMNS), LABELS, epochs=30, batch_size=16, learning_rate=0.02, verbose=0
    )
    return net


def test_columns_of_words_are_encoded_and_the_names_are_kept(library, tmp_path):
    frame = library.DataFrame(COLUMNS)

    net = trained(library)

    expected = [
        "size", "colour=blue", "colour=green", "colour=red", "count", "wild=False", "wild=True",
    ]  # fmt: skip
    assert frame_columns(frame) == expected
    assert net.facts["columns"] == list(COLUMNS)
    assert net.facts["encoding"] == {
        "colour": ["blue", "green", "red"],
        "wild": ["False", "True"],
    }
    assert net.evaluate(frame, LABELS)["accuracy"] == 1.0  # the colour determines the class
    loaded = MultiLayerPerceptron.load(net.save(tmp_path / "net.safetensors"))
    np.testing.assert_array_equal(loaded.predict_proba(frame), net.predict_proba(frame))


def test_a_later_frame_is_read_by_the_names_of_its_columns(library):
    net = trained(library)
    frame = library.DataFrame(COLUMNS)
    turned = library.DataFrame({name: COLUMNS[name] for name in reversed(COLUMNS)})

    np.testing.assert_array_equal(net.predict_proba(turned), net.predict_proba(frame))
    one = library.DataFrame({name: values[:1] for name, values in COLUMNS.items()})
    np.testing.assert_allclose(net.predict_proba(one), net.predict_proba(frame)[:1], rtol=1e-5)


def test_a_frame_and_a_table_in_a_file_are_encoded_in_the_same_way(library, tmp_path):
    net = trained(library)
    frame = library.DataFrame(COLUMNS)
    path = tmp_path / "table.csv"
    lines = zip(*COLUMNS.values(), strict=True)
    text = "\n".join(",".join(map(str, line)) for line in lines)
    path.write_text(f"{','.join(COLUMNS)}\n{text}\n")

    table = read_table(path, label=None, encoding=net.facts["encoding"])

    assert list(table.columns) == frame_columns(frame)
    np.testing.assert_allclose(net.predict_proba(table.values), net.predict_proba(frame), rtol=1e-5)


def test_validation_data_may_be_a_frame(library):
    frame = library.DataFrame(COLUMNS)

    net = network()
    history = net.fit(frame, LABELS, epochs=2, verbose=0, validation_data=(frame, LABELS))

    assert len(history["val_loss"]) == 2
    assert net.forward(frame)["A0"].shape == (N, 7)


def test_further_training_keeps_the_columns_of_the_first(library):
    net = trained(library)
    only_red = {name: values[0::3] for name, values in COLUMNS.items()}

    net.fit(library.DataFrame(only_red), LABELS[0::3] + np.arange(30) % 2, epochs=1, verbose=0)

    assert net.facts["encoding"]["colour"] == ["blue", "green", "red"]


def test_other_columns_and_values_are_reported(library):
    net = trained(library)

    def predict(**changes):
        columns = {
            name: list(values) for name, values in (COLUMNS | changes).items() if values is not None
        }
        return net.predict(library.DataFrame(columns))

    with pytest.raises(DataError, match="column 'size' of the training frame is missing"):
        predict(size=None)
    with pytest.raises(DataError, match="column 'label' was not in the training frame"):
        predict(label=LABELS)
    with pytest.raises(DataError, match="'colour' has 'pink', which the training table does not"):
        predict(colour=["pink"] * N)
    with pytest.raises(DataError, match="'colour' held words in training"):
        predict(colour=range(N))
    with pytest.raises(DataError, match="'size' held numbers in training; got 'big'"):
        predict(size=["big"] * N)
    with pytest.raises(DataError, match="'count' has no value in row 4"):
        predict(count=[1.0, 2.0, 3.0, 4.0, None, *range(N - 5)])


def test_dates_and_free_text_are_refused_when_training_begins(library):
    import datetime

    days = [datetime.date(2026, 1, 1) + datetime.timedelta(days=k) for k in range(101)]
    with pytest.raises(DataError, match="column 'day' holds"):
        frame_columns(library.DataFrame({"day": days}))
    text = library.DataFrame({"name": [f"word {k}" for k in range(101)]})
    net = network(101)
    with pytest.raises(DataError, match="101 different words"):
        net.fit(text, np.arange(101) % 3, verbose=0)
    assert "columns" not in net.facts


def test_a_refused_training_leaves_no_columns_behind(library):
    net = network(units=5)  # the frame has 7 inputs

    with pytest.raises(ValueError, match="the network has 5 inputs"):
        net.fit(library.DataFrame(COLUMNS), LABELS, verbose=0)

    assert "columns" not in net.facts


def test_categories_of_pandas_are_words():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"grade": pandas.Categorical(["a", "b", "a"])})

    assert frame_columns(frame) == ["grade=a", "grade=b"]


def test_names_that_repeat_are_reported():
    pandas = pytest.importorskip("pandas")

    with pytest.raises(DataError, match="'a' occurs twice"):
        frame_columns(pandas.DataFrame([[1, 2]], columns=["a", "a"]))
