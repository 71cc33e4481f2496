// What the page shows of a network, computed beside the training.

import { isSeen } from "../../report/page/layers.js";
import { VIEW_ROWS } from "./trainer.js";

export const GRID = 44; // points along each side of a decision region
const REACH = 1.15; // of the plane, to each side

/** The coordinate of the middle of a cell. */
export const place = (k) => (2 * REACH * (k + 0.5)) / GRID - REACH;
export const reach = REACH;

/** Values of the output and of every unit on a grid over the plane: rows from top to bottom. With
 * other parameters than the present ones, of the output only. */
export function planeView(trainer, other = null) {
  const viewer = trainer.look(other ?? undefined);
  const outputs = viewer.last.units;
  const region = new Float32Array(GRID * GRID * outputs);
  const shown = other ? [] : viewer.stack.slice(0, -1).filter(isSeen);
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
  const shown = viewer.stack.slice(0, -1).filter(isSeen);
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
  const shown = viewer.stack.filter(isSeen);
  return { kind: "image", activations: shown.map(({ y, units }) => y.values.slice(0, units)), row, own: Boolean(pixels) };
}

/** Every number of one weight's last step; `before` are the weights before it, or null. */
export function lastStep(trainer, { layer: asked = 1, i: row = 0, j: column = 0 } = {}, before = null) {
  const { learner, rows, setup } = trainer;
  if (!rows) return null;
  const dense = learner.stack.filter(({ kind }) => kind === "dense");
  const layer = dense[Math.min(Math.max(asked, 1), dense.length) - 1];
  const { inputs, units, number } = layer;
  const within = (value, most) => Math.min(Math.max(Math.floor(value) || 0, 0), most - 1);
  const [i, j] = [within(row, inputs), within(column, units)];
  const at = i * units + j;
  const place = (layer.W.byteOffset - learner.parameters.vector.byteOffset) / layer.W.BYTES_PER_ELEMENT + at;
  const was = before?.[`W${number}`]?.[at] ?? null;
  return {
    layer: number, i, j, inputs, units, n: rows.length, t: learner.step, rate: trainer.rate, optimizer: trainer.optimizer,
    x: rows.map((_, r) => layer.x.values[r * inputs + i]), dz: rows.map((_, r) => layer.dz.values[r * units + j]),
    gradient: layer.dW[at], penalty: was === null ? 0 : setup.l2 * was + setup.l1 * Math.sign(was), before: was, after: layer.W[at],
    state: Object.fromEntries(Object.entries(learner.state).map(([name, values]) => [name, values[place]])),
  };
}
