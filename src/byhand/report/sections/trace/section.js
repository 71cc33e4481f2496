// One example, step by step: forward, loss, backward, update, and each gradient checked.

import { biggest, css, diverging, paintSigned, readable } from "../../page/colours.js";
import { button, choice, clear, el, help, labelled, number, whenNear, whole } from "../../page/dom.js";
import { chosenStrip, followTheme, most } from "../../page/pieces.js";
import { OPTIMIZERS } from "../../page/formulas.js";

const HEAD_CLASS = ["", "n", "n", "n gap", ""];
const FEW = 16; // up to this many values are shown as numbers, one by one
const CHECKED = [0, 0.02, 0.1, 0.3, 0.6]; // ranks, among the gradients other than 0, of the entries that are checked
const LEARNING_RATES = {
  least: 1e-8, most: 100,
  why: "The learning rate must lie between 0.00000001 and 100: a negative one goes uphill, 0 goes nowhere, and beyond 100 the numbers overflow.",
};
const BEST_STEP = 1e-5; // step of the finite difference, in float64

/** A parameter after an optimizer's first step; only weights decay. */
export function stepOf(rule, name, value, gradient) {
  const decay = name.startsWith("W") ? rule.learning_rate * (rule.weight_decay ?? 0) : 0;
  return OPTIMIZERS[rule.name].step(rule, value * (1 - decay), gradient);
}

// --- numbers of an array -------------------------------------------------------------------------

function summary(values) {
  let [low, high, sum, zeros] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    [low, high] = [Math.min(low, value), Math.max(high, value)];
    sum += value;
    zeros += value === 0;
  }
  return { low, high, mean: sum / values.length, zeros };
}

const pair = (name, value) => el("span", {}, `${name} `, el("b", {}, value));

function numbers(values) {
  if (values.length <= FEW) return null; // the cells of the strip show them
  const { low, high, mean, zeros } = summary(values);
  const none = zeros ? `; ${whole(zeros)} of ${whole(values.length)} are exactly 0` : "";
  return el("div", { class: "numbers" }, el("span", {}, "from ", el("b", {}, number(low, 3)), " to ", el("b", {}, number(high, 3)), ", mean ", el("b", {}, number(mean, 3)), none));
}

/** A few values as coloured cells with their numbers. */
function cells(values, names = null) {
  const node = el("div", { class: "cells" });
  const largest = biggest(values) || 1;
  node.append(...Array.from(values, (value, k) => el("span", {}, el("small", {}, names?.[k] ?? k), number(value, 3))));
  node.repaint = () => Array.from(values, (value, k) => {
    const colour = diverging(value / largest);
    node.children[k].style.background = css(colour);
    node.children[k].style.color = readable(colour);
    return colour;
  });
  node.repaint();
  return node;
}

/** Values as a strip of squares; long ones wrap, pictures keep their shape. */
function strip(values, shape = null, names = null) {
  if (values.length <= FEW) return cells(values, names);
  const columns = shape ? shape[1] : Math.min(values.length, Math.ceil(Math.sqrt(values.length * 9)));
  const lines = Math.ceil(values.length / columns);
  const padded = new Float64Array(lines * columns);
  padded.set(values);
  const scale = shape ? 4 : Math.max(4, Math.min(16, Math.floor(420 / columns)));
  const canvas = el("canvas", { role: "img", "aria-label": "the numbers as colours", style: `width: ${columns * scale}px; aspect-ratio: ${columns} / ${lines}` });
  canvas.repaint = () => paintSigned(canvas, padded, [lines, columns]);
  canvas.repaint();
  return canvas;
}

const formula = (...parts) => el("div", { class: "formula" }, parts);
const sub = (text) => el("sub", {}, text);

const step = (title, shape, ...rest) => el("div", { class: "step" }, title, el("div", { class: "shape" }, shape), rest);

// --- the steps -----------------------------------------------------------------------------------

const isDense = ({ kind }) => kind === "dense";

/** The name of a step's output: A1, or Â1 after batch normalisation. */
const outName = ({ kind, number: l }) => (kind === "dense" ? ["A", sub(l)] : ["A", sub(`${l}, norm`)]);
const zName = ({ kind, number: l }) => (kind === "dense" ? ["Z", sub(l)] : ["Z", sub(`${l}, norm`)]);
const inName = (steps, s) => (s === 0 ? ["A", sub(0)] : outName(steps[s - 1]));

