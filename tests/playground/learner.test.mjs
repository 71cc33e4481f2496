// `MODULES=folder node --test learner.test.mjs`; test_learner.py writes the folder.

import assert from "node:assert/strict";
import test from "node:test";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.env.MODULES}/${name}.js`));
const { Learner } = await load("learner");
const { INITIALIZERS } = await load("initializers");
const { ACTIVATIONS, LOSSES } = await load("formula_loops");
const { checkGradients, inDouble, relativeError } = await load("gradient_check");
const { stream } = await load("random");

const N = 9;

/** A learner on N random rows; labels, or values where the loss takes them. */
function learner({ fn = "tanh", loss = { name: "categorical_cross_entropy" }, between = [] } = {}) {
  const last = LOSSES[loss.name].fused_with ?? "identity";
  const layers = [
    { kind: "dense", units: 5, fn }, ...between, { kind: "dense", units: 4, fn: "tanh" },
    { kind: "dense", units: 3, fn: last },
  ];
  const made = new Learner({ layers, inputs: 6, loss, capacity: N });
  made.initialise(1, "glorot_uniform");
  const random = stream(2, "rows");
  for (let i = 0; i < made.input.values.length; i++) made.input.values[i] = random.normal();
  for (let i = 0; i < N; i++) made.setLabel(i, i % 3);
  return inDouble(made, loss, N);
}

/** Dropout draws the same numbers at every pass, or no difference would mean anything. */
const sameUniform = () => {
  const random = stream(4, "dropout");
  return random.uniform;
};

function assertChecked(made, options) {
  const checked = checkGradients(made, N, stream(3, "entries"), 40, options);
  assert.ok(checked.some(({ gradient }) => Math.abs(gradient) > 1e-3), "all gradients are 0");
  const worst = checked.reduce((a, b) => (relativeError(a) > relativeError(b) ? a : b));
  assert.ok(relativeError(worst) < 1e-5, JSON.stringify(worst));
}

for (const fn of Object.keys(ACTIVATIONS)) {
  test(`gradients of ${fn}`, () => assertChecked(learner({ fn })));
}
for (const name of Object.keys(LOSSES)) {
  test(`gradients of ${name}`, () => assertChecked(learner({ loss: { name } })));
}
test("gradients with label smoothing", () => {
  assertChecked(learner({ loss: { name: "categorical_cross_entropy", label_smoothing: 0.2 } }));
});
test("gradients of batch normalisation", () => {
  assertChecked(learner({ fn: "identity", between: [{ kind: "batch_norm", fn: "tanh" }] }));
});
test("gradients of dropout", () => {
  assertChecked(learner({ between: [{ kind: "dropout", rate: 0.4 }] }), { makeUniform: sameUniform });
});
test("a wrong gradient is found", () => {
  const made = learner();
  const { chain } = made.stack[0].fn;
  made.stack[0].fn = { ...made.stack[0].fn, chain: (...all) => { chain(...all); all[3].values[0] *= 1.5; } };
  assert.throws(() => assertChecked(made));
});

test("streams differ by seed, purpose and moment, and repeat", () => {
  const draw = (...which) => Array.from({ length: 5 }, stream(...which).uniform);
  assert.deepEqual(draw(1, "a", 2), draw(1, "a", 2));
  for (const other of [[2, "a", 2], [1, "b", 2], [1, "a", 3]]) assert.notDeepEqual(draw(1, "a", 2), draw(...other));
});

test("uniform and normal numbers have their moments", () => {
  const { uniform, normal } = stream(5, "moments");
  const moments = (draw) => {
    const values = Array.from({ length: 40000 }, draw);
    const mean = values.reduce((a, b) => a + b) / values.length;
    return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length];
  };
  const close = ([mean, variance], [m, v]) => assert.ok(Math.abs(mean - m) < 0.02 && Math.abs(variance - v) < 0.03);
  close(moments(uniform), [0.5, 1 / 12]);
  close(moments(normal), [0, 1]);
});

const DEVIATION = {
  he_normal: 2 / 30, he_uniform: 2 / 30, glorot_normal: 2 / 80, glorot_uniform: 2 / 80,
  lecun_normal: 1 / 30, lecun_uniform: 1 / 30, uniform: 1 / 12, normal: 1e-4, zeros: 0, small_constant: 0,
};
for (const name of Object.keys(INITIALIZERS)) {
  test(`variance of ${name}`, () => {
    const draw = INITIALIZERS[name](stream(6, name), 30, 50);
    const values = Array.from({ length: 40000 }, draw);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    assert.ok(Math.abs(variance - DEVIATION[name]) <= 0.04 * DEVIATION[name] + 1e-15, `${variance}`);
  });
}
