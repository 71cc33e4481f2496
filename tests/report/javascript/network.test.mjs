// The page's network equals formulas written out here, and its gradients equal finite differences.

import assert from "node:assert/strict";
import test from "node:test";

const { Network, unknownPart } = await import(`${process.env.PAGE}/network.js`);
const { occlusion, withoutColumns, logOdds } = await import(`${process.env.PAGE}/attribution.js`);
const { logSumExp, oneHot, smoothed } = await import(`${process.env.PAGE}/arithmetic.js`);
const { buildActivation } = await import(`${process.env.PAGE}/activations.js`);

/** Numbers between -1 and 1, the same in every run. */
function numbers(count, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  });
}

const INPUTS = 9;
const loss = { name: "categorical_cross_entropy", options: {}, smoothing: 0.1, smoothed_over: null, fused_with: "softmax" };

/** Nine inputs, four tanh units, three classes. */
function build() {
  const arrays = { W1: numbers(INPUTS * 4, 1), b1: numbers(4, 2), W2: numbers(12, 3), b2: numbers(3, 4) };
  return {
    layers: [{ kind: "dense", units: 4, activation: { name: "tanh", options: {} } }, { kind: "dropout" }, { kind: "dense", units: 3, activation: { name: "softmax", options: {} } }],
    loss, input: { units: INPUTS, factor: [0.5], mean: [0.2] },
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, { values, shape: [] }])),
    data: { classes: ["a", "b", "c"], task: "classification" },
  };
}

const raw = numbers(INPUTS, 5);

test("forward: A1 = tanh(A0 W1 + b1), A2 = softmax(A1 W2 + b2)", () => {
  const header = build();
  const { W1, b1, W2, b2 } = Object.fromEntries(Object.entries(header.arrays).map(([name, { values }]) => [name, values]));
  const A0 = Array.from(raw, (x) => 0.5 * x - 0.1);
  const A1 = Array.from(b1, (b, j) => Math.tanh(A0.reduce((sum, a, i) => sum + a * W1[i * 4 + j], b)));
  const Z2 = Array.from(b2, (b, k) => A1.reduce((sum, a, j) => sum + a * W2[j * 3 + k], b));
  const total = Z2.reduce((sum, z) => sum + Math.exp(z), 0);
  const given = new Network(header).predict(raw);
  Z2.forEach((z, k) => assert.ok(Math.abs(given[k] - Math.exp(z) / total) < 1e-12));
});

test("every gradient is its finite difference", () => {
  const network = new Network(build());
  const forward = network.forward(network.scale(raw));
  const backward = network.backward(forward, 2);
  for (const name of ["W1", "b1", "W2", "b2"]) {
    network.parameters[name].forEach((_, entry) => {
      const gradient = network.gradientOf(name, entry, forward, backward);
      const difference = network.differenceOf(name, entry, forward.A0, 2).value;
      assert.ok(Math.abs(gradient - difference) < 1e-8, `${name}[${entry}]: ${gradient}, ${difference}`);
    });
  }
});

test("what is not known is named", () => {
  const header = build();
  assert.equal(unknownPart(header), null);
  assert.match(unknownPart({ ...header, layers: [{ kind: "convolution" }] }), /convolution/);
  assert.match(unknownPart({ ...header, loss: { name: "hinge" } }), /hinge/);
});

test("occlusion is the mean fall of the log-odds over the squares that cover a pixel", () => {
  const network = new Network(build());
  const of = (pixels) => logOdds(network, network.forward(network.scale(pixels)), 1);
  const expected = new Float64Array(INPUTS);
  for (let top = -1; top < 3; top++) {
    for (let left = -1; left < 3; left++) {
      const places = [...expected.keys()].filter((p) => {
        const [y, x] = [Math.floor(p / 3) - top, (p % 3) - left];
        return y >= 0 && y < 2 && x >= 0 && x < 2;
      });
      const fall = of(raw) - of(raw.map((value, p) => (places.includes(p) ? 0 : value)));
      for (const p of places) expected[p] += fall / 4;
    }
  }
  occlusion(network, raw, [3, 3], 1).forEach((value, p) => assert.ok(Math.abs(value - expected[p]) < 1e-10));
});

test("a column at its mean changes nothing where it had it already", () => {
  const network = new Network(build());
  const means = Float64Array.from(raw);
  means[4] += 0.5;
  const falls = withoutColumns(network, raw, means, 0);
  assert.deepEqual([...falls.keys()].filter((column) => falls[column] !== 0), [4]);
});

test("log of summed exponentials does not overflow", () => {
  assert.ok(Math.abs(logSumExp(Float64Array.of(1000, 1000)) - (1000 + Math.log(2))) < 1e-9);
});

test("smoothing spreads its part over all classes", () => {
  assert.deepEqual(Array.from(smoothed(oneHot(1, 2), 0.2, 2), (value) => value.toFixed(2)), ["0.10", "0.90"]);
});

test("an activation from a table follows its curve between and beyond the points", () => {
  const at = Array.from({ length: 33 }, (_, i) => -4 + i / 4);
  const table = { low: -4, high: 4, values: at.map(Math.sin), slopes: at.map(Math.cos) };
  const fn = buildActivation({ name: "sine", options: {}, table });
  const z = Float64Array.of(-3.3, 0.1, 2.9, 5);
  const a = new Float64Array(4);
  fn.value(z, a);
  [0, 1, 2].forEach((i) => assert.ok(Math.abs(a[i] - Math.sin(z[i])) < 1e-4));
  assert.ok(Math.abs(a[3] - (Math.sin(4) + Math.cos(4))) < 1e-12);
});
