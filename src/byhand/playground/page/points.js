// Points in the plane: five problems, each x, y from -1 to 1.

import { stream } from "./random.js";

const TURNS = 1.75;

/** Two arms that wind around each other. */
function spiral(random, label) {
  const r = Math.sqrt(random.uniform()) * 0.92 + 0.03;
  const angle = r * TURNS * 2 * Math.PI + label * Math.PI;
  return [r * Math.sin(angle), r * Math.cos(angle)];
}

/** A disc inside a ring. */
function circle(random, label) {
  const r = label ? 0.62 + 0.33 * random.uniform() : 0.42 * Math.sqrt(random.uniform());
  const angle = 2 * Math.PI * random.uniform();
  return [r * Math.cos(angle), r * Math.sin(angle)];
}

/** Four quarters: equal signs are one class. */
function xor(random, label) {
  const x = (0.08 + 0.87 * random.uniform()) * (random.uniform() < 0.5 ? -1 : 1);
  const y = (0.08 + 0.87 * random.uniform()) * Math.sign(x) * (label ? -1 : 1);
  return [x, y];
}

const CENTRES = [[-0.5, -0.45], [0.5, 0.4], [-0.45, 0.55]];

/** Round clouds. */
function gaussians(random, label) {
  const [x, y] = CENTRES[label];
  return [x + 0.14 * random.normal(), y + 0.14 * random.normal()];
}

/** A half moon each, one inside the other. */
function moons(random, label) {
  const angle = Math.PI * random.uniform();
  return label
    ? [0.3 - 0.55 * Math.cos(angle), 0.22 - 0.6 * Math.sin(angle)]
    : [-0.3 + 0.55 * Math.cos(angle), -0.22 + 0.6 * Math.sin(angle)];
}

/** Name -> title, number of classes and what draws a point of a class. */
export const SHAPES = {
  circle: { title: "Circle", classes: 2, draw: circle },
  xor: { title: "XOR", classes: 2, draw: xor },
  gaussians: { title: "Clouds", classes: 3, draw: gaussians },
  moons: { title: "Moons", classes: 2, draw: moons },
  spiral: { title: "Spiral", classes: 2, draw: spiral },
};

/** Points of a shape: { x: Float32Array (n, 2), y: labels }; noise is a standard deviation. */
export function drawPoints({ shape, count, noise, seed }) {
  const { classes, draw } = SHAPES[shape];
  const random = stream(seed, `points ${shape}`);
  const x = new Float32Array(2 * count);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    y[i] = i % classes;
    const [u, v] = draw(random, y[i]);
    x[2 * i] = u + noise * random.normal();
    x[2 * i + 1] = v + noise * random.normal();
  }
  return { x, y };
}

/** Name -> title and f(x) of graphs for regression, from -1 to 1. */
export const GRAPHS = {
  sine: { title: "Sine", f: (x) => 0.8 * Math.sin(4 * x) },
  step: { title: "Step", f: (x) => (x > 0 ? 0.6 : -0.6) },
  waves: { title: "Waves", f: (x) => 0.5 * Math.sin(6.5 * x) + 0.3 * x },
};

/** Points of a function's graph: x (n, 1) and the values y. */
export function drawGraph({ graph, count, noise, seed }) {
  const random = stream(seed, `graph ${graph}`);
  const x = Float32Array.from({ length: count }, (_, i) => -1 + (2 * (i + random.uniform())) / count);
  return { x, y: x.map((at) => GRAPHS[graph].f(at) + noise * random.normal()) };
}
