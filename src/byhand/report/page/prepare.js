// Prepares a drawing or a picture like the images on which the network was trained, stage by stage.
//
// A preparation { kind, height, width, ink, box, centre, stroke, widest, cuts_all } comes with the model;
// byhand.data.prepare_picture explains it. Every stage gives the values of the library, and tests compare the two. An image is
// { values, shape: [height, width] }, with ink 255 on paper 0; rounding is always floor(value + 0.5).

import { CANVAS, clearGround, FAINTEST, findInk, INK_SIDE, isLightPaper, needsCleaning } from "./photograph.js";
import { narrowed } from "./proportions.js";
import { cut, empty, fill, inkBox, inverted, lay, longerSide, made, nearest, placed, resize, side } from "./resample.js";
import { restroked } from "./stroke_width.js";

const BOX = 20; // MNIST's digits fit into 20 x 20 ...
const FIELD = 28; // ... inside 28 x 28
const BITMAP = 32; // UCI's bitmaps are 32 x 32 ...
const BITMAP_WIDTH = 20; // ... and their digits at most this wide
const BLOCK = 4;
const SOME_INK = 64; // a quarter of full ink sets a bitmap's pixel

const WHOLE_BOX = { top: 0, left: 0, height: CANVAS, width: CANVAS };

// --- the stages ----------------------------------------------------------------------------------

/** Crops an image to the smallest rectangle that holds all ink; null if there is no ink. */
export function crop(image) {
  const box = inkBox(image);
  return box && cut(image, box);
}

/** The image, or null if no ink is left on it. */
const seen = (image) => (image.values.some(Boolean) ? image : null);

/** Scales the longer side to 20 pixels and keeps the proportions. */
export const fit = (image) => seen(longerSide(image, BOX));

/** Puts an image into a field, its centre of mass in the middle, by whole pixels. */
export function place(image, field = [FIELD, FIELD]) {
  const [height, width] = image.shape;
  const rows = new Array(height).fill(0);
  const columns = new Array(width).fill(0);
  image.values.forEach((value, i) => {
    rows[Math.floor(i / width)] += value;
    columns[i % width] += value;
  });
  return placed(image, field, first(rows, field[0]), first(columns, field[1]));
}

/** The place of the first row: ceil(((length − 1) S − 2 M) / 2 S), limited to the field. */
function first(profile, length) {
  const total = profile.reduce((sum, value) => sum + value, 0);
  const moment = profile.reduce((sum, value, i) => sum + value * i, 0);
  const at = -Math.floor((2 * moment - (length - 1) * total) / (2 * total));
  return Math.min(Math.max(at, 0), length - profile.length);
}

/** Removes the slant: rows move sideways until the first and the last begin in the same column. */
export function upright({ values, shape: [height, width] }) {
  const start = (row) => values.subarray(row * width, (row + 1) * width).findIndex((value) => value > 0);
  const lean = start(0) - start(height - 1);
  const moves = Array.from({ length: height }, (_, row) => nearest(lean * row, Math.max(height - 1, 1)));
  const least = Math.min(...moves);
  const wide = empty([height, width + Math.max(...moves) - least]);
  moves.forEach((move, row) => {
    wide.values.set(values.subarray(row * width, (row + 1) * width), row * wide.shape[1] + move - least);
  });
  return crop(wide);
}

/** Scales an image to 32 rows and, by its proportions, at most 20 columns. */
export function fitBitmap(image) {
  const [height, width] = image.shape;
  return resize(image, [BITMAP, Math.min(BITMAP_WIDTH, side(width * BITMAP, height))]);
}

/** Puts an image into the middle of a bitmap: 32 x 32 pixels of 0 or 1. */
export function bitmap(image) {
  const on = made(image.shape, (i) => Number(image.values[i] >= SOME_INK));
  return seen(placed(on, [BITMAP, BITMAP], 0, Math.floor((BITMAP - image.shape[1]) / 2)));
}

