// The parts of every drawing box: its tools, its hint, pictures from files, and the network's pixels.

import { readPicture, SIDE } from "./box.js";
import { button, el, write } from "./dom.js";
import { asRedrawn, inkOfPicture, prepare } from "./prepare.js";
import { narrowing } from "./proportions.js";
import { redrawn } from "./stroke_width.js";

const PEN = { smallest: 8, largest: 48, usual: 24, thick: 36 }; // thick: as wide as in the UCI digits

const SMALL = 100; // pixels of the drawing as it is shown among the stages

/** The pen's first diameter, in pixels of the ink. */
export const firstPen = ({ kind }) => (kind === "digits" ? PEN.thick : PEN.usual);

/** The stages and the pixels for the contents of the box. Strokes are vectors: they are drawn again
 * with the pen that makes them as wide as those of the training images, and narrower if need be. */
export function prepared(box, preparation, peak) {
  const again = box.base ? null : redrawn(box.strokes, preparation);
  if (!again) return prepare(preparation, box.read() ?? new Uint8Array(SIDE * SIDE), { peak, picture: box.picture });
  const full = box.inkOf(again);
  const factor = narrowing({ values: full, shape: [SIDE, SIDE] }, preparation.widest);
  const usual = factor === 1 ? full : box.inkOf(redrawn(box.strokes, preparation, factor));
  return prepare(preparation, usual, { peak, picture: asRedrawn(box.inkOf(box.strokes, SMALL), [SMALL, SMALL]) });
}

/** The text on the box: what to do while it is empty, or that it shows an example. */
export class Hint {
  constructor(words) {
    this.words = words;
    this.text = el("span", {});
    this.node = el("div", { class: "hint" }, this.text);
  }

  show(nothing, demo) {
    const hidden = !nothing && !demo;
    if (this.node.hidden !== hidden) this.node.hidden = hidden; // the same value again would cost a new style
    this.node.classList.toggle("demo", demo);
    write(this.text, demo ? "An example: your first stroke replaces it" : this.words);
  }
}

/** Turns chosen files, and those dropped or pasted within `place`, into ink in the box. */
function acceptPictures(holder, box, preparation, say, place) {
  const take = async (files) => {
    const file = [...files].find(({ type }) => type.startsWith("image/"));
    if (!file) {
      if (files.length) say("That file is not a picture; PNG, JPEG and WebP can be read.");
      return;
    }
    try {
      const picture = inkOfPicture(await readPicture(file), preparation);
      box.lay(picture.ink, picture);
      if (!picture.ink) say("No ink stands out from the paper in that photograph; take it from closer up, or in better light.");
      else if (picture.isPhoto) say("Read as a photograph: the box shows what the network receives.");
    } catch {
      say("That file could not be read as a picture; PNG, JPEG and WebP can.");
    }
  };
  const ofFiles = (work) => (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    work(event);
  };
  const mark = (on) => holder.classList.toggle("dropping", on);
  place.addEventListener("dragover", ofFiles(() => mark(true)));
  place.addEventListener("dragleave", () => mark(false));
  place.addEventListener("drop", ofFiles((event) => { mark(false); take(event.dataTransfer.files); }));
  place.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));
  const input = el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => { take([...input.files]); input.value = ""; } });
  return [button("Picture…", () => input.click(), { title: "Take a picture from a file; pasting and dropping one works too" }), input];
}

/** The row of tools below a box: undo, clear, the pen's width, a picture from a file. */
export function boxTools(holder, box, preparation, say, place = document) {
  const size = el("input", { type: "range", id: "pen", min: PEN.smallest, max: PEN.largest, value: box.pen, oninput: () => { box.pen = Number(size.value); } });
  return el(
    "div", { class: "row tools" }, button("Undo", () => box.undo(), { id: "undo" }), button("Clear", () => box.clear(), { id: "clear" }),
    el("label", { class: "field" }, "pen", size), acceptPictures(holder, box, preparation, say, place),
  );
}
