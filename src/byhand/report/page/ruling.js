// Removes the printed lines of ruled and squared paper from a photograph.
//
// The steps and constants are those of byhand.data.ruling, which explains them; a test compares the
// values. An image is { values, shape: [height, width] }.

import { made } from "./resample.js";

const LEAST = 14;
const PART = 2;
const FULL = 85;
const STEEPEST = 8;
const APART = 8;
const THICKEST = 8;
const LINES = 3;
const DARKER = 160;

/** The picture without horizontal and vertical lines; unchanged if there are none. */
export const withoutRuling = (contrast) => turned(withoutLines(turned(withoutLines(contrast))));

const turned = ({ values, shape: [height, width] }) => (
  made([width, height], (i) => values[(i % height) * width + Math.floor(i / height)])
);

function withoutLines(contrast) {
  const { values, shape } = contrast;
  const [height, width] = shape;
  const length = Math.floor(width / PART);
  if (length < 2 * PART) return contrast;
  const dark = made(shape, (i) => Number(values[i] >= LEAST)).values;
  const found = new Uint8Array(values.length);
  let most = 0;
  for (let slope = -STEEPEST; slope <= STEEPEST; slope++) {
    most = Math.max(most, markLines(dark, shape, slope, length, found));
  }
  if (most < LINES) return contrast;
  const on = Array.from(found.keys()).filter((i) => found[i] && dark[i]);
  const runs = runsOf(dark, shape);
  const line = median(on.map((i) => values[i]));
  const thick = median(on.map((i) => runs[i]));
  if (thick > THICKEST) return contrast;
  const near = (i) => found[i] || (i >= width && found[i - width]) || (i < values.length - width && found[i + width]);
  return made([height, width], (i) => (
    near(i) && 2 * runs[i] <= 3 * thick + 2 && 100 * values[i] < DARKER * line ? 0 : values[i]
  ));
}

const median = (values) => Float64Array.from(values).sort()[Math.floor(values.length / 2)];

/** Marks the pixels of all windows along the slope that are almost full of ink, and returns the number
 * of groups of rows in which they lie. */
function markLines(dark, [height, width], slope, length, found) {
  const shift = Array.from({ length: width }, (_, x) => Math.sign(slope) * Math.floor((Math.abs(slope) * x) / 100));
  let [groups, last] = [0, -Infinity];
  for (let row = 0; row < height; row++) {
    const at = (x) => {
      const y = row + shift[x];
      return y >= 0 && y < height ? y * width + x : -1;
    };
    let [count, covered, any] = [0, -1, false];
    for (let x = 0; x < width; x++) {
      const [enters, leaves] = [at(x), x >= length ? at(x - length) : -1];
      count += (enters >= 0 ? dark[enters] : 0) - (leaves >= 0 ? dark[leaves] : 0);
      if (x < length - 1 || 100 * count < FULL * length) continue;
      any = true;
      for (let u = Math.max(covered + 1, x - length + 1); u <= x; u++) if (at(u) >= 0) found[at(u)] = 1;
      covered = x;
    }
    if (!any) continue;
    groups += Number(row - last > APART);
    last = row;
  }
  return groups;
}

/** For each dark pixel, the length of its vertical run of dark pixels; 0 for the others. */
function runsOf(dark, [height, width]) {
  const runs = new Int32Array(dark.length);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height;) {
      let end = y;
      while (end < height && dark[end * width + x]) end += 1;
      for (let v = y; v < end; v++) runs[v * width + x] = end - y;
      y = Math.max(end, y + 1);
    }
  }
  return runs;
}
