// Scales images by exact area weights, in integers, with the results of byhand.data.resample.
//
// An image is { values, shape: [height, width] } of bytes; rounding is always floor(value + 0.5).

export const empty = ([height, width]) => ({ values: new Uint8Array(height * width), shape: [height, width] });

/** floor(numerator / denominator + 0.5), exactly. */
export const nearest = (numerator, denominator) => Math.floor((2 * numerator + denominator) / (2 * denominator));

/** A length in pixels, at least 1. */
export const side = (numerator, denominator) => Math.max(1, nearest(numerator, denominator));

/** Makes an image whose values are a function of their index. */
export function made(shape, value) {
  const image = empty(shape);
  for (let i = 0; i < image.values.length; i++) image.values[i] = value(i);
  return image;
}

export const inverted = ({ values, shape }) => made(shape, (i) => 255 - values[i]);

/** The input pixels that an output pixel covers, and how much of each, in units of 1 / after. */
function overlaps(before, after) {
  return Array.from({ length: after }, (_, i) => {
    const [from, to] = [Math.floor((i * before) / after), Math.ceil(((i + 1) * before) / after)];
    return Array.from({ length: to - from }, (__, n) => {
      const k = from + n;
      const end = Math.min((i + 1) * before, (k + 1) * after);
      return [k, end - Math.max(i * before, k * after)];
    });
  });
}

/** Replaces each pixel by the rounded mean over the rectangle that it covers; first along rows, then down. */
export function resize({ values, shape: [height, width] }, [newHeight, newWidth]) {
  const across = narrowed(values, height, width, newWidth);
  const area = height * width;
  const out = empty([newHeight, newWidth]);
  const sums = new Float64Array(newWidth);
  overlaps(height, newHeight).forEach((rows, i) => {
    sums.fill(0);
    for (const [y, weight] of rows) {
      for (let x = 0; x < newWidth; x++) sums[x] += weight * across[y * newWidth + x];
    }
    for (let x = 0; x < newWidth; x++) out.values[i * newWidth + x] = nearest(sums[x], area);
  });
  return out;
}

/** The weighted sums along each row. */
function narrowed(values, height, width, newWidth) {
  const sums = new Float64Array(height * newWidth);
  const parts = overlaps(width, newWidth);
  const from = Int32Array.from(parts, (columns) => columns[0][0]);
  const ends = Int32Array.from(parts, (columns) => columns.at(-1)[0] + 1);
  const weights = parts.map((columns) => Int32Array.from(columns, ([, weight]) => weight));
  for (let j = 0; j < newWidth; j++) {
    const [first, end, weight] = [from[j], ends[j], weights[j]];
    for (let y = 0; y < height; y++) {
      const row = y * width;
      let sum = 0;
      for (let x = first; x < end; x++) sum += weight[x - first] * values[row + x];
      sums[y * newWidth + j] = sum;
    }
  }
  return sums;
}

/** Scales the longer side to this length and keeps the proportions. */
export function longerSide(image, length) {
  const longer = Math.max(...image.shape);
  return resize(image, image.shape.map((short) => side(short * length, longer)));
}

/** Shrinks the longer side to at most this length. */
export const shrink = (image, length) => (Math.max(...image.shape) <= length ? image : longerSide(image, length));

/** Scales an image until it fills the field, and keeps the proportions. */
export function fill(image, [height, width]) {
  const [tall, wide] = image.shape;
  if (tall * width >= wide * height) return resize(image, [height, Math.min(width, side(wide * height, tall))]);
  return resize(image, [Math.min(height, side(tall * width, wide)), width]);
}

/** Puts an image into an empty field, its corner at top, left. */
export function placed({ values, shape: [height, width] }, field, top, left) {
  const out = empty(field);
  for (let y = 0; y < height; y++) {
    out.values.set(values.subarray(y * width, (y + 1) * width), (y + top) * field[1] + left);
  }
  return out;
}

/** Puts an image into the middle of an empty field. */
export const lay = (image, field) => (
  placed(image, field, ...field.map((length, i) => Math.floor((length - image.shape[i]) / 2)))
);

/** Cuts a rectangle out of an image. */
export function cut({ values, shape }, { top, left, height, width }) {
  const out = empty([height, width]);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * shape[1] + left;
    out.values.set(values.subarray(start, start + width), y * width);
  }
  return out;
}

/** The smallest rectangle that holds every value above 0; null if there is none. */
export function inkBox({ values, shape: [height, width] }) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let first = 0;
    while (first < width && !values[row + first]) first += 1;
    if (first === width) continue;
    let last = width - 1;
    while (!values[row + last]) last -= 1;
    top = Math.min(top, y);
    bottom = y;
    left = Math.min(left, first);
    right = Math.max(right, last);
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}
