// Trains a learner on data, step by step, by a set-up that may change at any time.
//
// data: { x (n * inputs), y (n), n, inputs, task: "classes" | "values", outputs, factor, offset,
//         shape: [height, width] or null, train, test: row numbers }

import { matrix } from "../../report/page/parameters.js";
import { plainProducts } from "../../report/page/products.js";
import { shapesOf } from "../../report/page/stack.js";
import { augmented } from "./augment.js";
import { AVERAGE } from "./averaging.js";
import { readLayers } from "./layer_text.js";
import { Learner } from "./learner.js";
import { blend, drawPartners } from "./mixup.js";
import { length } from "./penalties.js";
import { afterEpoch, flat } from "./plateau.js";
import { stream } from "./random.js";
import { factorAt } from "./schedules.js";
import { lossOf, optimizerOf, scheduleOf } from "./setup.js";
import { hasSimd, simdProducts } from "./simd_products.js";

/** WebAssembly where the browser has it. */
const fastProducts = (layers, inputs, rows) => (
  hasSimd() ? simdProducts(shapesOf(layers, inputs).parameters, inputs, rows) : plainProducts()
);

/** A learner's choices for each step, with the names of the set-up. */
const EACH_STEP = ["l1", "l2", "clip_value", "clip_norm", "max_norm", "ema"];

const BUILT_FROM = ["layers", "batch_size", "loss", "loss_settings", "label_smoothing", "label_noise"];

export const VIEW_ROWS = 256; // rows that pass through the network together when it is shown

export class Trainer {
  constructor(setup, data) {
    Object.assign(this, { data, epochLoss: null, seen: { loss: 0, correct: 0, rows: 0 } });
    this.prepareLabels(setup);
    this.build(setup);
  }

  /** The labels to learn from: some are drawn anew, as many as the set-up asks. */
  prepareLabels({ label_noise: noise, seed }) {
    const { y, train, task, outputs } = this.data;
    this.y = Float32Array.from(y);
    if (!noise || task !== "classes") return;
    const random = stream(seed, "label noise");
    for (const row of train) {
      const [changes, other] = [random.uniform() < noise, random.below(outputs)];
      if (changes) this.y[row] = other;
    }
  }

  build(setup) {
    const { loss, last } = lossOf(setup, this.data);
    const layers = [...readLayers(setup.layers), last];
    const common = { layers, inputs: this.data.inputs, loss };
    const capacity = Math.min(setup.batch_size, this.data.train.length);
    this.learner = new Learner({ ...common, capacity, products: fastProducts(layers, this.data.inputs, capacity) });
    this.viewer = new Learner({ ...common, capacity: VIEW_ROWS, products: fastProducts(layers, this.data.inputs, VIEW_ROWS) });
    this.learner.initialise(setup.seed, setup.weight_init, setup.bias_init);
    this.optimizer = optimizerOf(setup);
    this.learner.setOptimizer(this.optimizer);
    Object.assign(this, { setup, plateau: flat() });
    this.startEpoch(0);
  }

  /** Whether another set-up needs a new network. */
  static isOtherNetwork(a, b) {
    return ["layers", "weight_init", "bias_init", "seed", "data"].some((key) => a[key] !== b[key]);
  }

  /** Continues with another set-up; weights and, if the rule stays, the optimizer's state are kept. */
  change(setup) {
    const old = this.setup;
    if (setup.label_noise !== old.label_noise) this.prepareLabels(setup);
    const capacity = Math.min(setup.batch_size, this.data.train.length);
    const output = (one) => JSON.stringify(lossOf(one, this.data));
    if (capacity !== this.learner.capacity || output(setup) !== output(old)) {
      const kept = this.state();
      this.build(setup);
      if (kept.parameters.length === this.learner.parameters.vector.length) this.restore({ ...kept, setup, keeps: setup.optimizer === old.optimizer });
      return;
    }
    this.setup = setup;
    this.optimizer = optimizerOf(setup);
    if (setup.schedule !== old.schedule) this.plateau = flat();
    if (setup.optimizer !== old.optimizer) this.learner.setOptimizer(this.optimizer);
    if (setup.mixup !== old.mixup) this.drawMixture();
    this.learner.setAverage(setup.ema > 0);
  }

  // --- time ---

  get schedule() {
    return scheduleOf(this.setup);
  }

  get stepsPerEpoch() {
    return Math.max(1, Math.ceil(this.data.train.length / this.setup.batch_size));
  }

