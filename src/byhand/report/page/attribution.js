// The inputs on which a prediction depends, as byhand.evaluation.attribution defines them.

import { logSumExp } from "./arithmetic.js";

/** The log-odds of class k, log(p / (1 − p)), from the last layer's Z: exact even where p is near 1.
 * For a network that predicts values, the value itself. */
export function logOdds(network, { caches }, k) {
  const { Z, A } = caches.at(-1);
  if (network.isRegression) return A[k];
  if (Z.length === 1) return k === 1 ? Z[0] : -Z[0];
  return network.steps.at(-1).fnName === "softmax" ? Z[k] - logSumExp(Z.filter((_, j) => j !== k)) : Z[k];
}

/** The gradient of the logit of class k with respect to each raw input. */
export function saliency(network, forward, k) {
  const dZ = new Float64Array(forward.output.length);
  if (dZ.length === 1) dZ[0] = k === 1 ? 1 : -1;
  else dZ[k] = 1;
  const { factor } = network.input;
  return network.backFrom(forward, { dA: null, dZ }).dInput.map((d, i) => d * (factor[i] ?? factor[0]));
}

/** Gradient times input: how much each input contributes to the logit, to first order. */
export function gradientTimesInput(network, forward, pixels, k) {
  return saliency(network, forward, k).map((d, i) => d * pixels[i]);
}

/** How much the log-odds of class k fall when inputs are set to other values.
 *
 * If the first step is dense, its Z is not computed again: the effect of the changed inputs is added. */
class Falls {
  constructor(network, pixels, k) {
    const A0 = network.scale(pixels);
    const forward = network.forward(A0);
    Object.assign(this, { network, pixels, k, A0, Z: forward.caches[0].Z });
    this.before = logOdds(network, forward, k);
    this.W = network.steps[0].kind === "dense" ? network.parameters.W1 : null;
  }

  /** Returns the inputs with those at `places` replaced by the numbers of the function `value`. */
  of(places, value) {
    const { network, A0, W } = this;
    const scaled = (p) => network.scaleOne(value(p), p);
    const moved = places.filter((p) => value(p) !== this.pixels[p]);
    if (!moved.length) return 0;
    if (!W) {
      const changed = A0.slice();
      for (const p of moved) changed[p] = scaled(p);
      return this.before - logOdds(network, network.forward(changed), this.k);
    }
    const Z = this.Z.slice();
    for (const p of moved) {
      const change = scaled(p) - A0[p];
      for (let j = 0, w = p * Z.length; j < Z.length; j++, w++) Z[j] += change * W[w];
    }
    return this.before - logOdds(network, network.forwardFrom(Z), this.k);
  }
}

/** The side of the square that is moved over a picture. */
export const patchSide = ([height, width]) => Math.max(2, roundHalfEven(Math.max(height, width) / 7));

const roundHalfEven = (value) => (
  value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value)
);

/** Covers each place of a picture with a square of `fill`. The value of a pixel is the fall of the
 * log-odds of class k, averaged over all squares that cover it. */
export function occlusion(network, pixels, shape, k, fill = 0) {
  const [height, width] = shape;
  const side = patchSide(shape);
  const falls = new Falls(network, pixels, k);
  const sums = new Float64Array(height * width);
  for (let top = 1 - side; top < height; top++) {
    for (let left = 1 - side; left < width; left++) {
      const places = square(top, left, side, height, width);
      const fall = falls.of(places, () => fill);
      if (fall) for (const p of places) sums[p] += fall;
    }
  }
  return sums.map((sum) => sum / (side * side)); // each pixel lies in side * side squares
}

function square(top, left, side, height, width) {
  const places = [];
  for (let y = Math.max(top, 0); y < Math.min(top + side, height); y++) {
    for (let x = Math.max(left, 0); x < Math.min(left + side, width); x++) places.push(y * width + x);
  }
  return places;
}

/** For a row of a table: the fall when a column is set to its mean over the training rows. */
export function withoutColumns(network, row, means, k) {
  const falls = new Falls(network, row, k);
  return Float64Array.from(row, (_, column) => falls.of([column], (p) => means[p]));
}
