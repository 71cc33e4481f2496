// The page of an examination: all of it is written by Python; only the colours are switched here.

import { followSystem } from "../../report/page/theme.js";

followSystem();
