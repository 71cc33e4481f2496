// Examples in the page: the nearest ones, the search, and unpacking.

import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";

const { Pictures } = await import(`${process.env.PAGE}/examples.js`);
const { unpack } = await import(`${process.env.PAGE}/payload.js`);
const { thinnedOut, contrast, mix } = await import(`${process.env.PAGE}/colours.js`);

const TRAIN = Uint8Array.from([0, 0, 0, 0, 255, 0, 0, 0, 255, 255, 0, 0, 255, 255, 255, 255]);

const pictures = new Pictures({
  data: { shape: [2, 2], peak: 255, scale: [255], classes: ["x", "y"], words: { part: "test", one: "image", many: "images" }, columns: [], task: "classification" },
  arrays: {
    labels: { values: Uint16Array.of(0, 1, 1) }, predictions: { values: Uint16Array.of(0, 0, 1) },
    label_probabilities: { values: Float32Array.of(0.9, 0.2, 0.6) }, confidence: { values: Float32Array.of(0.9, 0.8, 0.6) },
    image_numbers: { values: Uint32Array.of(0, 1, 2) }, images: { values: TRAIN.slice(0, 12) },
    train_images: { values: TRAIN, shape: [4, 4] }, train_labels: { values: Uint16Array.of(0, 0, 1, 1) },
  },
});

test("the nearest are those with the smallest Euclidean distance", () => {
  const input = Uint8Array.of(255, 200, 10, 0);
  const distances = [0, 1, 2, 3].map((i) => Math.hypot(...Array.from(TRAIN.slice(4 * i, 4 * i + 4), (value, p) => (value - input[p]) / 255)));
  const order = [0, 1, 2, 3].sort((a, b) => distances[a] - distances[b]);
  const found = pictures.nearest(input, 3);
  assert.deepEqual(found.map(({ place }) => place), order.slice(0, 3));
  found.forEach(({ place, distance, label }) => {
    assert.ok(Math.abs(distance - distances[place]) < 1e-9);
    assert.equal(label, place < 2 ? 0 : 1);
  });
});

test("mistakes are found, and counted", () => {
  assert.deepEqual(pictures.search({ mistakes: true }), [1]);
  assert.equal(pictures.count({ label: 1 }), 2);
  assert.deepEqual(pictures.confusion(), [[1, 0], [1, 1]]);
  assert.ok(Math.abs(pictures.accuracy - 2 / 3) < 1e-12);
});

test("the payload gives header and arrays back", async () => {
  const values = Float32Array.of(1.5, -2, 3e-8);
  const bytes = new Uint8Array(values.buffer);
  const planes = [0, 1, 2, 3].flatMap((k) => [0, 1, 2].map((i) => bytes[4 * i + k]));
  const header = Buffer.from(JSON.stringify({ title: "</script>\u2028", arrays: [{ name: "W1", dtype: "float32", shape: [3], offset: 0 }] }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const text = gzipSync(Buffer.concat([length, header, Buffer.from(planes)])).toString("base64");
  const { title, arrays } = await unpack(`  ${text}\n`);
  assert.equal(title, "</script>\u2028");
  assert.deepEqual(arrays.W1.values, values);
});

test("a large image is thinned out evenly, a small one stays", () => {
  const image = Uint8Array.from({ length: 15 }, (_, i) => i); // 3 rows of 5
  assert.deepEqual(thinnedOut(image, [3, 5], 5), [image, [3, 5]]);
  assert.deepEqual(thinnedOut(image, [3, 5], 3), [Uint8Array.of(0, 2, 4, 10, 12, 14), [2, 3]]);
});

test("contrast is that of WCAG, and a mix lies between", () => {
  assert.ok(Math.abs(contrast([0, 0, 0], [255, 255, 255]) - 21) < 1e-9);
  assert.deepEqual(mix([0, 100, 200], [100, 100, 100], 0.5), [50, 100, 150]);
});
