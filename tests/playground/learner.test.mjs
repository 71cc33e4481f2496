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
const { readLayers, writeLayers } = await load("layer_text");
const { drawPartners, symmetricBeta } = await load("mixup");
const { matrix } = await load("../../report/page/parameters");
const { optimizerOf, readAddress } = await load("setup");
const { dataOf } = await load("tasks");
const { Trainer } = await load("trainer");
const { Work } = await load("worker");
const { findings } = await load("findings");

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

/** Layers draw the same numbers at every pass, or no difference would mean anything. */
const sameRandom = () => stream(4, "dropout");

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
  assertChecked(learner({ between: [{ kind: "dropout", rate: 0.4 }] }), { makeRandom: sameRandom });
});
test("gradients of layer normalisation", () => {
  assertChecked(learner({ fn: "identity", between: [{ kind: "layer_norm", fn: "tanh" }] }));
});
test("gradients of noise", () => {
  assertChecked(learner({ between: [{ kind: "noise", deviation: 0.4 }] }), { makeRandom: sameRandom });
});
test("gradients of a mixture", () => {
  const made = learner();
  const targets = matrix(N, 3, (n) => new Float64Array(n));
  for (let i = 0; i < N; i++) made.setLabel(i, (i + 1) % 3, targets);
  made.mixture = { targets, shares: Array.from({ length: N }, (_, i) => i / N) };
  assertChecked(made);
});
test("a wrong gradient is found", () => {
  const made = learner();
  const { chain } = made.stack[0].fn;
  made.stack[0].fn = { ...made.stack[0].fn, chain: (...all) => { chain(...all); all[3].values[0] *= 1.5; } };
  assert.throws(() => assertChecked(made));
});

/** The weights after 60 steps by a set-up as a link has it. */
function trained(changes) {
  const address = new URLSearchParams({ data: "moons", count: 60, epochs: 20, optimizer: "sgd", learning_rate: 0.5, ...changes });
  const setup = readAddress(String(address), ["moons"]);
  const trainer = new Trainer(setup, dataOf(setup, {}, []));
  for (let i = 0; i < 60; i++) trainer.step();
  return JSON.stringify(Array.from(trainer.learner.parameters.vector));
}

