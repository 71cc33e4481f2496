// Which answers to doubt, as byhand.evaluation.doubt explains it; a test compares the two.
//
//   doubted:  p(c) q(c) sqrt(1 - q(none)) exp(-r(c) / spread) < least_confidence, or p(c) < 1/3,
//             with q = softmax(relu(v W1 + b1) W2 + b2) and r the distance from the images of class c
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

const unpacked = (text, kind) => kind.from(atob(text), (letter) => letter.charCodeAt(0));

/** The distance of pooled pixels x from the plane of a class c: r^2 = |x - m|^2 - |V (x - m)|^2. */
function subspaces(stored) {
  const [means, axes] = [unpacked(stored.means, Uint8Array), unpacked(stored.axes, Int8Array)];
  return (x, c) => {
    const count = axes.length / means.length;
    const z = x.map((value, i) => value - means[c * x.length + i]);
    let squares = z.reduce((sum, value) => sum + value * value, 0);
    for (let axis = 0; axis < count; axis++) {
      const start = (c * count + axis) * z.length;
      squares -= (stored.scale[c] * z.reduce((sum, value, i) => sum + value * axes[start + i], 0)) ** 2;
    }
    return Math.sqrt(Math.max(squares, 0));
  };
}

/** The second network: a function of pooled pixels and the last hidden layer to q. */
function secondOpinion({ weights, scale, bias, output, output_bias: outputBias, unit }) {
  const bytes = unpacked(weights, Int8Array);
  const units = scale.length;
  return (x, hidden) => {
    const sums = new Float64Array(units);
    const inputs = [...x.map((value) => (value * BRIGHT) / 255), ...Float64Array.from(hidden, (value) => value / unit)];
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
  const { second, least_confidence: least } = stored ?? {};
  if (!stored || (second && !second.subspaces)) return null; // none, or written by an older byhand
  const [opinion, distance] = second ? [secondOpinion(second), subspaces(second.subspaces)] : [];
  return (hidden, probabilities, pixels, shape) => {
    const answer = largest(probabilities);
    const p = probabilities[answer];
    if (!second) return p >= GUESSED && p >= least ? "" : "unsure";
    const x = pooled(pixels, shape);
    const q = opinion(x, hidden);
    const none = q.length - 1;
    const agreed = q[answer] * Math.sqrt(1 - q[none]) * Math.exp(-distance(x, answer) / second.spread);
    if (p >= GUESSED && p * agreed >= least) return "";
    return largest(q) === none ? "strange" : "unsure";
  };
}

export const WORDS = {
  strange: "This does not look like the training data.",
  unsure: "The network is not sure.",
};
