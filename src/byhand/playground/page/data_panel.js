// The data to learn from: a tile for each kind, and how much of it.

import { css, palette } from "../../report/page/colours.js";
import { button, el, find, number, percent } from "../../report/page/dom.js";
import { classCss } from "./class_colours.js";
import { Fields, only, sliderField } from "./fields_of.js";
import { drawGraph, drawPoints, GRAPHS, SHAPES } from "./points.js";
import { isGraph, isPlane } from "./setup.js";

const SIDE = 72;

/** Pixels of a canvas for points of x, y from -1 to 1. */
const at = (v) => ((v + 1.1) / 2.2) * SIDE;

function dot(context, x, y, colour, r = 2.6) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fill();
}

function paintShape(context, name) {
  const { x, y } = drawPoints({ shape: name, count: 90, noise: 0.01, seed: 3 });
  y.forEach((k, i) => dot(context, at(x[2 * i]), SIDE - at(x[2 * i + 1]), classCss(k)));
}

function paintGraph(context, name) {
  const { x, y } = drawGraph({ graph: name, count: 46, noise: 0.02, seed: 3 });
  y.forEach((v, i) => dot(context, at(x[i]), SIDE - at(v), css(palette.value.positive)));
}

/** Four of the images. */
function paintImages(context, { x, y, shape: [height, width] }) {
  const half = SIDE / 2;
  const chosen = [0, 1, 2, 3].map((k) => Math.max(0, y.findIndex((label, i) => label === (k * 2) % (Math.max(...y) + 1) && i > k)));
  const small = new OffscreenCanvas(width, height);
  const image = new ImageData(width, height);
  const { paper, ink } = palette.value;
  chosen.forEach((row, k) => {
    for (let i = 0; i < width * height; i++) {
      const value = x[row * width * height + i] / 255;
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = paper[c] + (ink[c] - paper[c]) * value;
      image.data[4 * i + 3] = 255;
    }
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, (k % 2) * half + 1, Math.floor(k / 2) * half + 1, half - 2, half - 2);
  });
}

function paintWords(context, sign) {
  const [r, g, b] = palette.value.accent;
  Object.assign(context, { fillStyle: `rgb(${r} ${g} ${b})`, font: "600 30px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
  context.fillText(sign, SIDE / 2, SIDE / 2 + 2);
}

export class DataPanel {
  constructor(playground) {
    this.playground = playground;
    this.tiles = el("div", { class: "tiles", role: "group", "aria-label": "Data" });
    const pointsOnly = ({ data }) => (isPlane(data) || isGraph(data)) && data !== "placed";
    this.fields = new Fields([
      only(sliderField(playground, "Points", "count", { min: 20, max: 1000, step: 20, words: number }), pointsOnly),
      only(sliderField(playground, "Noise", "noise", { min: 0, max: 0.3, step: 0.01, words: number }), pointsOnly),
      only(sliderField(playground, "Held out for testing", "held", { min: 0, max: 0.8, step: 0.05, words: (v) => percent(v, 0) }), ({ data }) => !this.playground.sets[data]?.train),
    ]);
    this.file = el("input", { type: "file", multiple: true, class: "unseen", "aria-label": "Files of your own", onchange: () => { this.playground.takeFiles([...this.file.files]); this.file.value = ""; } });
    this.node = el("section", { class: "card panel", id: "data" }, el("h2", {}, "Data"), this.tiles, this.fields.node,
      el("div", { class: "row own-files" }, this.file, button("Open a file", () => this.file.click(), { class: "small" }), el("span", { class: "caption" }, "or drop a CSV, an IDX pair, an NPZ or pictures here")));
    palette.watch(() => this.paintTiles());
    this.build();
    this.chosen(playground.setup);
  }

  /** The tiles: points, graphs, images, own. */
  build() {
    const { sets } = this.playground;
    const kinds = [
      ...Object.entries(SHAPES).map(([name, { title }]) => [name, title, (context) => paintShape(context, name)]),
      ["placed", "Your points", (context) => paintWords(context, "+")],
      ...Object.entries(GRAPHS).map(([name, { title }]) => [name, title, (context) => paintGraph(context, name)]),
      ["own", "Your writing", (context) => paintWords(context, "✎")],
      ...Object.values(sets).filter(({ name }) => name !== "own").map((set) => [set.name, titleOf(set.name), (context) => (set.shape ? paintImages(context, set) : paintWords(context, "▦"))]),
    ];
    this.tiles.replaceChildren(...kinds.map(([name, title, paint]) => {
      const canvas = el("canvas", { width: SIDE, height: SIDE });
      canvas.repaint = () => {
        const context = canvas.getContext("2d");
        context.clearRect(0, 0, SIDE, SIDE);
        paint(context);
      };
      return button([canvas, el("span", {}, title)], () => this.playground.chooseData(name), { "data-name": name, class: "tile", "aria-pressed": "false" });
    }));
    this.paintTiles();
  }

  paintTiles() {
    for (const canvas of this.tiles.querySelectorAll("canvas")) canvas.repaint();
  }

  chosen(setup) {
    for (const tile of this.tiles.children) tile.setAttribute("aria-pressed", String(tile.dataset.name === setup.data));
    this.fields.chosen(setup);
    find(`[data-name="${CSS.escape(setup.data)}"]`, this.tiles)?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }
}

/** "fashion-mnist" -> "Fashion-MNIST". */
export const titleOf = (name) => ({ digits: "Digits", mnist: "MNIST", "fashion-mnist": "Fashion-MNIST", kmnist: "KMNIST", own: "Your handwriting" }[name] ?? name);
