// The page of an examination: Python writes all of it; this script only switches the colours.

import { followSystem } from "../../report/page/theme.js";

followSystem();
