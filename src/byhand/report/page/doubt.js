// Which answers to doubt, as byhand.evaluation.doubt explains it; a test compares the two.
//
//   doubted:  p(c) q(c) < least_confidence or p(c) < 1/3, with q = softmax(relu(v W1 + b1) W2 + b2)
//   strange:  q is largest for "none of these"

const POOLED = 14; // images are shrunk to at most so many pixels each way
const BRIGHT = 3;
const GUESSED = 1 / 3; // below this probability an answer is a guess

/** Means of blocks of pixels, beyond the image 0. */
function pooled(pixels, [height, width]) {
  const block = Math.ceil(Math.max(height, width) / POOLED);
  const [down, right] = [Math.ceil(height / block), Math.ceil(width / block)];
  const sums = new Float64Array(down * right);
  for (let i = 0; i < height * width; i++) {
    const [y, x] = [Math.floor(i / width / block), Math.floor((i % width) / block)];
    sums[y * right + x] += pixels[i];
  }
  return sums.map((sum) => sum / (block * block));
}

/** The second network: a function of raw pixels, their shape and the last hidden layer to q. */
function secondOpinion({ weights, scale, bias, output, output_bias: outputBias, unit }) {
  const bytes = Int8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
  const units = scale.length;
  return (pixels, shape, hidden) => {
    const sums = new Float64Array(units);
    const inputs = [...pooled(pixels, shape).map((value) => (value * BRIGHT) / 255), ...Float64Array.from(hidden, (value) => value / unit)];
    inputs.forEach((value, i) => {
      if (!value) return;
      for (let j = 0; j < units; j++) sums[j] += value * bytes[i * units + j];
    });
    const first = sums.map((sum, j) => Math.max(sum * scale[j] + bias[j], 0));
    const z = outputBias.map((offset, k) => first.reduce((sum, value, j) => sum + value * output[j][k], offset));
    const exponentials = z.map((value) => Math.exp(value - Math.max(...z)));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    return exponentials.map((value) => value / total);
  };
}

const largest = (values) => values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

/** A function of the last hidden layer, the probabilities of the classes, the raw pixels and their
 * shape: "", "unsure" or "strange"; null where the model does not say what to doubt. */
export function buildDoubt(stored) {
  if (!stored) return null;
  const opinion = stored.second && secondOpinion(stored.second);
  return (hidden, probabilities, pixels, shape) => {
    const answer = largest(probabilities);
    const q = opinion ? opinion(pixels, shape, hidden) : null;
    const p = probabilities[answer];
    if (p >= GUESSED && p * (q ? q[answer] : 1) >= stored.least_confidence) return "";
    return q && largest(q) === q.length - 1 ? "strange" : "unsure";
  };
}

export const WORDS = {
  strange: "This does not look like the training data.",
  unsure: "The network is not sure.",
};