function affineFormula(steps, s) {
  const { kind, number: l } = steps[s];
  if (kind === "dense") return formula("Z", sub(l), " = ", inName(steps, s), " W", sub(l), " + b", sub(l));
  return formula(zName(steps[s]), " = γ", sub(l), " (", inName(steps, s), " − mean", sub(l), ") / √(variance", sub(l), " + ε) + β", sub(l));
}

function affineShape({ kind, inputs, units }) {
  return kind === "dense"
    ? `(1, ${inputs}) · (${inputs}, ${units}) + (${units}) → (1, ${units})`
    : `(1, ${units}) → (1, ${units}), with the running mean and variance of training`;
}

function inputStep({ network, pictures }, forward) {
  const { factor, mean } = network.input;
  const words = factor.length === 1
    ? `x minus ${number(mean[0], 4)}, times ${number(factor[0], 4)}`
    : "every number by its own mean and factor";
  return step(formula("A", sub(0), " = (x − mean) · factor"), `(1, ${forward.A0.length}); ${words}`, strip(forward.A0, pictures.shape[0] > 1 ? pictures.shape : null, pictures.isTable ? pictures.columns : null), numbers(forward.A0));
}

/** The class names for the numbers of the output, if each number belongs to a class. */
const outNames = ({ network, pictures }, s) => (
  s === network.steps.length - 1 && network.steps[s].units === pictures.classes.length ? pictures.classes : null
);

function forwardSteps(model, forward) {
  const { steps } = model.network;
  return steps.flatMap((one, s) => {
    const { Z, A } = forward.caches[s];
    const first = step(affineFormula(steps, s), affineShape(one), strip(Z, null, outNames(model, s)), numbers(Z));
    if (one.fnName === "identity") return [first];
    return [first, step(formula(outName(one), " = ", one.fnName, "(", zName(one), ") = ", one.fn.formula), `(1, ${A.length}), each z by itself${one.fnName === "softmax" ? " over their sum" : ""}`, strip(A, null, outNames(model, s)), numbers(A))];
  });
}

function lossStep({ network, pictures }, forward, target, label) {
  const loss = network.lossOf(forward, label);
  const smooth = network.smoothing ? `, smoothed by ${network.smoothing}` : "";
  const name = pictures.classes[label];
  if (pictures.isRegression) {
    return [
      step(formula("t = the target"), `(1, ${target.length})`, strip(target, null, pictures.classes)),
      step(formula(network.loss.formula), `one number (${network.lossName.replaceAll("_", " ")})`, el("div", { class: "numbers" }, pair("L =", number(loss, 6)))),
    ];
  }
  return [
    step(formula("t = the label as a row"), `(1, ${target.length}): 1 for ${name}, 0 for the others${smooth}`, strip(target, null, target.length === pictures.classes.length ? pictures.classes : null), numbers(target)),
    step(formula(network.loss.formula), `one number (${network.lossName.replaceAll("_", " ")})`, el("div", { class: "numbers" }, pair("L =", number(loss, 6)), `probability of ${name}: `, el("b", {}, number(network.probabilities(forward)[label], 4)))),
  ];
}

function outputGradient(model, backward, s) {
  const { network } = model;
  const one = network.steps[s];
  const isLast = s === network.steps.length - 1;
  const { dA, dZ } = backward.grads[s];
  if (isLast && network.fused) {
    return step(formula("d", zName(one), ": ", network.loss.gradientFormula), `(1, ${dZ.length}); ${one.fnName} and loss cancel to this`, strip(dZ, null, outNames(model, s)), numbers(dZ));
  }
  const from = isLast ? "loss" : "next layer";
  return step(formula("d", zName(one), " = d", outName(one), " · f′,  f′ = ", one.fn.derivative), `(1, ${dZ.length}); the gradient g that arrives comes from the ${from}`, strip(dZ), numbers(dZ), el("details", {}, el("summary", { class: "caption" }, "the gradient that arrives"), strip(dA), numbers(dA)));
}

