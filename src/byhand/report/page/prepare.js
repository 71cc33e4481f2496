// From a drawing to an image as the network was trained on, stage by stage.
//
// The steps of "mnist" and "digits" are those of byhand.data.prepare, with the same rounding
// (always floor(value + 0.5)); a test compares the two. An image is { values, shape: [height,
// width] }, ink 255 on paper 0.

const BOX = 20; // MNIST's digits fit into 20 x 20 ...
const FIELD = 28; // ... inside 28 x 28
const BITMAP = 32; // UCI's bitmaps are 32 x 32 ...
const BITMAP_WIDTH = 20; // ... and their digits at most this wide
const BLOCK = 4;
const HALF_INK = 64;
const FAINT = 13; // a twentieth of full ink: nothing fainter counts as drawn in a picture
const NARROW = 8; // how far values of one ground lie from its middle, about

const empty = ([height, width]) => ({ values: new Uint8Array(height * width), shape: [height, width] });

/** floor(numerator / denominator + 0.5), exactly. */
const nearest = (numerator, denominator) => Math.floor((2 * numerator + denominator) / (2 * denominator));

const side = (length, unit) => Math.max(1, nearest(length, unit));

// --- the stages ----------------------------------------------------------------------------------

/** Paper becomes 0 and the darkest ink 255, for photographs: Otsu's threshold. */
export function clean({ values, shape }) {
  const counts = new Array(256).fill(0);
  for (const value of values) counts[value] += 1;
  const all = values.length;
  const sum = counts.reduce((total, count, value) => total + count * value, 0);
  let [below, sumBelow, best, threshold] = [0, 0, -1, 0];
  for (let t = 0; t < 256; t++) {
    below += counts[t];
    sumBelow += counts[t] * t;
    const above = all - below;
    const gap = (sum - sumBelow) / Math.max(above, 1) - sumBelow / Math.max(below, 1);
    const between = below * above * gap ** 2;
    if (between > best) [best, threshold] = [between, t];
  }
  const span = Math.max(counts.findLastIndex((count) => count > 0) - threshold, 1);
  return { values: values.map((v) => Math.floor((255 * Math.max(v - threshold, 0)) / span + 0.5)), shape };
}

/** A plain ground becomes empty and what stands on it keeps its greys, for photographs.
 *
 * The rim of the picture (its `area` in the box) tells the ground and how much it varies. The mean
 * of 3 x 3 pixels is taken first: a lone noisy pixel would stretch the box that is cropped. */
export function clearGround({ values, shape }, area = { left: 0, top: 0, height: shape[0], width: shape[1] }) {
  const smooth = smoothed(values, shape, area);
  const rim = rimOf(smooth, shape, area);
  const level = mostFrequent(rim);
  const faint = Math.max(FAINT, 5 * spreadBelow(rim, level));
  const room = Math.max(255 - level, 1);
  return {
    values: smooth.map((v) => (v - level < faint ? 0 : Math.floor((255 * (v - level)) / room + 0.5))), shape,
  };
}

/** The mean of each pixel and its neighbours inside the area; 0 outside of it. */
function smoothed(values, [height, width], area) {
  const out = new Uint8Array(height * width);
  const [bottom, right] = [area.top + area.height - 1, area.left + area.width - 1];
  for (let y = area.top; y <= bottom; y++) {
    for (let x = area.left; x <= right; x++) {
      let [sum, count] = [0, 0];
      for (let v = Math.max(y - 1, area.top); v <= Math.min(y + 1, bottom); v++) {
        for (let u = Math.max(x - 1, area.left); u <= Math.min(x + 1, right); u++) {
          sum += values[v * width + u];
          count += 1;
        }
      }
      out[y * width + x] = Math.floor(sum / count + 0.5);
    }
  }
  return out;
}

/** The values in a band along the edges of the area. */
function rimOf(values, shape, { left, top, height, width }) {
  const band = Math.max(1, Math.floor(Math.min(height, width) / 40));
  const rim = [];
  for (let y = 0; y < height; y++) {
    const wholeLine = y < band || y >= height - band;
    for (let x = 0; x < width; x++) {
      if (wholeLine || x < band || x >= width - band) rim.push(values[(y + top) * shape[1] + x + left]);
    }
  }
  return rim;
}

