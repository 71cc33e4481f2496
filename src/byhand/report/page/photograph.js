// Finds the ink in a photograph: grey paper, shadows, ruled lines, thin pens, chalk on a board.
//
// The steps and constants are those of byhand.data.clean_photograph, which explains them; a test compares
// the values. A picture is { values, shape: [height, width] }, bytes as the camera saw them.

import { cut, empty, inkBox, inverted, made, nearest, shrink } from "./resample.js";
import { withoutRuling } from "./ruling.js";

const LONGEST = 560;
const [PLAIN, SOILED, SMALL] = [40, 4, 64];
const CELL = 16;
const REACH = 4;
const CLOSING = 96;
const PAPER_RANK = 75;
const NOISE = 10;
export const FAINTEST = 14;
const INK_RANK = 60;
const [EDGE, CORE] = [50, 65];
const TABLE = 28;
const DARK = 42;
const FEWEST = 40;
const SPECK = 6;
export const CANVAS = 280;
export const INK_SIDE = 240;
const FAINT = 13;
const NARROW = 8;

/** The number of pixels with each value. */
function countsOf(values) {
  const counts = new Array(256).fill(0);
  for (const value of values) counts[value] += 1;
  return counts;
}

const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

/** The value at a rank (per cent) of the sorted values. */
function atRank(values, rank) {
  const ordered = Float64Array.from(values).sort();
  return ordered[Math.floor(((ordered.length - 1) * rank) / 100)];
}

/** Whether the outermost pixels have a median of 128 or more. */
export function isLightPaper({ values, shape: [height, width] }) {
  const line = (start, step, count) => Array.from({ length: count }, (_, i) => values[start + i * step]);
  const border = Float64Array.from([
    ...line(0, 1, width), ...line((height - 1) * width, 1, width), ...line(0, width, height), ...line(width - 1, width, height),
  ]).sort();
  const half = border.length / 2; // the border has an even number of pixels
  return (border[half - 1] + border[half]) / 2 >= 128;
}

/** Whether a picture is a photograph, that is, its paper is not uniform. */
export function needsCleaning(picture) {
  const ink = isLightPaper(picture) ? inverted(picture) : picture;
  const counts = countsOf(ink.values);
  const soiled = total(counts.slice(1, FAINTEST));
  const all = ink.values.length;
  const isSoiled = 100 * soiled > SOILED * all && Math.max(...picture.shape) > SMALL;
  return 100 * counts[0] < PLAIN * all || isSoiled;
}

// --- ink on paper --------------------------------------------------------------------------------

/** The ink of a photograph, cropped; null if nothing stands out from the paper. */
export function findInk(picture) {
  const grey = smooth(shrink(picture, LONGEST));
  const ink = strokes(withoutRuling(darkness(hasDarkInk(grey) ? grey : inverted(grey))));
  const box = inkBox(ink);
  return box && cut(ink, box);
}

/** The mean of each pixel and its neighbours. */
export function smooth({ values, shape: [height, width] }) {
  return made([height, width], (i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    let [sum, count] = [0, 0];
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
        sum += values[v * width + u];
        count += 1;
      }
    }
    return nearest(sum, count);
  });
}

/** Whether ink is darker than the paper around it: the sign of the sum of the cubed differences. */
function hasDarkInk(grey) {
  const [height, width] = grey.shape;
  const around = between(windows(cells(grey, 50), (near) => atRank(near, 50)), grey.shape);
  const [top, left] = [Math.floor(height / 8), Math.floor(width / 8)];
  let sum = 0;
  for (let y = top; y < height - top; y++) {
    for (let x = left; x < width - left; x++) {
      const gap = grey.values[y * width + x] - around[y * width + x];
      sum += gap * gap * gap;
    }
  }
  return sum <= 0;
}

/** How much darker each pixel is than its paper: 255 (paper - grey) / paper. */
function darkness(grey) {
  const high = cells(grey, PAPER_RANK);
  const closedCells = windows(windows(high, (near) => Math.max(...near)), (near) => Math.min(...near));
  const lightest = closed(grey);
  const paper = between(closedCells, grey.shape).map((value, i) => Math.min(value, lightest[i]));
  return made(grey.shape, (i) => {
    const gap = paper[i] - grey.values[i];
    return nearest(255 * (gap < NOISE ? 0 : gap), Math.max(paper[i], 1));
  });
}

