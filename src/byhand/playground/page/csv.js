// Tables: text with a comma, semicolon or tab between cells, read as the library reads them.

import { FileProblem } from "./bytes.js";
import { learntOf } from "./labels.js";

const LABEL = /^(label|labels|class|target|y)$/i;
const PIXEL = /^(pixel\d+|\d+x\d+)$/i;
const MOST_WORDS = 100; // of a column, each of which becomes a column of 0 and 1

/** One line into its cells; quotes may hold commas. */
function cells(line, comma) {
  if (!line.includes('"')) return line.split(comma).map((cell) => cell.trim());
  const found = [];
  let [cell, quoted] = ["", false];
  for (let i = 0; i < line.length; i++) {
    const sign = line[i];
    if (sign === '"' && quoted && line[i + 1] === '"') { cell += '"'; i += 1; }
    else if (sign === '"') quoted = !quoted;
    else if (sign === comma && !quoted) { found.push(cell.trim()); cell = ""; }
    else cell += sign;
  }
  return [...found, cell.trim()];
}

const isNumber = (text) => text !== "" && Number.isFinite(Number(text));

/** The column that is learnt: by its name, or the only one of words; without heading the first of 785;
 * else the last. */
function labelColumn(head, first, hasHead) {
  const named = head.findIndex((title) => LABEL.test(title));
  if (named >= 0) return named;
  const words = first.map((cell, j) => (isNumber(cell) ? -1 : j)).filter((j) => j >= 0);
  if (words.length === 1) return words[0];
  return !hasHead && head.length === 785 ? 0 : head.length - 1;
}

function layout(lines, name) {
  const comma = [",", ";", "\t"].reduce((best, sign) => (lines[0].split(sign).length > lines[0].split(best).length ? sign : best));
  const top = cells(lines[0], comma);
  const hasHead = !top.some(isNumber);
  const start = hasHead ? 1 : 0;
  if (lines.length - start < 4 || top.length < 2) throw new FileProblem(`${name}: expected at least 4 rows of 2 columns.`);
  const head = hasHead ? top : top.map((_, j) => `column ${j + 1}`);
  const first = cells(lines[start], comma);
  return { comma, head, start, first, hasHead, label: labelColumn(head, first, hasHead) };
}

/** A table as a data set: { x, shape, columns, task, classes, y }. */
export function readTable(text, name) {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/).filter((line) => line.trim());
  if (!lines.length) throw new FileProblem(`${name} is empty.`);
  const { comma, head, start, first, hasHead, label } = layout(lines, name);
  const n = lines.length - start;
  const inputs = head.map((_, j) => j).filter((j) => j !== label);
  const numeric = inputs.filter((j) => isNumber(first[j]));
  const wordy = inputs.filter((j) => !isNumber(first[j]));
  const [x, words, labels] = [new Float32Array(n * numeric.length), wordy.map(() => []), []];
  for (let i = 0; i < n; i++) {
    const row = cells(lines[start + i], comma);
    const place = (j) => `${name}: row ${i + 1}, column “${head[j]}”`;
    if (row.length !== head.length) throw new FileProblem(`${name}: row ${i + 1} has ${row.length} cells; expected ${head.length}.`);
    const missing = row.findIndex((cell) => cell === "");
    if (missing >= 0) throw new FileProblem(`${place(missing)} is empty; expected a value.`);
    numeric.forEach((j, k) => {
      const value = Number(row[j]);
      if (!Number.isFinite(value)) throw new FileProblem(`${place(j)} holds “${row[j].slice(0, 40)}”; expected a number, as in row 1.`);
      x[i * numeric.length + k] = value;
    });
    wordy.forEach((j, k) => words[k].push(row[j]));
    labels.push(row[label]);
  }
  const learnt = learntOf(labels, head[label]);
  const columns = numeric.map((j) => head[j]);
  if (wordy.length) return { shape: null, ...withWords(x, columns, words, wordy.map((j) => head[j]), name), ...learnt };
  return { ...asImages(x, columns, hasHead), columns, ...learnt };
}

/** Columns that the heading calls pixels, or 784 of whole numbers from 0 to 255, are images. */
function asImages(x, columns, hasHead) {
  const side = Math.sqrt(columns.length);
  const isCalled = hasHead && columns.every((title) => PIXEL.test(title));
  const isImage = Number.isInteger(side) && side > 1 && (isCalled || columns.length === 784) && x.every((v) => Number.isInteger(v) && v >= 0 && v <= 255);
  return isImage ? { x: Uint8Array.from(x), shape: [side, side] } : { x, shape: null };
}

/** Each word of a column becomes a column of 0 and 1; they follow the columns of numbers. */
function withWords(numbers, columns, words, titles, name) {
  const kinds = words.map((column, k) => {
    const found = [...new Set(column)].sort();
    if (found.length > MOST_WORDS) throw new FileProblem(`${name}: the column “${titles[k]}” has ${found.length} different words; at most ${MOST_WORDS}.`);
    return found;
  });
  const all = [...columns, ...kinds.flatMap((found, k) => found.map((word) => `${titles[k]}=${word}`))];
  const n = words[0].length;
  const x = new Float32Array(n * all.length);
  for (let i = 0; i < n; i++) {
    x.set(numbers.subarray(i * columns.length, (i + 1) * columns.length), i * all.length);
    let at = i * all.length + columns.length;
    kinds.forEach((found, k) => {
      x[at + found.indexOf(words[k][i])] = 1;
      at += found.length;
    });
  }
  return { x, columns: all };
}
