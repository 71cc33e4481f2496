// Files of the reader as data sets: tables, images in IDX or NPZ, compressed or not. Nothing leaves the
// page. A training and a test part stay apart; of one part the page holds out some rows itself.

import { readIdx, readNpz } from "./arrays.js";
import { bytesOf, FileProblem } from "./bytes.js";
import { readTable } from "./csv.js";
import { learntOf } from "./labels.js";

const WAYS = "expected a table (CSV), the images and the labels of an IDX pair, or an NPZ archive";

/** Images (n, height, width), also with channels, or rows (n, columns): { x, shape }. */
function inputsOf({ shape, values }, name) {
  const [n, height, width, channels = 1] = shape;
  if (shape.length === 2) return { x: Float32Array.from(values), shape: null };
  if (shape.length > 4 || ![1, 3, 4].includes(channels)) throw new FileProblem(`${name}: expected images of (n, height, width), or rows; found an array of shape (${shape.join(", ")}).`);
  const top = values.reduce((most, v) => Math.max(most, v), 0);
  const factor = top <= 1 && !(values instanceof Uint8Array) ? 255 : 1; // images between 0 and 1 become 0 to 255
  const x = new Uint8Array(n * height * width);
  const grey = channels < 3 ? (i) => values[i] : (i) => 0.299 * values[channels * i] + 0.587 * values[channels * i + 1] + 0.114 * values[channels * i + 2];
  for (let i = 0; i < x.length; i++) x[i] = Math.min(Math.max(Math.round(grey(i) * factor), 0), 255);
  return { x, shape: [height, width] };
}

/** Inputs and labels as a data set, with those of a test part behind them if there is one. */
function together(parts, name, classNames) {
  const read = parts.map(({ images, labels }) => ({ ...inputsOf(images, name), labels: Array.from(labels.values) }));
  const [first] = read;
  const { x, shape } = read.length === 1 ? first : { shape: first.shape, x: joined(read.map((one) => one.x)) };
  if (x instanceof Float32Array && !x.every(Number.isFinite)) throw new FileProblem(`${name} holds values that are not finite (NaN or infinity).`);
  const learnt = learntOf(read.flatMap(({ labels }) => labels), "value", classNames);
  return { x, shape, train: read.length > 1 ? first.labels.length : null, ...learnt };
}

function joined([a, b]) {
  const all = new a.constructor(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

const described = (arrays) => arrays.map(([key, { shape }]) => `${key} (${shape.join(", ")})`).join(", ");

/** Images or rows with the labels that belong to them, the training part first. */
function pairsOf(images, labels) {
  const free = [...labels];
  const pairs = images.map(([name, image]) => {
    const at = free.findIndex(([, one]) => one.shape[0] === image.shape[0]);
    return at >= 0 ? { name, images: image, labels: free.splice(at, 1)[0][1] } : null;
  }).filter(Boolean);
  const isTest = ({ name }) => /test|val|t10k/i.test(name);
  pairs.sort((a, b) => isTest(a) - isTest(b) || b.images.shape[0] - a.images.shape[0]);
  const width = ({ images: { shape } }) => String(shape.slice(1));
  return pairs.filter((pair, i) => i < 2 && width(pair) === width(pairs[0]));
}

async function readArchive(bytes, name) {
  const { class_names: names, task, ...rest } = await readNpz(bytes, name);
  const arrays = Object.entries(rest).filter(([, { shape }]) => shape.length);
  const pairs = pairsOf(arrays.filter(([, { shape }]) => shape.length > 1), arrays.filter(([, { shape }]) => shape.length === 1));
  if (!pairs.length) throw new FileProblem(`${name}: expected an array of images and one of as many labels; found ${described(arrays) || "none"}.`);
  return together(pairs, name, names?.values);
}

function readIdxFiles(read, files, name) {
  const arrays = read.map((bytes, i) => [files[i].name, readIdx(bytes, files[i].name)]);
  const [images, labels] = [arrays.filter(([, { shape }]) => shape.length > 1), arrays.filter(([, { shape }]) => shape.length === 1)];
  if (!images.length || !labels.length) throw new FileProblem(`${name}: drop the images and the labels of an IDX pair together.`);
  const pairs = pairsOf(images, labels);
  if (!pairs.length) throw new FileProblem(`${name}: ${images[0][1].shape[0]} images, but ${labels[0][1].shape[0]} labels.`);
  return together(pairs, name);
}

function readText(bytes, name) {
  let text = null;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileProblem(`${name} cannot be read here; ${WAYS}.`);
  }
  return readTable(text, name);
}

const isIdx = (bytes) => bytes[0] === 0 && bytes[1] === 0;
const isZip = (bytes) => bytes[0] === 0x50 && bytes[1] === 0x4b;

/** The data set of the files that were dropped together. */
export async function readFiles(files) {
  const name = files.map((file) => file.name).join(", ");
  try {
    const read = await Promise.all(files.map(bytesOf));
    if (read.every(isIdx)) return { name: files[0].name, ...readIdxFiles(read, files, name) };
    if (files.length > 1) throw new FileProblem(`${files.length} files were given; ${WAYS}.`);
    return { name, ...(isZip(read[0]) ? await readArchive(read[0], name) : readText(read[0], name)) };
  } catch (error) {
    if (error instanceof FileProblem) throw error;
    throw new FileProblem(`${name} is damaged and cannot be read.`);
  }
}
