"""Simulated photographs of handwriting, as from a phone: paper, pen, lamps, shadow, lens, sensor.

Light is linear until the end: ink and ruling take colours out of the paper, a lamp and a shadow lie
over it, the page is seen in perspective, the lens blurs, photons are counted, and the sum becomes
an sRGB JPEG, often with an EXIF orientation.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.pictures.hands import Strokes
from byhand.arrays import Array, FloatArray

Colour = tuple[float, float, float]
Range = tuple[float, float]

STEPS = 4095  # of linear light
_LINEAR = np.linspace(0, 1, STEPS + 1)
SRGB = np.round(
    255 * np.where(_LINEAR <= 0.0031308, 12.92 * _LINEAR, 1.055 * _LINEAR ** (1 / 2.4) - 0.055)
).astype(np.uint8)
"""The stored value of each step of light."""

WHITE: list[Colour] = [(0.86, 0.85, 0.80), (0.80, 0.81, 0.82), (0.88, 0.84, 0.74)]
GREY: list[Colour] = [(0.30, 0.29, 0.27), (0.36, 0.36, 0.35), (0.26, 0.23, 0.19)]
BOARD: list[Colour] = [(0.02, 0.05, 0.04), (0.03, 0.03, 0.03), (0.06, 0.09, 0.08)]
INKS: list[Colour] = [(0.02, 0.03, 0.18), (0.02, 0.02, 0.03), (0.05, 0.05, 0.05)]
PENCIL: list[Colour] = [(0.16, 0.16, 0.17), (0.10, 0.10, 0.11), (0.05, 0.07, 0.25)]
CHALK: list[Colour] = [(0.75, 0.76, 0.74), (0.7, 0.68, 0.5)]
LINES: list[Colour] = [(0.45, 0.60, 0.80), (0.55, 0.55, 0.58), (0.60, 0.75, 0.75)]
DESK: list[Colour] = [(0.12, 0.07, 0.04), (0.35, 0.25, 0.16), (0.05, 0.05, 0.06)]
MARGIN: Colour = (0.75, 0.35, 0.35)

ORIENTATION = 0x0112  # the EXIF tag
TURNS = {3: 180, 6: 90, 8: 270}  # anticlockwise rotation of the stored picture


@dataclass(frozen=True)
class Scene:
    """The subject of a photograph and its conditions; a pair of numbers is a range to draw from.

    Args:
        size: (height, width) of the picture in pixels.
        paper: colours of the paper, as fractions of the light that it reflects.
        ink: colours of the ink.
        digit: height of a digit as a fraction of the picture's shorter side.
        pen: width of the stroke as a fraction of the digit's height.
        ruling: "", "lines" or "squares".
        chalk: whether the stroke is as uneven as chalk.
        shadow: fraction of the light that a hand or a phone blocks.
        tilt: angle of the camera to the side, in degrees.
        blur: radius of the lens's blur in thousandths of the shorter side.
        shake: length of the camera's movement, in the same unit.
        photons: number counted at full light; fewer make more noise.
        exposure: brightness of the paper in the picture, as a fraction of white.
    """

    size: tuple[int, int] = (720, 960)
    paper: list[Colour] = field(default_factory=lambda: WHITE)
    ink: list[Colour] = field(default_factory=lambda: INKS)
    digit: Range = (0.25, 0.55)
    pen: Range = (0.05, 0.12)
    ruling: str = ""
    chalk: bool = False
    shadow: Range = (0.0, 0.15)
    tilt: Range = (0, 8)
    blur: Range = (0.5, 1.2)
    shake: Range = (0, 0.8)
    photons: Range = (600, 3000)
    exposure: Range = (0.75, 0.95)


SCENES = {
    "greyish paper": Scene(paper=GREY, exposure=(0.15, 0.35)),
    "thin pen": Scene(pen=(0.012, 0.025), ink=[*INKS, *PENCIL]),
    "chalk": Scene(paper=BOARD, ink=CHALK, pen=(0.06, 0.12), chalk=True, exposure=(0.04, 0.1)),
    "ruled paper": Scene(ruling="lines"),
    "squared paper": Scene(ruling="squares"),
    "strong shadow": Scene(shadow=(0.5, 0.7)),
    "small in a large photograph": Scene(size=(1536, 2048), digit=(0.035, 0.08)),
    "perspective": Scene(tilt=(22, 38)),
    "blur": Scene(blur=(3, 5), shake=(2, 6)),
    "sheet": Scene(size=(1600, 1200), digit=(0.07, 0.09)),
}
SHEET = "sheet"


def photographed(
    digits: list[Strokes], kind: str, rng: np.random.Generator, lines: int = 1
) -> bytes:
    """Return a JPEG file of digits, written from left to right in this number of lines."""
    scene = SCENES[kind]
    if rng.random() < 0.4 and kind != SHEET:
        scene = replace(scene, size=(scene.size[1], scene.size[0]))
    ink = _written(digits, lines, scene, rng)
    if scene.chalk:
        ink *= np.clip(1.15 - 0.8 * np.abs(_noise(scene.size, 1, rng)), 0.25, 1)
    else:
        ink *= np.clip(1 - 0.12 * np.abs(_noise(scene.size, 1.5, rng)), 0, 1)
    page = _paper(scene, rng)
    colour = np.array(scene.ink[rng.integers(len(scene.ink))], np.float32)
    page = page * (1 - ink[..., None]) + colour * ink[..., None]
    return _stored(_exposed(_seen(page, scene, rng), scene, rng), rng)


# --- on the paper -------------------------------------------------------------------------------


def _written(
    digits: list[Strokes], lines: int, scene: Scene, rng: np.random.Generator
) -> FloatArray:
    """The fraction of ink in each pixel."""
    height, width = scene.size
    sheet = Image.new("L", (width, height))
    brush = ImageDraw.Draw(sheet)
    pen = rng.uniform(*scene.pen)
    rows = np.array_split(np.arange(len(digits)), lines)
    for down, row in enumerate(rows):
        for right, number in enumerate(row):
            tall = rng.uniform(*scene.digit) * min(height, width)
            if len(digits) == 1:
                margin = 0.62 * tall + 0.12 * min(height, width)
                at = rng.uniform(margin, np.array([width, height]) - margin)
            else:
                cell = np.array([width / (len(row) + 1), height / (lines + 1)])
                at = cell * (right + 1, down + 1) + rng.normal(0, 0.05, 2) * cell
            _write(brush, digits[number], at, tall, pen * tall, rng)
    return np.asarray(sheet, np.float32) / 255


def _write(
    brush: ImageDraw.ImageDraw, strokes: Strokes, at: FloatArray, tall: float, pen: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """One digit, slightly turned, with a pen of varying pressure."""
    angle = rng.normal(0, 0.06)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for stroke in strokes:
        line = (stroke - 50) @ turn * (tall / 70) + at
        steps = np.linspace(0, len(line) - 1, max(4 * len(line), 120))
        press = np.interp(
            steps, np.linspace(0, len(line) - 1, 6), pen * np.clip(rng.normal(1, 0.12, 6), 0.7, 1.3)
        )
        points = [np.interp(steps, np.arange(len(line)), axis) for axis in line.T]
        for x, y, wide in zip(*points, press, strict=True):
            radius = max(wide, 1.2) / 2
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _paper(scene: Scene, rng: np.random.Generator) -> FloatArray:
    """The empty page (height, width, 3): fibres, smears, and ruling."""
    height, width = scene.size
    base = np.array(scene.paper[rng.integers(len(scene.paper))], np.float32)
    rough = 0.08 if scene.chalk else 0.012
    texture = 1 + rough * _noise(scene.size, 1, rng) + rough * _noise(scene.size, width / 12, rng)
    page = base * np.clip(texture, 0.2, 2)[..., None]
    if scene.ruling:
        colour = np.array(LINES[rng.integers(len(LINES))])
        share = rng.uniform(0.3, 0.8)
        step = rng.uniform(0.06, 0.11) if scene.ruling == "lines" else rng.uniform(0.035, 0.06)
        marks = _marks(height, step * height, rng)[:, None] * np.ones((1, width))
        if scene.ruling == "squares":
            marks = np.maximum(marks, _marks(width, step * height, rng)[None, :])
        page *= 1 - (share * marks)[..., None] * (1 - colour)
        if scene.ruling == "lines" and rng.random() < 0.5:
            x = int(rng.uniform(0.05, 0.12) * width)
            page[:, x : x + 3] *= MARGIN
    return page


def _marks(length: int, step: float, rng: np.random.Generator) -> FloatArray:
    """The positions of ruled lines with this step along one axis, with soft edges."""
    thick = rng.uniform(1.5, 3.5) * length / 1000
    gaps = np.abs((np.arange(length) - rng.uniform(0, step) + step / 2) % step - step / 2)
    marks: FloatArray = np.clip(thick / 2 + 0.5 - gaps, 0, 1)
    return marks


def _noise(size: tuple[int, int], smooth: float, rng: np.random.Generator) -> FloatArray:
    """Noise of standard deviation 1, smooth over this number of pixels."""
    height, width = size
    coarse = max(1, int(smooth))
    small = rng.normal(size=(-(-height // coarse) + 3, -(-width // coarse) + 3)).astype(np.float32)
    grown = Image.fromarray(small).resize(
        (small.shape[1] * coarse, small.shape[0] * coarse), Image.Resampling.BICUBIC
    )
    values = np.asarray(grown)[coarse : coarse + height, coarse : coarse + width]
    return values / float(values.std())


# --- before the camera --------------------------------------------------------------------------


def _seen(page: FloatArray, scene: Scene, rng: np.random.Generator) -> FloatArray:
    """The page on its desk, in perspective, under a lamp and a shadow."""
    height, width = scene.size
    desk = np.array(DESK[rng.integers(len(DESK))]) * (
        1 + 0.1 * _noise((1, width), max(width / 60, 1), rng)[..., None] * np.ones((height, 1, 1))
    )
    matrix = _homography(scene, rng)
    planes = [np.pad(page, ((0, 0), (0, 0), (0, 1)), constant_values=1)[..., k] for k in range(4)]
    moved = [
        np.asarray(
            Image.fromarray(plane.astype(np.float32)).transform(
                (width, height), Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BILINEAR
            )
        )
        for plane in planes
    ]
    there = np.clip(moved[3], 0, 1)[..., None]
    scenery = np.stack(moved[:3], axis=-1) + desk * (1 - there)
    return np.clip(scenery, 0, 2) * _light(scene, rng)[..., None]


def _homography(scene: Scene, rng: np.random.Generator) -> list[float]:
    """Map pixels of the picture to pixels of the page: a pinhole camera at an angle."""
    height, width = scene.size
    pitch, yaw = np.deg2rad(rng.uniform(*scene.tilt) * rng.normal(size=2) / 1.2).clip(-0.7, 0.7)
    roll = np.deg2rad(rng.normal(0, 3))
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_z = np.array(
        [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    )
    turn = about_z @ about_y @ about_x
    far = 1.6 * max(height, width)
    middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    onto = np.column_stack([turn[:, 0], turn[:, 1], [0, 0, far]]) @ middle
    lens = np.array([[far, 0, width / 2], [0, far, height / 2], [0, 0, 1]])
    back = np.linalg.inv(lens @ onto)
    return [float(value) for value in (back / back[2, 2]).ravel()[:8]]


def _light(scene: Scene, rng: np.random.Generator) -> FloatArray:
    """The light on each pixel: a lamp by the inverse square, and the shadow of an arm."""
    height, width = scene.size
    y, x = np.ogrid[:height, :width]
    y, x = y / max(height, width), x / max(height, width)
    lamp = rng.uniform(-0.6, 1.6, 2)
    high = rng.uniform(0.7, 1.6)
    squares = (x - lamp[0]) ** 2 + (y - lamp[1]) ** 2 + high * high
    light = high**3 / squares**1.5
    light = 0.4 + 0.6 * light / light.max()
    edge = Image.new("L", (width // 4, height // 4))
    brush = ImageDraw.Draw(edge)
    start = rng.uniform(0.2, 0.8, 2) * edge.size
    angle = rng.uniform(0, 2 * np.pi)
    end = start + 2 * np.array([np.cos(angle), np.sin(angle)]) * max(edge.size)
    wide = int(rng.uniform(0.25, 0.6) * min(edge.size))
    brush.line([tuple(start), tuple(end)], fill=255, width=wide)
    brush.ellipse([*(start - wide / 2), *(start + wide / 2)], fill=255)
    soft = edge.filter(ImageFilter.GaussianBlur(rng.uniform(0.002, 0.03) * max(edge.size)))
    shade = np.asarray(soft.resize((width, height), Image.Resampling.BILINEAR), float) / 255
    return (light * (1 - rng.uniform(*scene.shadow) * shade)).astype(np.float32)


# --- in the camera ------------------------------------------------------------------------------


def _exposed(light: FloatArray, scene: Scene, rng: np.random.Generator) -> Array:
    """The picture as sRGB: exposure, white balance, vignette, lens, movement, photons."""
    height, width = scene.size
    light = light * (rng.uniform(*scene.exposure) / np.quantile(light[::8, ::8], 0.9))
    light *= np.clip(rng.normal(1, 0.04, 3), 0.9, 1.1)
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light *= (1 - rng.uniform(0, 0.15) * (x * x + y * y))[..., None]
    picture = _blurred(SRGB[np.clip(light * STEPS, 0, STEPS).astype(np.uint16)], scene, rng)
    bright = (picture.astype(np.float32) / 255) ** 2.2
    deviation = np.sqrt(bright / rng.uniform(*scene.photons) + 0.004**2)
    slope = 255 / 2.2 * np.maximum(bright, 0.01) ** (1 / 2.2 - 1)  # of the encoding
    noisy = picture + rng.standard_normal(picture.shape, np.float32) * deviation * slope
    return np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def _blurred(picture: Array, scene: Scene, rng: np.random.Generator) -> Array:
    """Blur a picture: out of focus, and moved while the shutter was open."""
    unit = min(scene.size) / 1000
    radius, shake = rng.uniform(*scene.blur) * unit, rng.uniform(*scene.shake) * unit
    sharp = Image.fromarray(picture)
    for _ in range(2):
        sharp = sharp.filter(ImageFilter.BoxBlur(0.7 * radius))
    angle, parts = rng.uniform(0, np.pi), max(1, round(shake))
    step = np.array([np.sin(angle), np.cos(angle)]) * shake
    total = np.zeros(picture.shape, np.float32)
    for k in range(parts):
        down, right = np.round(step * (k / parts - 0.5)).astype(int)
        total += np.roll(np.asarray(sharp), (down, right), (0, 1))
    blurred: Array = (total / parts + 0.5).astype(np.uint8)
    return blurred


def _stored(picture: Array, rng: np.random.Generator) -> bytes:
    """A JPEG file; two of five are stored as the sensor was held, with an EXIF orientation."""
    image = Image.fromarray(picture)
    exif = Image.Exif()
    if rng.random() < 0.4:
        tag = int(rng.choice(list(TURNS)))
        image = image.rotate(TURNS[tag], expand=True)
        exif[ORIENTATION] = tag
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(60, 95)), exif=exif)
    return file.getvalue()
