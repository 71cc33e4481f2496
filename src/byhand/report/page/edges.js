// Edges of an image by place and direction, as byhand.evaluation.oriented_gradients explains them; a test compares
// the two.
//
//   e_k = max(g u_k, 0)^4 / |g|^3, with g the difference of the pixels to both sides
//   E_k = sum of e_k(y, x) max(1 - |y - m| / side, 0) max(1 - |x - n| / side, 0), cell by cell

const DIRECTIONS = 8;
const CELLS = 7; // at most, in each direction
const LARGEST = 28; // larger images are shrunk to at most this many pixels in each direction

/** The means of blocks of pixels, from 0 to 1, with their height and width; pixels beyond the image are 0. */
function shrunk(pixels, [height, width]) {
  const block = Math.ceil(Math.max(height, width) / LARGEST);
  const [down, right] = [Math.ceil(height / block), Math.ceil(width / block)];
  const sums = new Float64Array(down * right);
  for (let i = 0; i < height * width; i++) {
    const [y, x] = [Math.floor(i / width / block), Math.floor((i % width) / block)];
    sums[y * right + x] += pixels[i];
  }
  return [sums.map((sum) => sum / (block * block * 255)), down, right];
}

/** For each pixel along an axis, the cells to which it contributes, as [cell, weight]. */
function cellsOf(length, side) {
  const middles = Array.from({ length: Math.ceil(length / side) }, (_, cell) => (cell + 0.5) * side - 0.5);
  return Array.from({ length }, (_, i) =>
    middles.map((middle, cell) => [cell, 1 - Math.abs(i - middle) / side]).filter(([, share]) => share > 0),
  );
}

const shares = new Map(); // of the shapes seen so far: a page has one

const sharesOf = (length, side) => {
  const key = `${length} by ${side}`;
  if (!shares.has(key)) shares.set(key, cellsOf(length, side));
  return shares.get(key);
};

/** E of raw pixels: the cells of each direction, row by row. */
export function edges(pixels, shape) {
  const [x, height, width] = shrunk(pixels, shape);
  const side = Math.ceil(Math.max(height, width) / CELLS);
  const [rows, columns] = [sharesOf(height, side), sharesOf(width, side)];
  const [down, right] = [Math.ceil(height / side), Math.ceil(width / side)];
  const turns = Array.from({ length: DIRECTIONS }, (_, k) => (2 * Math.PI * k) / DIRECTIONS);
  const units = turns.map((angle) => [Math.cos(angle), Math.sin(angle)]);
  const found = new Float64Array(DIRECTIONS * down * right);
  const at = (row, column) =>
    x[Math.min(Math.max(row, 0), height - 1) * width + Math.min(Math.max(column, 0), width - 1)];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [across, along] = [at(i, j + 1) - at(i, j - 1), at(i + 1, j) - at(i - 1, j)];
      const squares = across * across + along * along;
      if (squares === 0) continue;
      const weight = Math.max(squares, 1e-12) ** -1.5;
      for (let k = 0; k < DIRECTIONS; k++) {
        const slope = units[k][0] * across + units[k][1] * along;
        if (slope <= 0) continue;
        const edge = slope ** 4 * weight;
        for (const [row, share] of rows[i]) {
          for (const [column, part] of columns[j]) found[(k * down + row) * right + column] += edge * share * part;
        }
      }
    }
  }
  return found;
}