/** Counts the ink in 8 x 8 blocks of 4 x 4 pixels, and scales from 0 .. 16 to 0 .. 255. */
export function blocks({ values }) {
  const across = BITMAP / BLOCK;
  const counts = new Array(across * across).fill(0);
  values.forEach((value, i) => {
    const [y, x] = [Math.floor(i / BITMAP / BLOCK), Math.floor((i % BITMAP) / BLOCK)];
    counts[y * across + x] += value;
  });
  return made([across, across], (i) => nearest(counts[i] * 255, 16));
}

// --- preparations --------------------------------------------------------------------------------

const CROP = { title: "Crop", words: "to the smallest box with ink", step: crop };
const INVERT = { title: "Invert", words: "dark ink on light paper, as in the training images", step: inverted };

/** Scales the ink to the size that it has in the training images, in the middle of the field. */
function fillSteps({ height, width, box, centre }) {
  const field = [height, width];
  const into = box ?? field;
  const middle = centre === "mass" ? (image) => seen(image) && place(image, field) : (image) => lay(image, field);
  const words = `into ${into.join(" × ")}, by areas; the ${centre === "mass" ? "centre of mass" : "box"} to the middle`;
  const fitted = { title: "Fit", words, step: (image) => middle(fill(image, into)) };
  return box ? [CROP, fitted] : [fitted];
}

const PAPER = { title: "Clean", words: "the ink found in the photograph, in strokes of a usual width" };
const GROUND = { title: "Ground", words: "the plain background, found at the rim, set to 0" };
const PEN = { title: "Pen", words: "strokes as wide as those of the training images" };

const STAGES = "From the drawing to the numbers of the first layer, in the same steps as the training images.";
const DRAW_DIGIT = "Draw a digit, large, with mouse, finger, pen or keys: the network predicts as you draw. A picture or a photograph can be pasted or dropped too.";

/** Kind -> the steps from ink to an image, with their texts. */
export const PREPARATIONS = {
  mnist: {
    hint: "Draw a digit here", help: DRAW_DIGIT, stageHelp: STAGES, photo: PAPER,
    steps: () => [
      CROP,
      { title: "Fit", words: "the longer side to 20 pixels, by areas", step: fit },
      { title: "Centre", words: "centre of mass to the middle of 28 × 28", step: (image) => place(image) },
    ],
  },
  digits: {
    hint: "Draw a digit here", help: DRAW_DIGIT, stageHelp: STAGES, photo: PAPER,
    steps: () => [
      CROP,
      { title: "Upright", words: "the slant removed", step: upright },
      { title: "Fit", words: "32 rows, at most 20 columns, by areas", step: fitBitmap },
      { title: "Bitmap", words: "ink or no ink, in 32 × 32", step: bitmap, peak: 1 },
      { title: "Blocks", words: "ink counted in blocks of 4 × 4", step: blocks },
    ],
  },
  strokes: {
    hint: "Draw here", stageHelp: STAGES,
    help: "Draw with mouse, finger, pen or keys, or paste or drop a picture: the network predicts as you draw.",
    photo: PAPER, steps: fillSteps,
  },
  garment: {
    hint: "Drop or paste a picture of one garment on a plain background, or draw", stageHelp: STAGES,
    help: "Paste or drop a picture of one garment, choose a file, draw, or click an example: the network predicts at once.",
    photo: GROUND, steps: fillSteps,
  },
  plain: {
    hint: "Draw here", stageHelp: STAGES,
    help: "Draw with mouse, finger, pen or keys, or paste or drop a picture: the network predicts as you draw.",
    photo: GROUND, steps: fillSteps,
  },
};

/** Whether a picture is scaled as a whole, with its margins. */
const takesWhole = ({ kind, box }) => kind !== "mnist" && kind !== "digits" && !box;

const stage = (title, words, { values, shape }, peak = 255) => ({ title, words, pixels: values, shape, peak });

