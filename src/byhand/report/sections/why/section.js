// Explains a prediction: the drawing coloured by what supports a class, and the numbers as they pass
// through the layers. Both follow the drawing box.

import { gradientTimesInput, occlusion, patchSide, withoutColumns } from "../../page/attribution.js";
import { biggest, diverging, grey, css, mix, palette } from "../../page/colours.js";
import { choice, clear, el, help, labelled, number, percent, signed, whenNear } from "../../page/dom.js";
import { Flow } from "../../page/flow.js";
import { followTheme, most, share } from "../../page/pieces.js";
import { epochSlider } from "../../page/time.js";

const RESTED = 140; // milliseconds without a change before the slow map is computed
const INK_SHOWS = 0.45; // how far the drawing shows through the colours

/** The methods; each gives a number for every input. A `slow` one runs only when the pen rests. */
const WAYS = {
  covering: {
    title: "covering parts", slow: true,
    words: (model) => `A square of ${patchSide(model.pictures.shape)} × ${patchSide(model.pictures.shape)} pixels covers each place in turn. The colour is how far the log-odds, log p / (1 − p), of the class fall when the place is covered.`,
    values: (model, { pixels }, k) => occlusion(model.network, pixels, model.pictures.shape, k, ground(model)),
  },
  gradient: {
    title: "gradient × ink", slow: false,
    words: () => "The gradient of the class's logit with respect to each pixel, times the pixel: what the pixel adds to the logit, as far as the network is linear here.",
    values: (model, { pixels, forward }, k) => gradientTimesInput(model.network, forward, pixels, k),
  },
};

/** The value of paper: the largest if ink is dark. */
const ground = ({ header, pictures }) => (header.data.preparation?.ink === "dark" ? pictures.peak : 0);

/** The drawing coloured by what supports (blue) and contradicts (orange) a class. */
function paintMap(canvas, values, { pixels }, { shape, peak }) {
  const [height, width] = shape;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const largest = biggest(values) || 1;
  for (let p = 0; p < values.length; p++) {
    const ink = Math.min(Math.max(pixels[p] / peak, 0), 1);
    image.data.set([...mix(diverging(values[p] / largest), grey(1), INK_SHOWS * ink), 255], 4 * p);
  }
  context.putImageData(image, 0, 0);
}

/** A bar for each column of a table, the strongest first. */
function columnBars(values, { columns }) {
  const largest = biggest(values) || 1;
  const order = [...values.keys()].sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, 12);
  return el("div", { class: "bars named" }, order.map((column) => el(
    "div", { class: "bar" }, el("span", { title: columns[column] }, columns[column]),
    el("div", { class: "track" }, el("div", { class: "fill", style: `background-size: ${share(Math.abs(values[column] / largest))}; --fill: ${css(values[column] < 0 ? palette.value.negative : palette.value.positive)}` })),
    el("span", { class: "figure" }, signed(values[column])),
  )));
}

class Evidence {
  constructor(model) {
    const { pictures } = model;
    Object.assign(this, { model, way: WAYS.covering, wanted: null, timer: null });
    this.canvas = el("canvas", { class: "why-map", role: "img", id: "why-map" });
    this.canvas.repaint = () => this.paint();
    this.bars = el("div", { class: "bars-of-columns" });
    this.class = choice([["", "the prediction"], ...pictures.classes.map((name, k) => [String(k), name])], (text) => { this.wanted = text === "" ? null : Number(text); this.update(true); }, { id: "why-class" });
    this.ways = choice(Object.entries(WAYS).map(([name, { title }]) => [name, title]), (name) => { this.way = WAYS[name]; this.explain(); this.update(true); }, { id: "why-way" });
    this.answer = el("p", { class: "why-answer", role: "status" });
    this.words = help("");
    const tools = [labelled("for", this.class), pictures.isTable ? null : labelled("by", this.ways)];
    this.node = el(
      "div", { class: "card" }, el("h3", {}, "What supports the prediction"), this.answer,
      el("div", { class: "why-body" }, pictures.isTable ? this.bars : this.canvas, el("div", {}, tools, el("span", { class: "key" }, "against", el("i", {}), "for"), this.words)),
    );
    this.explain();
  }

  explain() {
    if (this.model.pictures.isRegression) this.words.textContent = "How far the predicted value falls when the column is set to its mean over the training rows.";
    else this.words.textContent = this.model.pictures.isTable
      ? "How far the log-odds of the class, log p / (1 − p), fall when the column is set to its mean over the training rows."
      : this.way.words(this.model);
  }

  /** The current contents of the box; null while it is empty. */
  show(shown) {
    this.shown = shown;
    this.update();
  }

  update(now = false) {
    clearTimeout(this.timer);
    if (!this.shown) this.blank();
    else if (now || !this.way.slow || this.model.pictures.isTable) this.compute();
    else this.timer = setTimeout(() => this.compute(), RESTED);
  }

  blank() {
    this.answer.textContent = "Draw something, and its parts are coloured here.";
    this.values = null;
    clear(this.bars);
    this.paint();
  }

  compute() {
    const { model, shown } = this;
    const { pictures } = model;
    const k = this.wanted ?? (pictures.isRegression ? 0 : most(shown.probabilities));
    this.values = pictures.isTable ? withoutColumns(model.network, shown.pixels, pictures.means, k) : this.way.values(model, shown, k);
    if (pictures.isTable) clear(this.bars, columnBars(this.values, pictures));
    else this.paint();
    this.tell(k);
  }

  tell(k) {
    const { pictures } = this.model;
    if (pictures.isRegression) {
      clear(this.answer, `The ${pictures.classes[k]} is `, el("b", {}, number(this.shown.probabilities[k], 4)), "; blue raises it, orange lowers it.");
      return;
    }
    const { probabilities } = this.shown;
    const second = most(probabilities.map((p, j) => (j === k ? -1 : p)));
    const rest = pictures.classes.length > 1 ? `; next is ${pictures.classes[second]} with ${percent(probabilities[second])}` : "";
    clear(this.answer, "Blue supports ", el("b", {}, pictures.classes[k]), ` (${percent(probabilities[k])}), orange contradicts it${rest}. The strongest colour is ${number(biggest(this.values), 2)}.`);
    this.canvas.setAttribute("aria-label", `What supports ${pictures.classes[k]} in the drawing`);
  }

  paint() {
    const { pictures } = this.model;
    if (pictures.isTable) return;
    const pixels = this.shown?.pixels ?? new Uint8Array(pictures.size);
    paintMap(this.canvas, this.values ?? new Float64Array(pictures.size), { pixels }, pictures);
  }
}

export function show(section, model) {
  const [map, flow] = [new Evidence(model), new Flow(model)];
  section.append(el(
    "div", { class: "grid why-grid" }, map.node,
    el("div", { class: "card" }, el("h3", {}, "From the input to the prediction"), help("Every unit is a square: blue above zero, orange below, each layer by its own largest value. The layers light up in the order in which they are computed."), flow.node),
  ));
  const slider = epochSlider(model);
  if (slider) section.append(slider);
  const follow = () => {
    const { value } = model.shown;
    map.show(value.probabilities ? value : null);
    flow.show(value.forward, !value.probabilities);
  };
  follow(); // once at the start, so that the section has its height; later only while it is visible
  model.shown.watch(whenNear(section, follow, "120px"));
  model.drawing.watch(() => flow.play());
  followTheme(section);
}