function parameterGradients(model, forward, backward, s) {
  const { steps } = model.network;
  const { kind, number: l, inputs, units } = steps[s];
  const { dZ } = backward.grads[s];
  if (kind !== "dense") {
    return step(formula("dβ", sub(l), " = d", zName(steps[s]), ",  dγ", sub(l), " = d", zName(steps[s]), " · normalised input"), `(${units}) each`, numbers(dZ));
  }
  const norm = Math.sqrt(squares(forward.caches[s].x) * squares(dZ));
  return step(
    formula("dW", sub(l), " = ", inName(steps, s), "ᵀ dZ", sub(l), ",  db", sub(l), " = dZ", sub(l)),
    `(${inputs}, 1) · (1, ${units}) → (${inputs}, ${units});  db (${units})`,
    el("div", { class: "numbers" }, pair(`norm of dW${l}:`, number(norm)), pair(`norm of db${l}:`, number(Math.sqrt(squares(dZ))))),
  );
}

const squares = (values) => values.reduce((sum, value) => sum + value * value, 0);

function passOn(model, s, dInput) {
  const { steps } = model.network;
  const { kind, number: l, inputs, units } = steps[s];
  const given = formula("d", inName(steps, s), " = d", zName(steps[s]), kind === "dense" ? [" W", sub(l), "ᵀ"] : [" · γ", sub(l), " / √(variance", sub(l), " + ε)"]);
  return step(given, isDense(steps[s]) ? `(1, ${units}) · (${units}, ${inputs}) → (1, ${inputs})` : `(1, ${units})`, strip(dInput), numbers(dInput));
}

function backwardSteps(model, forward, backward) {
  const last = model.network.steps.length - 1;
  const order = model.network.steps.map((_, s) => last - s);
  return order.flatMap((s) => [
    outputGradient(model, backward, s),
    parameterGradients(model, forward, backward, s),
    s > 0 ? passOn(model, s, backward.grads[s - 1].dA) : null,
  ]);
}

const LEFT_OUT = {
  l1: (value) => `the L1 penalty ${number(value)} · Σ|w|`, l2: (value) => `the L2 penalty ${number(value)}/2 · Σw²`,
  clip_norm: (value) => `clipping of the gradient to norm ${number(value)}`,
  clip_value: (value) => `clipping of the gradient's numbers to ±${number(value)}`,
};

/** Names the penalties and the clipping of this run's training, which the trace leaves out. */
function leftOut({ extras }) {
  const words = Object.entries(extras).map(([name, value]) => LEFT_OUT[name](value));
  return words.length ? help(`Left out here, as they belong to training and not to one example: ${words.join(", ")}.`) : null;
}

// --- checks --------------------------------------------------------------------------------------

/** All learnable arrays by name. */
const learnable = (network) => Object.keys(network.parameters).filter((name) => /^(W|b|gamma|beta)\d/.test(name));

/** The entries to check: the largest gradient of a sample, and some smaller ones other than 0. */
function entriesOf(model, name, forward, backward) {
  const { network } = model;
  const count = network.parameters[name].length;
  const stride = Math.max(1, Math.floor(count / 4000));
  const sample = Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
  const gradient = network.gradients(name, forward, backward);
  const sized = sample.map((entry) => [Math.abs(gradient(entry)), entry])
    .filter(([size]) => size > 0).sort(([a], [b]) => b - a);
  const ranks = new Set(CHECKED.map((fraction) => Math.floor(fraction * sized.length)));
  return sized.length ? [...ranks].map((rank) => sized[rank][1]) : [0];
}

export function compare(model, name, entry, label, forward, backward) {
  const { network } = model;
  const gradient = network.gradientOf(name, entry, forward, backward);
  const difference = network.differenceOf(name, entry, forward.A0, label, BEST_STEP);
  const size = Math.max(Math.abs(gradient), Math.abs(difference.value));
  // a difference of two losses below this is nothing but rounding
  const rounding = (2e-16 * Math.max(1, network.lossOf(forward, label))) / BEST_STEP;
  const gap = Math.abs(gradient - difference.value);
  return { gradient, difference, relative: size ? gap / size : 0, agrees: gap <= 1e-6 * size + 8 * rounding };
}