/** The visible ink of a drawing, cropped; null if there is none. */
function drawnInk(ink) {
  const box = inkBox(made(ink.shape, (i) => Number(ink.values[i] >= FAINTEST)));
  return box && cut(ink, box);
}

/** Turns a picture into ink in the box: { ink, area, exact, stages, isPhoto, way }.
 *
 * `ink` is null if nothing stands out. `area` is the part of the box that the picture covers. `exact`
 * is the picture itself if it has the network's own size, else null. `isPhoto` and `way`, the heading
 * of the ink, tell how it was found. */
export function inkOfPicture(picture, preparation) {
  const isInverted = preparation.ink !== "mixed" && isLightPaper(picture);
  const ink = isInverted ? inverted(picture) : picture;
  const own = picture.shape[0] === preparation.height && picture.shape[1] === preparation.width;
  const small = longerSide(ink, CANVAS);
  const [height, width] = small.shape;
  const area = { top: Math.floor((CANVAS - height) / 2), left: Math.floor((CANVAS - width) / 2), height, width };
  const shown = lay(small, [CANVAS, CANVAS]);
  if (own && !preparation.cuts_all) return { ink: shown.values, area, exact: ink, stages: [] };
  const isPhoto = !takesWhole(preparation) && needsCleaning(picture);
  const before = stage("Picture", "as the camera saw it", shown);
  if (PREPARATIONS[preparation.kind].photo === PAPER && !takesWhole(preparation)) {
    const found = isPhoto ? findInk(picture) : drawnInk(ink);
    const usual = found && narrowed(longerSide(found, INK_SIDE), preparation.widest);
    const laid = usual && lay(restroked(usual, preparation), [CANVAS, CANVAS]);
    return { ink: laid && laid.values, area: WHOLE_BOX, exact: null, stages: [before], isPhoto, way: isPhoto ? PAPER : PEN };
  }
  if (!isPhoto) return { ink: shown.values, area, exact: null, stages: [] };
  const cleared = lay(clearGround(small), [CANVAS, CANVAS]);
  return { ink: cleared.values, area: WHOLE_BOX, exact: null, stages: [before], isPhoto, way: GROUND };
}

/** The `picture` argument of `prepare` for a drawing whose strokes were drawn again with another pen. */
export const asRedrawn = (values, shape) => ({
  stages: [stage("Drawing", "as it is in the box", { values, shape })], area: WHOLE_BOX, exact: null, way: PEN,
});

/** Returns every stage for the ink of the box; `pixels` is null if the box is empty.
 *
 * `picture` is the result of `inkOfPicture` if there is a picture in the box. `peak` is the value of
 * full ink in the data. */
export function prepare(preparation, ink, { peak = 255, picture = null } = {}) {
  const drawn = { values: ink, shape: [CANVAS, CANVAS] };
  const { title, words } = picture?.way ?? { title: "Drawing", words: "as it is in the box" };
  const stages = [...(picture?.stages ?? []), stage(title, words, drawn)];
  let image = takesWhole(preparation) ? cut(drawn, picture?.area ?? WHOLE_BOX) : drawn;
  let steps = PREPARATIONS[preparation.kind].steps(preparation);
  if (picture?.exact) {
    image = picture.exact;
    steps = [{ title: "Picture", words: "used unchanged: it has the network's own size", step: (same) => same }];
  }
  if (preparation.ink === "dark") steps = [...steps, INVERT];
  for (const { title: name, words: what, step, peak: most = 255 } of steps) {
    image = image && step(image);
    stages.push(stage(name, what, image ?? empty([1, 1]), most));
  }
  return { stages, pixels: image && scaledTo(image.values, peak) };
}

/** Scales values from 0 .. 255 to 0 .. peak, the value of full ink in the data. */
const scaledTo = (values, peak) => (peak === 255 ? values : Float32Array.from(values, (v) => (v * peak) / 255));
