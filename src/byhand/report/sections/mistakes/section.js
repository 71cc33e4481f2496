// The confusion matrix, and the images behind each of its cells.

import { css, palette, readable, sequential } from "../../page/colours.js";
import { button, choice, clear, el, find, help, labelled, percent, whole } from "../../page/dom.js";
import { Bars, describe, followTheme, picture } from "../../page/pieces.js";

const PAGE = 48; // thumbnails shown at a time

/** A table of buttons; arrow keys walk through it. */
class Matrix {
  constructor({ data }, { confusion }, choose) {
    this.words = data.words;
    this.counts = confusion;
    this.sums = confusion.map((row) => row.reduce((a, b) => a + b, 0));
    this.classes = data.classes;
    this.choose = choose;
    this.rates = false;
    this.cells = confusion.map((row, label) => row.map((_, guess) => this.cell(label, guess)));
    this.cells[0][0].tabIndex = 0;
    this.node = el("div", { class: "scroll" }, this.table());
    palette.watch(() => this.fill());
  }

  cell(label, guess) {
    return button("", () => this.pick(label, guess), {
      tabindex: "-1", "data-label": label, "data-guess": guess,
      onkeydown: (event) => this.key(event, label, guess),
    });
  }

  table() {
    const tall = this.classes.some((name) => name.length > 2);
    const head = this.classes.map((name) => el("th", { scope: "col", class: tall ? "tall" : "" }, name));
    const body = this.cells.map((row, label) => el(
      "tr", {}, el("th", { scope: "row" }, this.classes[label]), row.map((cell) => el("td", {}, cell)),
    ));
    const corner = el("th", { class: "corner" }, "label ↓ said →");
    return el("table", { class: "confusion" }, el("thead", {}, el("tr", {}, corner, head)), el("tbody", {}, body));
  }

  /** Text and colour of every cell; the colour is the share of the row. */
  fill() {
    this.cells.forEach((row, label) => row.forEach((cell, guess) => {
      const count = this.counts[label][guess];
      const rate = this.sums[label] ? count / this.sums[label] : 0;
      const colour = sequential(rate);
      cell.textContent = this.text(count, rate);
      cell.style.background = css(colour);
      cell.style.color = count ? readable(colour) : "transparent";
      cell.setAttribute("aria-label", `label ${this.classes[label]}, said ${this.classes[guess]}: ${count} ${count === 1 ? this.words.one : this.words.many}`);
    }));
  }

  text(count, rate) {
    if (!this.rates) return String(count);
    return rate === 0 || rate >= 0.0995 ? (100 * rate).toFixed(0) : (100 * rate).toFixed(1);
  }

