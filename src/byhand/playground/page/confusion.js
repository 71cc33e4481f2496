// The confusion matrix as it changes, and the images behind its cells.

import { css, paintImage, palette, readable, sequential } from "../../report/page/colours.js";
import { clear, el } from "../../report/page/dom.js";
import { makeOneStop } from "./roving.js";

const SHOWN = 12; // images of a cell

export class Confusion {
  constructor(playground) {
    this.playground = playground;
    this.table = el("table", { class: "confusion" });
    this.images = el("div", { class: "strip" });
    this.words = el("p", { class: "caption" }, "");
    this.cell = null;
    this.node = el("div", { class: "confusion-part" }, el("div", { class: "scroll" }, this.table), this.words, this.images);
    playground.frames.watch((frame) => this.show(frame));
  }

  show({ held }) {
    const { data } = this.playground;
    if (this.node.hidden || !data.n) return;
    if (this.of !== data) this.build(data);
    const K = data.outputs;
    const most = Math.max(1, ...Array.from({ length: K }, (_, k) => held.confusion.slice(k * K, (k + 1) * K).reduce((a, b) => a + b, 0)));
    this.cells.forEach((cell, i) => {
      const count = held.confusion[i];
      const wrong = Math.floor(i / K) !== i % K;
      const colour = wrong ? mixWrong(count / most) : sequential(Math.min(1, count / most));
      cell.style.background = css(colour);
      cell.style.color = readable(colour);
      if (cell.count === count) return;
      cell.count = count;
      cell.firstChild.textContent = count || "";
      cell.firstChild.setAttribute("aria-label", `${count}: ${cell.words}`);
    });
    this.held = held;
    this.showImages();
  }

  build(data) {
    this.of = data;
    this.cell = null;
    this.images.classList.toggle("worded", data.classes.some(({ length }) => length > 3));
    this.cells = [];
    const head = el("tr", {}, el("td"), data.classes.map((name) => el("th", { scope: "col", title: name }, name)));
    const rows = data.classes.map((name, t) => el("tr", {}, el("th", { scope: "row", title: name }, name), data.classes.map((other, p) => {
      const inner = el("button", { type: "button", onclick: () => { this.cell = [t, p]; this.showImages(); } });
      const cell = Object.assign(el("td", {}, inner), { words: `${name} predicted as ${other}` });
      this.cells.push(cell);
      return cell;
    })));
    clear(this.table, el("caption", { class: "unseen" }, "Rows: label. Columns: prediction."), el("thead", {}, head), el("tbody", {}, rows));
    makeOneStop(this.table, data.outputs);
  }

  /** The images of the chosen cell; without one, those that are wrong. */
  showImages() {
    const { data } = this.playground;
    const { held, cell } = this;
    const chosen = [];
    for (let i = 0; i < held.rows.length && chosen.length < SHOWN; i++) {
      const [label, given] = [data.y[held.rows[i]], held.predictions[i]];
      if (cell ? label === cell[0] && given === cell[1] : label !== given) chosen.push([held.rows[i], given]);
    }
    const [t, p] = cell ?? [];
    this.words.textContent = cell ? `${data.classes[t]} predicted as ${data.classes[p]}` : chosen.length ? "Wrong at the moment. Click one to look at it, or a cell above." : "All of them are correct.";
    const key = JSON.stringify([chosen, document.documentElement.dataset.theme]);
    // Images that come and go would take the keyboard's focus with them.
    if (key === this.shown || this.images.querySelector(":focus-visible")) return;
    this.shown = key;
    clear(this.images, chosen.map(([row, given]) => thumb(data, row, given, () => this.playground.want({ row, pixels: null }))));
  }
}

const mixWrong = (fraction) => {
  const { zero, negative } = palette.value;
  return zero.map((part, i) => Math.round(part + (negative[i] - part) * Math.sqrt(Math.min(1, 3 * fraction))));
};

export function thumb(data, row, given, onclick) {
  const canvas = el("canvas");
  const pixels = data.x.subarray(row * data.inputs, (row + 1) * data.inputs);
  if (data.shape) paintImage(canvas, pixels, data.shape, 255);
  return el("button", { type: "button", class: "thumb", onclick, title: `${data.classes[data.y[row]]}, predicted ${data.classes[given]}` }, canvas,
    el("span", {}, data.classes[data.y[row]], " ", el("span", { class: given === data.y[row] ? "" : "wrong" }, `→ ${data.classes[given]}`)));
}
