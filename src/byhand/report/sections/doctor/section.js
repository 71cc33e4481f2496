// What the doctor found.

import { el } from "../../page/dom.js";

const part = (name, value) => value && [el("dt", {}, name), el("dd", {}, value)];

/** How grave, from the doctor's words to the colour of the edge. */
const EDGE = { info: "info", note: "info", ok: "fine", healthy: "fine" };

const finding = ({ name, severity, evidence, meaning, fix }) => el(
  "article", { class: `card finding ${EDGE[severity] ?? ""}` },
  el("h3", {}, name, severity && el("span", { class: "badge" }, severity)),
  el("dl", {}, part("Evidence", evidence), part("What it means", meaning), part("What to change", fix)),
);

export function show(section, model, { findings }) {
  if (findings === null) {
    section.append(el("p", { class: "card" }, "The doctor was not asked about this run."));
  } else if (!findings.length) {
    section.append(el("p", { class: "card finding fine" }, "Nothing wrong was found: scale, rate, units, gradients, fit and data look healthy."));
  } else {
    section.append(el("div", { class: "grid two" }, findings.map(finding)));
  }
}
