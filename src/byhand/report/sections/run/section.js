// The facts of the run: what was trained, and how.

import { el, help, number, percent, whole } from "../../page/dom.js";

const tile = (label, value, note) => el(
  "div", { class: "card tile" },
  el("div", { class: "label" }, label), el("div", { class: `value${value.length > 10 ? " long" : ""}` }, value),
  el("div", { class: "note" }, note),
);

/** 900 -> "900 bytes", 954040 -> "954 kB". */
const storage = (bytes) => (bytes < 1000 ? `${bytes} bytes` : `${whole(bytes / 1000)} kB`);

function tiles({ data, contents, arrays }, { size }) {
  const { score } = contents.result;
  const { part, one, many } = data.words;
  const ofNetwork = tile("Parameters", whole(size.parameters), `${storage(size.bytes)}, ${whole(size.multiply_adds)} multiply-adds for one ${one}`);
  if (data.task === "multi-label") {
    const on = `of ${whole(score.count)} ${part} ${many}`;
    return el(
      "div", { class: "tiles" }, tile("Exact matches", whole(score.exact), `${on}: every label right`),
      tile("Hamming loss", percent(score.hamming, 2), "fraction of all marks that are wrong"),
      tile("Mean F1", score.f1 === null ? "–" : percent(score.f1), "over the labels"), tile("Loss", number(score.loss, 4), "the mean"), ofNetwork,
    );
  }
  if (data.task === "regression") {
    const on = `on ${whole(score.count)} ${part} ${many}`;
    return el(
      "div", { class: "tiles" }, tile("R²", number(score.r2, 4), `${on}; 1 is perfect, 0 is as good as the mean`),
      tile("Error", number(score.rmse, 4), "root of the mean squared error"), tile("Absolute error", number(score.mae, 4), "the mean"),
      tile("Loss", number(score.loss, 4), on), ofNetwork,
    );
  }
  const evaluated = `${part} ${score.count === 1 ? one : many}`;
  const partTitle = part[0].toUpperCase() + part.slice(1);
  const carried = arrays.image_numbers.values.length;
  const chance = 1 / data.classes.length;
  return el(
    "div", { class: "tiles" },
    tile("Accuracy", percent(score.accuracy, 2), `of ${whole(score.count)} ${evaluated}; chance is ${percent(chance, 0)}${data.words.caution && "; slightly optimistic, as they also chose the best epoch"}`),
    tile("95\u202f% interval", `${(100 * score.low).toFixed(2)} – ${percent(score.high, 2)}`, `where the accuracy on many more such ${many} probably lies (Wilson)`),
    tile("Wrong", whole(score.wrong), `of ${whole(score.count)} ${evaluated}${carried >= score.wrong ? "; every one of them is in this page" : ""}`),
    tile(`${partTitle} loss`, number(score.loss, 4), `the mean over the ${evaluated}; 0 would be certain and correct`),
    ofNetwork,
  );
}

const fact = ({ name, value, help: why }) => el(
  "tr", {}, el("th", { scope: "row" }, name),
  el("td", {}, value, why && el("span", { class: "why" }, why)),
);

const table = (facts) => el("table", { class: "plain facts" }, el("tbody", {}, facts.map(fact)));

/** The facts in two columns, folded until the reader opens them. */
function factCard({ facts, recipe }) {
  const middle = Math.ceil(facts.length / 2);
  const halves = [facts.slice(0, middle), facts.slice(middle)].filter((half) => half.length);
  const names = facts.slice(0, 4).map(({ name }) => name).join(", ");
  return el(
    "details", { class: "card" },
    el("summary", {}, el("b", {}, "Details of this run"), `: ${names}${facts.length > 4 ? ", …" : ""}`),
    el("div", { class: "grid two" }, halves.map(table)),
    recipe && [el("h3", { class: "recipe" }, "Recipe"), help("All settings; the same recipe and seed train the same network again."), el("pre", {}, recipe)],
  );
}

export function show(section, { header }, content) {
  section.append(
    el("h2", {}, "Run"), help(content.summary),
    tiles(header, content),
    factCard(content),
  );
}