  /** Everything that the next step depends on, besides the data. */
  state() {
    const { parameters, statistics, state, step, averagedFrom } = this.learner;
    const kept = Object.entries(state).map(([name, values]) => [name, values.slice()]);
    return {
      step, averagedFrom, epoch: this.epoch, at: this.at, setup: this.setup, seen: { ...this.seen }, epochLoss: this.epochLoss, plateau: this.plateau,
      parameters: parameters.vector.slice(), statistics: statistics.vector.slice(), optimizer: Object.fromEntries(kept),
    };
  }

  /** Goes back to a state. The step after it gives the same bits as it gave the first time. */
  restore({ step, averagedFrom, epoch, at, setup, seen, epochLoss, plateau, parameters, statistics, optimizer, keeps = true }) {
    if (setup !== this.setup) {
      const same = BUILT_FROM.every((key) => this.setup[key] === setup[key]);
      if (this.setup.label_noise !== setup.label_noise) this.prepareLabels(setup);
      if (same) [this.setup, this.optimizer] = [setup, optimizerOf(setup)];
      else this.build(setup);
      this.learner.setOptimizer(this.optimizer);
    }
    this.learner.parameters.vector.set(parameters);
    this.learner.statistics.vector.set(statistics);
    this.learner.setAverage(false);
    this.learner.setAverage(keeps && AVERAGE in optimizer);
    if (keeps) for (const [name, values] of Object.entries(optimizer)) this.learner.state[name]?.set(values);
    Object.assign(this.learner, { step, averagedFrom });
    this.startEpoch(epoch);
    Object.assign(this, { at, epochLoss, plateau, seen: { ...seen } });
  }

  startEpoch(epoch) {
    Object.assign(this, { epoch, at: 0, seen: { loss: 0, correct: 0, rows: 0 } });
    this.order = stream(this.setup.seed, "shuffle", epoch).shuffle(Array.from(this.data.train));
    this.drawMixture();
  }

  /** The partner and the share of each row for this epoch. */
  drawMixture() {
    const { seed, mixup } = this.setup;
    this.partners = mixup ? drawPartners(this.data.train, mixup, stream(seed, "mixup", this.epoch)) : null;
  }

  // --- steps ---

  /** Row `row` of the data, scaled, as row i of a learner's input. */
  load(learner, i, row, random = null) {
    const { x, inputs, factor, offset, shape } = this.data;
    const out = learner.input.values;
    const raw = x.subarray(row * inputs, (row + 1) * inputs);
    const given = random && shape ? augmented(raw, shape, this.setup.augment, random) : raw;
    const many = factor.length > 1;
    for (let j = 0, at = i * inputs; j < inputs; j++, at++) out[at] = given[j] * factor[many ? j : 0] - offset[many ? j : 0];
  }

  loadTarget(learner, i, row, targets = learner.targets) {
    if (this.data.task === "values") targets.values[i] = this.y[row];
    else learner.setLabel(i, this.y[row], targets);
  }

  /** The batch as the learner's input and targets, each row mixed with its partner if that is chosen. */
  loadBatch(rows) {
    const { learner, setup, partners } = this;
    const random = setup.augment ? stream(setup.seed, "augmentation", learner.step) : null;
    learner.mixture = null;
    if (partners) {
      const targets = this.partnerTargets(learner);
      rows.forEach((row, i) => {
        this.load(learner, i, partners.get(row).partner, random);
        this.loadTarget(learner, i, partners.get(row).partner, targets);
      });
      learner.mixture = { targets, shares: rows.map((row) => partners.get(row).share) };
    }
    const others = partners && learner.input.values.slice();
    rows.forEach((row, i) => {
      this.load(learner, i, row, random);
      this.loadTarget(learner, i, row);
    });
    if (partners) blend(learner.input.values, others, learner.mixture.shares, learner.inputs);
  }

  partnerTargets({ capacity, targets: { width } }) {
    const size = capacity * width;
    if (this.others?.values.length !== size) this.others = matrix(capacity, width, (n) => new Float32Array(n));
    return this.others;
  }

