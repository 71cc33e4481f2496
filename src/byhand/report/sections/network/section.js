// Inside the network: all units for the chosen image, and one unit in depth.

import { biggest, css, paintSigned, palette } from "../../page/colours.js";
import { choice, clear, el, help, labelled, number, percent, signed, whole } from "../../page/dom.js";
import { Diagram } from "./diagram.js";
import { chosenStrip, followTheme, picture, share, stripClass } from "../../page/pieces.js";
import { epochSlider } from "../../page/time.js";

const NOISE = 6; // p = 0.06 if five examples change, 0.03 if six do
const STRONGEST = 10; // connections shown on each side of a unit

/** Number of units and title of each row. */
function describeRows({ network }) {
  const rows = [network.steps[0].inputs, ...network.rowSteps.map((s) => network.steps[s].units)];
  const title = (l) => (short) => {
    if (l === 0) return `Input: ${whole(rows[0])} numbers`;
    const name = l === rows.length - 1 ? "Output" : `Hidden layer ${l}`;
    const fn = network.steps[network.rowSteps[l - 1]].fnName;
    return short ? `${name}: ${rows[l]}, ${fn}` : `${name}: ${rows[l]} unit${rows[l] === 1 ? "" : "s"}, ${fn}`;
  };
  return { rows, titles: rows.map((_, l) => title(l)) };
}

/** The weights into a unit (from the row above) and out of it. */
class Connections {
  constructor(network, rows) {
    Object.assign(this, { network, rows });
  }

  weight(row, from, to) {
    return this.network.parameters[`W${row}`][from * this.rows[row] + to];
  }

  into({ row, unit }) {
    if (row === 0) return [];
    return this.each(this.rows[row - 1], (from) => ({ row: row - 1, unit: from, weight: this.weight(row, from, unit) }));
  }

  outOf({ row, unit }) {
    if (row === this.rows.length - 1) return [];
    return this.each(this.rows[row + 1], (to) => ({ row: row + 1, unit: to, weight: this.weight(row + 1, unit, to) }));
  }

  each(count, make) {
    return Array.from({ length: count }, (_, i) => make(i));
  }

  /** The strongest connections on each side, by weight or by weight times the activation that it carries. */
  strongest(choice, activations, byFlow) {
    const value = ({ row, unit }) => (byFlow ? activations[row][unit] : 1);
    const rank = (links, carrier) => links
      .map((link) => ({ ...link, strength: link.weight * value(carrier ?? link) }))
      .filter((link) => link.strength !== 0)
      .sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength))
      .slice(0, STRONGEST);
    return { into: rank(this.into(choice)), outOf: rank(this.outOf(choice), choice) };
  }
}

const stat = (value, words, isLong = false) => el("div", { class: isLong ? "wide" : "" }, el("b", {}, value), el("span", {}, words));

class UnitCard {
  constructor({ model, units, rows, connections, diagram }) {
    Object.assign(this, { model, units, rows, connections, diagram });
    this.facts = el("div", {});
    this.pictures = el("div", { class: "grid" });
    this.slider = epochSlider(model);
    this.node = el("div", { class: "grid unit-grid" }, el("div", { class: "card", id: "unit", "aria-live": "polite" }, this.facts), el("div", { class: "card" }, this.pictures));
    followTheme(this.node);
  }

  name(choice) {
    if (choice.row === 0) return `Input, ${this.diagram.nameOf(choice)}`;
    const last = choice.row === this.rows.length - 1;
    return last ? `Output unit for ${this.model.pictures.isRegression ? "" : "class "}${this.model.pictures.classes[choice.unit] ?? choice.unit}` : `Hidden layer ${choice.row}, unit ${choice.unit}`;
  }

  show(choice, forward, byFlow) {
    const links = this.connections.strongest(choice, forward.rows, byFlow);
    clear(
      this.facts, el("h3", {}, this.name(choice)), this.stats(choice, forward),
      this.list("Strongest from the layer above", links.into, byFlow),
      this.list("Strongest to the layer below", links.outOf, byFlow),
    );
    this.showPictures(choice);
  }

