// Optimizers: step(p, g, state, rate, t, settings) changes parameters p and state in place.
//
// The rules are those of byhand/training/optimizers; settings have the library's names and defaults.

function sgd(p, g, _, rate) {
  for (let i = 0; i < p.length; i++) p[i] -= rate * g[i];
}

function momentum(p, g, { v }, rate, t, { mu }) {
  for (let i = 0; i < p.length; i++) {
    v[i] = mu * v[i] + g[i];
    p[i] -= rate * v[i];
  }
}

function nesterov(p, g, { v }, rate, t, { mu }) {
  for (let i = 0; i < p.length; i++) {
    v[i] = mu * v[i] + g[i];
    p[i] -= rate * (g[i] + mu * v[i]);
  }
}

function adagrad(p, g, { s }, rate, t, { epsilon }) {
  for (let i = 0; i < p.length; i++) {
    s[i] += g[i] * g[i];
    p[i] -= (rate * g[i]) / (Math.sqrt(s[i]) + epsilon);
  }
}

function rmsprop(p, g, { s }, rate, t, { rho, epsilon }) {
  for (let i = 0; i < p.length; i++) {
    s[i] = rho * s[i] + (1 - rho) * g[i] * g[i];
    p[i] -= (rate * g[i]) / (Math.sqrt(s[i]) + epsilon);
  }
}

function adam(p, g, { m, v }, rate, t, { beta1, beta2, epsilon }) {
  const [first, second] = [1 - beta1 ** t, 1 - beta2 ** t];
  for (let i = 0; i < p.length; i++) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    p[i] -= (rate * (m[i] / first)) / (Math.sqrt(v[i] / second) + epsilon);
  }
}

function lion(p, g, { m }, rate, t, { beta1, beta2 }) {
  for (let i = 0; i < p.length; i++) {
    p[i] -= rate * Math.sign(beta1 * m[i] + (1 - beta1) * g[i]);
    m[i] = beta2 * m[i] + (1 - beta2) * g[i];
  }
}

/** Name -> the rule and the arrays that it keeps between steps, all 0 at first. */
export const OPTIMIZERS = {
  sgd: { step: sgd, keeps: [] },
  momentum: { step: momentum, keeps: ["v"] },
  nesterov: { step: nesterov, keeps: ["v"] },
  adagrad: { step: adagrad, keeps: ["s"] },
  rmsprop: { step: rmsprop, keeps: ["s"] },
  adam: { step: adam, keeps: ["m", "v"] },
  adamw: { step: adam, keeps: ["m", "v"] },
  lion: { step: lion, keeps: ["m"] },
};

/** Decays the weights, then makes the t-th step. */
export function update(optimizer, parameters, gradients, state, rate, t) {
  const { name, weight_decay: decay } = optimizer;
  if (decay) parameters.weights.forEach((w, i, weights) => { weights[i] = w * (1 - rate * decay); });
  OPTIMIZERS[name].step(parameters.vector, gradients.vector, state, rate, t, optimizer);
}