const usual = trained({});
for (const [key, value] of Object.entries({
  l1: 0.01, l2: 0.01, clip_value: 0.001, clip_norm: 0.01, bias_init: "uniform", weight_init: "he_uniform", label_smoothing: 0.2,
  label_noise: 0.3, batch_size: 7, loss: "squared_error", optimizer: "adam", optimizer_settings: "weight_decay 0.1", seed: 2,
  schedule: "cosine", layers: "6 tanh, layer_norm relu", max_norm: 0.5, mixup: 0.4, noise: 0.1, held: 0.5, learning_rate: 0.1,
})) test(`the trainer heeds ${key}`, () => assert.notEqual(trained({ [key]: value }), usual));
test("the trainer heeds the settings of a schedule", () => {
  const step = (every) => trained({ schedule: "step", schedule_settings: `every ${every}` });
  assert.notEqual(step(3), step(5));
});
test("the trainer lowers the rate on a plateau, and goes back and on to the same bits", () => {
  const setup = readAddress("data=moons&count=60&learning_rate=3&optimizer=sgd&schedule=reduce_on_plateau&schedule_settings=patience+1", ["moons"]);
  const trainer = new Trainer(setup, dataOf(setup, {}, []));
  for (let i = 0; i < 20; i++) trainer.step();
  const then = trainer.state();
  for (let i = 0; i < 80; i++) trainer.step();
  const end = [trainer.plateau.scale, ...trainer.learner.parameters.vector];
  assert.ok(then.plateau.scale > end[0] && end[0] < 1);
  trainer.restore(then);
  for (let i = 0; i < 80; i++) trainer.step();
  assert.deepEqual([trainer.plateau.scale, ...trainer.learner.parameters.vector], end);
});
test("averaged weights are shown, and going back and on gives the same bits", () => {
  const setup = readAddress("data=moons&count=60&ema=0.9&mixup=0.2&layers=6+tanh,noise+0.1,dropout+0.2", ["moons"]);
  const trainer = new Trainer(setup, dataOf(setup, {}, []));
  for (let i = 0; i < 20; i++) trainer.step();
  const then = trainer.state();
  const onwards = () => {
    for (let i = 0; i < 80; i++) trainer.step();
    const { learner } = trainer;
    assert.notDeepEqual(learner.shown.vector, learner.parameters.vector);
    assert.deepEqual(trainer.look().parameters.vector, learner.shown.vector);
    return [...learner.parameters.vector, ...learner.shown.vector];
  };
  const end = onwards();
  trainer.restore(then);
  assert.deepEqual(onwards(), end);
  trainer.change({ ...setup, ema: 0 });
  assert.equal(trainer.learner.shown, trainer.learner.parameters);
  trainer.restore(then);
  assert.deepEqual(onwards(), end);
});
test("partners are the same rows, and shares follow the Beta distribution", () => {
  const rows = Array.from({ length: 20000 }, (_, i) => 3 * i);
  const drawn = [...drawPartners(rows, 0.4, stream(1, "mixup")).values()];
  assert.deepEqual(drawn.map(({ partner }) => partner).sort((a, b) => a - b), rows);
  for (const alpha of [0.1, 0.4, 1]) {
    const random = stream(2, "beta");
    const shares = Array.from({ length: 20000 }, () => symmetricBeta(random, alpha));
    const variance = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / shares.length;
    assert.ok(Math.abs(variance - 1 / (4 * (2 * alpha + 1))) < 0.005, `${variance}`); // its variance
  }
});
test("settings out of bounds or of other choices change nothing", () => {
  const read = (text) => optimizerOf(readAddress(`optimizer=adam&optimizer_settings=${text}`, ["moons"]));
  const { beta1, ...others } = read("beta1+7,beta2+x,mu+0.5,learning_rate+3,__proto__+1");
  assert.equal(beta1, 0.9999);
  assert.deepEqual({ beta1: 0.9, ...others }, read(""));
});
test("layers keep their numbers", () => {
  const text = "8 leaky_relu slope 0.2, batch_norm relu momentum 0.3, dropout 0.1, 4 tanh, layer_norm relu epsilon 0.1, noise 0.3";
  assert.equal(writeLayers(readLayers(text)), text);
  assert.deepEqual(readLayers("layer_norm, noise, dropout"), [
    { kind: "layer_norm", fn: "identity", epsilon: 1e-5 }, { kind: "noise", deviation: 0.1 }, { kind: "dropout", rate: 0.2 },
  ]);
  const one = readLayers("8 tanh, layer_norm, dropout, batch_norm, 4 tanh, batch_norm");
  assert.deepEqual(one.map(({ kind }) => kind), ["dense", "layer_norm", "dropout", "dense", "batch_norm"]);
  assert.deepEqual(readLayers("constructor toString")[0], { kind: "dense", units: 1, fn: "relu" });
  assert.deepEqual(readLayers("8 leaky_relu")[0], { kind: "dense", units: 8, fn: "leaky_relu", slope: 0.01 });
});

/** The last frame of some epochs of a set-up, as the page gets it from its worker. */
function frameAfter(setup, epochs) {
  let frame = null;
  const work = new Work((message) => { frame = message.type === "frame" ? message : frame; });
  const data = dataOf(setup, {}, []);
  work.receive({ type: "start", setup, data, wants: {} });
  for (let epoch = 0; epoch < epochs; epoch++) work.receive({ type: "advance", epoch: true });
  work.channel.port1.close();
  return { frame, found: findings(frame, data) };
}

for (const [name, address, epochs] of [
  ["zeros", "data=moons&weight_init=zeros", 30],
  ["rate-high", "data=moons&learning_rate=3&layers=10+tanh", 30],
  ["rate-low", "data=moons&optimizer=sgd&learning_rate=0.0001", 40],
  ["dead", "data=circle&layers=16+relu&weight_init=he_normal&optimizer=sgd&learning_rate=3&batch_size=4&seed=2", 30],
  ["over-fitting", "data=moons&noise=0.2&count=80&held=0.5&layers=48+relu,48+relu&weight_init=he_normal&learning_rate=0.01", 100],
  ["small", "data=spiral&layers=1+tanh", 60],
]) {
  test(`the finding ${name} has advice that helps`, () => {
    const setup = readAddress(address, ["moons", "circle", "spiral"]);
    const { frame, found } = frameAfter(setup, epochs);
    const one = found.find((finding) => finding.name === name);
    assert.ok(one, JSON.stringify(found));
    const after = frameAfter({ ...setup, ...one.changes }, epochs).frame;
    assert.ok(after.held.loss < frame.held.loss, `${after.held.loss} after, ${frame.held.loss} before`);
  });
}

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
