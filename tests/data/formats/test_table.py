from __future__ import annotations

import contextlib
import gzip
import json
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.data import Dataset, Part, load_dataset
from byhand.data.formats.table import read_pair, read_table
from byhand.data.formats.write_table import write_submission, write_table
from byhand.errors import ArgumentError, ByhandError, DataError, FileError, FormatError


def written(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


# --- what is read -------------------------------------------------------------------------------


def test_kaggle_digits_are_read_back_as_images(tmp_path, small: Dataset) -> None:
    write_table(tmp_path / "train.csv", small.train)
    first_line = (tmp_path / "train.csv").read_text().splitlines()[0]

    part = read_table(tmp_path / "train.csv").part()

    assert first_line.startswith("label,pixel0,pixel1,")
    assert first_line.endswith(",pixel783")
    np.testing.assert_array_equal(part.images, small.train.images)
    np.testing.assert_array_equal(part.labels, small.train.labels)


def test_class_names_that_a_spreadsheet_would_compute_are_data(tmp_path):
    names = ("+a", "-cmd", "=1+1", "@SUM(A1)")
    part = Part(np.arange(8.0).reshape(4, 2), np.arange(4))

    write_table(tmp_path / "a.csv", part, names)

    assert read_table(tmp_path / "a.csv", label="label").class_names == names
    write_submission(tmp_path / "b.csv", part.labels)
    assert (tmp_path / "b.csv").read_text() == "ImageId,Label\n1,0\n2,1\n3,2\n4,3\n"


def test_kaggle_digits_without_labels_are_images_without_labels(tmp_path, small: Dataset) -> None:
    write_table(tmp_path / "test.csv", Part(small.train.images))

    part = read_table(tmp_path / "test.csv").part()

    np.testing.assert_array_equal(part.images, small.train.images)
    assert part.labels is None


def test_headerless_digits_have_their_label_first(tmp_path, small: Dataset) -> None:
    write_table(tmp_path / "a.csv", small.train)
    text = (tmp_path / "a.csv").read_text().partition("\n")[2]

    part = read_table(written(tmp_path, text)).part()

    np.testing.assert_array_equal(part.images, small.train.images)
    np.testing.assert_array_equal(part.labels, small.train.labels)


@pytest.mark.parametrize(
    ("text", "values", "labels", "names"),
    [
        ("a,b,label\n1,2,0\n3,4,1\n", [[1, 2], [3, 4]], [0, 1], "01"),
        ("Class,a\n1,2\n0,4\n", [[2], [4]], [1, 0], "01"),
        (
            "5.1,3.5,setosa\n4.9,3.0,virginica\n",
            [[5.1, 3.5], [4.9, 3.0]],
            [0, 1],
            ["setosa", "virginica"],
        ),
        ("w,h,kind\n5.1,3.5,b\n4.9,3.0,a\n", [[5.1, 3.5], [4.9, 3.0]], [1, 0], "ab"),
        ("label,0,1\n1,2,3\n0,5,6\n", [[2, 3], [5, 6]], [1, 0], "01"),
        ("a;b;y\n1;2;0\n3;4;1\n", [[1, 2], [3, 4]], [0, 1], "01"),
        ("a\tb\ty\n1\t2\t0\n3\t4\t1\n", [[1, 2], [3, 4]], [0, 1], "01"),
        ("\ufeffy,a\r\n1,2\r\n\r\n0,4\r\n", [[2], [4]], [1, 0], "01"),
        ("\n\na,y\n1,0\n\n2,1", [[1], [2]], [0, 1], "01"),
        ('"a","y"\n"1","no, never"\n"2","yes"\n', [[1], [2]], [0, 1], ["no, never", "yes"]),
        ("a,y\n-1e3,1.0\n.5,0.0\n", [[-1000], [0.5]], [1, 0], "01"),
        ("a,y\n3000000000,1\n1,0\n", [[3e9], [1]], [1, 0], "01"),
    ],
)
def test_tables_are_read_in_every_common_style(tmp_path, text, values, labels, names) -> None:
    table = read_table(written(tmp_path, text))

    np.testing.assert_allclose(table.values, values, rtol=1e-6)
    assert table.labels is not None
    assert table.labels.tolist() == labels
    assert table.class_names == tuple(names)


@pytest.mark.filterwarnings("default::DeprecationWarning")  # as outside tests
@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0.5", 0.5),
        (".5", 0.5),
        ("15e-1", 1.5),
        ("15E-1", 1.5),
        ("3000000000", 3e9),
        ("99999999999999999999", 1e20),
        ("1e30", 1e30),
        ("nan", np.nan),
        ("NAN", np.nan),
        ("-inf", -np.inf),
        ("Infinity", np.inf),
    ],
)
def test_fractions_are_never_cut_off(tmp_path, cell, value) -> None:
    """NumPy before 2.3 reads 5.1 as 5 where integers are requested."""
    table = read_table(written(tmp_path, f"1,2,a\n3,{cell},b\n"))

    np.testing.assert_array_equal(table.values.astype(np.float32), np.float32([[1, 2], [3, value]]))


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_a_label_column_of_fractions_is_not_cut_off(tmp_path) -> None:
    path = written(tmp_path, "a,y\n1,0.25\n2,0.75\n")

    assert read_table(path).labels.tolist() == [0.25, 0.75]  # type: ignore[union-attr]
    assert read_table(path, task="classification").class_names == ("0.25", "0.75")


