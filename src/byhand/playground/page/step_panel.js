// The last step of one weight, number by number, and all gradients beside finite differences.

import { button, clear, el, number } from "../../report/page/dom.js";
import { OPTIMIZER_TABLE } from "./tables.js";

const TERMS = 4; // of a sum, that are written out

export class StepPanel {
  constructor(playground) {
    this.playground = playground;
    this.weight = { layer: 1, i: 0, j: 0 };
    this.formula = el("div", { class: "formula" });
    this.layer = el("select", { "aria-label": "Layer", onchange: () => this.choose({ layer: Number(this.layer.value), i: 0, j: 0 }) });
    this.from = el("input", { type: "number", min: 1, value: 1, "aria-label": "From unit", onchange: () => this.choose({ i: this.from.value - 1 }) });
    this.to = el("input", { type: "number", min: 1, value: 1, "aria-label": "To unit", onchange: () => this.choose({ j: this.to.value - 1 }) });
    this.checked = el("p", { class: "caption", "aria-live": "polite" });
    this.node = el("section", { class: "card panel", id: "step" }, el("div", { class: "row head" }, el("h2", {}, "The last step, in numbers"),
      el("div", { class: "row" }, el("label", { class: "field" }, el("span", {}, "layer"), this.layer), el("label", { class: "field" }, el("span", {}, "from"), this.from), el("label", { class: "field" }, el("span", {}, "to"), this.to))),
      this.formula, el("div", { class: "row" }, button("Check my gradients", () => this.check(), { class: "small" })), this.checked);
    playground.frames.watch((frame) => this.show(frame));
  }

  choose(changes) {
    this.weight = { ...this.weight, ...changes };
    this.playground.want({ weight: this.weight });
  }

  check() {
    this.checked.textContent = "Comparing …";
    this.playground.send("check");
  }

  /** What the worker found: the largest difference between gradient and finite difference. */
  showCheck({ count, worst, error }) {
    this.checked.textContent = `${count} gradients of the last batch beside central differences, in 64 bits: the largest relative error is ${number(error, 2)} (${worst}). ${error < 1e-5 ? "All agree." : error < 1e-3 ? "A kink of relu lies between the two points." : "They do not agree."}`;
  }

  /** Of an image the middle is looked at first: its border never changes. */
  restarted({ shape }) {
    this.weight = { layer: 1, i: shape ? Math.floor((shape[0] / 2) * shape[1] + shape[1] / 2) : 0, j: 0 };
    this.playground.wants = { ...this.playground.wants, weight: this.weight };
    this.checked.textContent = "";
    clear(this.formula, el("p", { class: "caption" }, "Take a step to see all of its numbers."));
  }

  show({ lastStep: one, layers }) {
    const dense = layers.filter(({ kind }) => kind === "dense").length;
    if (this.layer.children.length !== dense) clear(this.layer, Array.from({ length: dense }, (_, l) => el("option", { value: l + 1 }, l + 1)));
    if (!one || (this.playground.playing && performance.now() - (this.painted ?? 0) < 250)) return;
    this.painted = performance.now();
    const { layer, i, j, inputs, units } = one;
    if (document.activeElement !== this.layer) this.layer.value = String(layer);
    Object.assign(this.from, { max: inputs, ...(document.activeElement !== this.from && { value: i + 1 }) });
    Object.assign(this.to, { max: units, ...(document.activeElement !== this.to && { value: j + 1 }) });
    clear(this.formula, this.lines(one).map(([left, ...right]) => el("div", { class: "line" }, el("span", { class: "name" }, left), right.map((text) => el("span", {}, text)))));
  }

  lines({ layer, i, j, x, dz, gradient, penalty, before, after, rate, optimizer, state, t, n }) {
    const w = `w${sub(layer)}[${i + 1},${j + 1}]`;
    const terms = x.slice(0, TERMS).map((value, r) => `${number(value, 3)} · ${number(dz[r], 3)}`).join(" + ");
    const { formula } = OPTIMIZER_TABLE[optimizer.name];
    return [
      ["gradient", `∂L/∂${w} = Σ over ${n} examples of a · δ`, `= ${terms}${x.length > TERMS ? " + …" : ""} = ${number(gradient - penalty, 4)}`],
      ...(penalty ? [["penalty", `λ₂ w + λ₁ sign(w) = ${number(penalty, 4)}`, `g = ${number(gradient, 4)}`]] : []),
      [optimizer.name, formula, [`η = ${number(rate)}`, `t = ${t}`, ...Object.entries(state).map(([name, value]) => `${name} = ${number(value, 3)}`)].join(",  ")],
      ["weight", before === null ? `now ${number(after, 6)}` : `${number(before, 6)} → ${number(after, 6)}`, before === null ? "" : `changed by ${number(after - before, 3)}`],
    ];
  }
}

const sub = (value) => [...String(value)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");
