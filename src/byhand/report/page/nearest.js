// The training examples nearest to an input, as a strip. Its nodes are kept: a move of the pen
// repaints only the pictures, and rewrites only the numbers, that have changed.

import { clear, el, write } from "./dom.js";
import { depict, picture, stripClass } from "./pieces.js";

/** An example of the strip: its picture, its label and its distance. */
class Neighbour {
  constructor(pictures, words) {
    Object.assign(this, { pictures, words, place: null });
    this.picture = pictures.isTable ? el("div", {}) : el("canvas", { role: "img" });
    [this.label, this.distance] = [el("b", {}), el("span", { class: "figure" })];
    this.node = el("div", { class: "thumb" }, this.picture, this.label, this.distance);
  }

  show({ place, pixels, label, distance }) {
    write(this.distance, distance.toFixed(distance < 10 ? 2 : 1));
    if (place === this.place) return;
    this.place = place;
    write(this.label, this.words(label));
    if (this.pictures.isTable) clear(this.picture, picture(pixels, this.pictures));
    else depict(this.picture, pixels, this.pictures, `training ${this.pictures.words.one}, label ${this.words(label)}`);
  }
}

export class Nearest {
  /** `words(label)` is the text below the picture of an example with this label. */
  constructor(pictures, count, words) {
    Object.assign(this, { pictures, count });
    this.neighbours = Array.from({ length: Math.min(count, pictures.trainCount) }, () => new Neighbour(pictures, words));
    this.node = el("div", { class: pictures.isTable ? "thumbs tables" : stripClass(pictures.classes) }, this.neighbours.map(({ node }) => node));
  }

  /** Shows the examples nearest to an input and returns them. Without an input the strip is empty, but
   * keeps its place. */
  show(pixels) {
    const found = pixels ? this.pictures.nearest(pixels, this.count) : [];
    this.node.classList.toggle("blank", !pixels);
    found.forEach((one, i) => this.neighbours[i].show(one));
    return found;
  }
}
