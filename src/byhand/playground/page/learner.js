// A network that learns: forward, loss, backward and update on a batch of rows.
//
//   A0 = x * factor - offset,   Zl = A(l-1) Wl + bl,   Al = fn(Zl)
//
// All numbers lie in typed arrays made once. The same code runs in float32, as the library trains,
// and in float64, for checking gradients.

import { matrix, namedVector } from "../../report/page/parameters.js";
import { plainProducts } from "../../report/page/products.js";
import { buildStack, shapesOf } from "../../report/page/stack.js";
import { buildActivation } from "./activation_batches.js";
import { AVERAGE, moveAverage } from "./averaging.js";
import { LOSSES } from "./formula_loops.js";
import { INITIALIZERS } from "./initializers.js";
import { blend } from "./mixup.js";
import { OPTIMIZERS, update } from "./optimizers.js";
import { addPenaltyGradient, clipByNorm, clipByValue, limitNorms } from "./penalties.js";
import { stream } from "./random.js";

export class Learner {
  /** `layers` as in a recipe, the output included; `loss` and `optimizer` with their settings;
   * at most `capacity` rows pass at once. */
  constructor({ layers, inputs, loss, capacity, products = plainProducts() }) {
    Object.assign(this, { layers, inputs, capacity, products, step: 0, average: null, mixture: null, state: {} });
    const { allocate } = products;
    const shapes = shapesOf(layers, inputs);
    this.parameters = namedVector(shapes.parameters, allocate);
    this.gradients = namedVector(shapes.parameters, allocate);
    this.statistics = namedVector(shapes.statistics, allocate);
    this.input = matrix(capacity, inputs, allocate);
    this.targets = matrix(capacity, layers.at(-1).units, allocate);
    this.losses = allocate(capacity);
    const [ofParameters, ofGradients, ofStatistics] = [this.parameters, this.gradients, this.statistics].map(({ views }) => views);
    this.stack = buildStack(layers, this.input, {
      parameters: ofParameters, gradients: ofGradients, statistics: ofStatistics, capacity, products, activation: ({ fn = "identity", slope }) => buildActivation(fn, slope),
    });
    this.setLoss(loss);
  }

  get last() {
    return this.stack.at(-1);
  }

  get output() {
    return this.last.y;
  }

  /** A loss { name, ...settings }. Fused with the last activation its gradient is dLoss/dZ. */
  setLoss(loss) {
    const { fused_with: fused, build, smooths } = LOSSES[loss.name];
    this.loss = build(loss);
    this.fused = fused === this.last.fn.name;
    this.smoothing = loss.label_smoothing ?? 0;
    this.smoothedOver = smooths === "classes" ? this.last.units : 2;
  }

  /** An optimizer { name, learning_rate, ...settings }; its state starts at 0. */
  setOptimizer({ name }) {
    const { length } = this.parameters.vector;
    const kept = this.average && { [AVERAGE]: this.average.vector };
    this.state = Object.fromEntries(OPTIMIZERS[name].keeps.map((key) => [key, new this.parameters.vector.constructor(length)]));
    Object.assign(this.state, kept);
  }

  /** Begins or ends an average of the parameters over the steps; it begins with the present ones. */
  setAverage(wanted) {
    if (wanted === Boolean(this.average)) return;
    delete this.state[AVERAGE];
    this.average = null;
    if (!wanted) return;
    this.average = namedVector(this.parameters.shapes, (n) => new this.parameters.vector.constructor(n));
    this.average.vector.set(this.parameters.vector);
    this.averagedFrom = this.step;
    this.state[AVERAGE] = this.average.vector; // kept and restored with the optimizer's state
  }

  /** The parameters that are shown, tested and saved: the average, if there is one. */
  get shown() {
    return this.average ?? this.parameters;
  }

  initialise(seed, weightInit, biasInit = "zeros") {
    const random = stream(seed, "initialisation");
    for (const [name, shape] of Object.entries(this.parameters.shapes)) {
      const values = this.parameters.views[name];
      if (name.startsWith("gamma")) values.fill(1);
      else if (name.startsWith("beta")) values.fill(0);
      else {
        const [n_in, n_out] = shape.length === 2 ? shape : [1, shape[0]];
        const draw = INITIALIZERS[shape.length === 2 ? weightInit : biasInit](random, n_in, n_out);
        for (let i = 0; i < values.length; i++) values[i] = draw();
      }
    }
    for (const [name, values] of Object.entries(this.statistics.views)) values.fill(name.startsWith("variance") ? 1 : 0);
    this.step = 0;
  }

