// The reader's own handwriting: a sheet with a row for each class, and a box to draw in.

import { Box } from "../../report/page/box.js";
import { paintImage } from "../../report/page/colours.js";
import { button, clear, el, write } from "../../report/page/dom.js";
import { prepare } from "../../report/page/prepare.js";
import { DIGITS } from "../../report/page/example_drawings.js";
import { FileProblem } from "./bytes.js";
import { drawingsOf, inkOf } from "./pictures.js";
import { stream } from "./random.js";

const SIDE = 28;
const PREPARATION = { kind: "mnist", height: SIDE, width: SIDE, ink: "light", box: null, centre: "mass", stroke: null };
const MOST = 20; // classes
const ENOUGH = 5; // drawings of each class
const SHOWN = 24; // drawings of a class on the sheet

export class Handwriting {
  constructor(playground) {
    this.playground = playground;
    this.names = ["1", "2", "3"];
    this.drawings = []; // { label, pixels }
    this.label = 0;
    this.fooled = []; // classes of the drawings that the network got wrong when they were kept
    this.box = new Box({ pen: 26, changed: () => {}, rested: () => this.rested() });
    this.box.canvas.removeAttribute("id");
    this.box.canvas.classList.add("own-box");
    this.box.canvas.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); this.keep(); }
    });
    this.rows = el("div", { class: "sheet" });
    this.task = el("p", { class: "sheet-task", "aria-live": "polite" });
    this.keepButton = button("Keep it", () => this.keep(), { class: "strong", disabled: true });
    this.names_ = el("input", { type: "text", value: this.names.join(" "), "aria-label": "Names of the classes", onchange: () => this.rename() });
    this.fails = el("p", { class: "fails", "aria-live": "polite" });
    this.answer = el("p", { class: "own-answer", "aria-live": "polite" });
    this.node = el("section", { class: "card panel", id: "handwriting" },
      el("div", { class: "row head" }, el("h2", {}, "Your handwriting"), el("label", { class: "field" }, el("span", {}, "classes"), this.names_)),
      el("div", { class: "own" },
        el("div", {}, this.task, el("div", { class: "own-frame" }, this.box.canvas, this.answer),
          el("div", { class: "row" }, this.keepButton, button("Clear", () => this.box.clear()), button("Sample drawings", () => this.samples(), { title: "Fills the sheet with drawn digits, to see how it works" }))),
        el("div", {}, this.rows, this.fails)));
    this.refresh();
    playground.frames.watch(() => this.mark());
  }

  chosen({ data }) {
    this.node.hidden = data !== "own";
  }

  // --- classes ---

  rename() {
    const given = this.names_.value;
    const parts = given.split(given.includes(",") ? "," : /\s+/).map((part) => part.trim());
    const names = [...new Set(parts.filter(Boolean))].slice(0, MOST);
    if (names.length < 2) return this.showNames();
    const kept = this.drawings.filter(({ label }) => names.includes(this.names[label]));
    this.drawings = kept.map((one) => ({ ...one, label: names.indexOf(this.names[one.label]) }));
    Object.assign(this, { names, label: Math.min(this.label, names.length - 1) });
    this.showNames();
    this.refresh();
    return this.teach();
  }

  /** The names in their field: commas where one has a space. */
  showNames() {
    this.names_.value = this.names.join(this.names.some((name) => name.includes(" ")) ? ", " : " ");
  }

  count(label) {
    return this.drawings.filter((one) => one.label === label).length;
  }

  // --- drawings ---

  get pixels() {
    const ink = this.box.read();
    return ink && prepare(PREPARATION, ink, { picture: this.box.picture }).pixels;
  }

  rested() {
    const { pixels } = this;
    this.given = null;
    this.keepButton.disabled = !pixels;
    if (pixels) this.playground.want({ pixels, row: 0 });
    else this.answer.textContent = "";
  }

  /** Keeps the drawing as an example of its class, and goes on to the class with the fewest. */
  keep() {
    const { pixels } = this;
    if (!pixels) return;
    if (this.given !== null && this.given !== this.label) this.fooled.push(this.names[this.label]);
    this.add(this.label, pixels);
    const fewest = Math.min(...this.names.map((_, k) => this.count(k)));
    if (this.count(this.label) >= ENOUGH) this.label = this.names.findIndex((_, k) => this.count(k) === fewest);
    this.box.clear();
    this.refresh();
    this.teach();
    this.box.canvas.focus({ preventScroll: true });
  }

  /** A picture file into the box, its ink found as in the report. */
  async takePicture(file) {
    const { playground } = this;
    const found = await inkOf(file, PREPARATION);
    if (playground.setup.data !== "own") playground.chooseData("own");
    this.box.lay(found.ink, found);
  }

  /** Several picture files: drawings of the classes that their names or folders say. */
  async takePictures(files) {
    const { playground } = this;
    const drawings = await drawingsOf(files, PREPARATION);
    const found = [...new Set(drawings.map(({ name }) => name))].sort();
    const names = this.drawings.length ? [...new Set([...this.names, ...found])] : found;
    if (names.length > MOST) throw new FileProblem(`The pictures have ${names.length} classes; at most ${MOST} fit on the sheet.`);
    if (names.length < 2) throw new FileProblem(`All pictures are of the class ${names[0]}: there is nothing to tell apart.`);
    if (playground.setup.data !== "own") playground.chooseData("own");
    Object.assign(this, { names, label: 0 });
    this.showNames();
    for (const { name, pixels } of drawings) this.add(names.indexOf(name), pixels);
    this.refresh();
    this.teach();
  }

  add(label, pixels) {
    this.drawings.push({ label, pixels: Uint8Array.from(pixels) });
  }

  /** Digits from pen strokes, each a little different, so that the sheet is full at once. */
  samples() {
    if (!this.names.every((name) => name in DIGITS)) {
      this.names = ["1", "2", "3"];
      this.showNames();
      this.drawings = [];
    }
    const random = stream(this.drawings.length, "samples");
    const within = (most) => (2 * random.uniform() - 1) * most;
    this.names.forEach((name, label) => {
      for (let i = this.count(label); i < ENOUGH; i++) {
        const [lean, turn, wide] = [within(0.25), within(0.15), 1 + within(0.2)];
        const move = ([x, y]) => [50 + (x - 50) * wide + (50 - y) * lean + within(1.2), y + (x - 50) * turn + within(1.2)];
        this.box.strokes = DIGITS[name].map((points) => ({ pen: 22 + within(6), points: points.map(move).map(([x, y]) => [x * 2.8, y * 2.8]) }));
        this.add(label, this.pixels);
      }
    });
    this.box.clear();
    this.refresh();
    this.teach();
  }

  // --- learning ---

  /** The drawings as a data set, on which the network begins anew. */
  teach() {
    const { playground, drawings, names } = this;
    if (!drawings.length) return;
    const x = new Uint8Array(drawings.length * SIDE * SIDE);
    drawings.forEach(({ pixels }, i) => x.set(pixels, i * SIDE * SIDE));
    playground.sets.own = { name: "own", x, y: Float32Array.from(drawings, ({ label }) => label), shape: [SIDE, SIDE], classes: names, task: "classes" };
    const taught = names.filter((_, k) => this.count(k)).length > 1;
    playground.taught(taught);
  }

  // --- showing ---

  refresh() {
    const { names } = this;
    const count = this.count(this.label);
    clear(this.task, "Draw a ", el("b", {}, names[this.label]), count < ENOUGH ? ` (${count + 1} of ${ENOUGH}) and keep it: Enter.` : ". More of them make it surer.");
    this.thumbs = [];
    clear(this.rows, names.map((name, k) => el("div", { class: "sheet-row" },
      button(name, () => { this.label = k; this.refresh(); }, { class: "sheet-name", "aria-pressed": String(k === this.label), "aria-label": `Draw ${name}` }),
      this.row(k))));
  }

  /** The drawings of a class, and places for those that are missing. */
  row(k) {
    const own = this.drawings.map((one, i) => [one, i]).filter(([{ label }]) => label === k);
    return el("div", { class: "sheet-images" }, own.slice(0, SHOWN).map(([one, i]) => this.thumb(one, i)),
      own.length > SHOWN ? el("span", { class: "caption" }, `and ${own.length - SHOWN} more`) : null,
      Array.from({ length: Math.max(0, ENOUGH - own.length) }, () => el("span", { class: "empty" })));
  }

  thumb({ pixels, label }, i) {
    const canvas = el("canvas");
    canvas.repaint = () => paintImage(canvas, pixels, [SIDE, SIDE], 255);
    canvas.repaint();
    const node = button(canvas, () => { this.drawings.splice(i, 1); this.refresh(); this.teach(); }, { class: "own-thumb", "aria-label": `Remove this ${this.names[label]}`, title: "Click to remove" });
    this.thumbs[i] = node;
    return node;
  }

  /** In words: of which classes it gets how many wrong. */
  showFails(wrong, step) {
    const words = [...wrong].sort(([a], [b]) => a - b).map(([label, count]) => `${this.names[label]} (${count} of ${this.count(label)})`);
    write(this.fails, !step ? "" : words.length ? `Fails on ${words.join(", ")}: draw more of them.` : "Every drawing is recognised. Draw one that fools it.");
    this.fails.classList.toggle("some", words.length > 0);
  }

  /** Marks the drawings that the network gets wrong, and shows its answer for the box. */
  mark() {
    const { latest, wants, data, setup } = this.playground;
    if (setup.data !== "own" || !latest || !data.n) return;
    const wrong = new Map();
    latest.held.rows.forEach((row, i) => {
      const isWrong = latest.held.predictions[i] !== data.y[row];
      this.thumbs[row]?.classList.toggle("wrong", isWrong);
      if (isWrong) wrong.set(data.y[row], (wrong.get(data.y[row]) ?? 0) + 1);
    });
    this.showFails(wrong, latest.step);
    if (!wants.pixels || !latest.view.own || this.box.empty || !latest.step) return;
    const given = latest.view.activations.at(-1);
    const best = given.reduce((top, p, k) => (p > given[top] ? k : top), 0);
    this.given = best;
    this.answer.textContent = `${this.names[best]}  ·  ${(100 * given[best]).toFixed(0)} %`;
  }
}
