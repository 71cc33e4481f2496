// Drawing a picture, or typing the row of a table, that the network answers at once.

import { showDrawing } from "../../page/draw.js";

export const show = (section, model) => showDrawing(section, model);
