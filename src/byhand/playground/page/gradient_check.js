// Gradients beside central differences, (L(w + h) - L(w - h)) / 2h, on a copy in float64.

import { plainProducts } from "../../report/page/products.js";
import { Learner } from "./learner.js";

/** A copy of a learner in float64 with the same parameters, statistics and rows. */
export function inDouble(learner, loss, n) {
  const copy = new Learner({
    layers: learner.layers, inputs: learner.inputs, loss, capacity: n, products: plainProducts(Float64Array),
  });
  copy.parameters.vector.set(learner.parameters.vector);
  copy.statistics.vector.set(learner.statistics.vector);
  copy.input.values.set(learner.input.values.subarray(0, n * learner.inputs));
  copy.targets.values.set(learner.targets.values.subarray(0, n * learner.last.units));
  return copy;
}

/** Dropout drops nothing, and noise is 0. */
const nothingRandom = () => ({ uniform: () => 1, normal: () => 0 });

/** The mean loss of n rows, in training (so that batch statistics count). */
function meanLoss(learner, n, makeRandom) {
  learner.forward(n, true, makeRandom());
  return learner.lossOf(n) / n;
}

/** Compares `count` parameters chosen by `random`; returns { name, entry, gradient, difference }. */
export function checkGradients(learner, n, random, count = 60, { makeRandom = nothingRandom, h = 1e-5 } = {}) {
  meanLoss(learner, n, makeRandom);
  learner.backward(n);
  const gradients = Object.fromEntries(Object.entries(learner.gradients.views).map(([name, view]) => [name, view.slice()]));
  const names = Object.keys(gradients);
  return Array.from({ length: count }, (_, i) => {
    const name = names[i % names.length];
    const values = learner.parameters.views[name];
    const entry = random.below(values.length);
    const kept = values[entry];
    values[entry] = kept + h;
    const up = meanLoss(learner, n, makeRandom);
    values[entry] = kept - h;
    const down = meanLoss(learner, n, makeRandom);
    values[entry] = kept;
    return { name, entry, gradient: gradients[name][entry], difference: (up - down) / (2 * h) };
  });
}

/** |gradient - difference| / max(1e-6, |gradient| + |difference|), as in the library. */
export const relativeError = ({ gradient, difference }) => (
  Math.abs(gradient - difference) / Math.max(1e-6, Math.abs(gradient) + Math.abs(difference))
);
