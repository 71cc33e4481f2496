// The page as a whole: what is chosen, the worker that trains, and the panels that show it.

import { palette } from "../../report/page/colours.js";
import { clear, el, find, onFrame, Watched } from "../../report/page/dom.js";
import { LearningControls } from "./learning_controls.js";
import { Challenges } from "./challenges.js";
import { Presenting } from "./presenting.js";
import { Curves } from "./curves.js";
import { DataPanel } from "./data_panel.js";
import { Diagram } from "./diagram.js";
import { Handwriting } from "./handwriting.js";
import { droppedFiles } from "./dropped.js";
import { Guide } from "./guide.js";
import { HealthPanel } from "./health_panel.js";
import { isPicture } from "./pictures.js";
import { Result } from "./result.js";
import { writeLayers } from "./layer_text.js";
import { isGraph, isPlane, readAddress, suited, writeAddress } from "./setup.js";
import { dataOf, isOtherData } from "./tasks.js";
import { StepPanel } from "./step_panel.js";
import { TakeAlong } from "./take_along.js";
import { Transport } from "./transport.js";

export class Playground {
  constructor(carried, worker) {
    this.sets = Object.create(null);
    for (const set of carried.sets) {
      const y = Float32Array.from(carried.arrays[`y${set.position}`].values);
      this.sets[set.name] = { ...set, x: carried.arrays[`x${set.position}`].values, y };
    }
    Object.assign(this, { carried, worker, placed: [], sent: 0, heard: 0, begun: 0, latest: null, playing: false, wants: {} });
    this.frames = new Watched(undefined);
    this.failure = new Watched(undefined);
    this.busy = new Watched("");
    this.paint = onFrame(() => this.latest && this.frames.set(this.latest));
    worker.onmessage = ({ data }) => this.hear(data);
    worker.onerror = (event) => this.failure.set(event.message);
  }

  /** Names of data that the page has now. */
  get known() {
    return ["circle", "xor", "gaussians", "moons", "spiral", "placed", "sine", "step", "waves", ...Object.keys(this.sets), "own"];
  }

  start() {
    const known = this.carried.network ? [this.carried.network.data, ...this.known] : this.known;
    this.setup = readAddress(location.hash || `#data=${this.carried.first ?? "spiral"}`, known);
    this.trained = this.carried.network && this.takeNetwork(this.carried);
    this.data = dataOf(this.setup, this.sets, this.placed);
    this.guide = new Guide(this);
    this.panels = {
      data: new DataPanel(this), learning: new LearningControls(this), diagram: new Diagram(this), result: new Result(this),
      curves: new Curves(this), health: new HealthPanel(this), handwriting: new Handwriting(this), take: new TakeAlong(this), challenges: new Challenges(this), step: new StepPanel(this), transport: new Transport(this), guide: this.guide,
    };
    const { data, learning, diagram, result, curves, health, handwriting, take, challenges, step, transport } = this.panels;
    clear(find("#main"), el("h1", { class: "unseen" }, "byhand playground"),
      el("div", { class: "stage" }, el("div", { class: "column" }, data.node), el("div", { class: "column" }, handwriting.node, diagram.node, learning.node), el("div", { class: "column" }, result.node)),
      el("div", { class: "grid two lower" }, challenges.node, curves.node, health.node, step.node, take.node));
    find("#transport").append(transport.node);
    this.presenting = new Presenting(location.hash, () => this.share());
    find("#tools").append(this.presenting.button);
    addEventListener("hashchange", () => this.fromAddress());
    addEventListener("keydown", (event) => this.key(event));
    this.takeDrops();
    palette.watch(() => this.paint());
    this.told();
    this.restart();
  }

  /** The network that the page came with: its layers join the set-up, its weights begin. */
  takeNetwork({ network, arrays }) {
    this.sets[network.data].scaling = network.input;
    const hidden = network.layers.slice(0, -1);
    Object.assign(this.setup, { layers: writeLayers(hidden), loss: network.loss.name, label_smoothing: network.loss.label_smoothing ?? 0 });
    const own = Object.entries(arrays).filter(([name]) => name.startsWith("network."));
    return Object.fromEntries(own.map(([name, { values }]) => [name.slice("network.".length), values]));
  }

  // --- what is chosen ---

  /** Changes some of the set-up; training goes on where it can. */
  choose(changes) {
    const old = this.setup;
    this.setup = { ...old, ...changes };
    this.share();
    if (isOtherData(old, this.setup)) this.restart();
    else this.send("change", { setup: this.setup });
    this.told();
  }

  /** Other data, with the network that suits them. */
  chooseData(name) {
    this.setup = suited(name);
    this.share();
    this.restart();
    this.told();
  }

  /** Follows a link with a set-up; "#play" is a place in the page. */
  fromAddress() {
    if (!location.hash.includes("=")) return;
    if (location.hash.slice(1) === writeAddress(this.setup) + this.presenting.address) return;
    this.presenting.read(location.hash);
    this.setup = readAddress(location.hash, this.known);
    this.restart();
    this.told();
  }

  share() {
    history.replaceState(null, "", `#${writeAddress(this.setup)}${this.presenting.address}`);
  }

