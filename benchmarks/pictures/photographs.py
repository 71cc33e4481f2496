"""Photographs of one digit, made by program: paper, pen, light, shadow, lens and sensor.

The order is that of a camera: ink on paper (ruled or not), the paper lying askew on a table, light
and shadows over all of it, blur, noise, and JPEG.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.pictures.drawing import SIDE, STYLES, draw, paint
from benchmarks.pictures.shapes import Shape
from byhand.arrays import Array, FloatArray


@dataclass(frozen=True)
class Scene:
    """What is photographed, and how; each pair of numbers is a range to draw from.

    Args:
        size: (height, width) of the picture in pixels.
        paper: grey of the paper in full light.
        ink: part of the light that ink takes away.
        digit: height of the digit as a part of the picture's height.
        pen: width of the stroke as a part of the digit's height.
        ruling: "", "lines" or "squares".
        board: light chalk on a dark board, instead of ink on paper.
        shadow: part of the light that the shadow of a hand takes away.
        shade: part of the light that is lost from one side to the other.
        table: whether the paper ends inside the picture.
        tilt: of the paper, as a part of the picture's size.
        blur: standard deviation in pixels.
        noise: standard deviation in grey levels.
    """

    size: tuple[int, int] = (960, 1280)
    paper: tuple[float, float] = (205, 245)
    ink: tuple[float, float] = (0.6, 0.85)
    digit: tuple[float, float] = (0.3, 0.6)
    pen: tuple[float, float] = (0.05, 0.11)
    ruling: str = ""
    board: bool = False
    shadow: tuple[float, float] = (0.0, 0.1)
    shade: tuple[float, float] = (0.05, 0.3)
    table: bool = False
    tilt: float = 0.02
    blur: tuple[float, float] = (0.6, 1.4)
    noise: tuple[float, float] = (2, 5)


SCENES = {
    "light paper": Scene(),
    "greyish paper": Scene(paper=(120, 170), ink=(0.45, 0.7)),
    "shade": Scene(shade=(0.4, 0.6)),
    "strong shadow": Scene(shadow=(0.45, 0.65)),
    "ruled paper": Scene(ruling="lines"),
    "squared paper": Scene(ruling="squares"),
    "chalk": Scene(board=True, paper=(40, 80), ink=(0.5, 0.8), pen=(0.06, 0.12), noise=(3, 7)),
    "thin pen": Scene(pen=(0.012, 0.025), ink=(0.5, 0.75)),
    "phone-shaped": Scene(size=(1600, 1200), digit=(0.15, 0.35), table=True),
    "small in a large photograph": Scene(size=(2400, 3200), digit=(0.035, 0.08)),
    "askew and blurred": Scene(tilt=0.12, blur=(2.5, 5.0)),
    "dim and noisy": Scene(paper=(90, 130), noise=(9, 14), ink=(0.55, 0.8)),
}


@dataclass(frozen=True)
class Photograph:
    """A picture, uint8 (height, width), and the digit on it."""

    answer: str
    kind: str
    picture: Array


def photograph(shape: Shape, kind: str, rng: np.random.Generator) -> Photograph:
    """Return one photograph of a shape."""
    scene = SCENES[kind]
    if rng.random() < 0.3 and kind != "small in a large photograph":
        scene = replace(scene, size=(scene.size[1], scene.size[0]))
    return Photograph(shape[0], kind, _taken(_ink(shape, scene, rng), scene, rng))


def photograph_sheet(
    lines: list[list[Shape]], kind: str, rng: np.random.Generator
) -> tuple[str, Array]:
    """Return the digits of a sheet, a word a line, and its photograph."""
    scene = replace(SCENES[kind], size=(1600, 1200), digit=(0.07, 0.09), tilt=0.02)
    height, width = scene.size
    ink = np.zeros(scene.size)
    pen = rng.uniform(*scene.pen) * 0.08 * width
    for row, line in enumerate(lines):
        for column, shape in enumerate(line):
            middle = np.array(
                [(column + 1) * width / (len(line) + 1), (row + 1) * height / (len(lines) + 1)]
            )
            tall = rng.uniform(*scene.digit) * width
            _lay(ink, shape, middle + rng.normal(0, 0.008, 2) * width, tall, pen, rng)
    answer = " ".join("".join(digit for digit, _ in line) for line in lines)
    return answer, _taken(ink, scene, rng)


def _taken(ink: FloatArray, scene: Scene, rng: np.random.Generator) -> Array:
    """The photograph of ink on paper, or of chalk on a board."""
    height, width = scene.size
    light = np.ones((height, width)) if scene.board else 1 - _ruling(scene, rng)
    reflect = rng.uniform(*scene.ink)
    paper = rng.uniform(*scene.paper)
    if scene.board:
        smear = 0.12 * _cloud(height, width, 40, rng)
        grey = paper * (1 + smear) + (240 - paper) * ink * reflect * _grain(
            height, width, 0.25, rng
        )
    else:
        light = light * (1 - ink * reflect * _grain(height, width, 0.08, rng))
        grey = paper * light * (1 + 0.02 * _cloud(height, width, 3, rng))
    table = rng.uniform(40, 110) if paper > 100 else rng.uniform(120, 200)
    grey = _lying(grey, scene, table * (1 + 0.1 * _cloud(height, width, 12, rng)), rng)
    grey = grey * _light(scene, rng)
    return _camera(grey, scene, rng)


def _ink(shape: Shape, scene: Scene, rng: np.random.Generator) -> FloatArray:
    """How much of each pixel is ink, 0 to 1."""
    height, width = scene.size
    tall = rng.uniform(*scene.digit) * min(height, width)
    margin = 0.75 * tall / 2 + 0.12 * min(height, width)
    middle = np.array([rng.uniform(margin, width - margin), rng.uniform(margin, height - margin)])
    whole = np.zeros((height, width))
    _lay(whole, shape, middle, tall, rng.uniform(*scene.pen) * tall, rng)
    return whole


def _lay(
    whole: FloatArray, shape: Shape, middle: FloatArray, tall: float, pen: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Write a shape into the ink of the whole picture."""
    height, width = whole.shape
    drawing = draw(shape, str(rng.choice(["usual", "slanted right", "slanted left", "wide"])), rng)
    scale = tall / (70 * STYLES["usual"].scale)
    strokes = [(one - SIDE / 2) * scale for one in drawing.strokes]
    reach = int(np.abs(np.vstack(strokes)).max() + pen + 2)
    patch = paint([one + reach for one in strokes], pen, 2 * reach) / 255
    left, top = (int(at) - reach for at in middle)
    y = slice(max(top, 0), min(top + 2 * reach, height))
    x = slice(max(left, 0), min(left + 2 * reach, width))
    part = patch[y.start - top : y.stop - top, x.start - left : x.stop - left]
    np.maximum(whole[y, x], part, out=whole[y, x])


