// The parameters of a network in one flat vector with named views: matrices first, then the rest.

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

/** One vector seen as named arrays: `views.W1` is a part of `vector`, `weights` all matrices. */
export function namedVector(shapes, allocate) {
  const isMatrix = ([, shape]) => shape.length === 2;
  const entries = Object.entries(shapes);
  const ordered = [...entries.filter(isMatrix), ...entries.filter((entry) => !isMatrix(entry))];
  const vector = allocate(ordered.reduce((total, [, shape]) => total + sizeOf(shape), 0));
  const views = {};
  let start = 0;
  let ofMatrices = 0;
  for (const [name, shape] of ordered) {
    views[name] = vector.subarray(start, start += sizeOf(shape));
    if (shape.length === 2) ofMatrices = start;
  }
  return { shapes, vector, views, weights: vector.subarray(0, ofMatrices) };
}

/** n rows of `width` numbers, one after the other; `rows[i]` is a view of the i-th. */
export function matrix(n, width, allocate) {
  const values = allocate(n * width);
  let views = null;
  return {
    values, width,
    get rows() {
      views ??= Array.from({ length: n }, (_, i) => values.subarray(i * width, (i + 1) * width));
      return views;
    },
  };
}
