// Pictures of the reader's writing: each becomes a drawing of the class named by its folder or file name.

import { readPicture } from "../../report/page/box.js";
import { inkOfPicture, prepare } from "../../report/page/prepare.js";
import { FileProblem } from "./bytes.js";

export const MOST_PICTURES = 1000;

export const isPicture = ({ type }) => type.startsWith("image/");

/** "a_12.png" -> "a", "7 (3).jpg" -> "7"; in a folder its name: "cats/1.png" -> "cats". */
export function classOf(file) {
  const path = (file.path ?? file.webkitRelativePath ?? "").split("/").filter(Boolean);
  if (path.length > 1) return path.at(-2);
  return file.name.match(/^([^\s_.\-()]+)[\s_\-(]/)?.[1] ?? null;
}

/** The ink of a picture file in a box, its ground taken away. */
export async function inkOf(file, preparation) {
  let picture = null;
  try {
    picture = await readPicture(file);
  } catch (error) {
    throw new FileProblem(error instanceof RangeError ? error.message : `${file.name} is not a picture that this browser can read.`);
  }
  const found = inkOfPicture(picture, preparation);
  if (!found.ink) throw new FileProblem(`${file.name}: nothing stands out from the background.`);
  return found;
}

/** { name, pixels } of each picture, prepared as drawings are. */
export async function drawingsOf(files, preparation) {
  if (!files.every(isPicture)) throw new FileProblem("Drop either pictures or data files, not both together.");
  if (files.length > MOST_PICTURES) throw new FileProblem(`${files.length} pictures were given; at most ${MOST_PICTURES} fit on the sheet. An NPZ archive holds more.`);
  const names = files.map(classOf);
  const unnamed = names.indexOf(null);
  if (unnamed >= 0) throw new FileProblem(`Which class is ${files[unnamed].name}? Name pictures after their class, such as a_1.png, or drop a folder for each class.`);
  const drawings = [];
  for (const [i, file] of files.entries()) {
    const found = await inkOf(file, preparation);
    drawings.push({ name: names[i], pixels: prepare(preparation, found.ink, { picture: found }).pixels });
  }
  return drawings;
}
