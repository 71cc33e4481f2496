// The network: the forward pass of inference, and the backward pass for one example, in float64.
//
//   A0 = (x − mean) * factor,   Zl = A(l−1) Wl + bl,   Al = fn(Zl)
//
// The weights are the library's float32 numbers, so the probabilities agree with the library's to 1e-5.
// As in all inference, dropout does nothing and batch normalisation uses its running mean and variance.

import { buildActivation, knowsActivation } from "./activations.js";
import { oneHot, smoothed } from "./arithmetic.js";
import { LOSSES } from "./formulas.js";

/** z = x W + b for one row; W is (x.length, z.length). Inputs of 0, such as most pixels, are skipped. */
function affine(x, W, b, z) {
  z.set(b);
  const n = z.length;
  for (let i = 0; i < x.length; i++) {
    const xi = x[i];
    if (xi === 0) continue;
    for (let j = 0, w = i * n; j < n; j++, w++) z[j] += xi * W[w];
  }
}

/** grad W^T for one row. */
function affineTransposed(grad, W, rows) {
  const n = grad.length;
  const out = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let total = 0;
    for (let j = 0, w = i * n; j < n; j++, w++) total += W[w] * grad[j];
    out[i] = total;
  }
  return out;
}

/** What dense and batch-normalisation layers share: A = fn(Z) and its chain rule. */
function activated(layer) {
  const fn = buildActivation(layer.activation);
  return {
    fn,
    fnName: fn.name,
    activate(Z) {
      const A = new Float64Array(Z.length);
      fn.value(Z, A);
      return A;
    },
    chain({ Z, A }, grad) {
      const dZ = new Float64Array(Z.length);
      fn.chain(grad, Z, A, dZ);
      return dZ;
    },
  };
}

function denseStep(layer, number, parameters) {
  const [W, b] = [parameters[`W${number}`], parameters[`b${number}`]];
  const step = activated(layer);
  return {
    ...step,
    kind: "dense",
    number,
    inputs: W.length / b.length,
    units: b.length,
    forward(x) {
      const Z = new Float64Array(b.length);
      affine(x, W, b, Z);
      return { x, Z, A: step.activate(Z) };
    },
    back: (dZ) => affineTransposed(dZ, W, W.length / b.length),
  };
}

function batchNormStep(layer, number, parameters) {
  const [gamma, beta, mean, variance] = ["gamma", "beta", "mean", "variance"]
    .map((name) => parameters[`${name}${number}`]);
  const spread = () => variance.map((v) => 1 / Math.sqrt(v + layer.epsilon));
  const step = activated(layer);
  return {
    ...step,
    kind: "batch_norm",
    number,
    inputs: gamma.length,
    units: gamma.length,
    forward(x) {
      const scale = spread(); // computed each time, because the slider over the epochs changes the variance
      const normal = Float64Array.from(x, (value, i) => (value - mean[i]) * scale[i]);
      const Z = normal.map((value, i) => gamma[i] * value + beta[i]);
      return { x, normal, Z, A: step.activate(Z) };
    },
    back(dZ) {
      const scale = spread();
      return dZ.map((d, i) => d * gamma[i] * scale[i]);
    },
  };
}

function layerNormStep(layer, number, parameters) {
  const [gamma, beta] = ["gamma", "beta"].map((name) => parameters[`${name}${number}`]);
  const units = gamma.length;
  const mean = (values) => values.reduce((total, value) => total + value, 0) / units;
  const step = activated(layer);
  return {
    ...step,
    kind: "layer_norm",
    number,
    inputs: units,
    units,
    forward(x) {
      const centre = mean(x);
      const apart = Float64Array.from(x, (value) => value - centre);
      const deviation = Math.sqrt(mean(apart.map((d) => d * d)) + layer.epsilon);
      const normal = apart.map((d) => d / deviation);
      const Z = normal.map((value, i) => gamma[i] * value + beta[i]);
      return { x, normal, deviation, Z, A: step.activate(Z) };
    },
    back(dZ, { normal, deviation }) {
      const D = dZ.map((d, i) => d * gamma[i]);
      const [first, second] = [mean(D), mean(D.map((d, i) => d * normal[i]))];
      return D.map((d, i) => (d - first - normal[i] * second) / deviation);
    },
  };
}

