// The drawing box: mouse, touch, pen and keyboard draw strokes, with or without a picture below them.

import { css, inkImage, palette } from "./colours.js";
import { el, onFrame, onResize } from "./dom.js";
import { CANVAS } from "./photograph.js";

export const SIDE = CANVAS; // pixels of the ink, whatever the size of the box on the screen
const LARGEST = 1200; // pixels of the box on a dense screen, at most

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A stroke without movement is drawn as a dot, because a line of length 0 would leave no ink. */
function drawDot(context, [x, y], pen) {
  context.fillStyle = context.strokeStyle;
  context.beginPath();
  context.arc(x, y, pen / 2, 0, 2 * Math.PI);
  context.fill();
}

function drawStroke(context, { points, pen }) {
  if (points.every(([x, y]) => x === points[0][0] && y === points[0][1])) {
    drawDot(context, points[0], pen);
    return;
  }
  context.lineWidth = pen;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(...points[0]);
  for (const point of points) context.lineTo(...point);
  context.stroke();
}

/** Left, top, right and bottom of the ink of strokes, with a margin for soft edges. */
function extent(strokes) {
  let [left, top, right, bottom] = [SIDE, SIDE, 0, 0];
  for (const { pen, points } of strokes) {
    const reach = pen / 2 + 3;
    for (const [x, y] of points) {
      left = Math.min(left, x - reach);
      top = Math.min(top, y - reach);
      right = Math.max(right, x + reach);
      bottom = Math.max(bottom, y + reach);
    }
  }
  return [left, top, right, bottom];
}

export class Box {
  /** `changed()` is called after every change, `rested()` when a stroke is finished. */
  constructor({ pen, changed, rested }) {
    Object.assign(this, { pen, changed, rested, strokes: [], base: null, source: null, pointer: null, demo: false });
    this.cursor = { x: SIDE / 2, y: SIDE / 2, down: false, shown: false };
    this.canvas = el("canvas", {
      id: "box", width: SIDE, height: SIDE, tabindex: "0", role: "application",
      "aria-label": "Drawing box. Arrow keys move the pen, with shift in small steps; space puts it down and lifts it; U undoes, C clears.",
      onpointerdown: (event) => this.down(event), onpointermove: (event) => this.move(event),
      onpointerup: (event) => this.up(event), onpointercancel: (event) => this.up(event),
      onkeydown: (event) => this.key(event), onblur: () => this.lift(),
    });
    this.context = this.canvas.getContext("2d");
    this.contexts = new Map(); // by side, for the ink of strokes
    this.refresh = onFrame(() => this.redraw());
    onResize(this.canvas, (width) => this.resize(width));
    // not every browser obeys touch-action; this keeps the page from scrolling under the finger
    this.canvas.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
    palette.watch(() => {
      this.under = null;
      if (palette.value) this.paint(); // at once, because no frame follows before printing
    });
  }

  /** Gives the box as many pixels as the screen has there, so that strokes have sharp edges. */
  resize(width) {
    const side = Math.min(Math.round(width * (window.devicePixelRatio || 1)), LARGEST);
    if (side === this.canvas.width) return;
    this.canvas.width = this.canvas.height = side;
    this.paint();
  }

  /** Whether the pen is down, and may move on. */
  get isDown() {
    return this.pointer !== null || this.cursor.down;
  }

  get empty() {
    return !this.strokes.length && !this.base;
  }

  // --- pointer ---

  place({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [((clientX - left) / width) * SIDE, ((clientY - top) / height) * SIDE];
  }

  down(event) {
    if (event.button || this.pointer !== null) return; // a second finger draws nothing
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.cursor.shown = false;
    this.pointer = event.pointerId;
    this.start(this.place(event));
  }

  move(event) {
    if (event.pointerId !== this.pointer || !this.strokes.length) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.strokes.at(-1).points.push(this.place(one));
    this.refresh();
  }

  up({ pointerId }) {
    if (pointerId !== this.pointer) return;
    this.pointer = null;
    this.finish();
  }

  start(point) {
    if (this.demo) [this.strokes, this.base, this.demo] = [[], null, false];
    this.strokes.push({ pen: this.pen, points: [point] });
    this.refresh();
  }

  finish() {
    this.redraw();
    this.rested();
  }

  // --- keyboard ---

  key(event) {
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.altKey || ((event.ctrlKey || event.metaKey) && name !== "z")) return;
    const action = {
      " ": () => this.togglePen(), u: () => this.undo(), z: () => this.undo(),
      c: () => this.clear(), Delete: () => this.clear(), Backspace: () => this.undo(),
    }[name];
    if (!action && !KEYS[name]) return;
    event.preventDefault();
    if (action) action();
    else this.walk(KEYS[name], event.shiftKey ? 2 : 8);
  }

  walk([right, down], step) {
    const inside = (value) => Math.min(Math.max(value, 0), SIDE);
    this.cursor.x = inside(this.cursor.x + right * step);
    this.cursor.y = inside(this.cursor.y + down * step);
    this.cursor.shown = true;
    if (this.cursor.down) this.strokes.at(-1).points.push([this.cursor.x, this.cursor.y]);
    this.refresh();
  }

