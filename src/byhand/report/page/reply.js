// The network's reply to an input: class, probabilities, activations, nearest examples.

import { el, help, percent, spaced, whole, write } from "./dom.js";
import { buildDoubt, LEAST_CONFIDENCE, WORDS } from "./doubt.js";
import { Nearest } from "./nearest.js";
import { Bars, most } from "./pieces.js";

const NEAREST = { images: 8, rows: 6 };
const SPOKEN = 700; // milliseconds without a change before a screen reader speaks
const PAUSE = 100; // milliseconds between two strips of nearest images while the pen moves: no eye follows more

/** The prediction in large letters, with its doubt. Empty lines keep their place. */
class Prediction {
  constructor({ header, pictures }, nothing) {
    Object.assign(this, { unusual: header.unusual, doubt: buildDoubt(header.doubt), pictures, words: nothing, timer: null });
    [this.class, this.confidence] = [el("span", {}), el("small", {})];
    [this.warning, this.distance] = [el("p", { class: "doubt" }), help("")];
    this.spoken = el("p", { class: "unseen", role: "status" });
    this.node = el("div", { class: "verdict", id: "verdict" }, el("div", { class: "said" }, el("div", { class: "answer" }, this.class, " ", this.confidence), this.warning), this.distance, this.spoken);
  }

  nothing() {
    const [short, long] = this.words;
    this.say("", short, "");
    write(this.distance, long);
  }

  /** The doubt about a prediction: "", "unsure" or "strange". For models without a measure of doubt,
   * an input is strange if it is far from every training image, and a low confidence is unsure. */
  doubted(probabilities, pixels) {
    if (this.doubt) return this.doubt(probabilities, pixels, this.pictures.shape);
    const [nearest] = this.unusual ? this.pictures.nearest(pixels, 1) : [];
    if (nearest?.distance > this.unusual?.distance) return "strange";
    return probabilities[most(probabilities)] < LEAST_CONFIDENCE ? "unsure" : "";
  }

  /** Shows a prediction and returns the doubt about it. */
  show(probabilities, pixels) {
    const best = most(probabilities);
    const doubt = this.doubted(probabilities, pixels);
    this.isStrange = doubt === "strange";
    this.say(this.pictures.classes[best], `with ${percent(probabilities[best])}`, WORDS[doubt] ?? "");
    return doubt;
  }

  /** Shows the distance to the nearest training image, beside that of other images. */
  showDistance([nearest]) {
    write(this.distance, this.unusual && nearest ? this.distanceWords(nearest.distance) : "");
  }

  say(answer, beside, warning) {
    write(this.class, answer);
    write(this.confidence, beside);
    write(this.warning, warning);
    clearTimeout(this.timer); // a screen reader speaks when the pen rests, not at every move
    this.timer = setTimeout(() => write(this.spoken, [answer, beside, warning].filter(Boolean).join(" ")), SPOKEN);
  }

  distanceWords(distance) {
    const { distance: limit, fraction } = this.unusual;
    const { evaluated, words } = this.pictures;
    // pixels may be near where shapes are not, and the reader sees that it is doubted
    const shapes = this.isStrange && distance <= limit ? " The pixels are as near as usual, but the shapes are not those of the training data." : "";
    return `Nearest training ${words.one}: ${distance.toFixed(2)} away; ${percent(fraction, 0)} of the ${evaluated} have one within ${limit.toFixed(2)}.${shapes}`;
  }
}

/** The network's prediction for one input; `nothing` is the text, short and long, shown without one. */
export class Reply {
  constructor(model, nothing) {
    const { pictures } = model;
    Object.assign(this, { model, pictures, bars: new Bars(pictures.classes), prediction: new Prediction(model, nothing) });
    this.near = new Nearest(pictures, pictures.isTable ? NEAREST.rows : NEAREST.images, (label) => pictures.classes[label]);
    this.card = el("div", { class: "card" }, this.prediction.node, this.bars.node);
    this.followNearest = spaced((pixels) => this.showNearest(pixels));
    this.inside = el(
      "div", { class: "card nearest" }, el("h3", {}, `Nearest training ${pictures.words.many}`), help(this.nearWords()), this.near.node,
    );
  }

  /** Shows the prediction for an input (null: none) and returns it with the network's activations. While the
   * input is `moving`, the nearest images follow less often. */
  show(pixels, moving = false) {
    const { network } = this.model;
    const forward = network.forward(network.scale(pixels ?? new Uint8Array(this.pictures.size)));
    const probabilities = pixels && network.probabilities(forward);
    this.bars.update(probabilities);
    let doubt = "";
    if (pixels) doubt = this.prediction.show(probabilities, pixels);
    else this.prediction.nothing();
    this.followNearest(moving ? PAUSE : 0, pixels);
    this.model.shown.set({ pixels, forward, probabilities });
    return { forward, probabilities, doubt };
  }

  showNearest(pixels) {
    const nearest = this.near.show(pixels);
    if (pixels) this.prediction.showDistance(nearest);
  }

  nearWords() {
    const { trainCount, words, isTable } = this.pictures;
    const what = isTable ? "differences, each divided by the range of its column" : "differences between pixels from 0 to 1";
    return `From the ${whole(trainCount)} training ${words.many} in this page, with label and distance: the square root of the sum of squared ${what}. Equal ${words.many} have distance 0.`;
  }
}

/** Passes the reader's own input on to the other sections. When it is cleared, the sections that
 * showed it return to the first example, and they follow the next input again. */
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
