// The optimizers' rules, and the first step that each takes from rest.

const adamStep = ({ learning_rate: rate, epsilon = 1e-8, weight_decay: decay = 0 }, value, gradient) => (
  value * (1 - rate * decay) - (rate * gradient) / (Math.abs(gradient) + epsilon)
);

const plain = ({ learning_rate: rate, weight_decay: decay = 0 }, value, gradient) => (
  value * (1 - rate * decay) - rate * gradient
);

/** Name -> formula, what it does in words, and the first step (its memory still all 0). */
export const UPDATES = {
  sgd: { formula: "w ← w − η g", words: "the gradient itself, averaged over the batch", step: plain },
  momentum: {
    formula: "v ← μ v + g,  w ← w − η v",
    words: "a running sum of gradients; the first step is plain", step: plain,
  },
  nesterov: {
    formula: "v ← μ v + g,  w ← w − η (g + μ v)",
    words: "momentum that looks one step ahead",
    step: (rule, value, gradient) => plain(rule, value, gradient * (1 + (rule.mu ?? 0.9))),
  },
  rmsprop: {
    formula: "s ← ρ s + (1 − ρ) g²,  w ← w − η g / (√s + ε)",
    words: "every weight scaled by the size of its own gradients",
    step: (rule, value, gradient) => {
      const root = Math.sqrt(1 - (rule.rho ?? 0.9)) * Math.abs(gradient);
      return plain(rule, value, gradient / (root + (rule.epsilon ?? 1e-8)));
    },
  },
  adam: {
    formula: "m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  w ← w − η m̂ / (√v̂ + ε)",
    words: "momentum and scaling together; m̂ and v̂ are m and v freed of their start at 0, so the first step is about η",
    step: adamStep,
  },
  adamw: {
    formula: "w ← (1 − η λ) w,  then w ← w − η m̂ / (√v̂ + ε) as in Adam",
    words: "Adam, with weights that also shrink by a fixed share",
    step: adamStep,
  },
};

/** Where a rule takes a weight in its first step. */
export const stepOf = (rule, value, gradient) => UPDATES[rule.name].step(rule, value, gradient);
