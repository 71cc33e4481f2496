// Trains the cases that a test writes: `node learn.mjs FOLDER < cases.json`. Those in float32 are
// trained with WebAssembly, and once more with plain JavaScript, which must agree.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}.js`));
const { Learner } = await load("learner");
const { shapesOf } = await load("../../report/page/stack");
const { LAYERS } = await load("../../report/page/layers");
const { blend } = await load("mixup");
const { matrix } = await load("../../report/page/parameters");
const { factorAt } = await load("schedules");
const { afterEpoch, flat } = await load("plateau");
const { optimizerOf, readAddress, scheduleOf } = await load("setup");
const { plainProducts } = await load("../../report/page/products");
const { hasSimd, simdProducts } = await load("simd_products");

function run({ layers, inputs, loss, address, epochs, batches, x, y, start, weights, draws, mixtures, options, double }, plain) {
  const setup = readAddress(address, ["spiral"]); // as a link to the page says it
  const [optimizer, schedule] = [optimizerOf(setup), scheduleOf(setup)];
  const capacity = Math.max(...batches.map(({ length }) => length));
  const products = plain ? plainProducts(double ? Float64Array : Float32Array)
    : simdProducts(shapesOf(layers, inputs).parameters, inputs, capacity);
  const learner = new Learner({ layers, inputs, loss, capacity, products });
  for (const [name, values] of Object.entries(start)) (learner.parameters.views[name] ?? learner.statistics.views[name]).set(values);
  learner.setOptimizer(optimizer);
  const setTarget = (targets, i, target) => (
    Array.isArray(target) ? targets.rows[i].set(target) : learner.setLabel(i, target, targets)
  );
  let drawn = 0;
  let plateau = flat();
  let ofEpoch = 0;
  const [losses, perEpoch] = [[], batches.length / epochs];
  for (const [step, rows] of batches.entries()) {
    rows.forEach((row, i) => {
      learner.input.rows[i].set(x[row]);
      setTarget(learner.targets, i, y[row]);
    });
    if (mixtures) {
      const { partners, shares } = mixtures[step];
      const targets = matrix(capacity, learner.last.units, products.allocate);
      partners.forEach((row, i) => setTarget(targets, i, y[row]));
      blend(learner.input.values, partners.flatMap((row) => x[row]), shares, inputs);
      learner.mixture = { targets, shares };
    }
    const rate = optimizer.learning_rate * factorAt(schedule, step / perEpoch, epochs, plateau.scale);
    losses.push(learner.train(rows.length, {
      optimizer, rate, ...options,
      weights: weights && rows.map((row) => weights[row]),
      random: { uniform: () => draws[drawn++], normal: () => draws[drawn++] },
    }));
    ofEpoch += losses.at(-1);
    if ((step + 1) % perEpoch) continue;
    if (schedule.name === "reduce_on_plateau") plateau = afterEpoch(plateau, ofEpoch / x.length, schedule);
    ofEpoch = 0;
  }
  const all = { ...learner.shown.views, ...learner.statistics.views };
  return { losses, scale: plateau.scale, end: Object.fromEntries(Object.entries(all).map(([name, view]) => [name, Array.from(view)])) };
}

const cases = JSON.parse(readFileSync(0, "utf8"));
if (!hasSimd()) throw new Error("this Node has no SIMD");
const results = cases.map((one) => {
  const plain = run(one, true);
  if (one.double) return plain;
  const fast = run(one, false);
  for (const [name, values] of Object.entries(fast.end)) {
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - plain.end[name][i])), 0);
    if (!(worst < 1e-5)) throw new Error(`${name} differs by ${worst} between WebAssembly and JavaScript`);
  }
  return fast;
});
process.stdout.write(JSON.stringify({ results, kinds: Object.keys(LAYERS) }));
