// Trains the cases that a test writes: `node learn.mjs LEARNER.js < cases.json`.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}.js`));
const { Learner } = await load("learner");
const { factorAt } = await load("schedules");
const { plainProducts } = await load("products");

function run({ layers, inputs, loss, optimizer, schedule, epochs, batches, x, y, start, weights, uniforms, options, double }) {
  const capacity = Math.max(...batches.map(({ length }) => length));
  const products = plainProducts(double ? Float64Array : Float32Array);
  const learner = new Learner({ layers, inputs, loss, capacity, products });
  for (const [name, values] of Object.entries(start)) (learner.parameters.views[name] ?? learner.statistics.views[name]).set(values);
  learner.setOptimizer(optimizer);
  let drawn = 0;
  const losses = [];
  for (const [step, rows] of batches.entries()) {
    rows.forEach((row, i) => {
      learner.input.rows[i].set(x[row]);
      if (Array.isArray(y[row])) learner.targets.rows[i].set(y[row]);
      else learner.setLabel(i, y[row]);
    });
    const rate = optimizer.learning_rate * factorAt(schedule, (step * epochs) / batches.length, epochs);
    losses.push(learner.train(rows.length, {
      optimizer, rate, ...options,
      weights: weights && rows.map((row) => weights[row]),
      uniform: uniforms && (() => uniforms[drawn++]),
    }));
  }
  const all = { ...learner.parameters.views, ...learner.statistics.views };
  return { losses, end: Object.fromEntries(Object.entries(all).map(([name, view]) => [name, Array.from(view)])) };
}

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(run)));
