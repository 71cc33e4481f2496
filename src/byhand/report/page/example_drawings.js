// Example drawings: pen strokes in a box of 100 x 100, with y pointing down. What a user draws becomes
// ink in box.js, and the picture that the network sees in prepare.js.

/** Points along an ellipse from one angle to another, in degrees; −90 is the top. */
function arc(x, y, width, height, from, to) {
  const steps = Math.ceil(Math.abs(to - from) / 4);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
    return [x + width * Math.cos(angle), y + height * Math.sin(angle)];
  });
}

/** Digit -> its strokes. */
export const DIGITS = {
  0: [arc(50, 50, 22, 33, -90, 270)],
  1: [[[42, 30], [53, 17], [51, 84]]],
  2: [[...arc(49, 35, 19, 18, -165, 35), [28, 82], [40, 78], [58, 82], [74, 80]]],
  3: [[...arc(47, 33, 19, 16, -150, 80), ...arc(47, 66, 22, 18, -80, 150)]],
  4: [[[40, 18], [30, 52], [44, 55], [70, 51]], [[66, 20], [60, 86]]],
  5: [[[70, 19], [40, 20], [36, 46], ...arc(48, 64, 21, 20, -118, 145)]],
  6: [[[62, 15], [46, 32], [35, 52], ...arc(49, 66, 18, 18, -175, 175)]],
  7: [[[27, 22], [50, 20], [72, 20], [56, 48], [46, 85]]],
  8: [[...arc(51, 33, 16, 16, 60, -240), ...arc(49, 66, 19, 18, -60, 240), [62, 44]]],
  9: [[...arc(50, 35, 17, 17, 0, -345), [67, 34], [65, 60], [60, 86]]],
};

/** Digit -> its strokes, as the writers of the UCI digits drew them. */
export const UCI_DIGITS = {
  ...DIGITS,
  4: [[[52, 14], [38, 38], [27, 60], [46, 62], [66, 58]], [[68, 40], [58, 62], [50, 88]]],
  7: [[[32, 22], [50, 16], [70, 18], [60, 46], [48, 86]], [[36, 56], [54, 54], [72, 50]]],
};

/** A house is not a digit, so the page shows doubt. */
export const HOUSE = [
  [[18, 48], [50, 16], [82, 48], [82, 86], [18, 86], [18, 48], [82, 48]],
  [[40, 86], [40, 62], [60, 62], [60, 86]],
];
