"""Saliency and occlusion: which inputs a prediction depends on.

The report page has its own: `report/page/attribution.js`, with gradient times ink.
"""

from __future__ import annotations

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.errors import ArgumentError
from byhand.evaluation.backward_in_inference import backward_in_inference
from byhand.evaluation.unit_rows import arrays, fitted, passes, unit_rows
from byhand.network import Network


def saliency(network: Network, x: Array, classes: IntArray | int | None = None) -> FloatArray:
    """Return the gradient of a class's logit by the raw input  (Simonyan et al. 2014).

    The logit is the last layer's Z. A network with a single output has the logits -Z and Z for
    the classes 0 and 1. A0 = (x - mean) * factor, so the gradient by x is the gradient by A0
    times the factor. Dropout is off, and batch normalisation uses its running statistics.

    Args:
        network: a classifier.
        x: raw inputs (n, ...).
        classes: class of each example (n,), or one class for all; the predicted class if not
            given.

    Returns:
        (n, ...), logit per unit of raw input.
    """
    network = fitted(network, x)
    wanted = _classes(network, len(x), classes)
    gradient = np.empty((len(x), network.input_layer.units), network.dtype)
    for block, cache in passes(network, x):
        z = cache.layers[-1].z  # type: ignore[attr-defined]
        dz = _one_logit(z, None if wanted is None else wanted[block])
        gradient[block] = backward_in_inference(network, cache, dz=dz)[-1].dx
    gradient *= network.input_layer.factor
    return gradient.reshape(np.shape(x))


def _one_logit(z: FloatArray, classes: IntArray | None) -> FloatArray:
    """Return the gradient of the chosen logits by Z: 1 in the column of the class."""
    dz = np.zeros_like(z)
    if z.shape[1] == 1:
        chosen = (z[:, 0] > 0) if classes is None else classes
        dz[:, 0] = np.where(chosen, 1, -1)
    else:
        dz[np.arange(len(z)), z.argmax(axis=1) if classes is None else classes] = 1
    return dz


def _classes(network: Network, n: int, classes: IntArray | int | None) -> IntArray | None:
    if classes is None:
        return None
    count = max(network.output_layer.units, 2)
    chosen = np.asarray(classes)
    if chosen.ndim == 0:
        chosen = np.broadcast_to(chosen, (n,))
    if chosen.shape != (n,) or chosen.dtype.kind not in "iu" or not _within(chosen, count):
        raise ArgumentError(
            f"expected one class or {n} classes, as integers from 0 to {count - 1}; "
            f"got {classes!r}."
        )
    return chosen


def _within(chosen: IntArray, count: int) -> bool:
    return not len(chosen) or bool(chosen.min() >= 0 and chosen.max() < count)


def occlusion(
    network: Network,
    images: Array,
    classes: IntArray | int | None = None,
    *,
    patch: int | None = None,
    fill: float = 0,
) -> FloatArray:
    """Return how much covering a patch lowers the log-odds of a class  (Zeiler & Fergus 2014).

    A square moves over the image pixel by pixel and is cut off at the borders. The value of a
    pixel is the mean of before - after over all squares that cover it: positive where the image
    supports the class, negative where it contradicts it. Log-odds, log p / (1 - p), still change
    where the probability hardly does, near 0 and 1; see `log_odds`.

    Args:
        network: a classifier.
        images: raw images (n, height, width).
        classes: class of each image (n,), or one class for all; the predicted class if not given.
        patch: side of the square in pixels; a seventh of the image's side, at least 2, if not
            given.
        fill: raw value of the square; 0 is the background.

    Returns:
        (n, height, width), in nats.
    """
    images = np.asarray(images)
    if images.ndim != 3:
        raise ArgumentError(f"expected images (n, height, width); got shape {images.shape}.")
    side = max(2, round(max(images.shape[1:]) / 7)) if patch is None else patch
    if side < 1:
        raise ArgumentError(f"expected a patch of at least one pixel; got {patch!r}.")
    before = log_odds(network, images)
    wanted = _classes(network, len(images), classes)
    chosen = before.argmax(axis=1) if wanted is None else wanted
    maps = [
        _occlusion_map(network, image, int(k), float(odds[k]), side, fill)
        for image, k, odds in zip(images, chosen, before, strict=True)
    ]
    return np.array(maps, network.dtype).reshape(images.shape)


def log_odds(network: Network, x: Array) -> FloatArray:
    """Return log p / (1 - p) of every class, computed from the last layer's Z.

    Computing it from Z instead of p keeps its precision where p is near 1.

        softmax            z_k - log(sum over j != k of exp(z_j))
        several sigmoids   z_k
        one sigmoid        -z for class 0, z for class 1
        other outputs      z_k

    Returns:
        (n, classes), in nats.
    """
    row = unit_rows(network)[-1]
    z = arrays(network, x, [row.z_name])[row.z_name].astype(np.float64)
    if z.shape[1] == 1:
        return np.hstack([-z, z])
    if row.activation.name != "softmax":
        return z
    odds = np.empty_like(z)
    for k in range(z.shape[1]):
        odds[:, k] = z[:, k] - np.logaddexp.reduce(np.delete(z, k, axis=1), axis=1)
    return odds


def _occlusion_map(
    network: Network, image: Array, k: int, before: float, side: int, fill: float
) -> FloatArray:
    masks = _squares(image.shape[0], image.shape[1], side)  # (positions, height, width)
    covered = np.where(masks, np.asarray(fill, image.dtype), image)
    fall = before - log_odds(network, covered)[:, k]
    weight = masks.reshape(len(masks), -1).astype(np.float64)
    mean = fall @ weight / weight.sum(axis=0)  # (positions,) @ (positions, pixels)
    return np.asarray(mean.reshape(image.shape))


def _squares(height: int, width: int, side: int) -> Array:
    """Return the masks of a square at every place where it covers at least one pixel."""
    rows = _runs(height, side)
    columns = _runs(width, side)
    masks = rows[:, None, :, None] & columns[None, :, None, :]
    return masks.reshape(-1, height, width)


def _runs(length: int, side: int) -> Array:
    starts = np.arange(1 - side, length)[:, None]
    places = np.arange(length)
    return (places >= starts) & (places < starts + side)
