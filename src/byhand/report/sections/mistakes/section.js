// The confusion matrix, and the examples behind each of its cells.

import { css, palette, readable, sequential } from "../../page/colours.js";
import { button, choice, clear, el, help, labelled, percent, whole } from "../../page/dom.js";
import { Bars, describe, followTheme, picture } from "../../page/pieces.js";
import { epochSlider } from "../../page/time.js";

const PAGE = 60; // thumbnails shown at a time

/** The confusion matrix as a table of buttons; the arrow keys move between them. */
class Matrix {
  constructor({ data }, { confusion }, choose) {
    this.words = data.words;
    this.take(confusion);
    this.classes = data.classes;
    this.choose = choose;
    this.asFractions = false;
    this.cells = confusion.map((row, label) => row.map((_, predicted) => this.cell(label, predicted)));
    this.cells[0][0].tabIndex = 0;
    this.node = el("div", { class: "scroll" }, this.table());
    palette.watch(() => this.fill());
  }

  take(confusion) {
    this.counts = confusion;
    this.sums = confusion.map((row) => row.reduce((a, b) => a + b, 0));
  }

  /** Shows another matrix in the same cells. */
  change(confusion) {
    this.take(confusion);
    this.fill();
  }

  cell(label, predicted) {
    return button("", () => this.pick(label, predicted), {
      tabindex: "-1", "data-label": label, "data-predicted": predicted,
      onkeydown: (event) => this.key(event, label, predicted),
    });
  }

  table() {
    const tall = this.classes.some((name) => name.length > 2);
    const head = this.classes.map((name) => el("th", { scope: "col", class: tall ? "tall" : "" }, name));
    const body = this.cells.map((row, label) => el(
      "tr", {}, el("th", { scope: "row" }, this.classes[label]), row.map((cell) => el("td", {}, cell)),
    ));
    const corner = el("th", { class: "corner" }, "label ↓ predicted →");
    return el("table", { class: tall ? "confusion named" : "confusion" }, el("thead", {}, el("tr", {}, corner, head)), el("tbody", {}, body));
  }

  /** Writes and colours every cell; the colour shows its fraction of the row. */
  fill() {
    this.cells.forEach((row, label) => row.forEach((cell, predicted) => {
      const count = this.counts[label][predicted];
      const fraction = this.sums[label] ? count / this.sums[label] : 0;
      const colour = sequential(fraction);
      cell.textContent = this.text(count, fraction);
      cell.style.background = css(colour);
      cell.style.color = count ? readable(colour) : "transparent";
      cell.setAttribute("aria-label", `label ${this.classes[label]}, predicted ${this.classes[predicted]}: ${count} ${count === 1 ? this.words.one : this.words.many}`);
    }));
  }

  text(count, fraction) {
    if (!this.asFractions) return String(count);
    return fraction === 0 || fraction >= 0.0995 ? (100 * fraction).toFixed(0) : (100 * fraction).toFixed(1);
  }

