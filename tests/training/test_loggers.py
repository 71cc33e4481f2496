"""Callbacks that write the history: files, TensorBoard and MLflow, each read by its own reader."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    Callback,
    DenseLayer,
    EarlyStopping,
    FileError,
    History,
    HistoryToCSV,
    HistoryToJSONLines,
    HistoryToMLflow,
    HistoryToTensorBoard,
    InputLayer,
    MissingPackageError,
    MultiLayerPerceptron,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5))
Y = RNG.integers(0, 3, 60)


def fit(*callbacks, **options):
    layers = [InputLayer(5, "none"), DenseLayer(8, "tanh"), DenseLayer(3, "softmax")]
    net = MultiLayerPerceptron(layers, seed=0)
    settings = {"epochs": 5, "batch_size": 16, "verbose": 0, "validation_split": 0.3}
    return net.fit(X, Y, callbacks=callbacks, **settings | options)


class Begins(Callback):
    """Remembers whether an epoch started."""

    began = False

    def on_epoch_begin(self, run):
        self.began = True


# --- files --------------------------------------------------------------------------------------


def test_the_csv_is_the_history(tmp_path):
    history = fit(HistoryToCSV(tmp_path / "history.csv"))

    assert History.from_csv(tmp_path / "history.csv").columns == history.columns


def test_the_csv_is_complete_after_every_epoch(tmp_path):
    lengths = []

    class Read(Callback):
        def on_epoch_end(self, run):
            lengths.append(History.from_csv(tmp_path / "history.csv").epochs)

    fit(HistoryToCSV(tmp_path / "history.csv"), Read())

    assert lengths == [1, 2, 3, 4, 5]


def test_a_csv_that_cannot_be_written_is_noticed_before_any_work(tmp_path):
    (tmp_path / "file").write_text("in the way")
    begins = Begins()

    with pytest.raises(FileError, match=r"cannot write .*history\.csv: .*file is a file, but a"):
        fit(HistoryToCSV(tmp_path / "file" / "history.csv"), begins)

    assert not begins.began


def test_an_older_csv_stays_until_this_run_has_an_epoch_of_its_own(tmp_path):
    path = tmp_path / "history.csv"
    fit(HistoryToCSV(path))
    before = path.read_bytes()

    with pytest.raises(ArgumentError, match="unknown monitor"):
        fit(HistoryToCSV(path), EarlyStopping(monitor="speed"))
    assert path.read_bytes() == before

    history = fit(HistoryToCSV(path), epochs=1)
    assert History.from_csv(path).columns == history.columns


def test_json_lines_are_the_history(tmp_path):
    path = tmp_path / "log" / "history.jsonl"
    history = fit(HistoryToJSONLines(path))

    rows = [json.loads(line) for line in path.read_text().splitlines()]

    assert [row.pop("epoch") for row in rows] == [1, 2, 3, 4, 5]
    assert rows == [history.row(epoch) for epoch in range(1, 6)]


def test_json_lines_are_complete_after_every_epoch(tmp_path):
    path, lengths = tmp_path / "history.jsonl", []

    class Read(Callback):
        def on_epoch_end(self, run):
            lengths.append(len(path.read_text().splitlines()))

    fit(HistoryToJSONLines(path), Read())

    assert lengths == [1, 2, 3, 4, 5]


# --- trackers -----------------------------------------------------------------------------------


def test_tensorboard_reads_the_curves_of_both_parts(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    history = fit(HistoryToTensorBoard(tmp_path))

    for part, prefix in (("train", ""), ("validation", "val_")):
        events = EventAccumulator(str(tmp_path / part)).Reload()
        for name in ("loss", "accuracy"):
            written = events.Tensors(name)
            assert [event.step for event in written] == [1, 2, 3, 4, 5]
            values = [event.tensor_proto.float_val[0] for event in written]
            np.testing.assert_allclose(values, history[prefix + name], rtol=1e-6)
    tags = EventAccumulator(str(tmp_path / "train")).Reload().Tags()["tensors"]
    assert set(tags) == {"loss", "accuracy", "learning_rate", "seconds"}


@pytest.fixture
def mlflow(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("alembic", reason="MLflow keeps runs in a data base")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    yield mlflow
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(before)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # from MLflow and its database
def test_mlflow_has_settings_curves_and_the_end_of_each_run(mlflow, tmp_path):
    client = mlflow.MlflowClient()

    history = fit(HistoryToMLflow("first"), optimizer="momentum")

    (run,) = client.search_runs(["0"])
    assert run.info.run_name == "first"
    assert run.info.status == "FINISHED"
    assert run.data.params["optimizer.name"] == "momentum"
    assert run.data.params["network"] == "5-8-3"
    assert run.data.params["batch_size"] == "16"
    for name in history:
        metrics = client.get_metric_history(run.info.run_id, name)
        assert {point.step: point.value for point in metrics} == dict(
            enumerate(history[name], start=1)
        )

    class Fail(Callback):
        def on_epoch_end(self, run):
            if run.epoch == 2:
                raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fit(HistoryToMLflow("second"), Fail())
    assert [run.info.status for run in client.search_runs(["0"])].count("FAILED") == 1
    assert mlflow.active_run() is None

    with mlflow.start_run(run_name="mine"):
        fit(HistoryToMLflow(), epochs=1)
        assert mlflow.active_run() is not None
    assert len(client.search_runs(["0"])) == 3


@pytest.mark.parametrize(
    ("callback", "module", "extra"),
    [
        (lambda: HistoryToTensorBoard("logs"), "tensorboard.summary", "tensorboard"),
        (HistoryToMLflow, "mlflow", "mlflow"),
    ],
)
def test_a_missing_package_is_named_with_its_remedy(callback, module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(MissingPackageError, match=rf'pip install "byhand\[{extra}\]"'):
        callback()