/** The largest, then the smallest value of 96 x 96 pixels. This removes whatever is dark and narrower. */
function closed({ values, shape }) {
  const sizes = shape.map((length) => Math.min(CLOSING, length));
  let image = { values, shape };
  sizes.forEach((size, axis) => { image = running(image, axis, size, Math.max); });
  const [down, right] = sizes.map((size) => size - 1);
  const [height, width] = image.shape;
  const around = [height + 2 * down, width + 2 * right];
  const padded = { values: new Uint8Array(around[0] * around[1]).fill(255), shape: around };
  for (let y = 0; y < height; y++) {
    padded.values.set(image.values.subarray(y * width, (y + 1) * width), (y + down) * around[1] + right);
  }
  image = padded;
  sizes.forEach((size, axis) => { image = running(image, axis, size, Math.min); });
  return image.values;
}

/** The largest (or smallest) of each `size` neighbours along an axis. */
function running(image, axis, size, larger) {
  for (let reach = 1; reach < size;) {
    const step = Math.min(reach, size - reach);
    const [height, width] = image.shape;
    const shape = axis ? [height, width - step] : [height - step, width];
    const apart = axis ? step : step * width;
    const { values } = image;
    image = made(shape, (i) => {
      const at = axis ? Math.floor(i / shape[1]) * width + (i % shape[1]) : i;
      return larger(values[at], values[at + apart]);
    });
    reach += step;
  }
  return image;
}

/** For each cell of 16 x 16 pixels, the value at a rank, as rows. */
function cells({ values, shape: [height, width] }, rank) {
  const [down, across] = [Math.ceil(height / CELL), Math.ceil(width / CELL)];
  return Array.from({ length: down }, (_, row) => Array.from({ length: across }, (__, column) => {
    const inside = [];
    for (let y = row * CELL; y < Math.min((row + 1) * CELL, height); y++) {
      for (let x = column * CELL; x < Math.min((column + 1) * CELL, width); x++) inside.push(values[y * width + x]);
    }
    return atRank(inside, rank);
  }));
}

/** Applies a measure to the 9 x 9 cells around each cell; fewer at the edge. */
function windows(rows, measure) {
  const near = (line, at) => line.slice(Math.max(at - REACH, 0), at + REACH + 1);
  return rows.map((row, y) => row.map((_, x) => measure(near(rows, y).flatMap((line) => near(line, x)))));
}

/** Interpolates the values of the cells' centres for each pixel, and rounds. */
function between(rows, [height, width]) {
  const unit = 2 * CELL;
  const [lines, columns] = [neighbours(height, rows.length), neighbours(width, rows[0].length)];
  const out = new Float64Array(height * width);
  lines.forEach(([row, below, down], y) => columns.forEach(([column, beside, right], x) => {
    const upper = rows[row][column] * (unit - right) + rows[row][beside] * right;
    const lower = rows[below][column] * (unit - right) + rows[below][beside] * right;
    out[y * width + x] = nearest(upper * (unit - down) + lower * down, unit * unit);
  }));
  return out;
}

/** For each pixel, the cells before and after it, and its distance from the centre of the first. */
function neighbours(length, count) {
  return Array.from({ length }, (_, i) => {
    const place = Math.min(Math.max(2 * i + 1 - CELL, 0), 2 * CELL * (count - 1));
    const before = Math.min(Math.floor(place / (2 * CELL)), Math.max(count - 2, 0));
    return [before, Math.min(before + 1, count - 1), place - 2 * CELL * before];
  });
}

/** The pieces of ink: connected dark pixels, without specks and without pieces that touch the edge.
 * The search is repeated without a table at the edge; the result with more ink is taken. */
function strokes(contrast) {
  const [found, most] = strokesOf(contrast);
  const { pieces, count } = label(contrast, TABLE);
  const table = atEdge(pieces, count, contrast.shape);
  const inner = made(contrast.shape, (i) => (table[pieces[i]] ? 0 : contrast.values[i]));
  if (!table.some(Boolean) || !inner.values.some((value) => value >= DARK)) return found;
  const [again, inside] = strokesOf(inner);
  return inside > Math.max(most, FEWEST) ? again : found;
}

