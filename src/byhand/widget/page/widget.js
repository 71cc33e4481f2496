// The drawing box in a notebook. Python gets the drawing when a stroke is finished, and may answer.

import { Box, SIDE } from "../../report/page/box.js";
import { palette, readPalette } from "../../report/page/colours.js";
import { el, onResize, write } from "../../report/page/dom.js";
import { boxTools, firstPen, Hint, prepared } from "../../report/page/drawing.js";
import { PREPARATIONS } from "../../report/page/prepare.js";

const PEAK = 255; // full ink in Python's pictures

const NOTHING = new DataView(new ArrayBuffer(0));
const view = (values) => new DataView(Uint8Array.from(values).buffer);
const bytes = (seen) => new Uint8Array(seen.buffer, seen.byteOffset, seen.byteLength);

// --- light or dark -------------------------------------------------------------------------------

/** Red, green, blue and opacity of a colour in any CSS notation. */
function parts(colour) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}

/** Whether the page behind an element is dark: that of the first ancestor with a background. */
function isOnDark(node) {
  for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
    const [red, green, blue, opacity] = parts(getComputedStyle(at).backgroundColor);
    if (opacity > 127) return red + green + blue < 3 * 128;
  }
  return false;
}

/** Follows the notebook's theme, which is known once the element is in the page. Returns a function
 * that stops this. */
function followNotebook(root) {
  const follow = () => {
    const theme = isOnDark(root) ? "dark" : "light";
    if (root.dataset.theme === theme && palette.value) return;
    root.dataset.theme = theme;
    readPalette(root);
  };
  onResize(root, follow);
  const observer = new MutationObserver(follow); // notebooks change the attributes of these two
  for (const node of [document.documentElement, document.body]) observer.observe(node, { attributes: true });
  return () => observer.disconnect();
}

// --- the widget ----------------------------------------------------------------------------------

/** Shows the box. anywidget calls this with the model that Python shares and the element to fill. */
export function render({ model, el: place }) {
  const preparation = model.get("preparation");
  const hint = new Hint(PREPARATIONS[preparation.kind].hint);
  const chip = el("div", { class: "chip", role: "status" });
  const note = el("p", { class: "help", role: "status" });
  const root = el("div", { class: "byhand-drawing", "data-lm-suppress-shortcuts": "true" });
  const unfollow = followNotebook(root);

  const changed = () => {
    hint.show(box.empty, false);
    if (box.empty) write(chip, "");
  };
  const rested = () => {
    note.textContent = "";
    const ink = box.read();
    const { pixels } = prepared(box, preparation, PEAK);
    model.set("ink", ink && pixels ? view(ink) : NOTHING);
    model.set("pixels", ink && pixels ? view(pixels) : NOTHING);
    model.save_changes();
  };
  const box = new Box({ pen: firstPen(preparation), changed, rested });
  const holder = el("div", { class: "box" }, box.canvas, hint.node, chip);
  root.append(holder, boxTools(holder, box, preparation, (words) => { note.textContent = words; }, root), note);
  root.addEventListener("keydown", (event) => event.stopPropagation()); // keeps the key from being a command of the notebook
  place.append(root);

  const answer = () => {
    write(chip, box.empty ? "" : model.get("answer"));
    chip.classList.toggle("doubted", model.get("doubted"));
  };
  const cleared = () => {
    if (!model.get("ink")?.byteLength && !box.empty) box.clear();
  };
  model.on("change:answer", answer);
  model.on("change:doubted", answer);
  model.on("change:ink", cleared);

  // A widget that is shown again keeps its drawing.
  const before = model.get("ink");
  if (before?.byteLength === SIDE * SIDE) box.base = bytes(before);
  hint.show(box.empty, false);
  answer();
  return () => {
    unfollow();
    for (const [name, listener] of [["answer", answer], ["doubted", answer], ["ink", cleared]]) model.off(`change:${name}`, listener);
  };
}
