// From a set-up to the data that a trainer takes: points, graphs, images, drawings, files.

import { stream } from "./random.js";
import { drawGraph, drawPoints, GRAPHS, SHAPES } from "./points.js";
import { isGraph, isPlane } from "./setup.js";

/** Rows in a drawn order, divided into what is learnt from and what is held out. */
function split(n, held, seed) {
  const rows = stream(seed, "split").shuffle(Array.from({ length: n }, (_, i) => i));
  const out = Math.min(Math.round(held * n), Math.max(n - 1, 0));
  return { train: Uint32Array.from(rows.slice(out)), test: Uint32Array.from(rows.slice(0, out)) };
}

const letters = (n) => Array.from({ length: n }, (_, k) => ["orange", "blue", "green"][k]);

/** Points of the plane, drawn or placed by hand. */
function plane(setup, placed) {
  const { x, y } = setup.data === "placed" ? { x: Float32Array.from(placed.flatMap(([u, v]) => [u, v])), y: Float32Array.from(placed.map(([, , k]) => k)) }
    : drawPoints({ shape: setup.data, count: setup.count, noise: setup.noise, seed: setup.seed });
  const outputs = setup.data === "placed" ? Math.max(2, ...y.map((k) => k + 1)) : SHAPES[setup.data].classes;
  return { x, y, n: y.length, inputs: 2, task: "classes", outputs, classes: letters(outputs), factor: [1], offset: [0], shape: null, ...split(y.length, setup.held, setup.seed) };
}

function graph(setup) {
  const { x, y } = drawGraph({ graph: setup.data, count: setup.count, noise: setup.noise, seed: setup.seed });
  return { x, y, n: y.length, inputs: 1, task: "values", outputs: 1, classes: [GRAPHS[setup.data].title], factor: [1], offset: [0], shape: null, ...split(y.length, setup.held, setup.seed) };
}

/** Mean and deviation of each column, from the rows that are learnt from. */
function standardisation(x, inputs, rows) {
  const [factor, offset] = [new Float32Array(inputs), new Float32Array(inputs)];
  for (let j = 0; j < inputs; j++) {
    let [total, square] = [0, 0];
    for (const row of rows) total += x[row * inputs + j];
    const mean = total / rows.length;
    for (const row of rows) square += (x[row * inputs + j] - mean) ** 2;
    const deviation = Math.sqrt(square / rows.length) || 1;
    [factor[j], offset[j]] = [1 / deviation, mean / deviation];
  }
  return { factor, offset };
}

/** A data set: what the page carries, was drawn by the reader, or comes from a file. */
function examples(set, setup) {
  const inputs = set.x.length / set.y.length;
  const parts = set.train ? { train: range(0, set.train), test: range(set.train, set.y.length) } : split(set.y.length, setup.held, setup.seed);
  const scaling = set.scaling ?? (set.shape ? { factor: [1 / 255], offset: [0] } : standardisation(set.x, inputs, parts.train));
  return { x: set.x, y: set.y, n: set.y.length, inputs, task: set.task, outputs: set.task === "values" ? 1 : set.classes.length, classes: set.classes, shape: set.shape, ...scaling, ...parts };
}

const range = (from, to) => Uint32Array.from({ length: to - from }, (_, i) => from + i);

/** The data of a set-up; `sets` are those with examples, by name, and `placed` the reader's points. */
export function dataOf(setup, sets, placed) {
  if (setup.data === "own" && !sets.own) return { x: new Uint8Array(0), y: new Float32Array(0), n: 0, inputs: 784, task: "classes", outputs: 2, classes: ["1", "2"], shape: [28, 28], factor: [1 / 255], offset: [0], train: [], test: [] };
  if (isPlane(setup.data)) return plane(setup, placed);
  if (isGraph(setup.data)) return graph(setup);
  return examples(sets[setup.data], setup);
}

/** Whether another set-up needs other data. */
export const isOtherData = (a, b) => ["data", "count", "noise", "held", "seed"].some((key) => a[key] !== b[key]);
