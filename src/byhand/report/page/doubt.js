// Which predictions to doubt, as byhand.evaluation.doubt explains; a test compares the two.
//
//   doubted:  p(c) q(c)^(1/3) (1 - q(none)) < least_confidence, or p(c) < 1/3,
//             with q = softmax(relu(v W1 + b1) W2 + b2) and v the edges of the image
//   strange:  q is largest for "none of these"

import { edges } from "./edges.js";

const GUESSED = 1 / 3; // below this probability a prediction is a guess

/** The second network: a function from raw pixels and their shape to q. */
function secondOpinion({ weights, scale, bias, output, output_bias: outputBias, unit }) {
  const bytes = Int8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
  const units = scale.length;
  return (pixels, shape) => {
    const sums = new Float64Array(units);
    edges(pixels, shape).forEach((edge, i) => {
      if (!edge) return;
      for (let j = 0; j < units; j++) sums[j] += (edge / unit) * bytes[i * units + j];
    });
    const first = sums.map((sum, j) => Math.max(sum * scale[j] + bias[j], 0));
    const z = outputBias.map((offset, k) => first.reduce((sum, value, j) => sum + value * output[j][k], offset));
    const exponentials = z.map((value) => Math.exp(value - Math.max(...z)));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    return exponentials.map((value) => value / total);
  };
}

export const LEAST_CONFIDENCE = 0.6; // for models that store no doubt

const largest = (values) => values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

/** Returns a function of the class probabilities, the raw pixels and their shape with the values "",
 * "unsure" and "strange"; null if the model stores no doubt. */
export function buildDoubt(stored) {
  const { second, least_confidence: least } = stored ?? {};
  if (!stored || (second && second.sees !== "edges")) return null; // absent, or written by an older byhand
  const opinion = second && secondOpinion(second);
  return (probabilities, pixels, shape) => {
    const answer = largest(probabilities);
    const p = probabilities[answer];
    if (!second) return p >= GUESSED && p >= least ? "" : "unsure";
    const q = opinion(pixels, shape);
    const none = q.length - 1;
    if (p >= GUESSED && p * Math.cbrt(q[answer]) * (1 - q[none]) >= least) return "";
    return largest(q) === none ? "strange" : "unsure";
  };
}

export const WORDS = {
  strange: "This does not look like the training data.",
  unsure: "The network is not sure.",
};
