// Training, in a thread of its own: messages come in, frames go out, and the page never waits.

import { AVERAGE } from "./averaging.js";
import { readFiles } from "./files.js";
import { Film } from "./film.js";
import { checkGradients, inDouble, relativeError } from "./gradient_check.js";
import { stream } from "./random.js";
import { isGraph, isPlane, lossOf } from "./setup.js";
import { Trainer } from "./trainer.js";
import { graphView, imageView, lastStep, planeView } from "./views.js";

const FRAME = 33; // ms between frames
const SLICE = 14; // ms of training before messages are read
const REST = 400; // epochs after which training rests if the drawings are learnt by heart

/** Speeds: steps that a frame may take; Infinity trains as fast as it can. */
const STEPS = { slow: () => 0.2, film: (trainer) => Math.max(1, trainer.data.shape ? Infinity : trainer.stepsPerEpoch), full: () => Infinity };

export class Work {
  constructor(send) {
    Object.assign(this, { trainer: null, heard: 0, playing: false, curve: [], film: new Film(), branch: null, sent: 0, budget: 0, rest: 0, wants: {} });
    this.send = (message) => send({ ...message, heard: this.heard });
    this.channel = new MessageChannel();
    this.channel.port1.onmessage = () => this.run();
  }

  // --- messages ---

  receive({ type, number, ...message }) {
    this.heard = number;
    if (!this.trainer && !["start", "read"].includes(type)) return this.send({ type: "idle" });
    try {
      this[type](message);
    } catch (error) {
      this.playing = false;
      this.send({ type: "failed", message: error.message });
    }
    return undefined;
  }

  /** New data, or a network from the start; `parameters` replaces the initial ones. */
  start({ setup, data, wants, parameters }) {
    if (data) this.data = data;
    Object.assign(this, { curve: [], film: new Film(), branch: null, before: null, diverged: false, tested: 0 });
    if (wants) this.wants = wants;
    this.trainer = new Trainer(setup, this.data);
    if (parameters) {
      for (const [name, values] of Object.entries(parameters)) {
        const { parameters: own, statistics } = this.trainer.learner;
        (own.views[name] ?? statistics.views[name])?.set(values);
      }
    }
    this.keep(true);
    this.measure();
    this.frame(true);
  }

  /** There is no data any more. */
  stop() {
    Object.assign(this, { trainer: null, playing: false });
    this.send({ type: "idle" });
  }

  change({ setup }) {
    if (Trainer.isOtherNetwork(setup, this.trainer.setup)) return this.start({ setup });
    this.leave();
    this.trainer.change(setup);
    return this.frame(true);
  }

  play({ speed }) {
    this.speed = speed ?? this.speed ?? "film";
    this.leave();
    this.rest = this.trainer.epoch + REST;
    if (this.playing) return;
    this.playing = true;
    this.budget = 0;
    this.last = performance.now();
    this.again();
  }

  pause() {
    this.playing = false;
    this.frame(true);
  }

  /** Some steps, or to the end of the epoch. */
  advance({ steps, epoch }) {
    this.playing = false;
    this.leave();
    const until = this.trainer.epoch + 1;
    for (let i = 0; epoch ? this.trainer.epoch < until : i < steps; i++) if (!this.one()) break;
    this.frame(true);
  }

  /** Shows another moment; training goes on from there. */
  visit({ step }) {
    this.playing = false;
    this.trainer.restore(this.film.at(step));
    this.before = null;
    this.frame(true);
  }

  want({ wants }) {
    this.wants = { ...this.wants, ...wants };
    if (!this.playing) this.frame(true);
  }

  /** Where another moment is shown than the last, what came after it becomes the other branch. */
  leave() {
    const { step } = this.trainer.learner;
    if (step >= this.film.last) return;
    this.branch = { from: step, states: this.film.cut(step), curve: this.curve.filter((point) => point.step >= step) };
    this.curve = this.curve.filter((point) => point.step <= step);
  }

  /** A data set of the reader's files; it is read here, so that the page goes on. */
  async read({ files }) {
    try {
      this.send({ type: "read", set: await readFiles(files) });
    } catch (error) {
      this.send({ type: "read", message: error.message });
    }
  }

  /** Gradients of the last batch beside finite differences. */
  check() {
    const { learner, rows, setup } = this.trainer;
    if (!rows) this.one();
    const n = this.trainer.rows.length;
    const copy = inDouble(learner, lossOf(setup, this.trainer.data).loss, n);
    const checked = checkGradients(copy, n, stream(learner.step, "check"), 200);
    const worst = checked.reduce((a, b) => (relativeError(a) > relativeError(b) ? a : b));
    this.send({ type: "checked", count: checked.length, worst: `${worst.name}[${worst.entry}]`, error: relativeError(worst) });
  }

