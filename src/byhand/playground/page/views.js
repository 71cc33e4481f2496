// What the page shows of a network, computed beside the training.

import { VIEW_ROWS } from "./trainer.js";

export const GRID = 44; // points along each side of a decision region
const REACH = 1.15; // of the plane, to each side

/** The coordinate of the middle of a cell. */
export const place = (k) => (2 * REACH * (k + 0.5)) / GRID - REACH;
export const reach = REACH;

/** Values of the output and of every unit on a grid over the plane: rows from top to bottom. */
export function planeView(trainer, onlyRegion = false) {
  const viewer = trainer.look();
  const outputs = viewer.last.units;
  const region = new Float32Array(GRID * GRID * outputs);
  const shown = onlyRegion ? [] : viewer.stack.slice(0, -1).filter(({ kind }) => kind !== "dropout");
  const units = shown.map(({ units: n }) => Array.from({ length: n }, () => new Float32Array(GRID * GRID)));
  const { factor, offset } = trainer.data;
  for (let first = 0; first < GRID * GRID; first += VIEW_ROWS) {
    const n = Math.min(VIEW_ROWS, GRID * GRID - first);
    for (let i = 0; i < n; i++) {
      const at = first + i;
      viewer.input.values[2 * i] = place(at % GRID) * factor[0] - offset[0];
      viewer.input.values[2 * i + 1] = -place(Math.floor(at / GRID)) * factor.at(-1) - offset.at(-1);
    }
    viewer.forward(n);
    region.set(viewer.output.values.subarray(0, n * outputs), first * outputs);
    shown.forEach(({ y, units: width }, l) => {
      for (let i = 0; i < n; i++) for (let j = 0; j < width; j++) units[l][j][first + i] = y.values[i * width + j];
    });
  }
  return { kind: "plane", region, outputs, units };
}

const FINE = 160; // points of a graph

/** The network as a graph over x, and every unit's. */
export function graphView(trainer) {
  const viewer = trainer.look();
  for (let i = 0; i < FINE; i++) viewer.input.values[i] = (2 * REACH * i) / (FINE - 1) - REACH;
  viewer.forward(FINE);
  const shown = viewer.stack.slice(0, -1).filter(({ kind }) => kind !== "dropout");
  const column = ({ y, units }, j) => Float32Array.from({ length: FINE }, (_, i) => y.values[i * units + j]);
  return {
    kind: "graph", line: column(viewer.last, 0),
    units: shown.map((layer) => Array.from({ length: layer.units }, (_, j) => column(layer, j))),
  };
}

/** Activations of every layer for the image that the reader looks at. */
export function imageView(trainer, { row = 0, pixels = null }) {
  const viewer = trainer.look();
  const { data } = trainer;
  if (pixels) trainer.load.call({ data: { ...data, x: pixels } }, viewer, 0, 0);
  else trainer.load(viewer, 0, Math.min(row, data.n - 1));
  viewer.forward(1);
  const shown = viewer.stack.filter(({ kind }) => kind !== "dropout");
  return { kind: "image", activations: shown.map(({ y, units }) => y.values.slice(0, units)), row, own: Boolean(pixels) };
}

/** Every number of one weight's last step, and of the batch behind it. */
export function lastStep(trainer) {
  const { learner, rows } = trainer;
  if (!rows) return null;
  const dense = learner.stack.filter(({ kind }) => kind === "dense");
  return {
    step: learner.step, n: rows.length, rate: trainer.rate, optimizer: trainer.optimizer,
    layers: dense.map((layer) => ({
      number: layer.number, fn: layer.fn.name, x: layer.x.values.slice(0, layer.inputs), W: layer.W.slice(0, Math.min(layer.W.length, 4096)),
      b: layer.b.slice(), z: layer.z.values.slice(0, layer.units), y: layer.y.values.slice(0, layer.units),
      dz: layer.dz.values.slice(0, rows.length * layer.units), dW: layer.dW.slice(0, Math.min(layer.dW.length, 4096)), inputs: layer.inputs, units: layer.units,
      xs: layer.x.values.slice(0, rows.length * Math.min(layer.inputs, layer.inputs)),
    })),
  };
}
