"""Writes tables: a part of a data set, or predictions for Kaggle."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence

from byhand.arrays import IntArray
from byhand.data.dataset import Part
from byhand.data.formats.files import replacing
from byhand.data.labels import numbered_classes


def write_table(path: str | os.PathLike[str], part: Part, class_names: Sequence[str] = ()) -> None:
    """Write a part in Kaggle's form: `label,pixel0,...`, one row for each image.

    Args:
        path: the file to write.
        part: images, or a table, whose columns are called x0, x1, ...
        class_names: names to write instead of class numbers.
    """
    rows = part.images.reshape(len(part), -1)
    columns = [f"{'pixel' if part.images.ndim == 3 else 'x'}{i}" for i in range(rows.shape[1])]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if part.labels is None:
            writer.writerow(columns)
            writer.writerows(row.tolist() for row in rows)
            return
        labels = part.labels.tolist()
        if part.task == "classification":
            names = tuple(class_names) or numbered_classes(part.labels)
            labels = [names[label] for label in labels]
        writer.writerow(["label", *columns])
        writer.writerows([label, *row.tolist()] for label, row in zip(labels, rows, strict=True))


def write_submission(path: str | os.PathLike[str], labels: IntArray) -> None:
    """Write predictions in the form of Kaggle's Digit Recognizer: `ImageId,Label`, from 1."""
    lines = [f"{number},{label}\n" for number, label in enumerate(labels.tolist(), start=1)]
    with replacing(path) as temporary:
        temporary.write_text("ImageId,Label\n" + "".join(lines), encoding="utf-8")
