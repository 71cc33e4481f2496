// Round numbers for the axes of charts.

/** About five round numbers from low to high; just one if the two are equal. */
export function ticks(low, high, values = [low, high]) {
  if (values.every((value) => value === values[0])) return [values[0]];
  const rough = (high - low) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
