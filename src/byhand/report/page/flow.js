// The numbers as they pass through the network: the layers light up one after another.

import { paintSigned } from "./colours.js";
import { button, choice, el, labelled, number, percent, whole } from "./dom.js";
import { most } from "./pieces.js";

/** Milliseconds for each layer; null for all at once. */
const SPEEDS = { still: null, slow: 1600, "at reading speed": 900, fast: 350 };
const CLASSES_WITH_NAMES = 12; // with more classes, only the largest is named

/** The step between a layer and the one above it. */
function words(network, l, values) {
  const step = network.steps[network.rowSteps[l - 1]];
  const name = l === network.rowSteps.length ? "Output" : `Hidden layer ${l}`;
  if (step.fnName === "softmax") return `${name}: softmax turns ${whole(values.length)} sums into probabilities`;
  const above = values.reduce((count, value) => count + (value > 0), 0);
  const clause = step.fnName === "identity" ? "" : `, then ${step.fnName.replaceAll("_", " ")}`;
  return `${name}: inputs times weights plus bias${clause}; ${whole(above)} of ${whole(values.length)} units above zero`;
}

export class Flow {
  constructor({ network, pictures }) {
    Object.assign(this, { network, pictures, timer: null });
    this.speed = matchMedia("(prefers-reduced-motion: reduce)").matches ? "still" : "at reading speed";
    this.rows = [null, ...network.rowSteps].map(() => this.row());
    this.list = el("div", { class: "flow" }, this.rows.map(({ node }) => node));
    const speed = choice(Object.keys(SPEEDS).map((name) => [name, name]), (name) => { this.speed = name; this.play(); }, { id: "flow-speed" });
    speed.value = this.speed;
    this.node = el("div", {}, this.list, el("div", { class: "row", style: "margin-top: 0.8rem" }, button("▶ Again", () => this.play(), { id: "flow-again" }), labelled("speed", speed)));
  }

  row() {
    const canvas = el("canvas", { role: "img" });
    const caption = el("figcaption", {});
    return { canvas, caption, node: el("figure", { class: "lit" }, canvas, caption) };
  }

  /** Shows all numbers of a forward pass at once. Those of an empty input keep their place and are not seen. */
  show(forward, isEmpty = false) {
    this.list.classList.toggle("blank", isEmpty);
    forward.rows.forEach((values, l) => this.fill(this.rows[l], values, l, forward));
  }

  fill({ canvas, caption }, values, l, forward) {
    const picture = l === 0 && !this.pictures.isTable;
    const [lines, columns] = picture ? this.pictures.shape : grid(values.length);
    const padded = new Float64Array(lines * columns);
    padded.set(values);
    const style = picture
      ? `width: 5.6rem; aspect-ratio: ${columns} / ${lines};`
      : `width: ${Math.min(100, columns * 4)}%; aspect-ratio: ${columns} / ${lines};`;
    if (canvas.style.cssText !== style) canvas.style.cssText = style; // an unchanged style costs no layout
    canvas.repaint = () => paintSigned(canvas, padded, [lines, columns]);
    canvas.repaint();
    const text = this.caption(values, l, forward);
    if (caption.textContent === text) return;
    caption.textContent = text;
    canvas.setAttribute("aria-label", text);
  }

  caption(values, l, forward) {
    const { pictures, network } = this;
    if (l === 0) return `Input: ${whole(values.length)} scaled numbers`;
    if (l < network.rowSteps.length || !pictures.classes.length) return words(network, l, values);
    const probabilities = network.probabilities(forward);
    if (pictures.isRegression) return `Output: inputs times weights plus bias; ${pictures.classes.map((name, k) => `${name} ${number(probabilities[k], 4)}`).join(", ")}`;
    const best = most(probabilities);
    const order = pictures.classes.length <= CLASSES_WITH_NAMES ? `; from left to right ${pictures.classes.join(", ")}` : "";
    return `${words(network, l, values)}. The largest, ${percent(probabilities[best])}, is ${pictures.classes[best]}${values.length > 1 ? order : ""}`;
  }

  /** Lights the layers up one after another. */
  play() {
    clearInterval(this.timer);
    const pace = SPEEDS[this.speed];
    let lit = pace === null ? this.rows.length : 1;
    const light = () => this.rows.forEach(({ node }, l) => {
      node.classList.toggle("lit", l < lit);
      node.classList.toggle("now", pace !== null && l === lit - 1 && lit < this.rows.length);
    });
    light();
    if (pace === null) return;
    this.timer = setInterval(() => {
      lit += 1;
      light();
      if (lit >= this.rows.length) clearInterval(this.timer);
    }, pace);
  }
}

/** The number of rows and columns for this many squares, wider than high. */
function grid(units) {
  const columns = Math.min(units, Math.max(10, Math.ceil(Math.sqrt(units * 10))));
  return [Math.ceil(units / columns), columns];
}