const verdict = ({ agrees, difference }) => {
  if (agrees) return el("span", { class: "ok" }, "✓", el("span", { class: "ok-word" }, " agree"));
  return difference.kink ? el("span", {}, "kink crossed") : el("span", { class: "off" }, "differ");
};

function entryName(network, name, entry) {
  const columns = network.parameters[name.replace("W", "b")]?.length;
  if (!name.startsWith("W")) return `${name}[${entry}]`;
  return `${name}[${Math.floor(entry / columns)}, ${entry % columns}]`;
}

function checkTable(model, label, forward, backward, zoom) {
  const rows = learnable(model.network).flatMap((name) => entriesOf(model, name, forward, backward).map((entry) => {
    const result = compare(model, name, entry, label, forward, backward);
    return el(
      "tr", {}, el("td", {}, button(entryName(model.network, name, entry), () => zoom(name, entry), { class: "mono" })),
      el("td", { class: "n" }, number(result.gradient, 7)), el("td", { class: "n" }, number(result.difference.value, 7)),
      el("td", { class: "n gap" }, number(result.relative, 2)), el("td", {}, verdict(result)),
    );
  }));
  const head = ["Entry", "Backward", "Finite difference", "Relative gap", ""];
  return el("div", { class: "scroll tall" }, el("table", { class: "plain", id: "checks" }, el("thead", {}, el("tr", {}, head.map((text, i) => el("th", { class: HEAD_CLASS[i] }, text || el("span", { class: "unseen" }, "Verdict"))))), el("tbody", {}, rows)));
}

// --- one weight ----------------------------------------------------------------------------------

function zoomWords(model, name, entry, label, forward, backward, rule) {
  const { network } = model;
  const { gradient, difference, ...result } = compare(model, name, entry, label, forward, backward);
  const value = network.parameters[name][entry];
  const moved = stepOf(rule, name, value, gradient);
  return [
    el("div", { class: "formula" }, `${entryName(network, name, entry)} = ${number(value, 7)}`),
    el("p", { class: "help" }, meaning(network, name, entry)),
    el("div", { class: "formula" }, factors(network, name, entry, forward, backward), ` = ${number(gradient, 7)}`),
    el("div", { class: "formula" }, `(L(w + h) − L(w − h)) / 2h = (${difference.up.toPrecision(12)} − ${difference.down.toPrecision(12)}) / ${number(2 * BEST_STEP, 3)} = ${number(difference.value, 7)}`),
    el("p", {}, verdict({ difference, ...result }), ` (relative gap ${number(result.relative, 2)})`),
    el("div", { class: "formula" }, `${OPTIMIZERS[rule.name].formula}:  ${number(value, 7)} → ${number(moved, 7)}`),
  ];
}

function meaning(network, name, entry) {
  const l = Number(name.match(/\d+$/)[0]);
  if (!name.startsWith("W")) return `Belongs to unit ${entry} of layer ${l}.`;
  const columns = network.parameters[`b${l}`].length;
  const from = Math.floor(entry / columns);
  return `From ${l === 1 ? `input ${from}` : `unit ${from} of layer ${l - 1}`} to unit ${entry % columns} of layer ${l}.`;
}

function factors(network, name, entry, forward, backward) {
  const l = Number(name.match(/\d+$/)[0]);
  const s = network.steps.findIndex((one) => one.number === l && (one.kind === "dense") === /^[Wb]/.test(name));
  const { dZ } = backward.grads[s];
  if (name.startsWith("W")) {
    const [i, j] = [Math.floor(entry / dZ.length), entry % dZ.length];
    return `gradient = input[${i}] · dZ${l}[${j}] = ${number(forward.caches[s].x[i], 5)} · ${number(dZ[j], 5)}`;
  }
  if (name.startsWith("gamma")) return `gradient = dZ[${entry}] · normalised[${entry}]`;
  return `gradient = dZ${l}[${entry}]`;
}

