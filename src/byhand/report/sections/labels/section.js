// The scores of each label, and the examples with the most wrong marks.

import { clear, el, help, percent, whole, write } from "../../page/dom.js";
import { Bars, followTheme, picture, share } from "../../page/pieces.js";

const SHOWN = 12; // examples
const GIVEN = 0.5; // a label is given where its probability is larger

/** A row for each label: a bar of its F1, and its scores in figures. */
function scoresTable({ data }, { scores }) {
  const score = (value) => el("td", { class: "n" }, value === null ? "–" : percent(value));
  const rows = scores.map(({ precision, recall, f1, support }, k) => el(
    "tr", {}, el("th", { scope: "row" }, data.classes[k]),
    el("td", { class: "bar score" }, el("div", { class: "track" }, el("div", { class: "fill", style: `background-size: ${share(f1 ?? 0)}` }))),
    score(f1), score(precision), score(recall), el("td", { class: "n" }, whole(support)),
  ));
  const head = ["Label", "", "F1", "Precision", "Recall", data.words.many].map((title, i) => el("th", { scope: "col", class: i > 1 ? "n" : "" }, title));
  return el("div", { class: "scroll" }, el("table", { class: "plain scores" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
}

/** The labels that an example lacks, or has too many, for its caption: "−cat +dog". */
function wrongMarks(targets, outputs, classes) {
  const signs = Array.from(targets, (mark, k) => (outputs[k] > GIVEN ? 1 : 0) - mark);
  return classes.flatMap((name, k) => (signs[k] ? [`${signs[k] > 0 ? "+" : "−"}${name}`] : []));
}

/** The examples in the page by their number of wrong marks, and then by the size of the errors. */
function worst({ pictures }) {
  const known = Array.from({ length: pictures.carried }, (_, place) => {
    const [targets, outputs] = [pictures.target(place), pictures.given(place)];
    const error = targets.reduce((sum, mark, k) => sum + Math.abs(mark - outputs[k]), 0);
    return { place, error, wrong: wrongMarks(targets, outputs, pictures.classes) };
  });
  return known.sort((a, b) => b.wrong.length - a.wrong.length || b.error - a.error);
}

/** The chosen example: the probability of each label, with a tick at those that it has. */
function chosenPanel({ pictures, network, example }) {
  const bars = new Bars(pictures.classes);
  const head = el("div", { class: "chosen" });
  const words = el("p", { class: "help" });
  example.watch(({ pixels, label, title }) => {
    const given = network.predict(pixels);
    clear(head, picture(pixels, pictures, title), el("b", {}, title));
    bars.update(given);
    bars.rows.forEach(({ row }, k) => {
      row.classList.toggle("label", label[k] === 1);
      row.classList.toggle("most", given[k] > GIVEN);
    });
    const wrong = wrongMarks(label, given, pictures.classes);
    write(words, wrong.length ? `Wrong marks: ${wrong.join(", ")}.` : "Every mark is right.");
  });
  return el("div", { class: "card" }, el("h3", {}, "Probability of each label"), head, bars.node, words);
}

export function show(section, model, content) {
  const { header, pictures, example } = model;
  const order = worst(model);
  const thumb = ({ place, wrong }) => {
    const about = pictures.about(place);
    return el(
      "button", { type: "button", class: "thumb", title: about.title, onclick: () => example.set(about) },
      picture(about.pixels, pictures, about.title), el("span", { class: wrong.length ? "wrong" : "" }, wrong.join(" ") || "all right"),
    );
  };
  section.append(
    el("div", { class: "card" }, el("h3", {}, "Scores of each label"), help(`Precision: the fraction of the ${pictures.words.many} given this label that have it. Recall: the fraction of those that have it that are given it. F1: their harmonic mean.`), scoresTable(header, content)),
    el(
      "div", { class: "grid side", style: "margin-top: var(--gap)" }, chosenPanel(model),
      el("div", { class: "card" }, el("h3", {}, "The most wrong marks"), help("− a label that was missed, + one that was given in error. A tick marks the labels that the chosen one has."), el("div", { class: pictures.isTable ? "thumbs tables" : "thumbs" }, order.slice(0, SHOWN).map(thumb))),
    ),
  );
  followTheme(section);
  if (order.length) example.set(pictures.about(order[0].place));
}
