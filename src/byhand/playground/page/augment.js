// Shifts, turns and scales an image a little, so that few drawings stand for many.

const DEGREES = 16;
const SCALE = 0.15;
const SHIFT = 0.08; // of the side
const SHEAR = 0.18;

/** A new image of the same shape, moved by at most `strength` times the amounts above. */
export function augmented(raw, [height, width], strength, { uniform }) {
  const within = (most) => (2 * uniform() - 1) * most * strength;
  const angle = (within(DEGREES) * Math.PI) / 180;
  const [grow, lean] = [1 / (1 + within(SCALE)), within(SHEAR)];
  const [right, down] = [within(SHIFT) * width, within(SHIFT) * height];
  const [c, s] = [Math.cos(angle) * grow, Math.sin(angle) * grow];
  const [x0, y0] = [(width - 1) / 2, (height - 1) / 2];
  const out = new Float32Array(raw.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x - x0 - right, y - y0 - down];
      out[y * width + x] = between(raw, height, width, x0 + c * (u + lean * v) - s * v, y0 + s * u + c * v);
    }
  }
  return out;
}

/** The value between four pixels; 0 outside. */
function between(raw, height, width, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - left, y - top];
  const at = (u, v) => (u < 0 || v < 0 || u >= width || v >= height ? 0 : raw[v * width + u]);
  return (1 - fy) * ((1 - fx) * at(left, top) + fx * at(left + 1, top))
    + fy * ((1 - fx) * at(left, top + 1) + fx * at(left + 1, top + 1));
}
