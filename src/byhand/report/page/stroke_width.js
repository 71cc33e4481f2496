// Makes strokes as wide as those of the training images: in pictures by distances, in drawings by the pen.
//
// `withStrokeWidth` gives the values of byhand.data.stroke_width, which explains it; a test compares.
// An image is { values, shape: [height, width] }, ink 255 on paper 0.

import { CANVAS, INK_SIDE } from "./photograph.js";
import { lay, made } from "./resample.js";

const INK = 128;
const SIXTEENTHS = 16;
const CLOSE = [80, 125];
const REACH = 120;
const FAR = 1 << 14;
const SCALE_OF = {
  mnist: ([height, width]) => Math.max(height, width) / 20,
  digits: ([height]) => height / 8,
};

/** The width that strokes need in ink of this shape to be `stroke` wide in the network's image. */
export function penFor({ kind, stroke, box, height, width }, shape) {
  const [tall, wide] = box ?? [height, width];
  const scale = SCALE_OF[kind]?.(shape) ?? Math.max(shape[0] / tall, shape[1] / wide);
  return (stroke ?? 0) * scale;
}

/** Takes ink that is cropped to its strokes, and makes them as wide as those of the training images. */
export function restroked(ink, preparation) {
  if (!preparation.stroke) return ink;
  const room = CANVAS - INK_SIDE; // space for wider strokes, half of it on each side
  return withStrokeWidth(lay(ink, ink.shape.map((length) => length + room)), penFor(preparation, ink.shape));
}

/** The ink with strokes of about this width; unchanged if they are close. */
export function withStrokeWidth(ink, width) {
  const [height, across] = ink.shape;
  const mask = made(ink.shape, (i) => Number(ink.values[i] >= INK));
  if (!mask.values.some(Boolean)) return ink;
  const inside = squaredDistances(padded(mask.values, ink.shape, 0).map((on) => 1 - on), [height + 2, across + 2], REACH);
  const deep = (i) => inside[(Math.floor(i / across) + 1) * (across + 2) + (i % across) + 1];
  const now = widthOf(mask.values, deep);
  if (CLOSE[0] * width <= 100 * now && 100 * now <= CLOSE[1] * width) return ink;
  const reach = Math.floor(width + 0.5);
  if (now < width) {
    const far = squaredDistances(mask.values, ink.shape, reach);
    const limit = ((width - now) / 2) ** 2;
    return made(ink.shape, (i) => (mask.values[i] || far[i] <= limit ? 255 : 0));
  }
  const far = squaredDistances(ridge(deep, ink.shape, now), ink.shape, reach);
  const [near, core] = [(width / 2) ** 2, ((now - width) / 2) ** 2];
  return made(ink.shape, (i) => (mask.values[i] && (far[i] <= near || deep(i) > core) ? 255 : 0));
}

/** The width of strokes: 4 mean(D) - 2. */
function widthOf(mask, deep) {
  let [sum, count] = [0, 0];
  mask.forEach((on, i) => {
    if (!on) return;
    sum += Math.floor(SIXTEENTHS * Math.sqrt(deep(i)) + 0.5);
    count += 1;
  });
  return Math.max(1, (4 * sum) / (SIXTEENTHS * count) - 2);
}

/** Surrounds an image with a line of pixels of another value. */
function padded(values, [height, width], around) {
  const out = new Uint8Array((height + 2) * (width + 2)).fill(around);
  for (let y = 0; y < height; y++) out.set(values.subarray(y * width, (y + 1) * width), (y + 1) * (width + 2) + 1);
  return out;
}

/** Marks the pixels without a deeper neighbour, in strokes at least half as wide as usual. */
function ridge(deep, [height, width], now) {
  const out = new Uint8Array(height * width);
  for (let i = 0; i < out.length; i++) {
    const own = deep(i);
    if (!own || 16 * own < now * now) continue;
    const [y, x] = [Math.floor(i / width), i % width];
    let largest = true;
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1) && largest; v++) {
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) if (deep(v * width + u) > own) largest = false;
    }
    out[i] = Number(largest);
  }
  return out;
}

/** The squared distance of each pixel to the nearest pixel of the mask, exact to `reach`. */
function squaredDistances(mask, [height, width], reach) {
  const squares = new Float64Array(height * width);
  for (let x = 0; x < width; x++) {
    let gap = FAR;
    for (let y = 0; y < height; y++) {
      gap = mask[y * width + x] ? 0 : gap + 1;
      squares[y * width + x] = Math.min(gap, FAR);
    }
    gap = FAR;
    for (let y = height - 1; y >= 0; y--) {
      gap = mask[y * width + x] ? 0 : gap + 1;
      squares[y * width + x] = Math.min(gap, squares[y * width + x]) ** 2;
    }
  }
  const out = squares.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const limit = Math.min(reach, width - 1);
      for (let step = 1; step <= limit && step * step < out[at]; step++) {
        if (x >= step) out[at] = Math.min(out[at], squares[at - step] + step * step);
        if (x + step < width) out[at] = Math.min(out[at], squares[at + step] + step * step);
      }
    }
  }
  return out;
}

// --- drawings ------------------------------------------------------------------------------------

const LARGEST_SCALE = 40; // keeps a dot small

/** Scales pen strokes to the middle of the box, with the pen that gives the training images' width.
 * `narrowing` multiplies the drawing's width. Returns null if the preparation does not change strokes. Strokes are { pen, points: [[x, y], ...] }. */
export function redrawn(strokes, preparation, narrowing = 1) {
  const points = strokes.flatMap((stroke) => stroke.points);
  if (!preparation.stroke || !points.length) return null;
  const [left, right] = bounds(points.map(([x]) => x));
  const [top, bottom] = bounds(points.map(([, y]) => y));
  const size = [bottom - top, (right - left) * narrowing];
  const longer = Math.max(...size, 1e-9);
  let pen = penFor(preparation, [INK_SIDE, INK_SIDE]);
  let scale = 1;
  for (let round = 0; round < 3; round++) { // the pen's width is part of the ink's size
    scale = Math.min((INK_SIDE - pen) / longer, LARGEST_SCALE);
    const wanted = penFor(preparation, size.map((length) => length * scale + pen));
    pen = Math.min(Math.max(wanted, INK_SIDE / 60), INK_SIDE / 3);
  }
  const moved = ([x, y]) => [
    (x - (left + right) / 2) * narrowing * scale + CANVAS / 2, (y - (top + bottom) / 2) * scale + CANVAS / 2,
  ];
  return strokes.map((stroke) => ({ pen, points: stroke.points.map(moved) }));
}

const bounds = (values) => [
  values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity),
];
