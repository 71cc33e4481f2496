// The network as rows of units on one canvas; the colour of a unit's square is its activation.

import { biggest, css, diverging, palette, readable } from "../../page/colours.js";
import { clear, el, number, onFrame, onResize } from "../../page/dom.js";

const GAP = 58; // between rows, space for the connections
const TITLE = 22; // height of the text above a row
const NAMES = 84; // space below the outputs for the names of the classes
const MOST_NAMES = 12; // with more classes, only numbers are shown

/** The size of a unit's square: the more units, the smaller. */
const sizeFor = (units, width) => {
  const wished = [[16, 40], [64, 24], [160, 17], [400, 14], [Infinity, 11]]
    .find(([most]) => units <= most)[1];
  const roomy = width > 800 ? Math.round(wished * 1.25) : wished;
  return units <= 16 ? Math.min(roomy, Math.floor(width / units)) : roomy;
};

/** The layout of each row's units: left, top, size, columns. */
export function layout(rows, width, shape) {
  let top = 0;
  return rows.map((units, l) => {
    const picture = l === 0 && units === shape[0] * shape[1] && shape[0] > 1;
    const size = picture ? Math.max(4, Math.min(16, Math.floor(168 / shape[1]))) : sizeFor(units, width);
    const fit = Math.max(1, Math.floor(width / size));
    const lines = Math.ceil(units / fit);
    const columns = picture ? shape[1] : Math.ceil(units / lines);
    const place = { units, size, columns, left: (width - columns * size) / 2, top: top + TITLE };
    top = place.top + Math.ceil(units / columns) * size + GAP;
    return { ...place, bottom: top - GAP };
  });
}

const corner = ({ left, top, size, columns }, j) => [
  left + (j % columns) * size, top + Math.floor(j / columns) * size,
];

const centre = (place, j) => corner(place, j).map((at) => at + place.size / 2);

/** The middle of the edge at which a connection from above or from below reaches a unit. */
const edge = (place, j, fromAbove) => {
  const [x, y] = centre(place, j);
  return [x, fromAbove ? y - place.size / 2 : y + place.size / 2];
};

export class Diagram {
  /** A click or Enter calls `choose({ row, unit })`; `links(choice)` returns the connections to draw. */
  constructor({ rows, titles, shape, classes, columns, choose, links }) {
    Object.assign(this, { rows, titles, shape, classes, columns, choose, links });
    this.chosen = null;
    this.canvas = el("canvas", {
      tabindex: "0", role: "application", id: "diagram",
      "aria-label": "The units of the network, layer by layer. Arrow keys walk from unit to unit and over the edge of a layer to the next, page up and page down from layer to layer.",
      onpointermove: (event) => this.hover(event), onpointerleave: () => this.tip(null),
      onclick: (event) => this.click(event), onkeydown: (event) => this.key(event),
    });
    this.tipNode = el("div", { class: "tip", hidden: true });
    this.node = el("div", { class: "diagram", style: "position: relative" }, this.canvas, this.tipNode);
    this.redraw = onFrame(() => this.draw());
    onResize(this.node, (width) => { this.width = width; this.redraw(); });
    palette.watch(this.redraw);
    addEventListener("beforeprint", () => this.draw()); // no frame follows before printing
  }

  get narrow() {
    return this.width < 520;
  }

  update(activations) {
    this.activations = activations;
    this.redraw();
  }

  select(choice) {
    this.chosen = choice;
    this.redraw();
  }

  draw() {
    if (!this.width || !this.activations) return;
    this.places = layout(this.rows, this.width, this.shape);
    const height = this.places.at(-1).bottom + (this.named() ? NAMES : 6);
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    this.context = this.canvas.getContext("2d");
    this.context.scale(ratio, ratio);
    this.places.forEach((place, l) => this.drawRow(place, l));
    if (this.chosen) this.drawLinks();
    this.places.forEach((place, l) => this.drawTitle(place, l));
  }

  /** Writes the text above a row, on the card's colour, so that connections pass behind it. */
  drawTitle(place, l) {
    const { context } = this;
    const words = this.titles[l](this.narrow);
    const size = Math.max(13, 0.8 * parseFloat(getComputedStyle(document.documentElement).fontSize));
    Object.assign(context, { font: `${size}px system-ui, sans-serif`, textAlign: "left" });
    context.fillStyle = css(palette.value.card);
    context.fillRect(0, place.top - 8 - size, context.measureText(words).width + 8, size + 5);
    context.fillStyle = css(palette.value.muted);
    context.fillText(words, 0, place.top - 8);
  }

  long() {
    return this.classes.some((name) => name.length > 2);
  }

  /** Whether the names of the classes are written below the outputs. */
  named() {
    return this.long() && this.classes.length <= MOST_NAMES && this.rows.at(-1) === this.classes.length;
  }

  drawRow(place, l) {
    const { context } = this;
    const values = this.activations[l];
    const largest = biggest(values) || 1;
    const seam = place.size > 8 ? 1 : 0;
    for (let j = 0; j < place.units; j++) {
      const [x, y] = corner(place, j);
      context.fillStyle = css(diverging(values[j] / largest));
      context.fillRect(x, y, place.size - seam, place.size - seam);
    }
    if (l === this.rows.length - 1) this.drawClasses(place, values, largest);
  }