  // --- training ---

  again() {
    this.channel.port2.postMessage(null);
  }

  run() {
    if (!this.playing) return undefined;
    const began = performance.now();
    this.budget = Math.min(this.budget + (STEPS[this.speed](this.trainer) * (began - this.last)) / FRAME, Number.MAX_VALUE);
    if (STEPS[this.speed](this.trainer) === Infinity) this.budget = Infinity;
    this.last = began;
    while (this.budget >= 1 && performance.now() - began < SLICE) {
      this.budget -= 1;
      if (!this.one()) break;
      if (this.mayRest()) return this.pause();
    }
    this.budget = Math.min(this.budget, 2 * STEPS[this.speed](this.trainer) + 1);
    if (performance.now() - this.sent >= FRAME) this.frame();
    if (!this.playing) return undefined;
    if (this.budget >= 1) return this.again();
    return setTimeout(() => this.again(), 4);
  }

  /** Whether the reader's drawings are learnt by heart; the machine rests until the next one. */
  mayRest() {
    const { setup, epoch } = this.trainer;
    return setup.data === "own" && epoch >= this.rest && this.held.accuracy === 1;
  }

  /** One step; false when the numbers are no longer finite. */
  one() {
    const { trainer } = this;
    const epoch = trainer.epoch;
    this.before = this.watched();
    const loss = trainer.step();
    this.loss = loss;
    if (!Number.isFinite(loss)) {
      this.playing = false;
      this.diverged = true;
      this.send({ type: "diverged", step: trainer.learner.step });
      return false;
    }
    this.keep(trainer.epoch > epoch);
    if (trainer.epoch > epoch) this.measure();
    return true;
  }

  /** The weights before a step, for the size of the step; of large networks only at frames. */
  watched() {
    const { parameters } = this.trainer.learner;
    if (parameters.vector.length > 20000 && performance.now() - this.sent < FRAME - 4) return null;
    return Object.fromEntries(Object.entries(parameters.views).map(([name, view]) => [name, view.slice()]));
  }

  keep(isEpoch) {
    const large = this.trainer.learner.parameters.vector.length > 20000;
    if (isEpoch || !large) this.film.add(this.trainer.state(), isEpoch);
  }

  /** A point of the curves, at each epoch. */
  measure() {
    const { trainer } = this;
    const { test, train } = trainer.data;
    this.held = trainer.evaluate(test.length ? test : train);
    this.tested = performance.now();
    const shown = trainer.epochLoss ?? trainer.evaluate(train.slice(0, 1000));
    this.curve.push({
      step: trainer.learner.step, epoch: trainer.epoch, loss: shown.loss, accuracy: shown.accuracy,
      heldLoss: this.held.loss, heldAccuracy: this.held.accuracy,
    });
  }

  // --- frames ---

  frame(whole = false) {
    const { trainer } = this;
    const { learner, data } = trainer;
    this.sent = performance.now();
    if (whole || this.sent - this.tested > 400) {
      this.held = trainer.evaluate(data.test.length ? data.test : data.train);
      this.tested = this.sent;
    }
    const name = trainer.setup.data;
    const view = isPlane(name) ? planeView(trainer) : isGraph(name) ? graphView(trainer) : imageView(trainer, this.wants);
    this.send({
      type: "frame", step: learner.step, epoch: trainer.epoch, within: trainer.at / Math.max(trainer.order.length, 1), rate: trainer.rate, loss: this.loss,
      setup: trainer.setup, layers: learner.layers, shapes: learner.parameters.shapes, playing: this.playing,
      parameters: Object.fromEntries(Object.entries({ ...learner.shown.views, ...learner.statistics.views }).map(([name, values]) => [name, values.slice()])),
      curve: this.curve, held: this.held, health: trainer.health(this.before), view,
      film: { first: this.film.first, last: this.film.last }, branch: this.branchView(),
      lastStep: lastStep(trainer, this.wants.weight, this.before),
    });
  }

  /** The other branch at the same moment, for looking. */
  branchView() {
    if (!this.branch?.states.length) return null;
    const { trainer, branch } = this;
    const { step } = trainer.learner;
    const state = branch.states.findLast((one) => one.step <= step) ?? branch.states[0];
    const { curve, from } = branch;
    const same = state.parameters.length === trainer.learner.parameters.vector.length;
    if (!same || !isPlane(trainer.setup.data)) return { curve, from };
    const { region } = planeView(trainer, state.optimizer[AVERAGE] ?? state.parameters);
    return { curve, from, region, step: state.step, setup: state.setup };
  }
}

/** Answers the page's messages; called where there is no page. */
export function serve(scope) {
  const work = new Work((message) => scope.postMessage(message));
  scope.onmessage = ({ data }) => work.receive(data);
}
