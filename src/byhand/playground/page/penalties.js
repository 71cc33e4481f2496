// Penalties on the size of weights, and bounds on the gradient and on the weights.

/** l2/2 sum(w^2) + l1 sum(|w|); biases are not penalised. */
export function penalty(weights, l1, l2) {
  let total = 0;
  for (const w of weights) total += (l2 / 2) * w * w + l1 * Math.abs(w);
  return total;
}

/** g += l2 w + l1 sign(w). */
export function addPenaltyGradient(weights, gradients, l1, l2) {
  for (let i = 0; i < weights.length; i++) gradients[i] += l2 * weights[i] + l1 * Math.sign(weights[i]);
}

/** g = min(max(g, -limit), limit) for each entry. */
export function clipByValue(g, limit) {
  for (let i = 0; i < g.length; i++) g[i] = Math.min(Math.max(g[i], -limit), limit);
}

/** g *= limit / ||g|| if the whole gradient is longer than the limit. */
export function clipByNorm(g, limit) {
  const norm = length(g);
  if (norm > limit) for (let i = 0; i < g.length; i++) g[i] *= limit / norm;
}

/** w *= limit / ||w|| for the weights w into each unit that are longer than the limit: max-norm. */
export function limitNorms({ shapes, views }, limit) {
  for (const [name, shape] of Object.entries(shapes)) {
    if (shape.length !== 2) continue;
    const [w, units] = [views[name], shape[1]];
    for (let j = 0; j < units; j++) {
      let square = 0;
      for (let i = j; i < w.length; i += units) square += w[i] * w[i];
      const norm = Math.sqrt(square);
      if (norm > limit) for (let i = j; i < w.length; i += units) w[i] *= limit / norm;
    }
  }
}

/** ||v||, the square root of the sum of squares. */
export function length(v) {
  let total = 0;
  for (let i = 0; i < v.length; i++) total += v[i] * v[i];
  return Math.sqrt(total);
}
