// The building blocks of the losses' formulas. A row is a Float64Array with a number for each output.

export function sum(length, term) {
  let total = 0;
  for (let k = 0; k < length; k++) total += term(k);
  return total;
}

export const row = (length, term) => Float64Array.from({ length }, (_, k) => term(k));

export function logSumExp(z) {
  const largest = z.reduce((x, y) => Math.max(x, y), -Infinity);
  return largest + Math.log(sum(z.length, (k) => Math.exp(z[k] - largest)));
}

export const clip = (value, limit) => Math.max(-limit, Math.min(limit, value));

export const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** The one-hot row of a label; a single output is 1 for class 1. */
export const oneHot = (label, outputs) => row(
  outputs, (k) => (outputs === 1 ? label : Number(k === label)),
);

/** The one-hot row with the label smoothing of the training: (1 − s) t + s / classes. */
export const smoothed = (t, s, classes) => t.map((value) => (1 - s) * value + s / classes);
