// Activation functions with their derivatives, from the entries of the library.
//
// value(z, a) writes f(z) into a. chain(grad, z, a, out) writes grad * f'(z) into out, where
// grad is dLoss/dA and the result is dLoss/dZ. All work on Float64Arrays, one example at a time.

import { ACTIVATIONS } from "./formulas.js";

/** A function that acts on each number by itself: f(z), with the derivative f'(z, a). */
const elementwise = ([f, slope]) => ({
  value(z, a) {
    for (let i = 0; i < z.length; i++) a[i] = f(z[i]);
  },
  chain(grad, z, a, out) {
    for (let i = 0; i < z.length; i++) out[i] = grad[i] * slope(z[i], a[i]);
  },
});

/** The only activation that acts on a whole row. */
const softmax = {
  value(z, a) {
    const largest = z.reduce((x, y) => Math.max(x, y), -Infinity);
    let sum = 0;
    for (let i = 0; i < z.length; i++) sum += a[i] = Math.exp(z[i] - largest);
    for (let i = 0; i < z.length; i++) a[i] /= sum;
  },
  chain(grad, z, a, out) {
    let mean = 0;
    for (let i = 0; i < z.length; i++) mean += grad[i] * a[i];
    for (let i = 0; i < z.length; i++) out[i] = a[i] * (grad[i] - mean);
  },
};

/** A user's own function, given by its values and slopes on an even grid. Between two points it is
 * the cubic with these values and slopes (Hermite); its derivative is the derivative of the cubic.
 * Beyond the grid it is a straight line. */
function tabulated({ low, high, values, slopes }) {
  const step = (high - low) / (values.length - 1);
  const look = (z) => {
    const left = Math.min(Math.max(Math.floor((z - low) / step), 0), values.length - 2);
    return [left, (z - low) / step - left];
  };
  const value = (z) => {
    if (z <= low) return values[0] + slopes[0] * (z - low);
    if (z >= high) return values.at(-1) + slopes.at(-1) * (z - high);
    const [k, t] = look(z);
    const u = 1 - t;
    return u * u * ((1 + 2 * t) * values[k] + t * step * slopes[k])
      + t * t * ((3 - 2 * t) * values[k + 1] - u * step * slopes[k + 1]);
  };
  const slope = (z) => {
    const [k, t] = look(Math.min(Math.max(z, low), high));
    return (6 * t * (1 - t) * (values[k + 1] - values[k])) / step
      + (1 - t) * (1 - 3 * t) * slopes[k] + t * (3 * t - 2) * slopes[k + 1];
  };
  return [value, slope];
}

/** A function of rows as the layers take it: value(z, y, n) and chain(dy, z, y, dz, n) on n rows. */
export const onRows = (fn) => ({
  name: fn.name,
  value(z, y, n) {
    for (let i = 0; i < n; i++) fn.value(z.rows[i], y.rows[i]);
  },
  chain(dy, z, y, dz, n) {
    for (let i = 0; i < n; i++) fn.chain(dy.rows[i], z.rows[i], y.rows[i], dz.rows[i]);
  },
});

/** Whether this page can compute the function that a layer describes. */
export const knowsActivation = ({ name, table }) => name === "softmax" || name in ACTIVATIONS || table;

/** Returns the function that a layer describes: value, chain, name, formula, derivative and kink. */
export function buildActivation({ name, formula, derivative, kink, options, table }) {
  const about = { name, formula, derivative, kink };
  if (name === "softmax") return { ...softmax, ...about };
  const pair = table ? tabulated(table) : ACTIVATIONS[name](options);
  return { ...elementwise(pair), ...about };
}
