// Starts what the page at hand needs. Without these scripts a page still shows all its text.
import { enhanceBlocks } from "./blocks.mjs";
import { enhanceHome } from "./home.mjs";
import { enhanceLab } from "./lab.mjs";
import { enhanceQuizzes } from "./quiz.mjs";
import { mendTheme } from "./theme.mjs";

mendTheme();
enhanceBlocks();
enhanceQuizzes();
enhanceLab();
enhanceHome();