  /** Shows the weight image and the examples. They change only with the unit or the weights, so a click
   * on an example changes nothing under the pointer. */
  showPictures(choice) {
    const { timeline } = this.model;
    const shown = `${choice.row} ${choice.unit} ${timeline?.at.value}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const { arrays } = this.model.header;
    const known = arrays[`top${choice.row}`];
    clear(
      this.pictures,
      el("div", { class: "grid two" }, this.weights(choice), arrays[`mean_by_class${choice.row}`] ? this.averages(choice.row, choice.unit) : null),
      this.slider,
      known && timeline && !timeline.isHome ? help("The figures and examples below belong to the network that was kept.") : null,
      known ? this.examples(choice) : null,
    );
  }

  stats(choice, forward) {
    const { row, unit } = choice;
    const activation = forward.rows[row][unit];
    const known = this.model.header.arrays[`silent${row}`];
    const cells = [stat(number(activation, 4), `activation for the chosen ${this.model.pictures.words.one}`)];
    if (row > 0) cells.push(stat(number(forward.caches[this.model.network.rowSteps[row - 1]].Z[unit], 4), "before the activation function (z)"));
    if (known) cells.push(...this.testStats(row, unit));
    return el("div", { class: "stats" }, cells);
  }

  testStats(row, unit) {
    const { units } = this;
    const { arrays } = this.model.header;
    const { evaluated } = this.model.pictures;
    const silent = arrays[`silent${row}`].values[unit];
    const cells = [stat(percent(silent), `of ${whole(units.images)} ${evaluated} leave it silent (${units.silence[row - 1]})`)];
    const lost = arrays[`lost${row}`];
    if (lost) cells.push(this.ablation(lost.values[unit], units.ablated[row - 1]));
    return cells;
  }

  /** The change of accuracy without a unit. A net change of fewer than NOISE examples may be chance: a
   * fair coin falls on the same side n times with p = 2 / 2ⁿ. */
  ablation(lost, count) {
    const { evaluated, words } = this.model.pictures;
    const net = Math.round(lost * count);
    const size = Math.abs(net);
    const examples = `${whole(size)} ${size === 1 ? words.one : words.many}`;
    const how = `its activation set to 0, on ${whole(count)} ${evaluated}`;
    if (size < NOISE) return stat("No difference", `in accuracy without it beyond chance: ${net ? `${examples} ${net > 0 ? "fewer" : "more"} correct` : "as many correct"} (${how})`, true);
    return stat(`${signed(-100 * lost)} points`, `of accuracy without it: ${examples} ${net > 0 ? "fewer" : "more"} correct (${how})`, true);
  }

  list(title, links, byFlow) {
    if (!links.length) return null;
    const largest = biggest(links.map((link) => link.strength));
    return el(
      "div", { style: "margin-top: 0.8rem" }, el("div", { class: "caption" }, `${title}; ${byFlow ? "bar and first number: weight × activation now; second: weight" : "bar and number: weight"}`),
      el("div", { class: `links${byFlow ? " flow" : ""}` }, links.map((link) => this.link(link, largest, byFlow))),
    );
  }

  link(link, largest, byFlow) {
    const colour = css(link.strength < 0 ? palette.value.negative : palette.value.positive);
    const width = `${100 * Math.abs(link.strength / largest)}%`;
    return el(
      "button", { type: "button", onclick: () => this.diagram.choose(link) },
      el("span", {}, this.diagram.nameOf(link)),
      el("span", {}, el("span", { class: "beam", style: `display: block; width: ${width}; background: ${colour}` })),
      byFlow ? el("span", { class: "n" }, number(link.strength, 3)) : null,
      el("span", { class: `n${byFlow ? " caption" : ""}` }, number(link.weight, 3)),
    );
  }

  /** The weights of a unit as a picture in the shape of the input. */
  weights({ row, unit }) {
    const { shape } = this.model.pictures;
    if (row === 0) return this.pixel(unit);
    if (shape[0] === 1) return null;
    const canvas = el("canvas", { role: "img", "aria-label": "weights as a picture" });
    const values = this.pathWeights(row, unit);
    canvas.repaint = () => paintSigned(canvas, values, shape);
    canvas.repaint();
    const words = row === 1
      ? "Its weights, one for each pixel: ink on blue activates it, ink on orange inhibits it."
      : "Its weights carried back to the pixels, as if the layers between were linear: a sketch of what activates it (blue) and inhibits it (orange).";
    return el("div", { class: "weights" }, el("h3", {}, "Weight image"), help(words), canvas);
  }

  /** The place of an input. */
  pixel(unit) {
    const { shape, size, isTable } = this.model.pictures;
    if (isTable) return help("An input has no weights of its own; its connections are listed beside.");
    const values = new Float64Array(size);
    values[unit] = 1;
    const canvas = el("canvas", { role: "img", "aria-label": "place of the pixel" });
    canvas.repaint = () => paintSigned(canvas, values, shape);
    canvas.repaint();
    return el("div", { class: "weights" }, el("h3", {}, "Place"), help("The input itself has no weights; its connections are listed beside."), canvas);
  }

  /** W1 W2 ... w, which is just the weights in the first layer. */
  pathWeights(row, unit) {
    let column = Float64Array.from(this.connections.into({ row, unit }), (link) => link.weight);
    for (let l = row - 1; l >= 1; l--) {
      const W = this.model.network.parameters[`W${l}`];
      const n = this.rows[l];
      const above = new Float64Array(this.rows[l - 1]);
      for (let i = 0, w = 0; i < above.length; i++) for (let j = 0; j < n; j++, w++) above[i] += W[w] * column[j];
      column = above;
    }
    return column;
  }

  examples({ row, unit }) {
    const { arrays } = this.model.header;
    const { many } = this.model.pictures.words;
    const places = (name) => {
      const { values, shape } = arrays[`${name}${row}`];
      return Array.from(values.subarray(unit * shape[1], (unit + 1) * shape[1]));
    };
    return [
      this.strip(`Top ${many}`, `The ${many} in this page that activate it most.`, places("top")),
      this.strip(`Bottom ${many}`, "Those that activate it least; where many leave it silent, any of them.", places("bottom")),
    ];
  }

  strip(title, words, places) {
    const { pictures, example } = this.model;
    const thumbs = places.map((place) => {
      const about = pictures.about(place);
      return el("button", { type: "button", class: "thumb", title: about.title, onclick: () => example.set(about) }, picture(about.pixels, pictures, about.title), el("span", {}, pictures.isRegression ? number(about.label[0], 4) : pictures.classes[about.label]));
    });
    return el("div", {}, el("h3", {}, title), help(words), el("div", { class: pictures.isTable ? "thumbs tables" : stripClass(pictures.classes), style: "margin-top: 0.4rem" }, thumbs));
  }

  averages(row, unit) {
    const { values, shape } = this.model.header.arrays[`mean_by_class${row}`];
    const mean = values.subarray(unit * shape[1], (unit + 1) * shape[1]);
    const largest = biggest(mean) || 1;
    const named = this.model.pictures.classes.some((name) => name.length > 2);
    const bars = Array.from(mean, (value, k) => el(
      "div", { class: "bar" }, el("span", {}, this.model.pictures.classes[k]),
      el("div", { class: "track" }, el("div", { class: "fill", style: `background-size: ${share(Math.abs(value / largest))}; --fill: var(${value < 0 ? "--negative" : "--positive"})` })),
      el("span", { class: "figure" }, number(value, 3)),
    ));
    return el("div", {}, el("h3", {}, "By class"), help(`Its mean activation over the ${this.model.pictures.evaluated} of each class.`), el("div", { class: `bars${named ? " named" : ""}${mean.length > 12 ? " many" : ""}`, style: "margin-top: 0.4rem" }, bars));
  }
}

/** The hidden unit that is most active for an image. */
function liveliest(forward) {
  const row = forward.rows.length > 2 ? 1 : forward.rows.length - 1;
  const values = forward.rows[row];
  return { row, unit: values.reduce((best, value, j) => (value > values[best] ? j : best), 0) };
}

const LOST = "most accuracy lost without it";

/** The orders in which the units of a layer can be visited. */
const ORDERS = {
  "most active now": (row, forward) => [...forward.rows[row]].map((a) => -a),
  [LOST]: (row, _, arrays) => arrays[`lost${row}`] && [...arrays[`lost${row}`].values].map((v) => -v),
  "most often silent": (row, _, arrays) => arrays[`silent${row}`] && [...arrays[`silent${row}`].values].map((v) => -v),
};

export function show(section, model, content) {
  const { network, example, header, pictures } = model;
  const { rows, titles } = describeRows(model);
  const connections = new Connections(network, rows);
  let [chosen, forward, byFlow] = [null, null, true];
  const links = (choice) => Object.values(connections.strongest(choice, forward.rows, byFlow)).flat();
  const diagram = new Diagram({ rows, titles, shape: pictures.shape, classes: pictures.classes, columns: pictures.columns, choose: (unit) => { follow(unit); select(unit); }, links });
  const card = new UnitCard({ model, units: content, rows, connections, diagram });
  const refresh = () => { diagram.select(chosen); card.show(chosen, forward, byFlow); };
  const select = (unit) => { chosen = unit; refresh(); };

  const hidden = rows.map((_, l) => [String(l), l === 0 ? "input" : l === rows.length - 1 ? "output" : `hidden layer ${l}`]);
  const layer = choice(hidden.slice(1), () => {}, { id: "layer" });
  const isKnown = (name) => name !== LOST || rows.some((_, l) => header.arrays[`lost${l}`]);
  const order = choice(Object.keys(ORDERS).filter(isKnown).map((name) => [name, name]), () => {}, { id: "order" });
  let rank = 0;
  const walk = (by) => {
    const row = Number(layer.value);
    const sorted = sortedUnits(row);
    rank = by === 0 ? 0 : (rank + by + sorted.length) % sorted.length;
    select({ row, unit: sorted[rank] });
  };
  const keysOf = (name, row) => ORDERS[name](row, forward, header.arrays);
  const sortedUnits = (row) => keysOf(order.value, row).map((key, j) => [key, j]).sort(([a], [b]) => a - b).map(([, j]) => j);
  /** Offers only the orders that are known for the layer. */
  const offer = () => {
    for (const option of order.options) option.disabled = !keysOf(option.value, Number(layer.value));
    if (order.selectedOptions[0]?.disabled) order.value = Object.keys(ORDERS)[0];
  };
  /** Sets the selectors to a unit that was chosen in the diagram. */
  const follow = ({ row, unit }) => {
    if (row === 0) return; // inputs can be visited in the diagram only
    layer.value = String(row);
    offer();
    rank = sortedUnits(row).indexOf(unit);
  };
  layer.onchange = order.onchange = () => { offer(); walk(0); };
  const strength = choice([["flow", "weight × activation now"], ["weight", "weight alone"]], (value) => { byFlow = value === "flow"; refresh(); }, { id: "strength" });
  const controls = el(
    "div", { class: "row", style: "margin-bottom: 0.8rem" },
    labelled("units of", layer), labelled("by", order),
    el("button", { type: "button", onclick: () => walk(-1) }, "← Previous"), el("button", { type: "button", onclick: () => walk(1) }, "Next →"),
    labelled("connections by", strength),
  );
  section.append(
    chosenStrip(model),
    el("div", { class: "card" }, controls, diagram.node, epochSlider(model), el("div", { class: "row", style: "margin-top: 0.6rem" }, el("span", { class: "key" }, "negative", el("i", {}), "positive"), el("span", { class: "caption" }, "each layer by its own largest value"))),
    el("div", { style: "height: var(--gap)" }), card.node,
  );
  example.watch((value) => {
    forward = network.forward(network.scale(value.pixels));
    if (!chosen) {
      chosen = liveliest(forward);
      follow(chosen);
    }
    diagram.update(forward.rows);
    refresh();
  });
  palette.watch(() => forward && refresh());
}
