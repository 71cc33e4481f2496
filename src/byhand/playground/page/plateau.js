// Reduce on plateau: the learning rate falls when the loss no longer does.
//
// The rule is that of ReduceOnPlateau in byhand/training/callbacks, watching the training loss.

/** Before the first epoch: the factor of the rate, the best loss, and the epochs since then. */
export const flat = () => ({ scale: 1, best: null, since: 0 });

/** What follows from the mean loss of an epoch. */
export function afterEpoch({ scale, best, since }, loss, { factor, patience, min_delta: least }) {
  if (best === null || best - loss > least) return { scale, best: loss, since: 0 };
  const acts = since + 1 >= patience;
  return { scale: acts ? scale * factor : scale, best, since: acts ? 0 : since + 1 };
}
