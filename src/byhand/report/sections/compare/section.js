// Two runs side by side, and the examples on which they disagree.

import { button, choice, clear, el, help, labelled, number, percent, whole } from "../../page/dom.js";
import { followTheme, picture } from "../../page/pieces.js";

const PAGE = 36; // thumbnails shown at a time

const head = (names) => el("thead", {}, el("tr", {}, ["", ...names].map((name, i) => el("th", { scope: "col", class: i ? "n" : "" }, name))));
const line = (name, values) => el("tr", {}, el("th", { scope: "row" }, name), values.map((value) => el("td", { class: "n" }, value)));
const table = (names, rows) => el("div", { class: "scroll" }, el("table", { class: "plain compared" }, head(names), el("tbody", {}, rows)));

function results({ names, networks, seconds }) {
  return el("div", { class: "card" }, el("h3", {}, "Results"), table(names, [
    line("Accuracy", networks.map(({ accuracy }) => percent(accuracy, 2))),
    line("on", networks.map(({ examples }) => examples)),
    line("Layers", networks.map(({ layers }) => layers)),
    line("Parameters", networks.map(({ parameters }) => whole(parameters))),
    seconds && line("Training", seconds.map((value) => `${number(value, 3)} s`)),
  ].filter(Boolean)));
}

function settings({ names, differences }) {
  const words = differences.length ? "The settings that differ; all others are the same." : "All settings are the same.";
  return el("div", { class: "card" }, el("h3", {}, "What differs"), help(words), differences.length ? table(names, differences.map(([name, ...values]) => line(name, values))) : null);
}

/** Whether chance could explain the difference, by McNemar's exact test. */
function verdict({ names, both: { only, chance } }) {
  const [a, b] = only;
  if (a === b) return "Neither is ahead.";
  const better = names[a > b ? 0 : 1];
  return chance < 0.05
    ? `${better} is ahead by more than chance explains (McNemar's test, p = ${number(chance, 2)}).`
    : `${better} is ahead, but chance alone could explain this (McNemar's test, p = ${number(chance, 2)}).`;
}

class Disagreements {
  constructor(model, content) {
    Object.assign(this, { model, content, limit: PAGE, wish: "all" });
    const { names } = content;
    this.rivals = model.header.arrays.rival_predictions.values;
    this.confidence = model.header.arrays.rival_confidence.values;
    this.kinds = {
      all: () => true,
      first: ({ label, predicted }) => predicted === label,
      second: ({ label, number: n }) => this.rivals[n] === label,
      neither: ({ label, predicted, number: n }) => predicted !== label && this.rivals[n] !== label,
    };
    this.thumbs = el("div", { class: `thumbs${model.pictures.isTable ? " tables" : ""}`, id: "disagreements" });
    this.count = el("span", { class: "caption", role: "status" });
    this.more = button("Show more", () => { this.limit += 4 * PAGE; this.show(); });
    const options = [["all", "any"], ["first", `${names[0]} is right`], ["second", `${names[1]} is right`], ["neither", "neither is right"]];
    this.node = el("div", {}, el("div", { class: "row", style: "margin-block: 0.8rem" }, labelled("where", choice(options, (wish) => { this.wish = wish; this.limit = PAGE; this.show(); }, { id: "by-rival" })), this.count), el("div", { class: "shelf", tabindex: "-1" }, this.thumbs, this.more));
    model.timeline?.at.watch(() => this.show());
    this.show();
  }

  show() {
    const { pictures } = this.model;
    const places = Array.from({ length: pictures.carried }, (_, i) => i)
      .filter((i) => pictures.predictions[pictures.numbers[i]] !== this.rivals[pictures.numbers[i]])
      .filter((i) => this.kinds[this.wish]({ label: pictures.labels[pictures.numbers[i]], predicted: pictures.predictions[pictures.numbers[i]], number: pictures.numbers[i] }));
    clear(this.thumbs, places.slice(0, this.limit).map((i) => this.thumb(i)));
    this.count.textContent = `${whole(places.length)} ${places.length === 1 ? pictures.words.one : pictures.words.many}`;
    this.more.hidden = places.length <= this.limit;
  }

  thumb(i) {
    const { pictures, example } = this.model;
    const about = pictures.about(i);
    const rival = this.rivals[about.number];
    const says = (guess, p) => el("span", { class: guess === about.label ? "" : "wrong" }, `${pictures.classes[guess]} ${percent(p, 0)}`);
    return el(
      "button", { type: "button", class: "thumb", title: `${about.title}, label ${pictures.classes[about.label]}`, onclick: () => example.set(about) },
      picture(about.pixels, pictures, `${about.title}, label ${pictures.classes[about.label]}`),
      says(about.predicted, about.confidence), says(rival, this.confidence[i]),
    );
  }
}

function disagreeing(model, content) {
  const { names, both, learnt_from: seen } = content;
  const { many } = model.pictures.words;
  const all = both.both + both.only[0] + both.only[1] + both.neither;
  const caution = seen ? ` ${names[1]} was evaluated on other ${many}, and may have been trained on some of these.` : "";
  const card = el(
    "div", { class: "card" }, el("h3", {}, "Where they disagree"),
    help(`Of ${whole(all)} ${many} both are right on ${whole(both.both)}, only ${names[0]} on ${whole(both.only[0])}, only ${names[1]} on ${whole(both.only[1])}, and neither on ${whole(both.neither)}. ${verdict(content)}${caution} Below each ${model.pictures.words.one} are the prediction of ${names[0]}, then that of ${names[1]}; wrong ones are orange.`),
    new Disagreements(model, content).node,
  );
  followTheme(card);
  return card;
}

export function show(section, model, content) {
  section.append(
    el("div", { class: "grid two", style: "margin-bottom: var(--gap)" }, results(content), settings(content)),
    content.both ? disagreeing(model, content) : el("p", { class: "card" }, "The two networks take different inputs, so they cannot predict the same examples."),
  );
}