/** The ink, and how many pixels of it do not touch the edge. */
function strokesOf(contrast) {
  const all = countsOf(contrast.values);
  const counts = all.map((count, value) => (value < FAINTEST ? 0 : count));
  if (!counts.some(Boolean)) return [empty(contrast.shape), 0];
  const ink = greyOfInk(all, counts);
  const [edge, core] = [EDGE, CORE].map((part) => Math.max(FAINTEST, Math.floor((ink * part) / 100)));
  const { pieces, count } = label(contrast, edge);
  const weights = new Float64Array(count + 1);
  pieces.forEach((piece, i) => { weights[piece] += contrast.values[i] >= core ? contrast.values[i] : 0; });
  weights[0] = 0;
  const outer = atEdge(pieces, count, contrast.shape);
  const inside = weights.map((weight, piece) => (outer[piece] ? 0 : weight));
  const isInside = inside.some(Boolean);
  const counted = isInside ? inside : weights;
  const most = counted.reduce((a, b) => Math.max(a, b), 0);
  const kept = (piece) => counted[piece] > 0 && 100 * counted[piece] >= SPECK * most;
  const found = made(contrast.shape, (i) => (
    kept(pieces[i]) ? Math.min(Math.floor((255 * contrast.values[i]) / ink), 255) : 0
  ));
  return [found, isInside ? pieces.reduce((sum, piece) => sum + kept(piece), 0) : 0];
}

/** The grey value of the ink: the value at a rank among those above the threshold. */
function greyOfInk(all, counts) {
  const threshold = otsu(counts);
  if (!counts.slice(threshold + 1).some(Boolean)) return all.findLastIndex(Boolean);
  const dark = all.map((count, value) => (value > threshold ? count : 0));
  let left = Math.floor(((total(dark) - 1) * INK_RANK) / 100);
  return dark.findIndex((count) => {
    left -= count;
    return left < 0;
  });
}

/** The threshold with the largest variance between the two groups; the lowest of several (N. Otsu). */
export function otsu(counts) {
  const all = total(counts);
  const sum = total(counts.map((count, value) => count * value));
  let [below, sumBelow, best, threshold] = [0, 0, -1, 0];
  for (let t = 0; t < 256; t++) {
    below += counts[t];
    sumBelow += counts[t] * t;
    const above = all - below;
    const gap = (sum - sumBelow) / Math.max(above, 1) - sumBelow / Math.max(below, 1);
    const variance = below * above * (gap * gap);
    if (variance > best) [best, threshold] = [variance, t];
  }
  return threshold;
}

/** Numbers the connected pieces of pixels that are dark enough; corners connect, too. */
function label({ values, shape: [height, width] }, least) {
  const pieces = new Int32Array(values.length);
  const waiting = [];
  let count = 0;
  const visit = (i) => {
    if (pieces[i] || values[i] < least) return;
    pieces[i] = count;
    waiting.push(i);
  };
  for (let start = 0; start < values.length; start++) {
    if (pieces[start] || values[start] < least) continue;
    count += 1;
    visit(start);
    while (waiting.length) {
      const at = waiting.pop();
      const [y, x] = [Math.floor(at / width), at % width];
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) visit(v * width + u);
      }
    }
  }
  return { pieces, count };
}

/** Whether each piece touches the edge; paper, piece 0, never does. */
function atEdge(pieces, count, [height, width]) {
  const touches = new Uint8Array(count + 1);
  pieces.forEach((piece, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    if (piece && (y === 0 || x === 0 || y === height - 1 || x === width - 1)) touches[piece] = 1;
  });
  return touches;
}

// --- an object on a plain background -------------------------------------------------------------

/** Sets a plain background to 0, judged by the rim of the picture; the object keeps its grey values. */
export function clearGround(image) {
  const calm = smooth(image);
  const rim = rimOf(calm);
  const level = mostFrequent(rim);
  const faint = Math.max(FAINT, 5 * spreadBelow(rim, level));
  return made(image.shape, (i) => {
    const above = calm.values[i] - level;
    return above < faint ? 0 : nearest(255 * above, Math.max(255 - level, 1));
  });
}

/** The values in a band along the edges. */
function rimOf({ values, shape: [height, width] }) {
  const band = Math.max(1, Math.floor(Math.min(height, width) / 40));
  return Array.from(values).filter((_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return y < band || x < band || y >= height - band || x >= width - band;
  });
}

/** The middle of the narrow range that holds most values. An object at the rim does not move it. */
function mostFrequent(values) {
  const counts = countsOf(values);
  const sums = counts.map((_, at) => total(counts.slice(Math.max(at - NARROW, 0), at + NARROW + 1)));
  const most = Math.max(...sums);
  return Math.floor((sums.indexOf(most) + sums.lastIndexOf(most)) / 2);
}

/** The standard deviation of the values below the level, where there is only noise. */
function spreadBelow(values, level) {
  const gaps = values.filter((v) => v <= level && v > level - 3 * NARROW).map((v) => level - v);
  return Math.sqrt(total(gaps.map((gap) => gap * gap)) / Math.max(gaps.length, 1));
}
