// Parts shared by several sections: a picture, the bars, the chosen example.

import { paintImage, palette } from "./colours.js";
import { button, clear, el, number, percent, write } from "./dom.js";

const FIELDS = 12; // columns shown of a row that has more

/** The values of a row by name; the shade shows where a value lies in the range of its column. */
function fields(row, { columns, ranges }) {
  const fraction = (value, [low, high]) => Math.min(Math.max((value - low) / (high - low || 1), 0), 1);
  const shown = columns.slice(0, FIELDS).map((name, k) => el(
    "span", { style: `--fraction: ${100 * fraction(row[k], ranges[k])}%` }, `${name} = `, el("b", {}, number(row[k])),
  ));
  const more = columns.length - shown.length;
  return el("div", { class: "values" }, shown, more > 0 ? el("span", {}, `and ${more} more`) : null);
}

/** A canvas with a picture that follows the theme; for a table, the row's values by name. */
export function picture(pixels, pictures, label = "") {
  if (pictures.isTable) return fields(pixels, pictures);
  return depict(el("canvas", { role: "img" }), pixels, pictures, label);
}

/** Paints a picture on a canvas, now and whenever the theme changes. */
export function depict(canvas, pixels, { shape, peak }, label) {
  canvas.repaint = () => paintImage(canvas, pixels, shape, peak);
  canvas.repaint();
  canvas.setAttribute("aria-label", label);
  return canvas;
}

/** Repaints the pictures of a part of the page when the theme changes. */
export function followTheme(root) {
  palette.watch(() => {
    for (const canvas of root.querySelectorAll("canvas")) canvas.repaint?.();
  });
}

/** The CSS class of a strip of thumbnails, wider where the captions are words. */
export const stripClass = (classes) => (classes.some((name) => name.length > 3) ? "strip wide" : "strip");

/** The class with the largest probability. */
export const most = (values) => values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

/** The background's size of a fill that covers a fraction of its bar. It changes without a new layout. */
export const share = (fraction) => `${(100 * Math.min(Math.max(fraction, 0), 1)).toFixed(2)}% 100%`;

/** A bar for each class; `update(probabilities, label)` moves them. */
export class Bars {
  constructor(classes) {
    this.rows = classes.map((name) => {
      const [fill, figure] = [el("div", { class: "fill" }), el("span", { class: "figure" }, "–")];
      const row = el(
        "div", { class: "bar" }, el("span", { class: "name", title: name }, name),
        el("div", { class: "track" }, fill), figure,
      );
      return { row, fill, figure };
    });
    const named = classes.some((name) => name.length > 2);
    this.node = el("div", { class: `bars${named ? " named" : ""}${classes.length > 12 ? " many" : ""}` }, this.rows.map(({ row }) => row));
  }

  update(probabilities, label = null) {
    const best = probabilities ? most(probabilities) : -1;
    this.rows.forEach(({ row, fill, figure }, k) => {
      const probability = probabilities ? probabilities[k] : 0;
      row.classList.toggle("most", k === best);
      row.classList.toggle("label", k === label);
      fill.style.backgroundSize = share(probability);
      write(figure, probabilities ? percent(probability) : "–");
    });
  }
}

/** The label and the prediction of an example: "label 7; the network predicts 7 (99.8 %)". */
export function describe(example, network, { classes, isRegression }) {
  if (isRegression) return describeValues(example, network, classes);
  const probabilities = network.predict(example.pixels);
  const best = most(probabilities);
  const predicted = `the network predicts ${classes[best]} (${percent(probabilities[best])})`;
  return example.label === null ? predicted : `label ${classes[example.label]}; ${predicted}`;
}

/** The value and the prediction of an example: "value 231, predicted 228". */
function describeValues({ label, pixels }, network, classes) {
  const given = network.predict(pixels);
  return classes.map((name, k) => (
    label === null ? `${name} predicted ${number(given[k], 4)}` : `${name} ${number(label[k], 4)}, predicted ${number(given[k], 4)}`
  )).join("; ");
}

/** The strip above a section that names the chosen example and offers others. */
export function chosenStrip({ pictures, network, example, drawing, timeline }) {
  const strip = el("div", { class: "card chosen strip-of-example" });
  const step = (by) => {
    const place = example.value.place ?? 0;
    const next = (place + by + pictures.carried) % pictures.carried;
    example.set(pictures.about(next));
  };
  const any = () => example.set(pictures.about(Math.floor(Math.random() * pictures.carried)));
  const own = button(pictures.isTable ? "My row" : "My drawing", () => drawing.value && example.set(drawing.value));
  drawing.watch((value) => { own.disabled = !value; });
  const shown = el("div", { class: "row" });
  strip.append(shown, el(
    "div", { class: "row" },
    button(["←", el("span", { class: "words" }, " Previous")], () => step(-1), { "aria-label": "Previous example" }),
    button([el("span", { class: "words" }, "Next "), "→"], () => step(1), { "aria-label": "Next example" }), button("Random", any), own,
  ));
  shown.className = "what row";
  example.watch((chosen) => clear(shown, picture(chosen.pixels, pictures, chosen.title), el(
    "div", {}, el("b", {}, chosen.title, timeline && !timeline.isHome ? ` at ${timeline.words()}` : ""), el("span", {}, describe(chosen, network, pictures)),
  )));
  followTheme(strip);
  return strip;
}