def test_compressed_tables_are_read(tmp_path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,y\n1,0\n2,1\n"))

    assert read_table(tmp_path / "a.csv.gz").values.tolist() == [[1], [2]]


@pytest.mark.parametrize(
    ("label", "labels", "values"),
    [
        ("b", [2, 5], [[1, 3], [4, 6]]),
        (0, [1, 4], [[2, 3], [5, 6]]),
        (-1, [3, 6], [[1, 2], [4, 5]]),
        (None, None, [[1, 2, 3], [4, 5, 6]]),
        ("auto", None, [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_the_label_column_is_named_or_counted(tmp_path, label, labels, values) -> None:
    table = read_table(written(tmp_path, "a,b,c\n1,2,3\n4,5,6\n"), label=label)

    assert table.values.tolist() == values
    assert labels is None or table.labels is not None
    assert (None if table.labels is None else table.labels.tolist()) == labels


@pytest.mark.parametrize("label", ["d", 3, -4])
def test_a_missing_label_column_is_an_error(tmp_path, label) -> None:
    with pytest.raises(ArgumentError, match=str(label)):
        read_table(written(tmp_path, "a,b,c\n1,2,3\n"), label=label)


def test_the_other_columns_keep_their_names(tmp_path) -> None:
    table = read_table(written(tmp_path, "a,label,c\n1,2,3\n"))

    assert table.columns == ("a", "c")
    assert table.label_column == 1


def test_fractions_stay_a_table(tmp_path) -> None:
    part = read_table(written(tmp_path, "a,b,y\n1,2.5,0\n3,4,1\n")).part()

    assert part.images.dtype == np.float32
    assert part.images.tolist() == [[1, 2.5], [3, 4]]


def test_pixels_by_name_may_have_any_square_size(tmp_path) -> None:
    part = read_table(written(tmp_path, "label,1x1,1x2,2x1,2x2\n1,0,255,7,8\n0,1,2,3,4\n")).part()

    assert part.images.tolist() == [[[0, 255], [7, 8]], [[1, 2], [3, 4]]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    images=hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.just(3), st.just(3))),
    seed=st.integers(0, 99),
)
def test_any_images_survive_writing_and_reading(tmp_path, images, seed) -> None:
    labels = np.random.default_rng(seed).integers(0, 10, len(images))
    write_table(tmp_path / "a.csv", Part(images, labels))

    part = read_table(tmp_path / "a.csv").part()

    np.testing.assert_array_equal(part.images, images)
    np.testing.assert_array_equal(part.labels, labels)


def test_tables_and_class_names_survive_writing_and_reading(tmp_path) -> None:
    part = Part(np.array([[0.25, -1.5], [3.0, 1e-7]], np.float32), np.array([1, 0]))
    write_table(tmp_path / "a.csv", part, ("no", "yes"))

    table = read_table(tmp_path / "a.csv")

    np.testing.assert_array_equal(table.values, part.images)
    assert table.class_names == ("no", "yes")
    assert table.labels is not None
    assert table.labels.tolist() == [1, 0]


def test_a_submission_counts_from_1(tmp_path) -> None:
    write_submission(tmp_path / "submission.csv", np.array([7, 0, 9]))

    assert (tmp_path / "submission.csv").read_text() == "ImageId,Label\n1,7\n2,0\n3,9\n"


# --- pairs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test_text", "labels"),
    [("label,a\nbee,5\ncat,6\n", [1, 2]), ("a\n5\n6\n", None)],
    ids=["labelled", "unlabelled"],
)
def test_a_test_table_may_lack_labels_and_shares_the_class_names(
    tmp_path, test_text, labels
) -> None:
    train_path = written(tmp_path, "label,a\ncat,1\nant,2\nbee,3\n", "train.csv")

    train, test = read_pair(train_path, written(tmp_path, test_text, "test.csv"))

    assert test is not None
    assert train.class_names == ("ant", "bee", "cat")
    assert (None if test.labels is None else test.labels.tolist()) == labels
    assert test.values.tolist() == [[5], [6]]


def test_a_class_that_only_the_test_part_has_is_an_error(tmp_path) -> None:
    train = written(tmp_path, "label,a\ncat,1\nant,2\n", "train.csv")
    test = written(tmp_path, "label,a\ndog,1\n", "test.csv")

    with pytest.raises(DataError, match="unknown class 'dog'"):
        read_pair(train, test)


def test_the_labels_of_a_test_table_are_found_by_name(tmp_path) -> None:
    train = written(tmp_path, "label,a,b\n0,1,2\n1,3,4\n", "train.csv")

    _, test = read_pair(train, written(tmp_path, "a,b,label\n5,6,1\n", "test.csv"))

    assert test is not None
    assert test.labels is not None
    assert test.labels.tolist() == [1]
    assert test.values.tolist() == [[5, 6]]


def test_columns_in_another_order_are_an_error(tmp_path) -> None:
    train = written(tmp_path, "label,a,b\n0,1,2\n1,3,4\n", "train.csv")

    with pytest.raises(DataError, match="expected the column 'a', as in the train table; got 'b'"):
        read_pair(train, written(tmp_path, "b,a\n5,6\n", "test.csv"))


# --- columns of words ---------------------------------------------------------------------------

HOUSES = """area,colour,roof,price
80,red,flat,1.5
95,blue,flat,2.5
60,red,steep,3.5
"""


def test_columns_of_words_are_encoded_one_hot_in_the_order_of_the_file(tmp_path) -> None:
    table = read_table(written(tmp_path, HOUSES), label="price")

    assert table.columns == ("area", "colour=blue", "colour=red", "roof=flat", "roof=steep")
    assert table.values.tolist() == [[80, 0, 1, 1, 0], [95, 1, 0, 1, 0], [60, 0, 1, 0, 1]]
    assert table.encoding == {"colour": ("blue", "red"), "roof": ("flat", "steep")}
    assert table.part().images.dtype == np.float32


def test_a_table_of_words_only_is_encoded(tmp_path) -> None:
    table = read_table(written(tmp_path, "a,b,label\nx,u,yes\ny,u,no\n"))

    assert table.columns == ("a=x", "a=y", "b=u")
    assert table.values.tolist() == [[1, 0, 1], [0, 1, 1]]
    assert table.class_names == ("no", "yes")


def test_columns_without_header_are_counted_without_the_labels(tmp_path) -> None:
    table = read_table(written(tmp_path, "1,red,2.5\n0,blue,3\n"), label=0)

    assert table.columns == ("x0=blue", "x0=red", "x1")
    later = read_table(written(tmp_path, "blue,7\n", "b.csv"), label=None, encoding=table.encoding)
    assert later.values.tolist() == [[1, 0, 7]]


def test_a_later_table_gets_the_same_columns_from_the_encoding(tmp_path) -> None:
    table = read_table(written(tmp_path, HOUSES), label="price")
    text = "area,colour,roof\n70,blue,steep\n"

    later = read_table(written(tmp_path, text, "later.csv"), encoding=table.encoding)

    assert later.columns == table.columns
    assert later.values.tolist() == [[70, 1, 0, 0, 1]]
    assert later.labels is None


def test_with_an_encoding_its_columns_are_not_taken_for_labels(tmp_path) -> None:
    path = written(tmp_path, "area,colour\n70,blue\n80,red\n")

    assert read_table(path).class_names == ("blue", "red")
    assert read_table(path, encoding={"colour": ["blue", "red"]}).labels is None


def test_an_encoding_survives_json(tmp_path) -> None:
    dataset = load_dataset(written(tmp_path, HOUSES), label="price", say=print)
    kept = json.loads(json.dumps(dataset.summary()["encoding"]))

    again = read_table(written(tmp_path, HOUSES), label="price", encoding=kept)

    assert dataset.column_names == again.columns
    np.testing.assert_array_equal(again.values, dataset.train.images)


def test_a_test_table_is_encoded_as_its_train_table(tmp_path) -> None:
    train_path = written(tmp_path, HOUSES, "train.csv")
    test_path = written(tmp_path, "area,colour,roof\n70,blue,steep\n", "test.csv")

    train, test = read_pair(train_path, test_path, label="price")

    assert test is not None
    assert test.columns == train.columns
    assert test.values.tolist() == [[70, 1, 0, 0, 1]]


WRONG_WORDS = {
    "new word": ("area,colour\n1,green\n", DataError, "'green'.*one of blue, red"),
    "no such column": ("area,color\n1,red\n", DataError, r"column 'colour'.*missing.*color"),
    "empty": ("area,colour\n1,red\n2,\n", FormatError, r"line 3, column 2 \('colour'\).*empty"),
    "missing": ("area,colour\n1,red\n2,NA\n", FormatError, "line 3.*'NA' marks a missing value"),
    "question mark": ("area,colour\n1,?\n2,red\n", FormatError, r"line 2.*'\?' marks a missing"),
    "number": ("area,colour\n1,red\n2,3\n", FormatError, "line 3.*expected text.*number '3'"),
    "repeated": ("colour,colour,a\nred,blue,1\n", DataError, "'colour' occurs twice"),
    "unknown words": ("colour,a\nred,x\n", FormatError, r"column 2 \('a'\).*number, got 'x'"),
}


@pytest.mark.parametrize("name", WRONG_WORDS)
def test_words_that_cannot_be_encoded_are_refused_with_the_reason(tmp_path, name: str) -> None:
    text, error, message = WRONG_WORDS[name]

    with pytest.raises(error, match=message):
        read_table(written(tmp_path, text), label=None, encoding={"colour": ["blue", "red"]})


def test_a_column_of_names_is_refused(tmp_path) -> None:
    def table(different: int) -> Path:
        rows = "".join(f"{i % 2},name{i}\n" for i in range(different))
        return written(tmp_path, "label,passenger\n" + rows)

    assert read_table(table(100)).values.shape == (100, 100)
    with pytest.raises(DataError, match=r"'passenger' has 101 different words.*at most 100"):
        read_table(table(101))


def test_too_many_columns_of_words_are_refused_before_they_are_encoded(tmp_path) -> None:
    text = "label" + ",a" * 1001 + "\n0" + ",x" * 1001 + "\n"

    with pytest.raises(DataError, match=r"1,001 columns contain text; at most 1,000"):
        read_table(written(tmp_path, text))


def test_the_columns_of_words_are_found_in_linear_time(tmp_path) -> None:
    """Each column was once looked up in a list of all columns, which took quadratic time."""
    text = "label" + ",a" * 30_000 + "\n0" + ",x" * 30_000 + "\n"
    path = written(tmp_path, text)
    began = time.process_time()

    with pytest.raises(DataError, match=r"30,000 columns contain text"):
        read_table(path)

    assert time.process_time() - began < 2


def test_784_columns_of_words_are_not_an_image(tmp_path) -> None:
    columns = [f"c{i}" for i in range(392)]
    text = ",".join([*columns, "label"]) + "\n"
    text += ",".join(["x"] * 392 + ["0"]) + "\n" + ",".join(["y"] * 392 + ["1"]) + "\n"

    assert read_table(written(tmp_path, text)).part().images.shape == (2, 784)


# --- regression ---------------------------------------------------------------------------------


def test_a_continuous_label_column_is_a_regression_target(tmp_path) -> None:
    table = read_table(written(tmp_path, HOUSES), label="price")

    assert table.task == "regression"
    assert table.class_names == ()
    assert table.labels is not None
    assert table.labels.dtype == np.float64
    assert table.labels.tolist() == [1.5, 2.5, 3.5]
    assert table.part().task == "regression"


def test_targets_keep_their_full_precision(tmp_path) -> None:
    table = read_table(written(tmp_path, "a,y\n1,123456789.25\n2.5,0.1\n"))

    assert table.labels is not None
    assert table.labels.tolist() == [123456789.25, 0.1]


def test_the_task_can_be_given(tmp_path) -> None:
    path = written(tmp_path, "a,y\n1,3\n2,4\n")

    assert read_table(path).task == "classification"
    assert read_table(path, task="regression").labels.tolist() == [3, 4]  # type: ignore[union-attr]
    assert read_table(path, class_names="01234").task == "classification"


def test_words_are_not_a_regression_target(tmp_path) -> None:
    with pytest.raises(DataError, match="one number for each row"):
        read_table(written(tmp_path, "a,y\n1,x\n2,z\n"), task="regression")


def test_a_test_table_has_the_task_of_its_train_table(tmp_path) -> None:
    train_path = written(tmp_path, "a,y\n1,0.5\n2,1.5\n", "train.csv")

    _, test = read_pair(train_path, written(tmp_path, "a,y\n1,2\n2,3\n", "test.csv"))

    assert test is not None
    assert test.task == "regression"


def test_targets_survive_writing_and_reading(tmp_path) -> None:
    part = Part(np.array([[1.5], [2.5]]), np.array([0.25, 7]), "regression")
    write_table(tmp_path / "a.csv", part)

    assert read_table(tmp_path / "a.csv").labels.tolist() == [0.25, 7]  # type: ignore[union-attr]


# --- what goes wrong ----------------------------------------------------------------------------

BROKEN = {
    "empty": ("", "no rows of data"),
    "blank": ("\n\n  \n", "no rows of data"),
    "header only": ("label,pixel0\n", "no rows of data"),
    "short row": ("a,b,y\n1,2,0\n1,2\n", "line 3: expected 3 cells, as in the rows before; got 2"),
    "long row": ("a,b,y\n1,2,0\n1,2,3,4\n", "line 3: expected 3 cells.*got 4"),
    "short first row": ("a,b,y\n1,2\n1,2,3\n", "line 2: expected 3 cells, as in the header; got 2"),
    "word": ("a,b,y\n1,2,0\n1,x,0\n", r"line 3, column 2 \('b'\): expected a number, got 'x'"),
    "word without header": ("1,2,0\n1,x,0\n", "line 2, column 2: expected a number, got 'x'"),
    "empty cell": ("a,b,y\n1,2,0\n\n1,,0\n", r"line 4, column 2 \('b'\).*the cell is empty"),
    "empty cell among words": ("a,k\n1,x\n,y\n", r"line 3, column 1 \('a'\).*empty"),
    "short row among words": ("a,k\n1,x\n1\n", "line 3: expected 2 cells"),
    "long row among words": ("a,k\n1,x\n1,y,2\n", "line 3: expected 2 cells"),
    "number in the label column only": ("k,a\nx,1\ny,z\n", r"line 3, column 2 \('a'\).*'z'"),
    "empty label": ("a,k\n1,x\n2,\n", r"line 3, column 2 \('k'\): the cell is empty. Fill it in"),
    "prose": ("Dear reader\nthis is not a table\n", "expected"),
    "underscore": ("a,y\n1_000,1\n2,0\n", "expected"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_every_broken_table_names_line_and_column(tmp_path, name: str) -> None:
    text, message = BROKEN[name]
    path = written(tmp_path, text)

    with pytest.raises(FormatError, match=message) as caught:
        read_table(path)

    assert str(path) in str(caught.value)


def test_pixels_beyond_255_are_an_error(tmp_path) -> None:
    path = written(tmp_path, "label,pixel0,pixel1,pixel2,pixel3\n1,0,0,0,0\n1,0,256,0,0\n")

    with pytest.raises(DataError, match="row 2 of the data has 256 in 'pixel1'"):
        read_table(path).part()


def test_nan_in_a_table_is_an_error(tmp_path) -> None:
    with pytest.raises(DataError, match="nan in row 1, column 0"):
        read_table(written(tmp_path, "a,y\n1,0\nnan,1\n")).part()


def test_a_binary_file_is_not_a_table(tmp_path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(range(256)))

    with pytest.raises(FormatError, match="UTF-8"):
        read_table(tmp_path / "a.csv")


def test_a_truncated_compressed_table_is_an_error(tmp_path) -> None:
    text = "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(20_000))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode())[:-1000])

    with pytest.raises(FormatError, match="too early"):
        read_table(tmp_path / "a.csv.gz")


def test_a_missing_table_is_named(tmp_path) -> None:
    with pytest.raises(FileError, match=r"nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(text=st.text(alphabet='0123456789.,-enaxy;"\n\r\t #\0é', max_size=60))
def test_no_text_causes_anything_but_our_own_errors(tmp_path, text: str) -> None:
    with contextlib.suppress(ByhandError):
        read_table(written(tmp_path, text))


@pytest.mark.parametrize("text", ["1,2\n" + "3," * 20, "1," + "2" * 40 + "\n", "x" * 40])
def test_endless_lines_are_refused(tmp_path, monkeypatch, text: str) -> None:
    monkeypatch.setattr("byhand.data.formats.table_cells.LONGEST_LINE", 32)

    with pytest.raises(FormatError, match="a line has 32 characters or more"):
        read_table(written(tmp_path, text))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1," * 300_000 + b"1\n", "more than 100,000 cells"),
        (b'"\n",' * 300_000 + b"1\n", "more than 100,000 cells"),
        (b"x" * (17 << 20), "16,777,216 characters or more"),
    ],
    ids=["columns", "quoted columns", "a cell"],
)
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_a_row_without_end_is_refused_at_once(tmp_path, content, message, compress) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(content) if compress else content)

    tracemalloc.start()
    with pytest.raises(FormatError, match=message):
        read_table(path)
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def test_a_table_that_expands_too_far_is_refused(tmp_path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,label\n" + b"1,0\n" * (10 << 20)))

    with pytest.raises(FormatError, match=r"over 100 times their size.*decompress it first"):
        read_table(path)


def test_a_folder_gives_its_name_to_the_data(tmp_path):
    """Every such folder has a train.csv, so the name of the file would not tell data sets apart."""
    (tmp_path / "flowers").mkdir()
    (tmp_path / "flowers" / "train.csv").write_text("size,label\n1,a\n2,b\n")

    assert load_dataset(tmp_path / "flowers").name == "flowers"
    assert load_dataset(tmp_path / "flowers" / "train.csv").name == "train"


def test_text_columns_may_not_become_far_more_numbers_than_the_table_has_characters(tmp_path):
    words = [f"{one}{two}" for one in "abcdefghij" for two in "abcdefghij"]
    rows = "".join(f"{','.join([word] * 500)},{number % 2}\n" for number, word in enumerate(words))
    (tmp_path / "a.csv").write_text(",".join(f"c{k}" for k in range(500)) + ",label\n" + rows)

    with pytest.raises(DataError, match=r"the text columns make 100 x 50,000 numbers; at most 3,0"):
        read_table(tmp_path / "a.csv")


def test_blank_lines_without_end_are_refused_and_one_after_each_row_is_not(tmp_path):
    (tmp_path / "a.csv").write_text("a,label\n" + "1,2\n\n" * 120_000)
    (tmp_path / "b.csv").write_text("\n" * 200_000 + "a,label\n1,2\n")

    assert len(read_table(tmp_path / "a.csv").values) == 120_000
    with pytest.raises(FormatError, match="lines are blank"):
        read_table(tmp_path / "b.csv")


def test_an_unknown_label_among_many_columns_is_told_in_no_time(tmp_path):
    names = ",".join(f"species{k}" for k in range(99_000))
    (tmp_path / "a.csv").write_text(f"{names}\n{'1,' * 98_999}2\n")

    with pytest.raises(ArgumentError, match=r"Did you mean 'species9'\?") as caught:
        read_table(tmp_path / "a.csv", label="species")
    assert len(str(caught.value)) < 20_000


def test_the_first_cell_that_is_no_number_is_named_also_where_others_have_underscores(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,label\n1,2,0\n1,1_0,1\n1,x,0\n")

    with pytest.raises(
        FormatError, match=r"line 3, column 2 \('b'\): expected a number, got '1_0'"
    ):
        read_table(tmp_path / "a.csv")
