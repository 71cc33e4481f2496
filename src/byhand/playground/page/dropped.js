// What was dropped: files, and those inside folders, each with its path.

import { FileProblem } from "./bytes.js";

/** The files of a folder's handle, as Chromium gives them. */
async function filesOfHandle(handle, path) {
  const here = `${path}/${handle.name}`;
  if (handle.kind === "file") return [Object.assign(await handle.getFile(), { path: here })];
  const found = [];
  for await (const one of handle.values()) found.push(...await filesOfHandle(one, here));
  return found;
}

/** All entries of a folder, as other browsers give them; a reader gives some at a time. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

async function filesOfEntry(entry) {
  if (entry.isDirectory) return (await Promise.all((await entriesOf(entry)).map(filesOfEntry))).flat();
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  return [Object.assign(file, { path: entry.fullPath })];
}

async function filesInside(asked) {
  try {
    const found = (await Promise.all(asked)).flat();
    return found.filter(({ name }) => !name.startsWith("."));
  } catch {
    throw new FileProblem("This browser does not let the page read a folder; drop the files in it.");
  }
}

/** The files of a drop, or a promise of them. The transfer is empty after its event, so all is asked
 * for at once. */
export function droppedFiles(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some(({ isDirectory }) => isDirectory)) return [...transfer.files];
  if (!items[0].getAsFileSystemHandle) return filesInside(entries.map(filesOfEntry));
  return filesInside(items.map((item) => item.getAsFileSystemHandle().then((handle) => filesOfHandle(handle, ""))));
}
