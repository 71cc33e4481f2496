// A field for each column of a table; the network predicts at every change.

import { button, el, help, labelled, number } from "./dom.js";
import { keepOwn, Reply } from "./reply.js";
import { epochSlider } from "./time.js";
import { ValueReply } from "./value_reply.js";

/** The form that replaces the drawing box if the data are not pictures. */
export function showFields(section, model) {
  const { pictures, example } = model;
  const reply = new (pictures.isRegression ? ValueReply : Reply)(model, ["Not a number yet", "Every field needs a number."]);
  const keep = keepOwn(model, "Your row");
  const inputs = pictures.columns.map((name, k) => el("input", {
    type: "number", step: "any", "aria-label": name, "data-column": k, oninput: () => predict(),
  }));
  const predict = () => {
    const row = Float64Array.from(inputs, (input) => (input.value.trim() === "" ? NaN : Number(input.value)));
    const given = row.every(Number.isFinite) ? row : null;
    reply.show(given);
    keep(given);
  };
  const fill = (row) => {
    inputs.forEach((input, k) => { input.value = String(Number(row[k].toPrecision(row instanceof Float64Array ? 15 : 6))); });
    predict();
  };
  const any = () => fill(pictures.pixels(Math.floor(Math.random() * pictures.carried)));
  const range = ([low, high]) => `${number(low)} to ${number(high)}`;
  const rows = inputs.map((input, k) => el("tr", {}, el("th", { scope: "row" }, pictures.columns[k]), el("td", {}, input), el("td", { class: "caption" }, range(pictures.ranges[k]))));
  section.append(
    help(`Type a row: the network predicts at every change. The first values come from one of the ${pictures.evaluated}.`),
    el(
      "div", { class: "grid draw-grid" },
      el("div", { class: "card" }, el("div", { class: "scroll tall" }, el("table", { class: "plain entry" }, el("tbody", {}, rows))), el("div", { class: "row tools" }, button("Random example", any), button("The row chosen below", () => fill(example.value.pixels))), epochSlider(model)),
      el("div", {}, reply.card, reply.inside),
    ),
  );
  fill(pictures.pixels(pictures.carried - 1)); // mistakes come first, ordinary rows last
  model.timeline?.at.watch(predict);
}
