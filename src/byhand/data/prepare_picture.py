"""Turns a picture or a drawing into an image of the kind that a network was trained on.

A `Preparation` is chosen once from the training images and stored with the model as plain JSON
values. The command line, Python and the report page read it from there:

    net.predict(prepare_pictures(net, "photo.jpg"))

Pictures are uint8 (height, width) as a camera or a scanner saw them. `clean_photograph.py` finds
their ink, and whether it is dark or light. `fit_and_centre.py` has the steps from ink to image:
crop, fit into 20x20, centre by mass. The image has greys from 0 to 255, too: the network's input
layer scales them (`network/layers/pixel_scaling.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from byhand.arrays import Array
from byhand.checks import integer
from byhand.data.clean_photograph import (
    CANVAS,
    FAINTEST,
    INK_SIDE,
    clear_ground,
    find_ink,
    is_light_paper,
    needs_cleaning,
)
from byhand.data.fit_and_centre import (
    BITMAP,
    BLOCK,
    BOX,
    FIELD,
    NOTHING,
    bitmap,
    blocks,
    crop,
    fit,
    fit_bitmap,
    place,
    upright,
)
from byhand.data.image_traits import (
    Centre,
    Ink,
    Invert,
    box_of,
    centre_of,
    coverage,
    ink_of,
    stroke_of,
)
from byhand.data.proportions import common_proportions, narrowed
from byhand.data.resample import fill, ink_box, lay, longer_side
from byhand.data.stroke_width import with_stroke_width
from byhand.errors import ArgumentError, DataError, FormatError, unknown_name

KINDS = ("mnist", "digits", "strokes", "garment", "plain")
"""Kinds of preparation: as for MNIST, the UCI digits, other pen strokes, garments, anything."""

PEN_KINDS = ("mnist", "digits", "strokes")
"""Kinds of images made of pen strokes, which are searched for in a photograph."""

SAMPLE = 300  # number of training images inspected to choose the preparation
SAME = 3.0  # images whose pixels differ by less than this on average are prepared alike
THIN = 0.5  # ink that covers a smaller fraction of its box is pen strokes
STROKES = {"mnist": 2.41, "digits": 1.66}  # median stroke widths of MNIST and of the UCI digits
WIDEST = 0.8  # four fifths of MNIST's digits are no wider, relative to their height
ANY_WIDTH = 1000.0  # no ink is so wide: classes other than digits keep their proportions

Stages = dict[str, Array]


class Trained(Protocol):
    """The part of a network's interface that is used here."""

    @property
    def facts(self) -> dict[str, Any]:
        """Facts stored with the model."""

    @property
    def input_layer(self) -> Any:
        """The first layer, which has the number of inputs."""


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes an input to a network.

    Args:
        kind: "mnist", "digits", "strokes", "garment" or "plain".
        height: height of the network's images.
        width: width of the network's images.
        ink: the training images' ink: "light" on dark paper as in MNIST, "dark" on light paper,
            or "mixed", which leaves the greys of a picture unchanged.
        box: (height, width) that the ink fills in the training images, for "strokes", "garment"
            and "plain"; None uses a picture whole, with its margins.
        centre: what is placed in the middle of the image, for the same kinds: the "box" or the
            centre of "mass".
        stroke: median stroke width of the training images in pixels; strokes of pictures are
            given this width. None leaves strokes unchanged.
        widest: largest common width of the training images' ink relative to its height, as
            `proportions` measures it; wider ink of pictures is narrowed. None leaves it unchanged.
        cuts_all: whether ink is also cut out of pictures of the network's own size, because it was
            at training; by default these are used as they are.

    Raises:
        ArgumentError: an unknown kind, ink or centre, or a size that the kind cannot have.
    """

    kind: str
    height: int = FIELD
    width: int = FIELD
    ink: Ink = "light"
    box: tuple[int, int] | None = None
    centre: Centre = "box"
    stroke: float | None = None
    widest: float | None = None
    cuts_all: bool = False

    def __post_init__(self) -> None:
        """Check that the fields belong together."""
        for name in ("height", "width"):
            integer(f"the {name} of the images", getattr(self, name))
        if self.kind not in KINDS:
            raise unknown_name("preparation", self.kind, KINDS)
        if self.ink not in ("light", "dark", "mixed"):
            raise ArgumentError(f"ink must be 'light', 'dark' or 'mixed'; got {self.ink!r}.")
        if self.centre not in ("box", "mass"):
            raise ArgumentError(f"centre must be 'box' or 'mass'; got {self.centre!r}.")
        size = {"mnist": (FIELD, FIELD), "digits": (BITMAP // BLOCK,) * 2}.get(self.kind)
        if size not in (None, self.shape):
            raise ArgumentError(f"{self.kind!r} makes images of {size}; got {self.shape}.")
        if self.stroke is None:
            object.__setattr__(self, "stroke", STROKES.get(self.kind))
        elif not 0 < self.stroke < max(self.shape):
            raise ArgumentError(f"stroke must be a width within the image; got {self.stroke!r}.")
        if self.widest is None:
            object.__setattr__(self, "widest", WIDEST if self.kind == "mnist" else None)
        elif not self.widest > 0:
            raise ArgumentError(f"widest must be above 0; got {self.widest!r}.")
        if not isinstance(self.cuts_all, bool):
            raise ArgumentError(f"cuts_all must be True or False; got {self.cuts_all!r}.")

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the network's images."""
        return self.height, self.width

    # --- where it comes from --------------------------------------------------------------------

    @classmethod
    def for_images(cls, images: Array, name: str = "") -> Preparation:
        """Choose the preparation that leaves the training images as they are.

        Args:
            images: the training images, uint8 (n, height, width).
            name: name of the data set; "fashion" in it means garments.

        Raises:
            ArgumentError: not such images.
        """
        if images.ndim != 3 or images.dtype != np.uint8 or not images.size:
            raise ArgumentError(
                f"expected images, uint8 (n, height, width); got {images.dtype} of shape "
                f"{images.shape}."
            )
        sample = images[:: max(1, len(images) // SAMPLE)]
        height, width = images.shape[1:]
        ink = ink_of(sample)
        drawn = 255 - sample if ink == "dark" else sample
        if ink == "mixed":
            return cls("plain", height, width, ink)
        if (height, width) == (8, 8):
            return cls("digits", height, width, ink, stroke=stroke_of(drawn))
        if (height, width) == (FIELD, FIELD) and _changes(drawn) < SAME:
            widest = common_proportions(drawn)
            return cls("mnist", height, width, ink, stroke=stroke_of(drawn), widest=widest)
        kind = "strokes" if coverage(drawn) < THIN else "plain"
        kind = "garment" if "fashion" in name.lower() else kind
        stroke = stroke_of(drawn) if kind == "strokes" else None
        return cls(kind, height, width, ink, box_of(drawn), centre_of(drawn), stroke)

    @classmethod
    def of_handwriting(cls, side: int = FIELD) -> Preparation:
        """Return the preparation that makes pictures of handwriting like MNIST's, in any size.

        The ink keeps its proportions: a circle stays a circle.
        """
        if side == BITMAP // BLOCK:
            return cls("digits", side, side)
        if side == FIELD:
            return cls("mnist", widest=ANY_WIDTH)
        box = max(1, round(side * BOX / FIELD))
        stroke = STROKES["mnist"] * side / FIELD
        return cls("strokes", side, side, box=(box, box), centre="mass", stroke=stroke)

    @classmethod
    def of(cls, net: Trained) -> Preparation:
        """Return the preparation stored with a model, or choose one by the image size.

        Raises:
            ArgumentError: the network was trained on a table, or the shape of its images is
                unknown.
            FormatError: the stored values are damaged.
        """
        stored = net.facts.get("preparation", {})
        inputs = int(net.input_layer.units)
        if stored:
            return cls.from_config(stored, inputs)
        side = round(inputs**0.5)
        if stored is None or side * side != inputs:
            raise ArgumentError(
                f"the network takes rows of {inputs} columns, not images. Name a CSV; or, if it "
                "is your own network for images, store their preparation with it: "
                'net.facts["preparation"] = Preparation.for_images(images).config().'
            )
        if "fashion" in str(net.facts.get("dataset", "")).lower():
            return cls("garment", side, side, box=(side, side))
        kind = {FIELD: "mnist", BITMAP // BLOCK: "digits"}.get(side, "plain")
        return cls(kind, side, side, box=(side, side) if kind == "plain" else None)

    def config(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return {**asdict(self), "box": None if self.box is None else list(self.box)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], inputs: int | None = None) -> Preparation:
        """Return the preparation described by `config`, for a network with this many inputs.

        Raises:
            FormatError: the stored values are damaged.
        """
        try:
            box = config.get("box")
            box = None if box is None else tuple(integer("a side of the box", side) for side in box)
            found = cls(**{**config, "box": box})
            if box is not None and not (len(box) == 2 and np.less_equal(box, found.shape).all()):
                raise ValueError(f"the box {box} is not within the images of {found.shape}")
            if inputs not in (None, found.height * found.width):
                raise ValueError(f"images of {found.shape} for a network of {inputs} inputs")
            return found
        except (TypeError, AttributeError, LookupError, ValueError, OverflowError) as error:
            raise FormatError(
                f"the preparation stored with the model is damaged: {error}"
            ) from error

    # --- what it does ---------------------------------------------------------------------------

    def __call__(
        self, picture: Array, *, photo: bool | None = None, invert: Invert = "auto"
    ) -> Array:
        """Return the picture as an image of the network, uint8 (height, width).

        Args:
            picture: uint8 (height, width) of any size. A picture of the network's own size is used
                unchanged (unless `cuts_all`), or inverted if its paper is light and that of the
                training images dark.
            photo: True to find the ink first, as in a photograph, False not to; by default decided
                from the picture.
            invert: True for dark ink on light paper, False for light ink; "auto" decides.

        Raises:
            ArgumentError: not a grey image.
            DataError: nothing drawn.
        """
        return list(self.stages(picture, photo=photo, invert=invert).values())[-1]

    def stages(
        self, picture: Array, *, photo: bool | None = None, invert: Invert = "auto"
    ) -> Stages:
        """Return every stage of the preparation by name, in order; the last is the result."""
        _check_grey(picture)
        if self.is_ready(picture) and not photo:
            return {"picture": picture, "image": self._trained(self._as_ink(picture, invert))}
        if self.takes_whole:
            ink = longer_side(self._as_ink(picture, invert), CANVAS)
            return {"picture": picture, **self.steps(ink)}
        ink = self._ink(picture, self.is_photo(picture) if photo is None else photo, invert)
        return {"picture": picture, **self.steps(ink)}

    def of_ink(self, ink: Array) -> Array:
        """Return the image for one digit's cropped ink, as `find_digits` cuts it out of a sheet."""
        return list(self.steps(self._laid(ink)).values())[-1]

    def steps(self, ink: Array) -> Stages:
        """Return the stages from ink, 255 on paper 0, to the image; the first is the ink."""
        done = {"ink": ink}
        for name, step in self._steps().items():
            ink = step(ink)
            done[name] = ink
        return done

    def is_photo(self, picture: Array) -> bool:
        """Return whether the picture is cleaned first."""
        whole = self.is_ready(picture) or self.takes_whole
        return not whole and needs_cleaning(picture)

    def is_ready(self, picture: Array) -> bool:
        """Return whether the picture is used as it is, apart from its polarity."""
        return picture.shape == self.shape and not self.cuts_all

    @property
    def takes_whole(self) -> bool:
        """Whether a picture is scaled as a whole, with its margins."""
        return self.kind not in ("mnist", "digits") and self.box is None

    def _steps(self) -> dict[str, Callable[[Array], Array]]:
        steps: dict[str, Callable[[Array], Array]]
        if self.kind == "mnist":
            steps = {"crop": crop, "fit": fit, "place": place}
        elif self.kind == "digits":
            steps = {"crop": crop, "upright": upright, "fit": fit_bitmap}
            steps |= {"bitmap": bitmap, "blocks": blocks}
        else:
            steps = {} if self.box is None else {"crop": crop}
            steps["fit"] = self._fill
        return {**steps, "invert": self._trained} if self.ink == "dark" else steps

    def _fill(self, image: Array) -> Array:
        lay_down = place if self.centre == "mass" else lay
        return lay_down(fill(image, *(self.box or self.shape)), *self.shape)

    def _as_ink(self, picture: Array, invert: Invert) -> Array:
        """The picture converted to ink 255 on paper 0."""
        light = is_light_paper(picture) if invert == "auto" and self.ink != "mixed" else invert
        return 255 - picture if light is True else picture

    def _trained(self, image: Array) -> Array:
        """Ink 255 on paper 0 converted to the form of the training images."""
        return 255 - image if self.ink == "dark" else image

    def _ink(self, picture: Array, photo: bool, invert: Invert) -> Array:
        """The ink of a picture in the middle of 280x280."""
        if self.kind in PEN_KINDS:
            if photo:
                found = find_ink(picture, None if invert == "auto" else invert)
            else:
                found = _drawn(self._as_ink(picture, invert))
            return self._laid(found)
        ink = longer_side(self._as_ink(picture, invert), CANVAS)
        return lay(clear_ground(ink) if photo else ink, CANVAS, CANVAS)

    def _laid(self, ink: Array) -> Array:
        """Cropped ink in the middle of 280x280, its width and its strokes as in training."""
        usual = narrowed(longer_side(ink, INK_SIDE), self.widest)
        return lay(self.restroked(usual), CANVAS, CANVAS)

    def restroked(self, ink: Array) -> Array:
        """Return ink cropped to its strokes, whose width will match training after scaling."""
        if self.stroke is None:
            return ink
        room = (CANVAS - INK_SIDE) // 2  # for strokes that grow
        return with_stroke_width(np.pad(ink, room), self.pen(*ink.shape))

    def pen(self, height: int, width: int) -> float:
        """Return the stroke width of this ink that gives the width `stroke` in the image."""
        if self.kind == "mnist":
            scale = max(height, width) / BOX
        elif self.kind == "digits":
            scale = height * BLOCK / BITMAP
        else:
            box = self.box or self.shape
            scale = max(height / box[0], width / box[1])
        return (self.stroke or 0) * scale


def _check_grey(picture: Array) -> None:
    if picture.ndim != 2 or picture.dtype != np.uint8 or not picture.size:
        raise ArgumentError(
            f"expected one grey image, uint8 (height, width); got {picture.dtype} of shape "
            f"{picture.shape}."
        )


def _drawn(ink: Array) -> Array:
    """The visible part of a drawing."""
    seen = ink >= FAINTEST
    if not seen.any():
        raise DataError(NOTHING)
    cropped: Array = ink[ink_box(seen)]
    return cropped


def _changes(images: Array) -> float:
    """The mean change in grey levels that MNIST's stages make to the median image."""
    gaps = [np.abs(_like_mnist(image).astype(int) - image).mean() for image in images]
    return float(np.median(gaps))


def _like_mnist(image: Array) -> Array:
    """The image after MNIST's stages, or unchanged if there is too little ink for them."""
    try:
        return Preparation("mnist").steps(image)["place"]
    except DataError:
        return image
