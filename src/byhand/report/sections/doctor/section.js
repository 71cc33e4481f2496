// The findings of the doctor.

import { el, help, percent, whole } from "../../page/dom.js";
import { followTheme, picture } from "../../page/pieces.js";

/** Writes the first letter of a text as a capital. */
const sentence = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

const line = (name, value) => value && [el("dt", {}, name), el("dd", {}, value)];

/** Severity -> the colour of the edge. */
const EDGE = { info: "info", note: "info", ok: "fine", healthy: "fine" };

const finding = ({ name, severity, evidence, meaning, fix }) => el(
  "article", { class: `card finding ${EDGE[severity] ?? ""}` },
  el("h3", {}, sentence(name), severity && el("span", { class: "badge" }, severity)),
  el("dl", {}, line("Evidence", sentence(evidence)), line("What it means", meaning), line("What to change", fix)),
);

/** One suspected example: its picture and the suspicion. */
function suspect(one, i, { pictures, header }) {
  const { values, shape } = header.arrays.suspects;
  const pixels = values.subarray(i * shape[1], (i + 1) * shape[1]);
  const label = pictures.classes[one.label];
  const words = one.kind === "label"
    ? [el("span", { class: "wrong" }, `${label} → ${pictures.classes[one.likely]}`), el("span", {}, `p = ${percent(one.probability)}`)]
    : [el("span", {}, label), el("span", {}, `${whole(one.copies)} equal`)];
  return el("div", { class: "thumb" }, picture(pixels, pictures, `${one.part} ${pictures.words.one} ${one.row}`), words, el("span", {}, `${one.part} ${one.row}`));
}

/** The suspects of one kind under a heading; nothing if there are none. */
function shelf(kind, title, words, suspects, model) {
  const shown = suspects.map((one, i) => [one, i]).filter(([one]) => one.kind === kind);
  if (!shown.length) return null;
  return el(
    "div", { class: "card", style: "margin-top: var(--gap)" }, el("h3", {}, title), help(words),
    el("div", { class: model.pictures.isTable ? "thumbs tables" : "thumbs" }, shown.map(([one, i]) => suspect(one, i, model))),
  );
}

export function show(section, model, { findings, suspects }) {
  const { one, many } = model.pictures.words;
  if (findings === null) {
    section.append(el("p", { class: "card" }, "The doctor has not examined this run."));
  } else if (!findings.length) {
    section.append(el("p", { class: "card finding fine" }, "Nothing is wrong: input scale, learning rate, units, gradients, fit and data are healthy."));
  } else {
    section.append(el("div", { class: "grid two" }, findings.map(finding)));
  }
  section.append(...[
    shelf("label", "Labels to check by eye", `The network is confident of another class than the label. Below each ${one}: its label → what the network sees, the probability of the label, and the part and row.`, suspects, model),
    shelf("repeated", `Repeated ${many}`, `Groups of ${many} that are equal in every number.`, suspects, model),
  ].filter(Boolean));
  followTheme(section);
}