/** The middle of the narrow range that holds most values: a thing that reaches the rim, and covers
 * many values there, does not move it as it would move a mean or a median. */
function mostFrequent(values) {
  const counts = new Array(256).fill(0);
  for (const value of values) counts[value] += 1;
  const around = (at) => counts.slice(Math.max(at - NARROW, 0), at + NARROW + 1).reduce((a, b) => a + b, 0);
  const sums = counts.map((_, at) => around(at));
  const most = Math.max(...sums);
  return Math.floor((sums.indexOf(most) + sums.lastIndexOf(most)) / 2);
}

/** The standard deviation seen on the side of the values below: there is nothing else than noise. */
function spreadBelow(values, level) {
  const gaps = values.filter((v) => v <= level && v > level - 3 * NARROW).map((v) => level - v);
  return Math.sqrt(gaps.reduce((sum, gap) => sum + gap * gap, 0) / Math.max(gaps.length, 1));
}

/** The smallest rectangle that holds all ink; null where there is none. */
export function crop({ values, shape: [height, width] }) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let i = 0; i < values.length; i++) {
    if (!values[i]) continue;
    const [y, x] = [Math.floor(i / width), i % width];
    [top, left] = [Math.min(top, y), Math.min(left, x)];
    [bottom, right] = [Math.max(bottom, y), Math.max(right, x)];
  }
  if (bottom < 0) return null;
  const out = empty([bottom - top + 1, right - left + 1]);
  const columns = out.shape[1];
  return fill(out, (i) => values[(top + Math.floor(i / columns)) * width + left + (i % columns)]);
}

function fill(image, value) {
  for (let i = 0; i < image.values.length; i++) image.values[i] = value(i);
  return image;
}

/** The longer side becomes 20 pixels, proportions kept. */
export function fit(image) {
  const longer = Math.max(...image.shape);
  return resize(image, image.shape.map((length) => side(length * BOX, longer)));
}

/** Into 28 x 28, the centre of mass in the middle, by whole pixels. */
export function place(image) {
  const [height, width] = image.shape;
  const rows = new Array(height).fill(0);
  const columns = new Array(width).fill(0);
  image.values.forEach((value, i) => {
    rows[Math.floor(i / width)] += value;
    columns[i % width] += value;
  });
  return laid(image, [FIELD, FIELD], first(rows), first(columns));
}

/** Where the first row goes: ceil((27 S − 2 M) / 2 S), kept inside the field. */
function first(profile) {
  const total = profile.reduce((sum, value) => sum + value, 0);
  const moment = profile.reduce((sum, value, i) => sum + value * i, 0);
  const at = -Math.floor((2 * moment - (FIELD - 1) * total) / (2 * total));
  return Math.min(Math.max(at, 0), FIELD - profile.length);
}

/** An image inside an empty field, its corner at top, left. */
function laid({ values, shape: [height, width] }, field, top, left) {
  const out = empty(field);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out.values[(y + top) * field[1] + x + left] = values[y * width + x];
  }
  return out;
}

/** The slant removed: rows move sideways until first and last begin in one column. */
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

/** 32 rows high and as wide as its proportions ask, but at most 20 columns. */
export function fitBitmap(image) {
  const [height, width] = image.shape;
  return resize(image, [BITMAP, Math.min(BITMAP_WIDTH, side(width * BITMAP, height))]);
}

/** 32 x 32 of 0 and 1, in the middle. */
export function bitmap(image) {
  const on = { values: image.values.map((value) => Number(value >= HALF_INK)), shape: image.shape };
  return laid(on, [BITMAP, BITMAP], 0, Math.floor((BITMAP - image.shape[1]) / 2));
}

/** 8 x 8: the count of ink in each block of 4 x 4, brought from 0..16 to 0..255. */
export function blocks({ values }) {
  const across = BITMAP / BLOCK;
  const counts = new Array(across * across).fill(0);
  values.forEach((value, i) => {
    const [y, x] = [Math.floor(i / BITMAP / BLOCK), Math.floor((i % BITMAP) / BLOCK)];
    counts[y * across + x] += value;
  });
  return fill(empty([across, across]), (i) => nearest(counts[i] * 255, 16));
}

// --- arithmetic ----------------------------------------------------------------------------------