  told() {
    for (const panel of Object.values(this.panels)) panel.chosen?.(this.setup);
    const { diagram, learning } = this.panels; // beside the sheet the network stands to the right
    find(".stage").dataset.data = this.setup.data;
    if (this.setup.data === "own") find(".stage > .column:last-child").append(diagram.node);
    else learning.node.before(diagram.node);
  }

  get isPlane() {
    return isPlane(this.setup.data);
  }

  get isGraph() {
    return isGraph(this.setup.data);
  }

  /** The reader's drawings changed; with two classes or more the network starts to learn at once. */
  taught(canLearn) {
    this.data = dataOf(this.setup, this.sets, this.placed);
    this.wants = { row: 0, pixels: null };
    for (const panel of Object.values(this.panels)) panel.restarted?.(this.data);
    if (!canLearn) return this.stop();
    this.begin();
    return this.play();
  }

  /** Files dropped anywhere on the page become data. */
  takeDrops() {
    const root = document.documentElement;
    addEventListener("dragover", (event) => { event.preventDefault(); root.dataset.drop = "yes"; });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) delete root.dataset.drop; });
    addEventListener("drop", (event) => {
      event.preventDefault();
      delete root.dataset.drop;
      this.takeFiles(droppedFiles(event.dataTransfer));
    });
  }

  /** Files, or a promise of them: pictures for the sheet, other files as data. */
  async takeFiles(given) {
    const { handwriting } = this.panels;
    try {
      const files = await given;
      if (!files.length) return;
      this.failure.set("");
      this.busy.set(files.length === 1 ? `Reading ${files[0].name} …` : `Reading ${files.length} files …`);
      if (!files.some(isPicture)) this.send("read", { files });
      else if (files.length === 1) await handwriting.takePicture(files[0]);
      else await handwriting.takePictures(files);
      if (files.some(isPicture)) this.busy.set("");
    } catch (error) {
      this.busy.set("");
      this.failure.set(error.message);
    }
  }

  /** A file was read: it has a tile among the data. */
  takeSet(set) {
    const name = this.known.includes(set.name) && !set.name.includes(".") ? `${set.name} (file)` : set.name;
    this.sets[name] = { ...set, name };
    this.panels.data.build();
    this.chooseData(name);
  }

  // --- the worker ---

  /** Data and network from the start. */
  restart() {
    this.data = dataOf(this.setup, this.sets, this.placed);
    this.wants = { row: this.data.test[0] ?? 0, pixels: null };
    for (const panel of Object.values(this.panels)) panel.restarted?.(this.data);
    if (!this.data.train.length) {
      this.stop();
      this.tellReady();
      return;
    }
    const { playing } = this;
    const isTrained = this.trained && this.setup.data === this.carried.network.data;
    this.begin(isTrained ? this.trained : null);
    if (playing) this.send("play", { speed: this.setup.speed });
  }

  /** A network from its start in the worker. */
  begin(parameters = null) {
    this.send("start", { setup: this.setup, data: this.data, wants: this.wants, parameters });
    this.forget();
  }

  /** There is nothing to learn from. */
  stop() {
    this.setPlaying(false);
    this.send("stop");
    this.forget();
  }

  /** Frames that the worker sent before it got the last message are about another network. */
  forget() {
    Object.assign(this, { begun: this.sent, latest: null });
  }

  /** Tells a program that drives the page that it can be used. */
  tellReady() {
    document.documentElement.dataset.ready = "yes";
  }

  /** Messages are numbered; an answer names the last one that the worker had got. */
  send(type, message = {}) {
    this.sent += 1;
    this.worker.postMessage({ type, number: this.sent, ...message });
  }

  want(wants) {
    this.wants = { ...this.wants, ...wants };
    this.send("want", { wants });
  }

  hear({ type, heard, ...message }) {
    if (["frame", "diverged"].includes(type) && heard < this.begun) return;
    this.heard = heard;
    if (type === "checked") this.panels.step.showCheck(message);
    else if (type === "read") {
      this.busy.set("");
      if (message.set) this.takeSet(message.set);
      else this.failure.set(message.message);
    } else if (type === "frame") {
      this.latest = message;
      if (heard === this.sent && message.playing !== this.playing) this.setPlaying(message.playing);
      this.paint();
      this.tellReady();
    } else if (type !== "idle") {
      this.setPlaying(false);
      this.failure.set(type === "diverged" ? `The loss became infinite at step ${message.step}: the learning rate is too high. Lower it and start again.` : message.message);
    }
  }

  play() {
    if (!this.data.train.length) return;
    this.failure.set("");
    this.setPlaying(true);
    this.send("play", { speed: this.setup.speed });
  }

  pause() {
    this.setPlaying(false);
    this.send("pause");
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  setPlaying(playing) {
    this.playing = playing;
    this.panels.transport.showPlaying(playing);
  }

  /** Space plays and pauses, arrows step; where a control has them itself, it keeps them. */
  key(event) {
    if (event.target.closest("input, select, textarea, [role=application], summary") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " " && !event.target.closest("button")) {
      event.preventDefault();
      this.toggle();
    }
    if (event.key === ".") this.send("advance", { steps: 1 });
  }
}
