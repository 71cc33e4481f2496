// Which answers to doubt, as byhand.evaluation.doubt explains it; a test compares the two.
//
//   unsure:   max(p) < least_confidence
//   strange:  relu(h W1 + b1) W2 > limit, with h the last hidden layer

/** The network of strangers with its weights as numbers; null where the model has none. */
function strangeness({ weights, scale, bias, output, limit }) {
  const bytes = Int8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
  const units = scale.length;
  return (hidden) => {
    const sums = new Float64Array(units);
    hidden.forEach((value, i) => {
      if (!value) return;
      for (let j = 0; j < units; j++) sums[j] += value * bytes[i * units + j];
    });
    return sums.reduce((score, sum, j) => score + Math.max(sum * scale[j] + bias[j], 0) * output[j], -limit);
  };
}

/** A function of the last hidden layer and the probabilities: "", "unsure" or "strange"; null where
 * the model does not say what to doubt. */
export function buildDoubt(stored) {
  if (!stored) return null;
  const score = stored.strange && strangeness(stored.strange);
  return (hidden, probabilities) => {
    if (score && score(hidden) > 0) return "strange";
    const confidence = probabilities.reduce((most, p) => Math.max(most, p), 0);
    return confidence < stored.least_confidence ? "unsure" : "";
  };
}

export const WORDS = {
  strange: "This does not look like the training data.",
  unsure: "The network is not sure.",
};