  /** Passes the first n rows of `input` through the network. */
  forward(n, training = false, random = {}) {
    for (const layer of this.stack) layer.forward(n, training, random);
  }

  /** Writes a label as the row that output i is compared with: one-hot, or 1 for class 1. */
  setLabel(i, label, targets = this.targets) {
    const t = targets.rows[i];
    if (t.length === 1) t[0] = label;
    else t.fill(0)[label] = 1;
  }

  /** The losses of n rows against `targets`, into `losses`; returns their sum. */
  lossOf(n) {
    const { z, y } = this.last;
    this.againstTargets(this.losses, 1, (targets) => this.loss.value(z.rows, y.rows, this.smoothed(targets, n).rows, this.losses, n));
    let total = 0;
    for (let i = 0; i < n; i++) total += this.losses[i];
    return total;
  }

  /** Calls write(targets), which fills `values`; with mixup for the partners' targets as well, and
   * blends the two. */
  againstTargets(values, width, write) {
    if (!this.mixture) return write(this.targets);
    write(this.mixture.targets);
    const others = values.slice();
    write(this.targets);
    return blend(values, others, this.mixture.shares, width);
  }

  /** t = (1 - s) t + s / K. */
  smoothed(targets, n) {
    if (!this.smoothing) return targets;
    const smooth = this.smoothedTargets ??= matrix(this.capacity, this.last.units, this.products.allocate);
    const [t, out, s] = [targets.values, smooth.values, this.smoothing];
    for (let i = 0; i < n * this.last.units; i++) out[i] = (1 - s) * t[i] + s / this.smoothedOver;
    return smooth;
  }

  /** The gradient of sum(weight * loss) / n; `weights` are factors of the examples, or null. */
  backward(n, weights = null) {
    const { last, stack } = this;
    const grad = this.fused ? last.dz : last.dy;
    const { z, y, units } = last;
    this.againstTargets(grad.values, units, (targets) => this.loss.gradient(z.rows, y.rows, this.smoothed(targets, n).rows, grad.rows, n));
    for (let i = 0; i < n * units; i++) {
      grad.values[i] *= (weights ? weights[Math.floor(i / units)] : 1) / n;
    }
    for (let s = stack.length - 1; s >= 0; s--) {
      stack[s].backward(n, s > 0 ? stack[s - 1].dy : null, s === stack.length - 1 && this.fused);
    }
  }

  /** One step on n rows of `input` and `targets`; returns the sum of their losses. */
  train(n, { optimizer, rate, l1 = 0, l2 = 0, clip_value: value = 0, clip_norm: norm = 0, max_norm: limit = 0, ema: decay = 0, weights = null, random = {} }) {
    this.setAverage(decay > 0);
    this.forward(n, true, random);
    let total = this.lossOf(n);
    if (weights) {
      total = 0;
      for (let i = 0; i < n; i++) total += this.losses[i] * weights[i];
    }
    this.backward(n, weights);
    for (const layer of this.stack) layer.updateStatistics?.(n);
    if (l1 || l2) addPenaltyGradient(this.parameters.weights, this.gradients.weights, l1, l2);
    if (value) clipByValue(this.gradients.vector, value);
    if (norm) clipByNorm(this.gradients.vector, norm);
    this.step += 1;
    update(optimizer, this.parameters, this.gradients, this.state, rate, this.step);
    if (limit) limitNorms(this.parameters, limit);
    if (decay) moveAverage(this.average.vector, this.parameters.vector, decay, this.step - this.averagedFrom);
    return total;
  }

  /** The class that output row i chooses: the largest, or whether a single one exceeds 1/2. */
  predicted(i) {
    const row = this.output.rows[i];
    if (row.length === 1) return Number(row[0] > 0.5);
    let best = 0;
    for (let k = 1; k < row.length; k++) if (row[k] > row[best]) best = k;
    return best;
  }
}
