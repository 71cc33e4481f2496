// The drawing box, or the fields of a table's row; the network predicts at every change.

import { showDrawing } from "../../page/draw.js";

export const show = (section, model) => showDrawing(section, model);
