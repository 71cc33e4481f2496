// What the network predicts for an input: class, probabilities, activations, nearest images.

import { clear, el, help, number, percent, whole } from "./dom.js";
import { buildDoubt, WORDS } from "./doubt.js";
import { Bars, most, picture, stripClass } from "./pieces.js";

const NEAREST = 8;

class Prediction {
  constructor({ header, pictures }, nothing) {
    Object.assign(this, { unusual: header.unusual, doubt: buildDoubt(header.doubt), pictures, words: nothing });
    this.node = el("div", { class: "verdict", role: "status", "aria-live": "polite", id: "verdict" });
  }

  nothing() {
    const [short, long] = this.words;
    clear(this.node, el("div", { class: "answer" }, el("small", {}, short)), el("p", { class: "help" }, long));
  }

  /** What is doubted: "", "unsure" or "strange"; of models that do not say, whether all training
   * images are far. */
  doubted(hidden, probabilities, nearest, pixels) {
    if (this.doubt) return this.doubt(hidden, probabilities, pixels, this.pictures.shape);
    return this.unusual && nearest.length && nearest[0].distance > this.unusual.distance ? "strange" : "";
  }

  show({ rows }, probabilities, nearest, pixels) {
    const best = most(probabilities);
    const doubt = this.doubted(rows.at(-2), probabilities, nearest, pixels);
    clear(
      this.node,
      el("div", { class: "answer" }, this.pictures.classes[best], " ", el("small", {}, `with ${percent(probabilities[best])}`)),
      doubt ? el("p", { class: "doubt" }, WORDS[doubt]) : null,
      this.unusual && nearest.length ? el("p", { class: "help" }, this.distanceWords(nearest[0].distance)) : null,
    );
  }

  distanceWords(distance) {
    const { distance: limit, fraction } = this.unusual;
    const { evaluated, words } = this.pictures;
    return `The nearest training ${words.one} in this page is ${number(distance, 3)} away; ${percent(fraction, 0)} of the ${evaluated} have one within ${number(limit, 3)}.`;
  }
}

function nearestStrip(pictures, nearest) {
  return nearest.map(({ pixels, label, distance }) => el(
    "div", { class: "thumb" }, picture(pixels, pictures, `training ${pictures.words.one}, label ${pictures.classes[label]}`),
    el("span", {}, pictures.classes[label]), el("span", {}, number(distance, 3)),
  ));
}

/** The network's prediction for one input; `nothing` are the words, short and long, while there
 * is none. */
export class Reply {
  constructor(model, nothing) {
    const { pictures } = model;
    Object.assign(this, { model, pictures, bars: new Bars(pictures.classes), prediction: new Prediction(model, nothing) });
    this.near = el("div", { class: pictures.isTable ? "thumbs tables" : stripClass(pictures.classes) });
    this.nearHelp = help("");
    this.card = el("div", { class: "card" }, this.prediction.node, this.bars.node);
    this.inside = el(
      "div", { class: "grid", style: "margin-top: var(--gap)" },
      el("div", { class: "card" }, el("h3", {}, `Nearest training ${pictures.words.many}`), this.nearHelp, this.near),
    );
  }

  /** Shows the prediction for an input (null: none) and returns what was computed on the way. */
  show(pixels) {
    const { network } = this.model;
    const forward = network.forward(network.scale(pixels ?? new Uint8Array(this.pictures.size)));
    const nearest = pixels ? this.pictures.nearest(pixels, NEAREST) : [];
    clear(this.near, nearestStrip(this.pictures, nearest));
    this.nearHelp.textContent = pixels ? this.nearWords() : "They appear here as soon as there is a prediction.";
    const probabilities = pixels && network.probabilities(forward);
    this.bars.update(probabilities);
    if (pixels) this.prediction.show(forward, probabilities, nearest, pixels);
    else this.prediction.nothing();
    this.model.shown.set({ pixels, forward, probabilities });
    return { forward, probabilities };
  }

  nearWords() {
    const { trainLabels, words } = this.pictures;
    const what = this.pictures.isTable ? "distance (root of the summed squares of the differences, each divided by the range of its column)" : "distance (root of the summed squares of the differences between pixels of 0 to 1)";
    return `The nearest ${NEAREST} of the ${whole(trainLabels.length)} training ${words.many} in this page: label and ${what}.`;
  }
}

/** Passes the reader's own input on to the other sections. When it is gone, sections that showed it
 * go back to the first example, and follow again as soon as there is a new input. */
export function keepOwn({ pictures, example, drawing }, title) {
  let fallback = null;
  return (pixels) => {
    const own = pixels && { pixels, label: null, title, own: true };
    const follows = example.value.own || example.value === fallback;
    drawing.set(own);
    if (!follows) return;
    fallback = own ? null : pictures.about(0);
    example.set(own ?? fallback);
  };
}
