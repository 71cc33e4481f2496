// Schedules: the factor of the learning rate at time t, in epochs, of a training of `epochs`.
//
// The formulas are those of byhand/training/schedules; settings have the library's names.
// `reduce_on_plateau` depends on the losses so far: plateau.js keeps its factor.

function cosine(start, end, position) {
  const at = Math.min(Math.max(position, 0), 1);
  return end + ((start - end) * (1 + Math.cos(Math.PI * at))) / 2;
}

function oneCycle(t, epochs, { start, end, peak }) {
  const position = t / epochs;
  if (position < peak) return cosine(start, 1, position / peak);
  return cosine(1, end, (position - peak) / (1 - peak));
}

/** Name -> (t, epochs, settings) -> factor. */
export const SCHEDULES = {
  constant: () => 1,
  step: (t, _, { drop, every }) => drop ** Math.floor(t / every),
  exponential: (t, _, { decay }) => decay ** Math.floor(t),
  inverse_time: (t, _, { decay }) => 1 / (1 + decay * Math.floor(t)),
  cosine: (t, epochs, { end }) => cosine(1, end, t / epochs),
  one_cycle: oneCycle,
  warmup: (t, epochs, { epochs: rise, then = { name: "constant" } }) => (
    t < rise ? Math.max(t, 1e-3) / rise : factorAt(then, t - rise, Math.max(epochs - rise, 1e-9))
  ),
  reduce_on_plateau: (t, epochs, { scale }) => scale,
};

/** The factor of a schedule { name, ...settings }; `scale` is what plateaus have left of the rate. */
export const factorAt = (schedule, t, epochs, scale = 1) => SCHEDULES[schedule.name](t, epochs, { ...schedule, scale });
