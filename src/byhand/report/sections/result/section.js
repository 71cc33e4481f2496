// The name of the network and its accuracy, in a line or two above the drawing box.

import { el, percent, whole } from "../../page/dom.js";

/** "of 10,000 test images; 225 wrong; 95 % interval 97.44 to 98.02 %". */
function evidence({ data }, { accuracy, low, high, count, wrong }) {
  const { part, one, many } = data.words;
  return el(
    "p", { class: "result" }, el("b", {}, percent(accuracy, 2)), " accuracy on ",
    `${whole(count)} ${part} ${count === 1 ? one : many}`,
    el("span", { class: "more" }, `; ${whole(wrong)} wrong; 95 % interval ${(100 * low).toFixed(2)} to ${percent(high, 2)}`),
  );
}

export function show(section, { header }, { score }) {
  section.append(el("h1", {}, header.title), evidence(header, score));
}
