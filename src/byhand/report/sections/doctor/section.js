// The findings of the doctor.

import { el } from "../../page/dom.js";

const line = (name, value) => value && [el("dt", {}, name), el("dd", {}, value)];

/** Severity -> the colour of the edge. */
const EDGE = { info: "info", note: "info", ok: "fine", healthy: "fine" };

const finding = ({ name, severity, evidence, meaning, fix }) => el(
  "article", { class: `card finding ${EDGE[severity] ?? ""}` },
  el("h3", {}, name, severity && el("span", { class: "badge" }, severity)),
  el("dl", {}, line("Evidence", evidence), line("What it means", meaning), line("What to change", fix)),
);

export function show(section, model, { findings }) {
  if (findings === null) {
    section.append(el("p", { class: "card" }, "The doctor was not asked about this run."));
  } else if (!findings.length) {
    section.append(el("p", { class: "card finding fine" }, "Nothing is wrong: input scale, learning rate, units, gradients, fit and data are healthy."));
  } else {
    section.append(el("div", { class: "grid two" }, findings.map(finding)));
  }
}
