// Loss functions of one example, each beside its gradient with respect to the network's output.
//
// y is the target row (one-hot), a the activations and z the pre-activations of the last layer.
// Where loss and activation belong together, dZ comes straight from `fused`: it is shorter and
// has no 0/0.

const sum = (length, term) => {
  let total = 0;
  for (let k = 0; k < length; k++) total += term(k);
  return total;
};

const fill = (length, term) => Float64Array.from({ length }, (_, k) => term(k));

function logSumExp(z) {
  const largest = z.reduce((x, y) => Math.max(x, y), -Infinity);
  return largest + Math.log(sum(z.length, (k) => Math.exp(z[k] - largest)));
}

/** The one-hot row of a label; a single output is 1 for class 1. */
const oneHot = (label, outputs) => fill(
  outputs, (k) => (outputs === 1 ? label : Number(k === label)),
);

/** The same, smoothed as in training: (1 − s) y + s / share. */
const smoothed = (y, smoothing, share) => y.map((t) => (1 - smoothing) * t + smoothing / share);

const plainTarget = { target: oneHot };

const FEW = 1e-300; // keeps log(0) finite for losses that look at probabilities alone
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

const categorical = {
  formula: "L = −Σₖ yₖ log aₖ",
  fusedFormula: "dZ = a − y",
  fusedWith: "softmax",
  target: (label, outputs, s) => smoothed(oneHot(label, outputs), s, outputs),
  value(y, a, z, fused) {
    if (!fused) return -sum(a.length, (k) => y[k] * Math.log(Math.max(a[k], FEW)));
    const whole = logSumExp(z);
    return sum(a.length, (k) => y[k] * (whole - z[k]));
  },
  gradient: (y, a) => fill(a.length, (k) => -y[k] / Math.max(a[k], FEW)),
  fused: (y, a) => {
    const mass = sum(y.length, (k) => y[k]);
    return fill(a.length, (k) => mass * a[k] - y[k]);
  },
};

const binary = {
  formula: "L = −(1/K) Σₖ yₖ log aₖ + (1 − yₖ) log(1 − aₖ)",
  fusedFormula: "dZ = (a − y) / K",
  fusedWith: "sigmoid",
  target: (label, outputs, s) => smoothed(oneHot(label, outputs), s, 2),
  value(y, a, z, fused) {
    if (fused) return sum(a.length, (k) => softplus(z[k]) - y[k] * z[k]) / a.length;
    const term = (k) => y[k] * Math.log(Math.max(a[k], FEW))
      + (1 - y[k]) * Math.log(Math.max(1 - a[k], FEW));
    return -sum(a.length, term) / a.length;
  },
  gradient: (y, a) => fill(
    a.length, (k) => (a[k] - y[k]) / Math.max(a[k] * (1 - a[k]), FEW) / a.length,
  ),
  fused: (y, a) => fill(a.length, (k) => (a[k] - y[k]) / a.length),
};

const squared = {
  ...plainTarget,
  formula: "L = (1/K) Σₖ (aₖ − yₖ)²",
  value: (y, a) => sum(a.length, (k) => (a[k] - y[k]) ** 2) / a.length,
  gradient: (y, a) => fill(a.length, (k) => (2 * (a[k] - y[k])) / a.length),
};

const absolute = {
  ...plainTarget,
  formula: "L = (1/K) Σₖ |aₖ − yₖ|",
  value: (y, a) => sum(a.length, (k) => Math.abs(a[k] - y[k])) / a.length,
  gradient: (y, a) => fill(a.length, (k) => Math.sign(a[k] - y[k]) / a.length),
};

const huber = (delta) => ({
  ...plainTarget,
  formula: `L = (1/K) Σₖ ½ eₖ² where |eₖ| ≤ ${delta}, else ${delta} (|eₖ| − ½ ${delta}),  e = a − y`,
  value: (y, a) => sum(a.length, (k) => {
    const e = Math.abs(a[k] - y[k]);
    return e <= delta ? (e * e) / 2 : delta * (e - delta / 2);
  }) / a.length,
  gradient: (y, a) => fill(
    a.length, (k) => Math.max(-delta, Math.min(delta, a[k] - y[k])) / a.length,
  ),
});

/** Name -> a function of the loss's options that gives value and gradient. */
export const LOSSES = {
  categorical_cross_entropy: () => categorical,
  binary_cross_entropy: () => binary,
  squared_error: () => squared,
  absolute_error: () => absolute,
  huber: ({ delta = 1 }) => huber(delta),
};
