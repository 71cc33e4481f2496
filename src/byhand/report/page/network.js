// The network: the forward pass of inference, and the backward pass for one example, in float64.
//
//   A0 = (x − mean) * factor,   Zl = A(l−1) Wl + bl,   Al = fn(Zl)
//
// The weights are the library's float32 numbers, so the probabilities agree with the library's to 1e-5.
// As in all inference, dropout does nothing and batch normalisation uses its running mean and variance.

import { buildActivation, knowsActivation, onRows } from "./activations.js";
import { oneHot, smoothed } from "./arithmetic.js";
import { LOSSES } from "./formulas.js";
import { isSeen, LAYERS } from "./layers.js";
import { matrix } from "./parameters.js";
import { plainProducts } from "./products.js";
import { buildStack } from "./stack.js";

const PRODUCTS = plainProducts(Float64Array);

/** One layer on one example. Its buffers have one row; what they held is copied, since many passes
 * are compared. */
class Step {
  constructor(layer, { activation }) {
    const { kind, number, inputs, units } = layer;
    Object.assign(this, { layer, kind, number, inputs, units, fn: buildActivation(activation) });
    this.dx = matrix(1, inputs, PRODUCTS.allocate);
  }

  get fnName() {
    return this.fn.name;
  }

  forward(x) {
    const { layer } = this;
    layer.x.values.set(x);
    layer.forward(1, false);
    const kept = layer.constructor.keeps.map((name) => [name, layer[name].values.slice()]);
    return { x, Z: layer.z.values.slice(), A: layer.y.values.slice(), ...Object.fromEntries(kept) };
  }

  /** A = fn(Z). */
  activate(Z) {
    const A = new Float64Array(Z.length);
    this.fn.value(Z, A);
    return A;
  }

  /** dZ = dA f'(Z), for softmax its Jacobian times dA. */
  chain({ Z, A }, dA) {
    const dZ = new Float64Array(Z.length);
    this.fn.chain(dA, Z, A, dZ);
    return dZ;
  }

  /** The gradient of the layer's input, from dZ and what the forward pass gave. */
  back(dZ, cache) {
    const { layer } = this;
    for (const name of layer.constructor.keeps) layer[name].values.set(cache[name]);
    layer.dz.values.set(dZ);
    layer.inputGradient(1, this.dx);
    return this.dx.values.slice();
  }
}

/** A step for each layer that computes something in inference. */
function buildSteps(layers, parameters, inputs) {
  const seen = layers.filter(isSeen);
  const stack = buildStack(seen, matrix(1, inputs, PRODUCTS.allocate), {
    parameters, statistics: parameters, gradients: {}, capacity: 1, products: PRODUCTS,
    activation: ({ activation }) => onRows(buildActivation(activation)),
  });
  return stack.map((layer, l) => new Step(layer, seen[l]));
}

const NORMS = ["batch_norm", "layer_norm"];

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
  const layer = layers.find(({ kind }) => !(kind in LAYERS));
  if (layer) return withFormula(`layers of the kind “${layer.kind}”`, layer);
  const fn = layers.map(({ activation }) => activation).find((one) => one && !knowsActivation(one));
  if (fn) return withFormula(`the activation “${fn.name}”`, fn);
  return loss.name in LOSSES ? null : withFormula(`the loss “${loss.name}”`, loss);
}

export class Network {
  /** Builds the network from the page's header: its layers, loss, input scaling and arrays. */
  constructor({ layers, loss, input, arrays, data }) {
    this.parameters = readParameters(arrays);
    this.steps = buildSteps(layers, this.parameters, input.units);
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
    const scaled = new Float64Array(raw.length);
    for (let i = 0; i < raw.length; i++) scaled[i] = this.scaleOne(raw[i], i);
    return scaled;
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