def _ruling(scene: Scene, rng: np.random.Generator) -> FloatArray:
    """The printed lines of the paper: part of the light that they take away."""
    height, width = scene.size
    lines = np.zeros((height, width))
    if scene.ruling:
        step = (
            int(rng.uniform(0.05, 0.11) * height)
            if scene.ruling == "lines"
            else int(rng.uniform(0.035, 0.07) * height)
        )
        thick = int(rng.integers(2, 5))
        strength = rng.uniform(0.15, 0.5)
        first = int(rng.integers(step))
        for k in range(thick):
            lines[first + k :: step] = strength
            if scene.ruling == "squares":
                lines[:, first + k :: step] = strength
    return lines


def _cloud(height: int, width: int, cells: int, rng: np.random.Generator) -> FloatArray:
    """Smooth noise of about standard normal values."""
    from PIL import Image

    small = rng.normal(0, 1, (cells + 1, cells + 1)).astype(np.float32)
    smooth = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float64)


def _grain(height: int, width: int, strength: float, rng: np.random.Generator) -> FloatArray:
    """How evenly the pen writes: 1 less a little, in grains of two pixels."""
    grains = rng.normal(0, strength, (-(-height // 2), -(-width // 2))).repeat(2, 0).repeat(2, 1)
    return np.clip(1 - np.abs(grains[:height, :width]), 0, 1)


def _lying(
    grey: FloatArray, scene: Scene, table: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """The paper in perspective, on a table where it ends."""
    from PIL import Image

    height, width = grey.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    inset = (
        np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        * rng.uniform(0.02, 0.06)
        * min(height, width)
    )
    moved = corners + rng.uniform(-1, 1, (4, 2)) * scene.tilt * min(height, width)
    moved = (
        moved + inset
        if scene.table
        else (moved - corners.mean(0)) * (1 + 2 * scene.tilt) + corners.mean(0)
    )
    rows, values = [], []
    for (x, y), (u, v) in zip(moved, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    back = np.linalg.solve(np.array(rows), np.array(values))
    size, method = (width, height), Image.Transform.PERSPECTIVE
    bilinear = Image.Resampling.BILINEAR
    paper = Image.fromarray((grey + 1).astype(np.float32)).transform(
        size, method, list(back), bilinear
    )
    there = np.asarray(paper, np.float64)
    return np.where(there > 0.5, there - 1, table)


def _light(scene: Scene, rng: np.random.Generator) -> FloatArray:
    """The light on each pixel: shade to one side, and the soft shadow of a hand or a telephone."""
    height, width = scene.size
    y, x = np.mgrid[:height, :width] / max(height, width)
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    along = (along - along.min()) / np.ptp(along)
    light = 1 - rng.uniform(*scene.shade) * along
    angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.001, 0.015)
    middle = np.array([x.max(), y.max()]) * rng.uniform(0.35, 0.65, 2)
    edge = np.cos(angle) * (x - middle[0]) + np.sin(angle) * (y - middle[1])
    edge = edge + rng.uniform(0.01, 0.05) * np.sin(rng.uniform(4, 14) * (x - y) + rng.uniform(0, 6))
    return light * (1 - rng.uniform(*scene.shadow) / (1 + np.exp(-edge / soft)))


def _camera(grey: FloatArray, scene: Scene, rng: np.random.Generator) -> Array:
    """Blur, noise, and JPEG."""
    from PIL import Image, ImageFilter

    sharp = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    seen = np.asarray(sharp.filter(ImageFilter.GaussianBlur(rng.uniform(*scene.blur))), float)
    noisy = seen + rng.normal(0, rng.uniform(*scene.noise), seen.shape)
    file = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(
        file, "JPEG", quality=int(rng.integers(70, 93))
    )
    return np.asarray(Image.open(file).convert("L"))
