// A colour for each class of points: orange, blue, green, all from the page's palette.

import { css, palette } from "../../report/page/colours.js";

const GREEN = { light: [26, 127, 75], dark: [95, 211, 154] };

export function classColours() {
  const { negative, positive } = palette.value;
  return [negative, positive, GREEN[document.documentElement.dataset.theme] ?? GREEN.light];
}

export const classColour = (k) => classColours()[k % 3];

export const classCss = (k) => css(classColour(k));

/** Writes the colour of a place at `at`: that of its classes, paler where none is certain. */
export function writeRegionColour(out, at, probabilities, colours, ground) {
  const chance = 1 / probabilities.length;
  let most = chance;
  for (let k = 0; k < probabilities.length; k++) most = Math.max(most, probabilities[k]);
  const strength = 0.1 + (0.55 * (most - chance)) / (1 - chance);
  for (let c = 0; c < 3; c++) {
    let sum = 0;
    for (let k = 0; k < probabilities.length; k++) sum += Math.max(probabilities[k], 0) * colours[k][c];
    out[at + c] = ground[c] + (sum - ground[c]) * strength;
  }
  out[at + 3] = 255;
}