  togglePen() {
    if (this.cursor.down) return this.lift();
    this.cursor.shown = this.cursor.down = true;
    return this.start([this.cursor.x, this.cursor.y]);
  }

  lift() {
    if (this.cursor.down) {
      this.cursor.down = false;
      this.finish();
    }
    this.cursor.shown = false;
    this.refresh();
  }

  // --- buttons ---

  undo() {
    this.cursor.down = false;
    if (this.demo) {
      this.clear();
      return;
    }
    if (this.strokes.length) this.strokes.pop();
    else this.base = null;
    this.finish();
  }

  clear() {
    this.cursor.down = false;
    [this.strokes, this.base, this.demo] = [[], null, false];
    this.finish();
  }

  /** Replaces the drawing by strokes given in a box of 100 x 100. */
  draw(strokes) {
    const scale = SIDE / 100;
    [this.base, this.demo] = [null, false];
    this.strokes = strokes.map((points) => ({
      pen: this.pen, points: points.map(([x, y]) => [x * scale, y * scale]),
    }));
    this.finish();
  }

  /** Replaces the drawing by ink, SIDE x SIDE from 0 to 255; null clears the box. `source` describes
   * the picture from which the ink was taken. */
  lay(ink, source = null) {
    [this.strokes, this.base, this.source, this.demo] = [[], ink, source, false];
    this.under = null;
    this.finish();
  }

  /** The description of the picture in the box, or null. Strokes over the picture change its values. */
  get picture() {
    if (!this.base || !this.source) return null;
    return this.strokes.length ? { ...this.source, exact: null } : this.source;
  }

  /** Marks the drawing as a first example, which the first stroke replaces. */
  markDemo() {
    this.demo = true;
    this.redraw();
  }

  // --- pixels ---

  /** The current ink, or null if the box is empty. */
  read() {
    if (this.empty) return null;
    const ink = this.inkOf(this.strokes);
    if (this.base) for (let i = 0; i < ink.length; i++) ink[i] = Math.max(ink[i], this.base[i]);
    return ink;
  }

  /** The ink of strokes, from 0 to 255; a `side` below SIDE shrinks them. Only pixels near the strokes are read. */
  inkOf(strokes, side = SIDE) {
    const context = this.contextOf(side);
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    context.strokeStyle = "#fff";
    for (const stroke of strokes) drawStroke(context, stroke);
    const ink = new Uint8Array(side * side);
    const [left, top, right, bottom] = extent(strokes).map((at) => (at * side) / SIDE)
      .map((at, i) => Math.min(Math.max(i < 2 ? Math.floor(at) : Math.ceil(at), 0), side));
    if (right <= left || bottom <= top) return ink;
    const [width, height] = [right - left, bottom - top];
    const data = new Uint32Array(context.getImageData(left, top, width, height).data.buffer);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0, at = (top + y) * side + left; x < width; x++) ink[at++] = data[i++]; // red, green and blue are equal
    }
    return ink;
  }

  contextOf(side) {
    if (!this.contexts.has(side)) {
      const context = new OffscreenCanvas(side, side).getContext("2d", { alpha: false, willReadFrequently: true }); // opaque pixels are read without conversion
      context.scale(side / SIDE, side / SIDE);
      this.contexts.set(side, context);
    }
    return this.contexts.get(side);
  }

  redraw() {
    this.paint();
    this.changed();
  }

  /** Draws the contents of the box on the screen, in the colour of the theme. */
  paint() {
    const { context } = this;
    const scale = this.canvas.width / SIDE;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    if (this.base) context.drawImage(this.underlay(), 0, 0);
    context.strokeStyle = css(palette.value.ink);
    for (const stroke of this.strokes) drawStroke(context, stroke);
    if (this.cursor.shown) this.paintCursor();
  }

  /** The picture below the strokes, made again when the picture or the theme changes. */
  underlay() {
    if (!this.under) {
      this.under = new OffscreenCanvas(SIDE, SIDE);
      this.under.getContext("2d").putImageData(inkImage(this.base, SIDE), 0, 0);
    }
    return this.under;
  }

  paintCursor() {
    const { x, y, down } = this.cursor;
    this.context.strokeStyle = css(down ? palette.value.negative : palette.value.accent);
    this.context.lineWidth = 3;
    this.context.beginPath();
    this.context.arc(x, y, this.pen / 2 + 2, 0, 2 * Math.PI);
    this.context.stroke();
  }
}

/** The grey values of a picture file, turned upright; transparent pixels become white paper. */
const MOST_PIXELS = 64e6; // of a picture file: enough for a large camera

export async function readPicture(file) {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  if (width * height > MOST_PIXELS) throw new RangeError(`${file.name} has ${Math.round((width * height) / 1e6)} million pixels; at most ${MOST_PIXELS / 1e6} million can be read here.`);
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) { // 0.299 R + 0.587 G + 0.114 B, as the library has it
    values[i] = (19595 * data[4 * i] + 38470 * data[4 * i + 1] + 7471 * data[4 * i + 2] + 32768) >>> 16;
  }
  return { values, shape: [height, width] };
}
