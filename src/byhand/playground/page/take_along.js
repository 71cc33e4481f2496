// Share and take along: the link, the network, the recipe, the data, a picture and a film.

import { button, clear, el } from "../../report/page/dom.js";
import { csv, modelFile, recipe } from "./model_text.js";
import { writeAddress } from "./setup.js";

const FILM = "video/webm";
const FILM_SECONDS = 20; // a film ends then, if the reader does not end it

/** Offers a file to the browser's downloads. */
function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export class TakeAlong {
  constructor(playground) {
    this.playground = playground;
    this.words = el("p", { class: "caption", "aria-live": "polite" });
    this.dataButton = button("Data (CSV)", () => download(`${this.stem}.csv`, csv(playground.data), "text/csv"));
    this.filmButton = button("Film (WebM)", () => this.film());
    this.node = el("section", { class: "card panel", id: "take" }, el("h2", {}, "Share and take along"),
      el("div", { class: "row" },
        button("Copy the link", () => this.copy()),
        button("Network (safetensors)", () => this.network()),
        button("Recipe (TOML)", () => download(`${this.stem}.toml`, recipe(playground.setup, playground.data, this.file, playground.latest?.epoch ?? 1), "text/plain")),
        this.dataButton, button("Picture (PNG)", () => this.picture()), this.filmButton),
      this.words,
      el("p", { class: "caption" }, "The library goes on from here: ", el("code", {}, "byhand evaluate network.safetensors"), ", ", el("code", {}, "byhand train recipe.toml"), "."));
    this.chosen(playground.setup);
  }

  chosen({ data }) {
    this.dataButton.hidden = data in this.playground.sets && data !== "own";
  }

  get stem() {
    return `playground-${this.playground.setup.data.replace(/[^\w-]+/g, "_")}`;
  }

  /** What a recipe calls the data: a name that the library knows, or the file offered here. */
  get file() {
    const { setup, sets } = this.playground;
    return setup.data in sets && setup.data !== "own" ? setup.data : `${this.stem}.csv`;
  }

  async copy() {
    const link = `${location.href.split("#")[0]}#${writeAddress(this.playground.setup)}`;
    try {
      await navigator.clipboard.writeText(link);
      this.words.textContent = "Copied: the address of this page contains the whole set-up.";
    } catch {
      clear(this.words, "The link is ", el("code", {}, link));
    }
  }

  network() {
    const { latest, data } = this.playground;
    if (latest) download(`${this.stem}.safetensors`, modelFile(latest, data), "application/octet-stream");
  }

  /** The canvas that tells most: the plane, or the network's tiles. */
  get stage() {
    const { result } = this.playground.panels;
    return result.canvas.hidden ? this.sheet() : result.canvas;
  }

  /** The unit images on one canvas. */
  sheet() {
    const tiles = [...this.playground.panels.diagram.columns.querySelectorAll(".unit canvas")].slice(0, 64);
    const across = Math.ceil(Math.sqrt(tiles.length));
    this.sheetCanvas ??= el("canvas", { width: 512, height: 512 });
    const context = this.sheetCanvas.getContext("2d");
    const side = 512 / across;
    context.imageSmoothingEnabled = false;
    tiles.forEach((tile, i) => context.drawImage(tile, (i % across) * side + 1, Math.floor(i / across) * side + 1, side - 2, side - 2));
    return this.sheetCanvas;
  }

  picture() {
    this.stage.toBlob((blob) => download(`${this.stem}.png`, blob, "image/png"));
  }

  /** Records the picture while the network trains; a second click ends it. */
  film() {
    if (this.recorder) return this.recorder.stop();
    if (!globalThis.MediaRecorder?.isTypeSupported(FILM)) return void (this.words.textContent = "This browser cannot record films (WebM).");
    const canvas = this.stage;
    const drawing = canvas === this.sheetCanvas ? setInterval(() => this.sheet(), 60) : null;
    const parts = [];
    this.recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: FILM, videoBitsPerSecond: 4e6 });
    this.recorder.ondataavailable = ({ data }) => parts.push(data);
    this.recorder.onstop = () => {
      clearInterval(drawing);
      clearTimeout(end);
      this.recorder = null;
      this.filmButton.textContent = "Film (WebM)";
      download(`${this.stem}.webm`, new Blob(parts), "video/webm");
    };
    this.recorder.start(500);
    this.filmButton.textContent = "■ End the film";
    this.playground.play();
    const end = setTimeout(() => this.recorder.stop(), FILM_SECONDS * 1000);
    return undefined;
  }
}