/** Which input pixels an output pixel covers, and how much, in units of 1 / after: whole numbers. */
function overlaps(before, after) {
  return Array.from({ length: after }, (_, i) => {
    const [from, to] = [Math.floor((i * before) / after), Math.ceil(((i + 1) * before) / after)];
    return Array.from({ length: to - from }, (__, n) => {
      const k = from + n;
      const end = Math.min((i + 1) * before, (k + 1) * after);
      return [k, end - Math.max(i * before, k * after)];
    });
  });
}

/** The mean over the rectangle that each new pixel covers, rounded. */
export function resize({ values, shape: [height, width] }, [newHeight, newWidth]) {
  const [down, across] = [overlaps(height, newHeight), overlaps(width, newWidth)];
  const area = height * width;
  return fill(empty([newHeight, newWidth]), (i) => {
    let total = 0;
    for (const [y, rows] of down[Math.floor(i / newWidth)]) {
      for (const [x, columns] of across[i % newWidth]) total += rows * columns * values[y * width + x];
    }
    return Math.floor(total / area + 0.5);
  });
}

// --- ways of preparation -------------------------------------------------------------------------

/** The longer side fills the field, the rest stays empty on both sides. */
const filling = (field) => (image) => {
  const scale = Math.min(field[0] / image.shape[0], field[1] / image.shape[1]);
  const small = resize(image, image.shape.map((length) => Math.max(1, Math.floor(length * scale + 0.5))));
  const [top, left] = field.map((length, i) => Math.floor((length - small.shape[i]) / 2));
  return laid(small, field, top, left);
};

const CROP = { title: "Crop", words: "to the smallest box with ink", step: crop };

const PAPER = { title: "Clean", words: "paper to 0, darkest ink to 255 (Otsu)", step: clean };
const GROUND = { title: "Ground", words: "the plain ground to 0, as its rim shows it", step: clearGround };

const fillSteps = (field) => [
  CROP, { title: "Fit", words: `into ${field[0]} × ${field[1]}, by areas`, step: filling(field) },
];

const STAGES = "From the drawing to the numbers of the first layer, in the same steps as the training images.";
const DRAW_DIGIT = "Draw a digit, large, with mouse, finger, pen or keys: the network answers at every move. A picture can be pasted or dropped too.";

/** Name -> the steps from a drawing to an input, and the words around them. */
export const PREPARATIONS = {
  mnist: {
    hint: "Draw a digit here", help: DRAW_DIGIT, stageHelp: STAGES, photo: PAPER,
    steps: () => [
      CROP,
      { title: "Fit", words: "the longer side to 20 pixels, by areas", step: fit },
      { title: "Centre", words: "centre of mass to the middle of 28 × 28", step: place },
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
  garment: {
    hint: "Drop or paste a picture of one garment on a plain ground, or draw", stageHelp: STAGES,
    help: "Paste or drop a picture of one garment, choose a file, draw, or click an example: the network answers at once.",
    photo: GROUND, steps: fillSteps,
  },
  plain: {
    hint: "Draw here", stageHelp: STAGES,
    help: "Draw with mouse, finger, pen or keys, or paste or drop a picture: the network answers at every move.",
    photo: GROUND, steps: fillSteps,
  },
};

/** Every stage for the ink of the box; `pixels` is null where nothing is drawn. A photograph is
 * cleaned first: its paper is never quite white; `photo` is the area of the box that it covers. */
export function prepare(name, ink, width, { shape, peak }, photo = null) {
  let image = { values: ink, shape: [ink.length / width, width] };
  const stages = [{ title: "Drawing", words: "as it is in the box", pixels: ink, shape: image.shape, peak: 255 }];
  const way = PREPARATIONS[name];
  for (const { title, words, step, peak: most = 255 } of [...(photo ? [way.photo] : []), ...way.steps(shape)]) {
    image = image && (step === clearGround ? step(image, photo) : step(image));
    const shown = image ?? empty([1, 1]);
    stages.push({ title, words, pixels: shown.values, shape: shown.shape, peak: most });
  }
  return { stages, pixels: image && scaledTo(image.values, peak) };
}

/** Where full ink is another number than 255 in the data, it becomes that number here too. */
const scaledTo = (values, peak) => (peak === 255 ? values : Float32Array.from(values, (v) => (v * peak) / 255));
