// `PAGE=folder node --test colours.test.mjs`; test_javascript.py writes the folder of the page's modules.

import assert from "node:assert/strict";
import test from "node:test";

const { squared } = await import(`${process.env.PAGE}/colours.js`);

test("an image lies in the middle of an empty square, whatever its proportions", () => {
  const [wide, wideShape] = squared(Uint8Array.of(1, 2, 3, 4), [1, 4]);
  assert.deepEqual(wideShape, [4, 4]);
  assert.deepEqual([...wide], [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
  const [tall, tallShape] = squared(Uint8Array.of(1, 2, 3), [3, 1]);
  assert.deepEqual(tallShape, [3, 3]);
  assert.deepEqual([...tall], [0, 1, 0, 0, 2, 0, 0, 3, 0]);
});

test("a square image stays the same array", () => {
  const values = Uint8Array.of(1, 2, 3, 4);
  assert.equal(squared(values, [2, 2])[0], values);
});
