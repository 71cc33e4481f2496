// Activation functions on a batch: value(z, y, n) writes f(Z), chain(dy, z, y, dz, n) writes dZ.
//
// The element-wise ones are loops around the library's own expressions; softmax is the report's.

import { buildActivation as ofRows, onRows } from "../../report/page/activations.js";
import { ACTIVATIONS } from "./formula_loops.js";

/** The function of a layer by its name; `slope` is leaky_relu's. */
export function buildActivation(name, slope) {
  if (name === "softmax") return onRows(ofRows({ name }));
  const { value, chain } = ACTIVATIONS[name](slope == null ? {} : { slope });
  return {
    name,
    value: (z, y, n) => value(z.values, y.values, n * z.width),
    chain: (dy, z, y, dz, n) => chain(dy.values, z.values, y.values, dz.values, n * z.width),
  };
}