  /** One step; returns the mean loss of its batch. */
  step() {
    const { learner, setup, order } = this;
    const rows = order.slice(this.at, this.at + setup.batch_size);
    this.loadBatch(rows);
    this.rows = rows;
    this.rate = this.optimizer.learning_rate * factorAt(this.schedule, learner.step / this.stepsPerEpoch, setup.epochs, this.plateau.scale);
    const total = learner.train(rows.length, {
      optimizer: this.optimizer, rate: this.rate, ...Object.fromEntries(EACH_STEP.map((key) => [key, setup[key]])),
      weights: setup.balanced ? rows.map((row) => this.classWeights()[this.y[row]]) : null,
      random: stream(setup.seed, "dropout", learner.step), // noise layers draw from it as well
    });
    this.count(rows, total);
    this.at += rows.length;
    if (this.at >= order.length) this.endEpoch();
    return total / rows.length;
  }

  count(rows, total) {
    const { seen } = this;
    seen.loss += total;
    seen.rows += rows.length;
    if (this.data.task === "classes") rows.forEach((row, i) => { seen.correct += this.learner.predicted(i) === this.y[row]; });
  }

  endEpoch() {
    const { loss, correct, rows } = this.seen;
    this.epochLoss = { loss: loss / rows, accuracy: this.data.task === "classes" ? correct / rows : null };
    if (this.schedule.name === "reduce_on_plateau") this.plateau = afterEpoch(this.plateau, loss / rows, this.schedule);
    this.startEpoch(this.epoch + 1);
  }

  /** n / (classes * count), so that every class weighs the same. */
  classWeights() {
    if (this.weightsOf !== this.y) {
      const { train, outputs } = this.data;
      const counts = new Array(outputs).fill(0);
      for (const row of train) counts[this.y[row]] += 1;
      [this.weightsOf, this.weights] = [this.y, counts.map((count) => train.length / (outputs * Math.max(count, 1)))];
    }
    return this.weights;
  }

  // --- looking ---

  /** The network as it is, or with other parameters, for looking: no step is made. */
  look(parameters = this.learner.shown.vector) {
    this.viewer.parameters.vector.set(parameters);
    this.viewer.statistics.vector.set(this.learner.statistics.vector);
    return this.viewer;
  }

  /** Calls work(viewer, i, row) for each of the rows, after their forward pass. */
  pass(rows, work, loads = (viewer, i, row) => this.load(viewer, i, row)) {
    const viewer = this.look();
    for (let first = 0; first < rows.length; first += VIEW_ROWS) {
      const block = rows.slice(first, first + VIEW_ROWS);
      block.forEach((row, i) => {
        loads(viewer, i, row);
        this.loadTarget(viewer, i, row);
      });
      viewer.forward(block.length);
      viewer.lossOf(block.length);
      block.forEach((row, i) => work(viewer, i, row));
    }
  }

  /** Loss, accuracy, confusion matrix and prediction of each of the rows, by their true labels. */
  evaluate(rows) {
    const { outputs, task, y } = this.data;
    const [confusion, predictions] = [new Uint32Array(outputs * outputs), new Float32Array(rows.length)];
    let [loss, correct, place] = [0, 0, 0];
    this.pass(rows, (viewer, i, row) => {
      loss += viewer.losses[i];
      const given = task === "classes" ? viewer.predicted(i) : viewer.output.rows[i][0];
      predictions[place++] = given;
      if (task !== "classes") return;
      correct += given === y[row];
      confusion[y[row] * outputs + given] += 1;
    });
    const n = Math.max(rows.length, 1);
    return { loss: loss / n, accuracy: task === "classes" ? correct / n : null, confusion, predictions, rows };
  }

  /** By dense layer: |dW|, |step| / |W| and the fraction of units that were 0 for the whole batch. */
  health(before) {
    const { learner, rows } = this;
    return learner.stack.filter(({ kind }) => kind === "dense").map((layer, l, all) => {
      const was = before?.[`W${layer.number}`];
      const moved = was ? length(layer.W.map((w, i) => w - was[i])) : 0;
      return {
        name: `W${layer.number}`, shape: [layer.inputs, layer.units], fn: layer.fn.name,
        gradient: length(layer.dW), ratio: moved / (length(layer.W) || 1), weights: length(layer.W),
        dead: l < all.length - 1 && rows ? this.deadUnits(layer, rows.length) : null,
      };
    });
  }

  deadUnits({ y, units }, n) {
    let dead = 0;
    for (let j = 0; j < units; j++) {
      let lives = false;
      for (let i = 0; i < n && !lives; i++) lives = y.values[i * units + j] !== 0;
      dead += !lives;
    }
    return dead / units;
  }
}
