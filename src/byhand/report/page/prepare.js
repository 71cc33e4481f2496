// From a drawing to the network's input, stage by stage, exactly as the training images were made.

/** Smallest rectangle with ink: {top, left, height, width}; null without any. */
export function boundingBox(ink, width) {
  let [top, left, bottom, right] = [Infinity, Infinity, -1, -1];
  for (let i = 0; i < ink.length; i++) {
    if (!ink[i]) continue;
    const [y, x] = [Math.floor(i / width), i % width];
    [top, left] = [Math.min(top, y), Math.min(left, x)];
    [bottom, right] = [Math.max(bottom, y), Math.max(right, x)];
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

export function crop(ink, width, box) {
  const out = new Float64Array(box.height * box.width);
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) out[y * box.width + x] = ink[(box.top + y) * width + box.left + x];
  }
  return out;
}

/** How much of each old cell lies in each new one, when `from` cells become `to`. */
function overlaps(from, to) {
  const scale = from / to;
  return Array.from({ length: to }, (_, t) => {
    const weights = [];
    for (let f = Math.floor(t * scale); f < Math.min(from, Math.ceil((t + 1) * scale)); f++) {
      const share = (Math.min(f + 1, (t + 1) * scale) - Math.max(f, t * scale)) / scale;
      if (share > 0) weights.push([f, share]);
    }
    return weights;
  });
}

/** Averages over areas: (height, width) -> (newHeight, newWidth). */
export function resize(values, [height, width], [newHeight, newWidth]) {
  const [down, across] = [overlaps(height, newHeight), overlaps(width, newWidth)];
  const out = new Float64Array(newHeight * newWidth);
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      let total = 0;
      for (const [fy, wy] of down[y]) for (const [fx, wx] of across[x]) total += wy * wx * values[fy * width + fx];
      out[y * newWidth + x] = total;
    }
  }
  return out;
}

/** Centre of mass of values, as [row, column] of cell centres. */
export function centreOfMass(values, [height, width]) {
  let [mass, down, right] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = values[y * width + x];
      mass += value;
      down += y * value;
      right += x * value;
    }
  }
  return mass ? [down / mass, right / mass] : [(height - 1) / 2, (width - 1) / 2];
}

/** Values laid into an empty field of another shape, their corner at top, left; what leaves is cut. */
export function place(values, [height, width], [newHeight, newWidth], top, left) {
  const out = new Float64Array(newHeight * newWidth);
  for (let y = Math.max(0, -top); y < Math.min(height, newHeight - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(width, newWidth - left); x++) {
      out[(y + top) * newWidth + x + left] = values[y * width + x];
    }
  }
  return out;
}

const toBytes = (values) => Uint8Array.from(values, (value) => Math.floor(value + 0.5));

/** The new shape when the longer side becomes `longest`. */
function fitted({ height, width }, longest) {
  const scale = longest / Math.max(height, width);
  return [height, width].map((side) => Math.max(1, Math.floor(side * scale + 0.5)));
}

// --- MNIST ---------------------------------------------------------------------------------------

/** Drawing -> crop -> 20 x 20 -> centre of mass in the middle of 28 x 28. */
export function prepareDigit(ink, width) {
  const box = boundingBox(ink, width);
  if (!box) return null;
  const cropped = crop(ink, width, box);
  const shape = fitted(box, 20);
  const small = resize(cropped, [box.height, box.width], shape);
  const [down, right] = centreOfMass(small, shape);
  const [top, left] = [Math.floor(13.5 - down + 0.5), Math.floor(13.5 - right + 0.5)];
  return { box, cropped, shape, small, pixels: toBytes(place(small, shape, [28, 28], top, left)) };
}
