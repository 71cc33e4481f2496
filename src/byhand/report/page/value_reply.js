// The reply of a network that predicts values: the value, and the nearest training rows.

import { clear, el, help, number, whole } from "./dom.js";
import { Nearest } from "./nearest.js";

const NEAREST = 6;

export class ValueReply {
  constructor(model, nothing) {
    Object.assign(this, { model, nothing });
    const { pictures } = model;
    this.verdict = el("div", { class: "verdict", role: "status", "aria-live": "polite", id: "verdict" });
    this.near = new Nearest(pictures, NEAREST, (label) => Array.from(label, (value) => number(value, 4)).join(", "));
    this.card = el("div", { class: "card" }, this.verdict);
    this.inside = el(
      "div", { class: "card", style: "margin-top: var(--gap)" }, el("h3", {}, `Nearest training ${pictures.words.many}`),
      help(`From the ${whole(pictures.trainCount)} training ${pictures.words.many} in this page, with target and distance: the square root of the sum of squared differences, each divided by the range of its column.`), this.near.node,
    );
  }

  /** Shows the prediction for an input (null: none) and returns it with the network's activations. */
  show(pixels) {
    const { model } = this;
    const { network, pictures } = model;
    const forward = network.forward(network.scale(pixels ?? new Float32Array(pictures.size)));
    const probabilities = pixels && forward.output;
    if (pixels) clear(this.verdict, Array.from(forward.output, (value, k) => el("div", { class: "answer" }, number(value, 4), " ", el("small", {}, pictures.classes[k]))));
    else clear(this.verdict, el("div", { class: "answer" }, el("small", {}, this.nothing[0])), el("p", { class: "help" }, this.nothing[1]));
    this.near.show(pixels);
    model.shown.set({ pixels, forward, probabilities });
    return { forward, probabilities };
  }
}
