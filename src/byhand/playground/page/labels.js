// The targets to learn: classes with their names, or values.

import { FileProblem } from "./bytes.js";

const MOST_CLASSES = 100;
const FEW = 12; // different numbers that may still be classes

/** Labels as class numbers, with their names in order. */
function classesOf(labels, isNumeric, given) {
  const names = given ?? [...new Set(labels.map(String))].sort(isNumeric ? (a, b) => a - b : undefined);
  if (names.length < 2) throw new FileProblem("All labels are the same: there is nothing to learn.");
  if (names.length > MOST_CLASSES) throw new FileProblem(`The labels have ${names.length} different words; at most ${MOST_CLASSES} classes can be learnt.`);
  const number = new Map(names.map((name, k) => [name, k]));
  return { task: "classes", classes: names, y: Float32Array.from(labels, (label) => number.get(String(label))) };
}

/** { task, classes, y } of labels, words or numbers; `title` names the values. Fractions, and numbers of
 * which there are too many for classes, are values. `names` are those of the classes 0, 1, ... */
export function learntOf(labels, title, names = null) {
  const isNumeric = labels.every((label) => label !== "" && Number.isFinite(Number(label)));
  const different = new Set(labels).size;
  const fractions = isNumeric && labels.some((label) => !Number.isInteger(Number(label)));
  if (isNumeric && (different > MOST_CLASSES || (fractions && different > Math.max(FEW, 0.1 * labels.length)))) {
    return { task: "values", classes: [title], y: Float32Array.from(labels, Number) };
  }
  const isIndex = names && isNumeric && !fractions && labels.every((label) => label >= 0 && label < names.length);
  return isIndex ? classesOf(labels.map((label) => names[label]), false, names) : classesOf(labels, isNumeric);
}