class Zoom {
  constructor(model) {
    this.model = model;
    this.name = "W1";
    this.entry = 0;
    this.parameter = choice(learnable(model.network).map((name) => [name, name]), (name) => this.go(name, 0), { id: "parameter" });
    this.row = el("input", { type: "number", min: "0", id: "zoom-row", onchange: () => this.typed() });
    this.column = el("input", { type: "number", min: "0", id: "zoom-column", onchange: () => this.typed() });
    this.rowField = labelled("from", this.row);
    this.words = el("div", { class: "zoom", "aria-live": "polite" });
    this.node = el(
      "div", { class: "card", id: "zoom" }, el("h3", {}, "Zoom to one weight"), help("Choose any weight of the network to see where its gradient comes from, its finite difference, and its value after a step."),
      el("div", { class: "row" }, labelled("parameter", this.parameter), this.rowField, labelled("unit", this.column), button("Largest gradient", () => this.largest())),
      this.words,
    );
  }

  get columns() {
    return this.model.network.parameters[this.name.startsWith("W") ? this.name.replace("W", "b") : this.name].length;
  }

  go(name, entry) {
    [this.name, this.entry] = [name, entry];
    if (this.state) this.show();
  }

  typed() {
    const count = this.model.network.parameters[this.name].length;
    const inside = (value, most) => Math.min(Math.max(Math.floor(Number(value)) || 0, 0), most - 1);
    const row = this.name.startsWith("W") ? inside(this.row.value, count / this.columns) : 0;
    this.go(this.name, row * this.columns + inside(this.column.value, this.columns));
  }

  largest() {
    if (!this.state) return; // the trace is built when it comes near the screen
    const { network } = this.model;
    const { forward, backward } = this.state;
    const values = network.parameters[this.name];
    const gradient = network.gradients(this.name, forward, backward);
    let [best, size] = [0, -1];
    for (let entry = 0; entry < values.length; entry++) {
      const here = Math.abs(gradient(entry));
      if (here > size) [best, size] = [entry, here];
    }
    this.go(this.name, best);
  }

  show(state = this.state) {
    const first = !this.state;
    this.state = state;
    if (first) {
      this.largest();
      return;
    }
    const { label, forward, backward, rule } = state;
    this.parameter.value = this.name;
    this.rowField.hidden = !this.name.startsWith("W");
    this.row.value = Math.floor(this.entry / this.columns);
    this.column.value = this.entry % this.columns;
    clear(this.words, zoomWords(this.model, this.name, this.entry, label, forward, backward, rule));
  }
}

// --- the update ----------------------------------------------------------------------------------

/** The loss of the example after one step of every parameter by this rule. */
function lossAfterStep(model, label, forward, backward, rule) {
  const { network } = model;
  const kept = learnable(network).map((name) => [name, network.parameters[name].slice()]);
  for (const [name, values] of kept) {
    const now = network.parameters[name];
    const gradient = network.gradients(name, forward, backward);
    for (let e = 0; e < now.length; e++) now[e] = stepOf(rule, name, values[e], gradient(e));
  }
  const loss = network.lossOf(network.forward(forward.A0), label);
  for (const [name, values] of kept) network.parameters[name].set(values);
  return loss;
}

/** Describes the run's own rule: what it adds to the plain step, or that this page cannot run it. */
function ruleInWords(rule, ranWith) {
  if (rule.name !== ranWith) return `the rule of this run, ${ranWith}: this page cannot run it and makes plain steps`;
  const decay = rule.weight_decay ? `, after the weights shrink by the factor 1 − η · ${number(rule.weight_decay)}` : "";
  return `the rule of this run, ${ranWith}: its first step, from a state of zero${decay}`;
}

function updateStep(model, { label, forward, backward, rule, ranWith }) {
  const plain = { name: "sgd", learning_rate: rule.learning_rate };
  const before = model.network.lossOf(forward, label);
  const losses = (one) => el("div", { class: "numbers" }, pair("L before", number(before, 6)), pair("L after", number(lossAfterStep(model, label, forward, backward, one), 6)));
  const runs = rule.name === ranWith;
  const isPlain = ranWith === "sgd" && !rule.weight_decay;
  const own = isPlain ? null : step(formula(OPTIMIZERS[ranWith]?.formula || ranWith), ruleInWords(rule, ranWith), runs ? losses(rule) : null);
  return [
    step(formula(OPTIMIZERS.sgd.formula), `every parameter takes one plain step, η = ${number(plain.learning_rate, 4)}, on this example alone`, losses(plain)),
    own,
  ];
}