  /** Writes class names inside the output units, or numbers where names would not fit. */
  drawClasses(place, values, largest) {
    if (place.units !== this.classes.length || place.size < 13) return;
    const { context } = this;
    context.textAlign = "center";
    context.font = `600 ${Math.min(15, place.size * 0.5)}px system-ui, sans-serif`;
    for (let j = 0; j < place.units; j++) {
      const [x, y] = centre(place, j);
      context.fillStyle = readable(diverging(values[j] / largest));
      context.fillText(this.long() ? j : this.classes[j], x, y + place.size * 0.18);
    }
    if (this.named()) this.drawNames(place);
  }

  /** Writes the names of the classes below their outputs: slanted, or upright where space is short. */
  drawNames(place) {
    const { context } = this;
    Object.assign(context, { textAlign: "right", font: "12.5px system-ui, sans-serif", fillStyle: css(palette.value.text) });
    this.classes.forEach((name, j) => {
      const [x] = centre(place, j);
      context.save();
      context.translate(x + 4, place.top + place.size + 12);
      context.rotate(this.narrow ? -Math.PI / 2 : -Math.PI / 4);
      context.fillText(name.length > 16 ? `${name.slice(0, 15)}…` : name, 0, 0);
      context.restore();
    });
  }

  drawLinks() {
    const { row, unit } = this.chosen;
    const all = this.links(this.chosen);
    const largest = biggest(all.map((link) => link.strength)) || 1;
    for (const link of all) this.drawLink(link, largest);
    this.frame(row, unit, 2.5);
  }

  drawLink({ row, unit, strength }, largest) {
    const { context, chosen } = this;
    const down = row > chosen.row;
    const [x, y] = edge(this.places[chosen.row], chosen.unit, !down);
    const [toX, toY] = edge(this.places[row], unit, down);
    context.strokeStyle = css(strength < 0 ? palette.value.negative : palette.value.positive);
    context.lineWidth = 0.6 + 2.6 * Math.abs(strength / largest);
    context.globalAlpha = 0.75;
    context.beginPath();
    context.moveTo(x, y);
    context.bezierCurveTo(x, (y + toY) / 2, toX, (y + toY) / 2, toX, toY);
    context.stroke();
    context.globalAlpha = 1;
    this.frame(row, unit, 1.2);
  }

  frame(row, unit, thickness) {
    const [x, y] = corner(this.places[row], unit);
    const { size } = this.places[row];
    this.context.strokeStyle = css(palette.value.text);
    this.context.lineWidth = thickness;
    this.context.strokeRect(x - 0.5, y - 0.5, size, size);
  }

  /** The unit under the pointer, or null. */
  at({ offsetX, offsetY }) {
    if (!this.places) return null;
    for (const [row, { left, top, size, columns, units }] of this.places.entries()) {
      const [column, line] = [Math.floor((offsetX - left) / size), Math.floor((offsetY - top) / size)];
      const unit = line * columns + column;
      if (column >= 0 && column < columns && line >= 0 && unit < units) return { row, unit };
    }
    return null;
  }

  hover(event) {
    const unit = this.at(event);
    this.tip(unit, event);
  }

  tip(choice, event) {
    this.tipNode.hidden = !choice;
    if (!choice) return;
    const value = this.activations[choice.row][choice.unit];
    clear(this.tipNode, `${this.nameOf(choice)}: ${number(value, 3)}`);
    const left = Math.min(event.offsetX + 14, this.width - this.tipNode.offsetWidth - 2);
    this.tipNode.style.left = `${Math.max(left, 0)}px`;
    this.tipNode.style.top = `${event.offsetY + 16}px`;
  }

  nameOf({ row, unit }) {
    if (row === 0 && this.columns.length) return this.columns[unit];
    if (row === 0) {
      const [down, right] = [Math.floor(unit / this.shape[1]), unit % this.shape[1]];
      return this.narrow ? `pixel ${down}, ${right}` : `pixel row ${down}, column ${right}`;
    }
    const last = row === this.rows.length - 1 && this.rows[row] === this.classes.length;
    return last ? `output ${this.classes[unit]}` : `unit ${unit}`;
  }

  click(event) {
    const unit = this.at(event);
    if (unit) this.choose(unit);
  }

  key(event) {
    const { row, unit } = this.chosen ?? { row: 1, unit: 0 };
    const { columns } = this.places[row];
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const jump = { PageUp: -1, PageDown: 1 }[event.key];
    if (step === undefined && jump === undefined) return;
    event.preventDefault();
    if (jump) this.choose({ row: Math.min(Math.max(row + jump, 0), this.rows.length - 1), unit: 0 });
    else this.choose(this.beside({ row, unit }, step));
  }

  /** The unit one step away. A step up from the first line, or down from the last, leads to another row. */
  beside({ row, unit }, step) {
    const { columns } = this.places[row];
    const column = unit % columns;
    const lastLine = Math.floor((this.rows[row] - 1) / columns);
    if (step === -columns && columns > 1 && unit < columns) return row > 0 ? this.nearest(row - 1, row, column, true) : { row, unit };
    if (step === columns && columns > 1 && Math.floor(unit / columns) === lastLine) return row + 1 < this.rows.length ? this.nearest(row + 1, row, column, false) : { row, unit };
    return { row, unit: Math.min(Math.max(unit + step, 0), this.rows[row] - 1) };
  }

  /** The unit in a row's last or first line that is nearest to a column of another row. */
  nearest(row, from, column, lastLine) {
    const { left, size, columns } = this.places[row];
    const x = this.places[from].left + (column + 0.5) * this.places[from].size;
    const wanted = Math.min(Math.max(Math.floor((x - left) / size), 0), columns - 1);
    const start = lastLine ? Math.floor((this.rows[row] - 1) / columns) * columns : 0;
    return { row, unit: Math.min(start + wanted, this.rows[row] - 1) };
  }
}
