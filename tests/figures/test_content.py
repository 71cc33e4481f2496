"""Single figures show the right numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.data import Part
from byhand.errors import ArgumentError
from byhand.evaluation import confusion_matrix as matrix_of
from byhand.evaluation import worst_mistakes as mistakes_of
from byhand.evaluation.calibration import reliability_of
from byhand.evaluation.training_statistics import Histograms
from byhand.evaluation.unit_rows import arrays
from byhand.figures import (
    FigureError,
    Subject,
    activations_of_example,
    activations_of_set,
    calibration,
    class_averages,
    confusion_matrix,
    first_layer_weights,
    gradient_histograms,
    layer_map_pca,
    random_predictions,
    training_curves,
    update_ratios,
    worst_mistakes,
)
from byhand.figures.canvas import counted, grid_of, mosaic, short, these
from byhand.figures.colour_maps import limit_of
from byhand.figures.common import hidden_units, pictures_of
from byhand.figures.curves import best_epoch
from byhand.figures.galleries import caption
from byhand.figures.histograms import _joint_edges, is_polar, relative_counts
from byhand.figures.projections import tsne_seconds
from byhand.figures.weights import (
    _columns_for,
    _words_about_loss,
    most_important,
    order_by_class,
)


def test_the_confusion_matrix_writes_every_count(digits_subject, draw):
    """Each cell that is not empty shows its count and its fraction."""
    said = digits_subject.predictions
    matrix = matrix_of(said.labels, said.predicted, 10)

    texts = [text for text, _ in draw(confusion_matrix(digits_subject)).texts]
    counts = sorted(int(text.split("\n")[0]) for text in texts if "\n" in text and "%" in text[-1])

    assert counts == sorted(matrix[matrix > 0].tolist())


def test_worst_mistakes_are_in_their_order(digits_subject, draw):
    """Captions belong to the wrong predictions, highest confidence first."""
    captions = [
        text
        for text, _ in draw(worst_mistakes(digits_subject)).texts
        if "→" in text and "%" in text
    ]
    rows = [mistake.row for mistake in mistakes_of(digits_subject.predictions, 32)]

    assert captions == [caption(digits_subject.predictions, row) for row in rows]


def test_weights_are_centred_on_zero(digits_subject):
    """White is 0, and the colour scale extends equally far below and above."""
    image = first_layer_weights(digits_subject).axes[0].images[0]

    assert image.norm.vmin == -image.norm.vmax


def test_the_best_epoch_is_marked(digits_subject):
    """A dotted line marks the best epoch in every panel."""
    figure = training_curves(digits_subject)
    best = digits_subject.history.best_epoch
    marks = [
        line.get_xdata() for axes in figure.axes for line in axes.lines if line.get_ls() == ":"
    ]

    assert marks == [[best, best]] * 3


def test_what_people_reach_is_a_line_where_it_is_known(digits_subject):
    """The accuracy is given, or known for MNIST. None is known for digits of 8x8 pixels."""

    def lines(figure):
        accuracy = figure.axes[1]
        return [line.get_label() for line in accuracy.lines if "people" in line.get_label()]

    mnist = dataclasses.replace(digits_subject, name="mnist")
    assert lines(training_curves(mnist)) == ["people, 99.8 %"]
    assert lines(training_curves(digits_subject)) == []
    assert lines(training_curves(digits_subject.history, human_error=0.05)) == ["people, 95 %"]


@pytest.mark.parametrize(
    ("history", "best"),
    [
        ({"loss": [3.0, 1.0, 2.0]}, 2),
        ({"loss": [3.0, 1.0, 2.0], "val_loss": [3.0, 2.0, 1.0]}, 3),
        ({"accuracy": [0.1]}, None),
    ],
)
def test_best_epoch_without_a_statement_is_that_of_the_lowest_loss(history, best):
    """The validation loss counts, if there is one."""
    assert best_epoch(history) == best


@pytest.mark.parametrize("history", [None, {}, {"loss": []}])
def test_a_missing_history_is_an_error(digits_subject, history):
    """An empty picture would not explain itself."""
    with pytest.raises(FigureError, match="no history"):
        training_curves(dataclasses.replace(digits_subject, history=history))


def test_curves_are_drawn_from_a_history_alone(digits_subject, draw):
    """The result of `fit` is enough."""
    titles = [text for text, _ in draw(training_curves(digits_subject.history)).texts]

    assert "Training curves" in titles


def test_weights_are_drawn_from_a_network_alone(digits_subject, table_subject, draw):
    """This needs inputs that form a square image."""
    drawing = draw(first_layer_weights(digits_subject.network))

    assert any("strongest of 110 units" in text for text, _ in drawing.texts)
    with pytest.raises(FigureError, match="13 inputs"):
        first_layer_weights(table_subject.network)


def test_histograms_are_drawn_from_what_was_recorded_alone(digits_subject, draw):
    """Layers have the names of their arrays."""
    drawing = draw(gradient_histograms(digits_subject.statistics))

    assert "dW1" in [text for text, _ in drawing.texts]


@pytest.mark.parametrize(("units", "columns"), [(100, 10), (12, 4), (7, 7), (1, 1), (97, 14)])
def test_the_last_row_of_weights_is_nearly_full(units, columns):
    """Of several numbers of columns, the one with the fewest gaps is chosen."""
    assert _columns_for(units) == columns


def test_outputs_near_0_and_1_do_not_hide_the_others():
    """If the outermost bins hold almost all, the fullest inner bin sets the scale."""
    density = np.array([[0.88, 0.01, 0.005, 0.005, 0.1]])

    assert is_polar(density)
    assert not is_polar(np.full((1, 5), 0.2))


def test_a_subject_is_shown_in_one_short_line(digits_subject):
    """Its repr does not print arrays."""
    assert repr(digits_subject) == (
        "Subject(784-110-30-10 on a set of this test, 120 test images, trained for 3 epochs)"
    )


def test_a_subject_needs_labels(digits_subject):
    """The message explains what to do."""
    with pytest.raises(ArgumentError, match="with labels"):
        dataclasses.replace(digits_subject, test=Part(digits_subject.images))


def test_a_gallery_without_mistakes_is_an_error(digits_subject):
    """An empty gallery would not explain itself."""
    right = np.flatnonzero(digits_subject.predictions.correct)
    test = digits_subject.test
    perfect = Subject(digits_subject.network, Part(test.images[right], test.labels[right]))

    with pytest.raises(FigureError, match="no mistake"):
        worst_mistakes(perfect)


def test_rows_with_an_image_shape_are_images(digits_subject, draw):
    """Rows are drawn as images once their shape is given."""
    rows = digits_subject.images.reshape(len(digits_subject.images), -1)
    subject = dataclasses.replace(
        digits_subject, test=Part(rows, digits_subject.test.labels), image_shape=(28, 28)
    )

    assert np.array_equal(
        pictures_of(subject, np.arange(3)), pictures_of(digits_subject, np.arange(3))
    )


def test_a_spread_sample_takes_the_classes_in_turn(digits_subject):
    """Twenty rows of ten classes contain two of each."""
    rows = digits_subject.balanced_rows(20)

    assert np.bincount(digits_subject.test.labels[rows]).tolist() == [2] * 10
    assert len(set(rows.tolist())) == 20


def test_units_are_ordered_by_their_best_class():
    """The strongest come first within a class; classes without examples do not count."""
    means = np.array([[0.1, 0.9, np.nan], [0.8, 0.2, np.nan], [0.9, 0.3, np.nan]])

    assert order_by_class(means).tolist() == [2, 1, 0]


def test_a_mosaic_keeps_every_pixel():
    """Pictures are placed row by row, with gaps of NaN."""
    pictures = np.arange(12.0).reshape(3, 2, 2)

    whole = mosaic(pictures, 2)

    assert whole.shape == (5, 5)
    assert np.array_equal(whole[:2, 3:], pictures[1])
    assert np.array_equal(np.sort(whole[~np.isnan(whole)]), np.arange(12.0))


@pytest.mark.parametrize("count", [1, 2, 5, 16, 30, 128, 300])
def test_a_grid_is_nearly_square_and_complete(count):
    """Numbers are placed row by row, with NaN at the end."""
    grid = grid_of(np.arange(float(count)))

    assert 0 <= grid.shape[1] - grid.shape[0] <= 1
    assert np.array_equal(grid.reshape(-1)[:count], np.arange(count))


def test_short_names_stay_distinct():
    """Both ends of a long name are kept."""
    assert short("uppercase letter A") != short("uppercase letter B")
    assert len(short("uppercase letter A", 11)) == 11
    assert short("cat", 11) == "cat"


def test_a_limit_is_never_zero():
    """A map of zeros still has a scale."""
    assert limit_of(np.zeros(5)) == 1.0
    assert limit_of(np.array([0.0] * 999 + [2.0])) > 0


@pytest.mark.parametrize(
    ("rates", "scale"),
    [
        ([8e-4, 5e-4, 1.5e-4, 2e-10], "linear"),  # a cosine
        ([1e-3, 1e-3, 1e-3], "linear"),
        ([1e-1, 1e-2, 1e-3, 1e-4], "log"),  # a tenth at each step
        ([1e-3, 0.0], "linear"),
    ],
)
def test_a_rate_that_ends_near_0_keeps_a_linear_scale(digits_subject, rates, scale):
    """Powers of ten are used only if the rate passes through them step by step."""
    history = {"loss": [1.0] * len(rates), "learning_rate": rates}

    figure = training_curves(dataclasses.replace(digits_subject, history=history))

    assert figure.axes[-1].get_yscale() == scale


def _with_a_last_epoch_at_nothing(subject: Subject) -> Subject:
    """The record of a schedule that ends near 0: its last updates are a millionth as large."""
    record = subject.statistics
    updates, ratios = {}, {}
    for name, one in record.updates.items():
        counts = one.counts.copy()
        counts[-1] = np.roll(counts[-1], -24)  # four bins are a power of ten
        updates[name] = dataclasses.replace(one, counts=counts)
        ratios[name] = record.ratios[name].copy()
        ratios[name][-1, -1] = 1e-10
    return dataclasses.replace(
        subject, statistics=dataclasses.replace(record, updates=updates, ratios=ratios)
    )


def test_an_epoch_without_updates_leaves_the_others_readable(digits_subject, draw):
    """A note says that its numbers are below the axes; each epoch has its own scale."""
    figure = update_ratios(_with_a_last_epoch_at_nothing(digits_subject))

    maps, (lines,) = figure.subfigs[0].axes[:3], figure.subfigs[1].axes
    assert lines.get_ylim()[0] > 1e-7
    for axes in maps:
        shares = axes.collections[0].get_array()
        assert axes.get_ylim()[0] > 1e-8
        assert shares[:, 0].max() == pytest.approx(1)
        assert shares[:, -1].max() < 0.5
    texts = [text for text, _ in draw(figure).texts]
    assert [text for text in texts if text.startswith("triangle: more than half")]
    assert [text for text in texts if text.endswith("triangles: below the axis")]


def test_a_network_that_does_not_change_gets_a_note(digits_subject, draw):
    """There are no unexplained empty maps, and no warning."""
    record = digits_subject.statistics
    updates = {
        name: dataclasses.replace(one, counts=0 * one.counts, zeros=np.ones_like(one.zeros))
        for name, one in record.updates.items()
    }
    ratios = {name: 0 * values for name, values in record.ratios.items()}
    still = dataclasses.replace(record, updates=updates, ratios=ratios)

    drawing = draw(update_ratios(dataclasses.replace(digits_subject, statistics=still)))

    assert "no weight changed in the steps that were recorded" in [t for t, _ in drawing.texts]


def test_a_layer_of_zeros_leaves_the_axes_of_the_others(digits_subject):
    """All gradients of a dead layer are 0."""
    record = digits_subject.statistics
    first = record.gradients["dW1"]
    dead = dataclasses.replace(first, counts=0 * first.counts)
    others = {name: one for name, one in record.gradients.items() if name != "dW1"}
    limits = [
        gradient_histograms(
            dataclasses.replace(
                digits_subject, statistics=dataclasses.replace(record, gradients=gradients)
            )
        )
        .subfigs[0]
        .axes[0]
        .get_ylim()
        for gradients in (others, {"dW1": dead, **others})
    ]

    assert limits[0] == limits[1]


def test_fractions_are_relative_to_the_epochs_fullest_bin(digits_subject):
    """This holds even if that bin is beyond the edges."""
    one = digits_subject.statistics.gradients["dW1"]
    fullest = one.counts.max(axis=1, keepdims=True)

    assert relative_counts(one, one.edges[0]) == pytest.approx(one.counts / fullest)
    assert relative_counts(one, one.edges[0][30:]) == pytest.approx(one.counts[:, 30:] / fullest)


def test_a_table_shows_its_columns_as_the_network_gets_them(table_subject):
    """Each column has a bar with its standardised value and its name."""
    net, x = table_subject.network, table_subject.images
    names = [f"measure {k}" for k in range(13)]

    plain = activations_of_example(table_subject, row=3).axes[0]
    named = activations_of_example(
        dataclasses.replace(table_subject, column_names=names), row=3
    ).axes[0]

    expected = arrays(net, x[[3]], ["A0"])["A0"][0]
    assert [bar.get_width() for bar in plain.patches] == pytest.approx(expected.tolist())
    assert [label.get_text() for label in plain.get_yticklabels()][:2] == ["column 0", "column 1"]
    assert [label.get_text() for label in named.get_yticklabels()] == names
    assert plain.get_xlabel() == "standard deviations\nfrom the mean"


def test_panels_of_an_example_share_their_upper_edge(table_subject, draw):
    """The content below the panels makes no difference."""
    figure = activations_of_example(table_subject, row=0)
    draw(figure)

    tops = [axes.get_window_extent().y1 for axes in figure.axes[:3]]

    assert max(tops) - min(tops) < 1


def test_random_images_are_drawn_without_regard_to_class():
    """This keeps the fraction of mistakes right: rare classes have few images."""
    labels = np.repeat([0, 1], [990, 10])
    subject = Subject(_untrained(), Part(np.zeros((1000, 2, 2), np.uint8), labels))

    rows = subject.random_rows(400)

    assert np.bincount(labels[rows])[1] <= 10
    assert len(set(rows.tolist())) == 400
    assert np.array_equal(rows, subject.random_rows(400))
    assert (
        np.bincount(labels[subject.random_rows(100)])[0] > 90
    )  # a spread would have 10 of class 1


def _untrained() -> MultiLayerPerceptron:
    return MultiLayerPerceptron([InputLayer(4), DenseLayer(2, "softmax")], seed=0)


def test_the_captions_of_random_images_agree_with_the_heading(digits_subject):
    """The heading counts the mistakes among them."""
    rows = digits_subject.random_rows(32)
    wrong = int((~digits_subject.predictions.correct[rows]).sum())

    title = random_predictions(digits_subject).get_suptitle()

    assert title.startswith(f"32 images drawn at random: {wrong or 'none'} wrong")


def test_calibration_fades_bins_of_few_examples(digits_subject):
    """Each bin has its interval, and bins of few examples are pale."""
    bins = reliability_of(digits_subject.predictions)
    few = int(((bins.counts > 0) & (bins.counts < 20)).sum())
    axes = calibration(digits_subject).axes[0]

    assert sum(bar.get_alpha() == 0.3 for bar in axes.patches) == few > 0
    assert len(axes.collections[0].get_segments()) == (bins.counts > 0).sum()


@pytest.mark.parametrize("which", [class_averages, activations_of_set])
def test_units_are_numbered_as_in_unit_images(digits_subject, which):
    """Each number is written at its unit."""
    facts = hidden_units(digits_subject)[0]
    order = order_by_class(facts.class_means)
    axes = which(digits_subject).axes[0]
    axis = axes.yaxis if which is class_averages else axes.xaxis

    numbered = {int(at): int(text.get_text()) for at, text in zip(
        axis.get_ticklocs(), axis.get_ticklabels(), strict=True
    )}  # fmt: skip

    assert numbered == {at: order[at] for at in numbered}
    assert set(numbered.values()) & set(most_important(facts, 7).tolist())


@pytest.mark.parametrize("subject", ["tiny"], indirect=True)
def test_one_unit_is_one_dimension(subject):
    """Its map shows the values, class by class, with a note."""
    axes = layer_map_pca(subject).axes[1]

    assert "one unit: one dimension" in axes.get_title()
    assert len({y for part in axes.collections for _, y in part.get_offsets()}) > 1


@pytest.mark.parametrize("subject", ["many_classes"], indirect=True)
def test_many_classes_are_named_where_they_lie(subject, draw):
    """The colours of neighbouring classes are too similar."""
    texts = [text for text, _ in draw(layer_map_pca(subject)).texts]

    assert sum(texts.count(name) for name in subject.classes) > 3 * len(subject.classes)


def test_counted_things_agree_in_number():
    """The forms are "one image" and "two images"."""
    assert (counted(1, "image"), counted(2000, "image")) == ("1 image", "2,000 images")
    assert (these(1, "image"), these(2, "image")) == ("this 1 image", "these 2 images")


def test_a_unit_is_not_blamed_for_what_chance_explains():
    """Fewer than six changed predictions count as no change."""
    assert _words_about_loss(5 / 2000, 2000) == "accuracy the same without it"
    assert _words_about_loss(6 / 2000, 2000) == "accuracy without it -0.30"
    assert _words_about_loss(-6 / 2000, 2000) == "accuracy without it +0.30"


@pytest.mark.parametrize(("values", "bins"), [("polar", 20), ("even", 60)])
def test_outputs_near_0_and_1_get_fewer_bins_so_that_the_others_can_be_seen(values, bins):
    counts = np.full((2, 60), 10)
    if values == "polar":
        counts[:, [0, -1]] = 5000
    edges = np.tile(np.linspace(0, 1, 61), (2, 1))
    one = Histograms(counts, edges, np.zeros(2), logarithmic=False)

    assert len(_joint_edges(one, {"A2": one})) == bins + 1


def test_the_time_of_t_sne_is_announced_before_it_starts(digits_subject):
    seconds = tsne_seconds(digits_subject)

    assert 0 < seconds < 60