  key(event, label, predicted) {
    const move = {
      ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    }[event.key];
    if (!move) return;
    event.preventDefault();
    const next = this.cells[label + move[0]]?.[predicted + move[1]];
    if (!next) return;
    this.cells[label][predicted].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  pick(label, predicted) {
    this.mark(label, predicted);
    this.choose({ label, predicted });
  }

  mark(label, predicted) {
    this.cells.flat().forEach((cell) => cell.removeAttribute("aria-pressed"));
    if (label !== null && predicted !== null) this.cells[label][predicted].setAttribute("aria-pressed", "true");
  }
}

function metricsTable({ data }, { metrics }) {
  const titles = ["Class", "Precision", "Recall", "F1", data.words.many];
  const rows = metrics.map((m, k) => el(
    "tr", {}, el("th", { scope: "row" }, data.classes[k]),
    [m.precision, m.recall, m.f1].map((score) => el("td", { class: "n" }, score === null ? "–" : percent(score))),
    el("td", { class: "n" }, whole(m.support)),
  ));
  const head = titles.map((title, i) => el("th", { scope: "col", class: i ? "n" : "" }, title));
  return el("div", { class: "scroll" }, el("table", { class: "plain" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
}

/** The examples beside the matrix, with a search. The height is fixed, so that a choice does not move
 * the rest of the page. */
class Gallery {
  constructor(model, matrix) {
    Object.assign(this, { model, matrix, limit: PAGE, wish: { label: null, predicted: null, mistakes: model.pictures.count({ mistakes: true }) > 0 } });
    this.count = el("p", { class: "help", "aria-live": "polite" });
    this.thumbs = el("div", { class: `thumbs${model.pictures.isTable ? " tables" : ""}`, id: "gallery" });
    this.more = button("Show more", () => { this.limit += 4 * PAGE; this.show(); });
    this.chosen = model.network ? chosenPanel(model) : null;
    this.node = el(
      "div", { class: "card", id: "behind" }, el("h3", {}, `The ${model.pictures.words.many}`), this.controls(), this.count,
      el("div", { class: "shelf", tabindex: "-1" }, this.thumbs, this.more), this.chosen,
    );
    followTheme(this.node);
    model.example.watch(() => this.press());
  }

  controls() {
    const classes = this.model.pictures.classes.map((name, k) => [String(k), name]);
    const some = (text) => (text === "" ? null : Number(text));
    this.label = choice([["", "any"], ...classes], (text) => this.search({ label: some(text) }), { id: "by-label" });
    this.predicted = choice([["", "any"], ...classes], (text) => this.search({ predicted: some(text) }), { id: "by-prediction" });
    this.mistakes = el("input", { type: "checkbox", id: "only-mistakes", onchange: () => this.search({ mistakes: this.mistakes.checked }) });
    this.number = el("input", { type: "number", id: "by-number", min: "0", step: "1", max: String(this.model.pictures.total - 1), placeholder: "0", onchange: () => this.jump(this.number.value) });
    return el(
      "div", { class: "row", style: "margin-bottom: 0.5rem" },
      labelled("label", this.label), labelled("predicted", this.predicted),
      labelled("only mistakes", this.mistakes), labelled("number", this.number),
    );
  }

  search(change) {
    Object.assign(this.wish, change);
    this.number.value = "";
    this.limit = PAGE;
    this.show();
  }

  /** Shows one example by its number. */
  jump(text) {
    if (text === "") return this.show();
    const number = Number(text);
    const place = this.model.pictures.places.get(number);
    if (place !== undefined) {
      this.model.example.set(this.model.pictures.about(place));
      this.list([place]);
      this.count.textContent = `${this.model.pictures.evaluatedOne} ${number}.`;
      return undefined;
    }
    this.list([]);
    this.count.textContent = this.missing(number);
    return undefined;
  }

  missing(number) {
    const { pictures } = this.model;
    if (!Number.isInteger(number) || number < 0 || number >= pictures.total) {
      return `Expected an integer from 0 to ${whole(pictures.total - 1)}: there is no ${pictures.words.part} ${pictures.words.one} ${number}.`;
    }
    const name = (table) => pictures.classes[table[number]];
    return `${pictures.evaluatedOne} ${number} has the label ${name(pictures.labels)} and the prediction ${name(pictures.predictions)}; `
      + `it is left out to keep the page small. The nearest number in the page: ${pictures.nearestNumber(number)}.`;
  }

  show() {
    const { label, predicted, mistakes } = this.wish;
    this.label.value = label ?? "";
    this.predicted.value = predicted ?? "";
    this.mistakes.checked = mistakes;
    this.matrix.mark(label, predicted);
    const found = this.model.pictures.search(this.wish);
    this.list(found);
    this.count.textContent = this.words(found.length, this.model.pictures.count(this.wish));
  }

  words(carried, all) {
    const { part, one, many } = this.model.pictures.words;
    if (!all) return `There is no such ${part} ${one}.`;
    const order = "Worst first: by the probability that the network gave to the label.";
    const missing = carried < all ? `, ${whole(carried)} of them in this page` : "";
    return `${whole(all)} ${all === 1 ? one : many}${missing}. ${order}`;
  }

  list(places) {
    clear(this.thumbs, places.slice(0, this.limit).map((place) => this.thumb(place)));
    this.more.hidden = places.length <= this.limit;
    this.press();
  }

  thumb(place) {
    const { pictures, example } = this.model;
    const about = pictures.about(place);
    const wrong = about.label !== about.predicted;
    const [label, predicted] = [pictures.classes[about.label], pictures.classes[about.predicted]];
    const words = wrong ? `${label} → ${predicted}` : predicted;
    return el(
      "button", {
        type: "button", class: "thumb", "data-place": place, "data-number": about.number,
        "data-label": about.label, "data-predicted": about.predicted,
        title: `${about.title}: label ${label}, predicted ${predicted} with ${percent(about.confidence)}`,
        onclick: () => example.set(about),
      },
      picture(about.pixels, pictures, about.title),
      el("span", { class: wrong ? "wrong" : "" }, words), el("span", {}, percent(about.confidence)),
    );
  }

  press() {
    const chosen = String(this.model.example.value?.place);
    for (const node of this.thumbs.children) {
      node.setAttribute("aria-pressed", String(node.dataset.place === chosen));
    }
  }
}

/** The chosen example below the gallery: its picture, the probability of each class, and links. */
function chosenPanel({ pictures, network, example }) {
  const bars = new Bars(pictures.classes);
  const head = el("div", { class: "chosen" });
  example.watch((chosen) => {
    clear(head, picture(chosen.pixels, pictures, chosen.title), el(
      "div", { class: "what" }, el("b", {}, chosen.title), describe(chosen, network, pictures), ". Look inside: ",
      el("a", { href: "#network" }, "activations"), ", ", el("a", { href: "#trace" }, "step by step"), ".",
    ));
    bars.update(network.predict(chosen.pixels), chosen.label);
  });
  return el("div", { class: "chosen-panel" }, head, bars.node);
}

export function show(section, model, content) {
  const { header, timeline } = model;
  const { many } = model.pictures.words;
  let gallery;
  const matrix = new Matrix(header, content, (cell) => gallery.search({ ...cell, mistakes: false }));
  gallery = new Gallery(model, matrix);
  const scale = ["Counts", "Percent"].map((text, i) => button(text, () => {
    matrix.asFractions = i === 1;
    scale.forEach((other, j) => other.setAttribute("aria-pressed", String(i === j)));
    matrix.fill();
  }, { "aria-pressed": String(i === 0) }));
  const card = el(
    "div", { class: "card" },
    el("div", { class: "row", style: "justify-content: space-between; margin-bottom: 0.5rem" }, el("h3", {}, "Confusion matrix"), el("div", { class: "segments" }, scale)),
    help(`Rows are the labels, columns the predictions; the diagonal is correct. Choose a cell to see its ${many} beside it.`, " With the keyboard, the arrow keys move between the cells."),
    matrix.node, epochSlider(model),
  );
  const metrics = el("details", { class: "card", style: "margin-top: var(--gap)" }, el("summary", {}, el("b", {}, "Precision, recall and F1 by class")), help(`Precision: the fraction of the ${many} predicted as this class that belong to it. Recall: the fraction of the ${many} of this class that are predicted as it. F1: their harmonic mean.${timeline ? " These are the figures of the network that was kept." : ""}`), metricsTable(header, content));
  section.append(el("div", { class: "grid side mistakes-grid" }, card, gallery.node), metrics);
  gallery.show();
  let visited = false;
  timeline?.at.watch(() => {
    if (visited) {
      matrix.change(model.pictures.confusion());
      gallery.show();
    }
    visited = true;
  });
}