/** Layer kind -> the function that builds its step; null for a layer that acts in training only. */
const BUILD = {
  dense: denseStep, batch_norm: batchNormStep, layer_norm: layerNormStep, dropout: null, noise: null,
};

const NORMS = ["batch_norm", "layer_norm"];

/** Numbers dense layers from 1; a normalisation has the number of the layer before it. */
function buildSteps(layers, parameters) {
  let number = 0;
  const steps = [];
  for (const layer of layers) {
    if (layer.kind === "dense") number += 1;
    if (BUILD[layer.kind]) steps.push(BUILD[layer.kind](layer, number, parameters));
  }
  return steps;
}

/** The steps whose outputs are the rows of units: each dense layer, or the normalisation after it. */
const rowSteps = (steps) => steps
  .map((step, s) => ({ step, s }))
  .filter(({ step, s }) => step.number > 0 && !NORMS.includes(steps[s + 1]?.kind))
  .map(({ s }) => s);

const PARAMETER = /^(W|b|gamma|beta|mean|variance)\d+$/;

/** Float64 copies of the parameters by name, so that finite differences can move them. */
function readParameters(arrays) {
  const named = Object.entries(arrays).filter(([name]) => PARAMETER.test(name));
  return Object.fromEntries(named.map(([name, { values }]) => [name, Float64Array.from(values)]));
}

/** The network's loss: its value, its gradient and the row t for a label. */
const buildLoss = (loss) => ({
  ...LOSSES[loss.name](loss.options),
  formula: loss.formula,
  gradientFormula: loss.gradient_formula,
  target: (label, outputs) => smoothed(
    oneHot(label, outputs), loss.smoothing, loss.smoothed_over ?? outputs,
  ),
});

const withFormula = (words, { formula }) => (formula ? `${words} (${formula})` : words);

/** Names the first part of a network that this page cannot compute; null if there is none. */
export function unknownPart({ layers, loss, left_out: tooLarge }) {
  if (tooLarge) return tooLarge;
  const layer = layers.find(({ kind }) => !(kind in BUILD));
  if (layer) return withFormula(`layers of the kind “${layer.kind}”`, layer);
  const fn = layers.map(({ activation }) => activation).find((one) => one && !knowsActivation(one));
  if (fn) return withFormula(`the activation “${fn.name}”`, fn);
  return loss.name in LOSSES ? null : withFormula(`the loss “${loss.name}”`, loss);
}

export class Network {
  /** Builds the network from the page's header: its layers, loss, input scaling and arrays. */
  constructor({ layers, loss, input, arrays, data }) {
    this.parameters = readParameters(arrays);
    this.steps = buildSteps(layers, this.parameters);
    this.rowSteps = rowSteps(this.steps);
    this.dense = this.steps.filter((step) => step.kind === "dense");
    this.input = input;
    this.classes = data.classes;
    this.isRegression = data.task === "regression";
    this.smoothing = loss.smoothing;
    this.loss = buildLoss(loss);
    this.lossName = loss.name;
    this.fused = loss.fused_with === this.steps.at(-1).fnName;
  }

  /** The scaled inputs of the first layer. */
  scale(raw) {
    return Float64Array.from(raw, (value, i) => this.scaleOne(value, i));
  }

  /** The scaled value of input i. The mean is subtracted first, because it may be much larger. */
  scaleOne(value, i) {
    const { mean, factor } = this.input;
    return (value - (mean[i] ?? mean[0])) * (factor[i] ?? factor[0]);
  }

  /** All intermediate results from A0 to the output. */
  forward(A0) {
    const caches = [];
    let x = A0;
    for (const step of this.steps) {
      caches.push(step.forward(x));
      x = caches.at(-1).A;
    }
    return { A0, caches, output: x, rows: [A0, ...this.rowSteps.map((s) => caches[s].A)] };
  }

