// Narrows drawings that are wider for their height than most training images.
//
// The values are those of byhand.data.proportions, which explains them; a test compares. An image is
// { values, shape: [height, width] }, ink 255 on paper 0.

import { resize } from "./resample.js";

const LEAST = 2 / 3;
const PIXEL = 1 / 12;

/** The width of the ink relative to its height: sqrt(c_xx c_yy - c_xy^2) / c_yy, with variances c; 0 without ink. */
function proportions({ values, shape: [height, width] }) {
  let [total, sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0, 0];
  for (let y = 0; y < height; y++) {
    let [row, rx, rxx] = [0, 0, 0];
    for (let x = 0; x < width; x++) {
      const value = values[y * width + x];
      if (!value) continue;
      row += value;
      rx += value * x;
      rxx += value * x * x;
    }
    total += row;
    sx += rx;
    sxx += rxx;
    sy += row * y;
    sxy += rx * y;
    syy += row * y * y;
  }
  if (!total) return 0;
  const [down, right] = [sy / total, sx / total];
  const cyy = syy / total - down * down + PIXEL;
  const cxx = sxx / total - right * right + PIXEL;
  const cxy = sxy / total - down * right;
  return Math.sqrt(Math.max(cxx * cyy - cxy * cxy, 0)) / cyy;
}

/** The factor, from 2/3 to 1, that gives the ink's width at most these proportions. */
export function narrowing(ink, widest) {
  if (!widest) return 1;
  return Math.max(LEAST, Math.min(1, widest / Math.max(proportions(ink), PIXEL)));
}

/** The ink with its width multiplied by `narrowing`, rounded. */
export function narrowed(ink, widest) {
  const factor = narrowing(ink, widest);
  const [height, width] = ink.shape;
  return factor === 1 ? ink : resize(ink, [height, Math.max(1, Math.floor(width * factor + 0.5))]);
}