  key(event, label, guess) {
    const move = {
      ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    }[event.key];
    if (!move) return;
    event.preventDefault();
    const next = this.cells[label + move[0]]?.[guess + move[1]];
    if (!next) return;
    this.cells[label][guess].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  pick(label, guess) {
    this.mark(label, guess);
    this.choose({ label, guess });
  }

  mark(label, guess) {
    this.cells.flat().forEach((cell) => cell.removeAttribute("aria-pressed"));
    if (label !== null && guess !== null) this.cells[label][guess].setAttribute("aria-pressed", "true");
  }
}

function metricsTable({ data }, { metrics }) {
  const titles = ["Class", "Precision", "Recall", "F1", data.words.many];
  const rows = metrics.map((m, k) => el(
    "tr", {}, el("th", { scope: "row" }, data.classes[k]),
    [m.precision, m.recall, m.f1].map((share) => el("td", { class: "n" }, share === null ? "–" : percent(share))),
    el("td", { class: "n" }, whole(m.support)),
  ));
  const head = titles.map((title, i) => el("th", { scope: "col", class: i ? "n" : "" }, title));
  return el("div", { class: "scroll" }, el("table", { class: "plain" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
}

/** The gallery below the matrix with its search. */
class Gallery {
  constructor(model, matrix) {
    Object.assign(this, { model, matrix, limit: PAGE, wish: { label: null, guess: null, mistakes: true } });
    this.count = el("p", { class: "help", "aria-live": "polite" });
    this.thumbs = el("div", { class: `thumbs${model.pictures.isTable ? " tables" : ""}`, id: "gallery" });
    this.more = button("Show more", () => { this.limit += 4 * PAGE; this.show(); });
    this.node = el("div", { class: "card", id: "behind" }, el("h3", {}, `The ${model.pictures.words.many} behind it`), this.count, this.controls(), this.thumbs, el("div", { class: "row", style: "margin-top: 0.8rem" }, this.more));
    followTheme(this.node);
    model.example.watch(() => this.press());
  }

  controls() {
    const classes = this.model.pictures.classes.map((name, k) => [String(k), name]);
    const some = (text) => (text === "" ? null : Number(text));
    this.label = choice([["", "any"], ...classes], (text) => this.search({ label: some(text) }), { id: "by-label" });
    this.guess = choice([["", "any"], ...classes], (text) => this.search({ guess: some(text) }), { id: "by-guess" });
    this.mistakes = el("input", { type: "checkbox", id: "only-mistakes", onchange: () => this.search({ mistakes: this.mistakes.checked }) });
    this.number = el("input", { type: "number", id: "by-number", min: "0", step: "1", max: String(this.model.pictures.total - 1), placeholder: "0", onchange: () => this.jump(this.number.value) });
    return el(
      "div", { class: "row", style: "margin-bottom: 0.9rem" },
      labelled("label", this.label), labelled("network said", this.guess),
      labelled("only mistakes", this.mistakes), labelled("number", this.number),
    );
  }

  search(change) {
    Object.assign(this.wish, change);
    this.number.value = "";
    this.limit = PAGE;
    this.show();
  }

  /** One of them by its number among those that judge. */
  jump(text) {
    if (text === "") return this.show();
    const number = Number(text);
    const place = this.model.pictures.places.get(number);
    if (place !== undefined) {
      this.model.example.set(this.model.pictures.about(place));
      this.list([place]);
      this.count.textContent = `${this.model.pictures.judge} ${number}.`;
      return undefined;
    }
    this.list([]);
    this.count.textContent = this.missing(number);
    return undefined;
  }

  missing(number) {
    const { pictures } = this.model;
    if (!Number.isInteger(number) || number < 0 || number >= pictures.total) {
      return `Whole numbers only, from 0 to ${whole(pictures.total - 1)}: there is no ${pictures.words.part} ${pictures.words.one} ${number}.`;
    }
    const name = (table) => pictures.classes[table[number]];
    return `${pictures.judge} ${number} has the label ${name(pictures.labels)} and the network says ${name(pictures.guesses)}; `
      + `to keep the page small, it is not shown in it. The nearest number that is: ${pictures.nearestNumber(number)}.`;
  }

  show() {
    const { label, guess, mistakes } = this.wish;
    this.label.value = label ?? "";
    this.guess.value = guess ?? "";
    this.mistakes.checked = mistakes;
    this.matrix.mark(label, guess);
    const found = this.model.pictures.search(this.wish);
    this.list(found);
    this.count.textContent = this.words(found.length, this.model.pictures.count(this.wish));
  }

  words(carried, all) {
    const { part, one, many } = this.model.pictures.words;
    if (!all) return `No ${part} ${one} is like that.`;
    const order = "Worst first: the less probability the network gave to the label, the earlier.";
    const missing = carried < all ? ` ${whole(carried)} of them are in this page, to keep it small.` : "";
    return `${whole(all)} ${all === 1 ? one : many}.${missing} ${order} Choose one to see it in the sections below.`;
  }

  list(places) {
    clear(this.thumbs, places.slice(0, this.limit).map((place) => this.thumb(place)));
    this.more.hidden = places.length <= this.limit;
    this.press();
  }

  thumb(place) {
    const { pictures, example } = this.model;
    const about = pictures.about(place);
    const wrong = about.label !== about.guess;
    const [was, said] = [pictures.classes[about.label], pictures.classes[about.guess]];
    const words = wrong ? `${was} → ${said}` : said;
    return el(
      "button", {
        type: "button", class: "thumb", "data-place": place, "data-number": about.number,
        "data-label": about.label, "data-guess": about.guess,
        title: `${about.title}: label ${was}, said ${said}, ${percent(about.sure)} sure`,
        onclick: () => example.set(about),
      },
      picture(about.pixels, pictures, about.title),
      el("span", { class: wrong ? "wrong" : "" }, words), el("span", {}, percent(about.sure)),
    );
  }

  press() {
    const chosen = String(this.model.example.value?.place);
    for (const node of this.thumbs.children) {
      node.setAttribute("aria-pressed", String(node.dataset.place === chosen));
    }
  }
}

function chosenCard({ pictures, network, example }) {
  const bars = new Bars(pictures.classes);
  const head = el("div", { class: "chosen", style: "margin-bottom: 0.8rem" });
  example.watch((chosen) => {
    clear(head, picture(chosen.pixels, pictures, chosen.title), el(
      "div", { class: "what" }, el("b", {}, chosen.title), describe(chosen, network, pictures.classes),
    ));
    bars.update(network.predict(chosen.pixels), chosen.label);
  });
  const links = el("p", { class: "help", style: "margin-top: 0.8rem" }, "Look inside: ", el("a", { href: "#network" }, "its activations"), ", ", el("a", { href: "#trace" }, "its numbers step by step"), ".");
  const card = el("div", { class: "card" }, el("h3", {}, `The ${pictures.words.one} chosen`), help("What the network gives each class; ✓ marks the label."), head, bars.node, links);
  followTheme(card);
  return card;
}

export function show(section, model, content) {
  const { header } = model;
  const { many } = model.pictures.words;
  let gallery;
  const matrix = new Matrix(header, content, ({ label, guess }) => {
    gallery.search({ label, guess, mistakes: false });
    find("#behind").scrollIntoView({ block: "nearest" });
  });
  gallery = new Gallery(model, matrix);
  const scale = ["Counts", "Percent"].map((text, i) => button(text, () => {
    matrix.rates = i === 1;
    scale.forEach((other, j) => other.setAttribute("aria-pressed", String(i === j)));
    matrix.fill();
  }, { "aria-pressed": String(i === 0) }));
  const card = el("div", { class: "card" }, el("div", { class: "row", style: "justify-content: space-between; margin-bottom: 0.5rem" }, el("h3", {}, "Confusion matrix"), el("div", { class: "segments" }, scale)), help("Rows are the labels, columns what the network said; the diagonal is right. Choose a cell, or walk with the arrow keys, to see what is behind it."), matrix.node);
  const metrics = el("details", { class: "card" }, el("summary", {}, el("b", {}, "Precision, recall and F1 by class")), help(`Precision: of the ${many} said to be this class, the share that are. Recall: of the ${many} of this class, the share found. F1: their harmonic mean.`), metricsTable(header, content));
  section.append(
    el("div", { class: "grid side" }, el("div", { class: "grid" }, card, metrics), model.network && chosenCard(model)),
    el("div", { style: "height: var(--gap)" }), gallery.node,
  );
  gallery.show();
}
