// A colour for each class of points: orange, blue, green, all from the page's palette.

import { css, mix, palette } from "../../report/page/colours.js";

const GREEN = { light: [26, 127, 75], dark: [95, 211, 154] };

export function classColours() {
  const { negative, positive } = palette.value;
  return [negative, positive, GREEN[document.documentElement.dataset.theme] ?? GREEN.light];
}

export const classColour = (k) => classColours()[k % 3];

export const classCss = (k) => css(classColour(k));

/** The colour of a place: that of its classes, fading into the card where none is certain. */
export function regionColour(probabilities, colours, ground) {
  const sum = [0, 0, 0];
  let most = 0;
  for (let k = 0; k < probabilities.length; k++) {
    const p = Math.max(probabilities[k], 0);
    most = Math.max(most, p);
    for (let c = 0; c < 3; c++) sum[c] += p * colours[k][c];
  }
  const chance = 1 / probabilities.length;
  return mix(ground, sum, 0.1 + 0.55 * Math.max(0, (most - chance) / (1 - chance)));
}
