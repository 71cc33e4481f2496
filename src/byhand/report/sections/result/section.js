// The network's name and accuracy, in a line or two above the drawing box.

import { el, number, percent, whole } from "../../page/dom.js";

/** "of 10,000 test images; 225 wrong; 95 % interval 97.44 to 98.02 %". */
function evidence({ data }, { accuracy, low, high, count, wrong }) {
  const { part, one, many } = data.words;
  return el(
    "p", { class: "result" }, el("b", {}, percent(accuracy, 2)), " accuracy on ",
    `${whole(count)} ${part} ${count === 1 ? one : many}`,
    el("span", { class: "more" }, `; ${whole(wrong)} wrong; 95\u202f% interval ${(100 * low).toFixed(2)} to ${percent(high, 2)}`),
  );
}

/** "R² 0.826 on 60 validation rows; typical error 73.9 (root mean square)". */
function evidenceOfValues({ data }, { r2, rmse, count }) {
  const { part, one, many } = data.words;
  return el(
    "p", { class: "result" }, el("b", {}, `R² ${number(r2, 3)}`), ` on ${whole(count)} ${part} ${count === 1 ? one : many}`,
    el("span", { class: "more" }, `; typical error ${number(rmse, 3)} (root mean square)`),
  );
}

/** "52 of 60 test rows with every label right; Hamming loss 3.4 %, mean F1 91.2 %". */
function evidenceOfLabels({ data }, { exact, count, hamming, f1 }) {
  const { part, one, many } = data.words;
  return el(
    "p", { class: "result" }, el("b", {}, percent(exact / count, 1)), ` of ${whole(count)} ${part} ${count === 1 ? one : many} with every label right`,
    el("span", { class: "more" }, `; Hamming loss ${percent(hamming, 2)}${f1 === null ? "" : `, mean F1 ${percent(f1)}`}`),
  );
}

const EVIDENCE = { classification: evidence, regression: evidenceOfValues, "multi-label": evidenceOfLabels };

export function show(section, { header }, { score }) {
  section.append(el("h1", {}, header.title), EVIDENCE[header.data.task](header, score));
}
