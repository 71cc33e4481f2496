// Averaged weights: the exponential moving average of all parameters over the steps, as in the
// library's training/averaging.py.

/** Name of the average among the arrays that a step depends on. */
export const AVERAGE = "average";

const WARM_UP = 9; // steps after which half of the average is new

/** average = d average + (1 - d) p,  d = min(decay, t / (t + 9)), in place. */
export function moveAverage(average, parameters, decay, t) {
  const share = 1 - Math.min(decay, t / (t + WARM_UP));
  for (let i = 0; i < average.length; i++) average[i] += share * (parameters[i] - average[i]);
}
