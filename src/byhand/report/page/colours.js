// Colours that follow the theme. In every picture of the page, blue is positive and orange negative;
// people with any kind of colour vision can tell them apart. Zero fades into the card.

import { Watched } from "./dom.js";

const parse = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

const read = (name, node) => parse(getComputedStyle(node).getPropertyValue(name).trim());

/** The colours of the current theme, as [r, g, b]; watch it to redraw when the theme changes. */
export const palette = new Watched(undefined);

const NAMES = ["ink", "paper", "zero", "positive", "negative", "text", "muted", "line", "accent", "card"];

export function readPalette(node = document.documentElement) {
  palette.set(Object.fromEntries(NAMES.map((name) => [name, read(`--${name}`, node)])));
}

/** A colour between two others. */
export const mix = (from, to, fraction) => from.map((part, i) => Math.round(part + (to[i] - part) * fraction));

export const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

/** −1 .. 1 -> orange .. zero .. blue. The square root makes small values visible. */
export function diverging(value) {
  const { zero, positive, negative } = palette.value;
  return mix(zero, value < 0 ? negative : positive, Math.sqrt(Math.min(Math.abs(value), 1)));
}

/** 0 .. 1 -> paper .. ink, for pictures. */
export const grey = (value) => mix(palette.value.paper, palette.value.ink, Math.min(Math.max(value, 0), 1));

/** 0 .. 1 -> background .. blue, for counts and fractions. */
export const sequential = (value) => mix(palette.value.zero, palette.value.positive, Math.sqrt(value));

/** The luminance of a colour, as WCAG 2 defines it. */
function luminance(colour) {
  const [r, g, b] = colour.map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours, from 1 to 21 (WCAG 2). */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const [DARK, LIGHT] = ["#000000", "#ffffff"];

/** Black or white, whichever has more contrast on the colour: always 4.5 or more. */
export const readable = (colour) => (
  contrast(colour, parse(DARK)) > contrast(colour, parse(LIGHT)) ? DARK : LIGHT
);

// --- painting ------------------------------------------------------------------------------------

const SHADES = 512; // steps of a scale of colours; nobody can tell more apart

/** The colours of a scale from `low` to 1, each packed as a pixel of a canvas. */
function shades(colour, low) {
  const packed = new Uint32Array(SHADES + 1);
  const bytes = new Uint8Array(packed.buffer);
  for (let step = 0; step <= SHADES; step++) {
    bytes.set([...colour(low + ((1 - low) * step) / SHADES), 255], 4 * step);
  }
  return packed;
}

let scales = null; // of the current theme, made when first needed
palette.watch(() => { scales = null; });
const scale = (name) => {
  scales ??= { grey: shades(grey, 0), diverging: shades(diverging, -1) };
  return scales[name];
};

/** The image that belongs to a canvas of height x width pixels; kept from one painting to the next. */
function imageOf(canvas, height, width) {
  if (canvas.width !== width || canvas.height !== height || !canvas.pixels) {
    [canvas.width, canvas.height] = [width, height];
    canvas.pixels = new ImageData(width, height);
  }
  return canvas.pixels;
}

/** Paints each value as a pixel: factor * value + offset is its step on the scale. */
function paint(canvas, values, [height, width], packed, factor, offset) {
  const image = imageOf(canvas, height, width);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) {
    const step = factor * values[i] + offset;
    pixels[i] = packed[step > SHADES ? SHADES : step > 0 ? (step + 0.5) | 0 : 0];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** An image of side x side pixels in the ink's colour of the theme; ink of 0 .. 255 is the opacity. */
export function inkImage(ink, side) {
  const image = new ImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  image.data.set([...palette.value.ink, 0]);
  const colour = pixels[0]; // red, green and blue in the byte order of this machine
  image.data[3] = 255;
  const opacity = (pixels[0] - colour) / 255;
  for (let i = 0; i < ink.length; i++) pixels[i] = colour + ink[i] * opacity;
  return image;
}

/** Paints a picture whose values go from 0 to peak. */
export const paintImage = (canvas, values, shape, peak) => (
  paint(canvas, values, shape, scale("grey"), SHADES / peak, 0)
);

/** Shrinks an image to at most this many pixels per side: every second pixel, or every third, and so on. */
export function thinnedOut(values, [height, width], most) {
  const step = Math.ceil(Math.max(height, width) / most);
  if (step === 1) return [values, [height, width]];
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  const left = new values.constructor(rows * columns);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0, at = y * step * width; x < columns; x++, at += step) left[i++] = values[at];
  }
  return [left, [rows, columns]];
}

/** Places an image in the middle of an empty square. A canvas then keeps its size, and the page its layout,
 * while the ink of a drawing becomes wider. */
export function squared(values, [height, width]) {
  if (height === width) return [values, [height, width]];
  const side = Math.max(height, width);
  const square = new values.constructor(side * side);
  const [top, left] = [(side - height) >> 1, (side - width) >> 1];
  for (let y = 0; y < height; y++) square.set(values.subarray(y * width, (y + 1) * width), (top + y) * side + left);
  return [square, [side, side]];
}

/** Paints signed numbers, the largest at full colour. */
export function paintSigned(canvas, values, shape, largest = biggest(values)) {
  return paint(canvas, values, shape, scale("diverging"), SHADES / 2 / (largest || 1), SHADES / 2);
}

/** The largest absolute value. */
export function biggest(values) {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > largest) largest = size;
  }
  return largest;
}
