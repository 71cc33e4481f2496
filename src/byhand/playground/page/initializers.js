// Initial weights, by the formulas of byhand/network/initializers.

const normal = (deviation) => (random, n_in, n_out) => {
  const factor = deviation(n_in, n_out);
  return () => random.normal() * factor;
};

const uniform = (radius) => (random, n_in, n_out) => {
  const r = radius(n_in, n_out);
  return () => (2 * random.uniform() - 1) * r;
};

/** Name -> a function (random, n_in, n_out) that gives what draws one weight after the other. */
export const INITIALIZERS = {
  he_normal: normal((n_in) => Math.sqrt(2 / n_in)),
  he_uniform: uniform((n_in) => Math.sqrt(6 / n_in)),
  glorot_normal: normal((n_in, n_out) => Math.sqrt(2 / (n_in + n_out))),
  glorot_uniform: uniform((n_in, n_out) => Math.sqrt(6 / (n_in + n_out))),
  lecun_normal: normal((n_in) => Math.sqrt(1 / n_in)),
  lecun_uniform: uniform((n_in) => Math.sqrt(3 / n_in)),
  uniform: uniform(() => 0.5),
  normal: normal(() => 0.01),
  zeros: () => () => 0,
  small_constant: () => () => 0.01,
};