  /** The forward pass from a given Z of the first step. */
  forwardFrom(Z) {
    const caches = [{ Z, A: this.steps[0].activate(Z) }];
    for (const step of this.steps.slice(1)) caches.push(step.forward(caches.at(-1).A));
    return { caches, output: caches.at(-1).A };
  }

  /** A probability for each class; a single output is that of class 1. For a network that predicts
   * values, these are its outputs. */
  probabilities({ output }) {
    if (this.isRegression || output.length > 1) return output;
    return Float64Array.of(1 - output[0], output[0]);
  }

  /** Probabilities (or whatever the last layer gives) for raw pixels. */
  predict(raw) {
    return this.probabilities(this.forward(this.scale(raw)));
  }

  /** The row with which the output is compared: that of a class, or the target values themselves. */
  target(label) {
    if (this.isRegression) return Float64Array.from(label);
    return this.loss.target(label, this.steps.at(-1).units);
  }

  /** The loss of one forward pass against a label. */
  lossOf({ caches, output }, label) {
    return this.loss.value(caches.at(-1).Z, output, this.target(label));
  }

  /** Gradients of the loss with respect to every Z and A: dA, dZ by step, last step first. */
  backward(forward, label) {
    const target = this.target(label);
    const [last, cache] = [this.steps.at(-1), forward.caches.at(-1)];
    const dA = this.loss.gradient(cache.Z, forward.output, target);
    const dZ = this.fused ? dA : last.chain(cache, dA); // a fused loss returns dZ
    return { target, ...this.backFrom(forward, { dA, dZ }) };
  }

  /** Applies the chain rule from the last step's { dA, dZ } down to the input. */
  backFrom({ caches }, atEnd) {
    const last = this.steps.length - 1;
    const grads = new Array(this.steps.length);
    grads[last] = atEnd;
    for (let s = last - 1; s >= 0; s--) {
      const dA = this.steps[s + 1].back(grads[s + 1].dZ, caches[s + 1]);
      grads[s] = { dA, dZ: this.steps[s].chain(caches[s], dA) };
    }
    return { grads, dInput: this.steps[0].back(grads[0].dZ, caches[0]) };
  }

  /** The gradient of a parameter as a function of the entry, from the result of backward(). */
  gradients(name, forward, { grads }) {
    const [, kind, number] = name.match(/^([A-Za-z]+)(\d+)$/);
    const wanted = kind === "W" || kind === "b" ? ["dense"] : NORMS;
    const s = this.steps.findIndex(
      (step) => wanted.includes(step.kind) && step.number === Number(number),
    );
    const { dZ } = grads[s];
    const { x, normal } = forward.caches[s];
    if (kind === "b" || kind === "beta") return (entry) => dZ[entry];
    if (kind === "gamma") return (entry) => dZ[entry] * normal[entry];
    return (entry) => x[Math.floor(entry / dZ.length)] * dZ[entry % dZ.length];
  }

  gradientOf(name, entry, forward, backward) {
    return this.gradients(name, forward, backward)(entry);
  }

  /** The gradient by central differences, (L(w + h) − L(w − h)) / 2h; `kink` tells whether one was crossed. */
  differenceOf(name, entry, A0, label, h = 1e-5) {
    const values = this.parameters[name];
    const kept = values[entry];
    values[entry] = kept + h;
    const above = this.forward(A0);
    values[entry] = kept - h;
    const below = this.forward(A0);
    values[entry] = kept;
    const [up, down] = [this.lossOf(above, label), this.lossOf(below, label)];
    return { value: (up - down) / (2 * h), up, down, kink: this.#crossed(above, below) };
  }

  #crossed(above, below) {
    return this.steps.some((step, s) => step.fn.kink && above.caches[s].Z.some(
      (z, j) => Math.sign(z) !== Math.sign(below.caches[s].Z[j]),
    ));
  }
}