/** A field with the target of each output; `take` shows other values. */
function targetFields({ classes }, changed) {
  const inputs = classes.map((name) => el("input", { type: "number", step: "any", "aria-label": name, onchange: () => changed(inputs.map((input) => Number(input.value))) }));
  const node = el("span", { class: "row" }, inputs);
  node.take = (values) => inputs.forEach((input, k) => { input.value = String(Number(values[k].toPrecision(6))); });
  return node;
}

// --- the section ---------------------------------------------------------------------------------

export function show(section, model, content) {
  const { network, example, pictures } = model;
  const given = content.optimizer ?? { name: "sgd", learning_rate: 0.1 };
  const first = given.learning_rate;
  const rule = OPTIMIZERS[given.name]?.step ? { ...given } : { name: "sgd", learning_rate: first };
  const parts = { forward: el("div", { class: "card" }), loss: el("div", { class: "card" }), backward: el("div", { class: "card" }), update: el("div", { class: "card" }), checks: el("div", { class: "card" }) };
  const zoom = new Zoom(model);
  let label = 0;
  const labels = pictures.isRegression ? targetFields(pictures, (values) => { label = values; show(); }) : choice(pictures.classes.map((name, k) => [String(k), name]), (value) => { label = Number(value); show(); }, { id: "trace-label" });
  const rateNote = el("span", { class: "caption", role: "status" });
  const rate = el("input", { type: "number", id: "rate", step: "any", min: String(LEARNING_RATES.least), max: String(LEARNING_RATES.most), value: String(rule.learning_rate), onchange: () => { takeRate(); show(); } });
  const takeRate = () => {
    const wished = rate.value.trim() === "" ? NaN : Number(rate.value);
    rule.learning_rate = Number.isFinite(wished) ? Math.min(Math.max(wished, LEARNING_RATES.least), LEARNING_RATES.most) : first;
    rateNote.textContent = rule.learning_rate === wished ? "" : LEARNING_RATES.why;
    rate.value = String(rule.learning_rate);
  };
  const card = (name, title, words, ...content) => clear(parts[name], el("h3", {}, title), help(words), content);

  const show = () => {
    const forward = network.forward(network.scale(example.value.pixels));
    const backward = network.backward(forward, label);
    const state = { label, forward, backward, rule, ranWith: given.name };
    if (pictures.isRegression) labels.take(label);
    else labels.value = String(label);
    card("forward", "1 Forward", `From ${pictures.isTable ? "the row" : "pixels"} to ${pictures.isRegression ? "values" : "probabilities"}; dropout does nothing outside training.`, inputStep(model, forward), forwardSteps(model, forward));
    card("loss", "2 Loss", "One number for how wrong the prediction is.", lossStep(model, forward, backward.target, label), leftOut(content));
    card("backward", "3 Backward", "The chain rule, last layer first: how much each number adds to the loss.", backwardSteps(model, forward, backward));
    card("update", "4 Update", "A small step against the gradient makes the loss smaller.", updateStep(model, state));
    card("checks", "Gradients beside their finite differences", `Each from moving one number by ±${number(BEST_STEP, 2)} and running the network twice, in float64. Choose an entry to zoom to it.`, checkTable(model, label, forward, backward, (name, entry) => zoom.go(name, entry)));
    zoom.show(state);
  };
  const lazily = whenNear(section, show);
  section.append(
    chosenStrip(model),
    el("div", { class: "card row", style: "margin-bottom: var(--gap)" }, labelled(pictures.isRegression ? "target to learn" : "label to learn", labels), labelled("learning rate η", rate), rateNote),
    el("div", { class: "grid two" }, el("div", { class: "grid", style: "align-content: start" }, parts.forward, parts.loss), el("div", { class: "grid", style: "align-content: start" }, parts.backward, parts.update)),
    el("div", { class: "grid side checks-grid", style: "margin-top: var(--gap)" }, parts.checks, zoom.node),
  );
  followTheme(section);
  example.watch((chosen) => {
    const given = network.predict(chosen.pixels);
    label = chosen.label ?? (pictures.isRegression ? given : most(given));
    lazily();
  });
}
