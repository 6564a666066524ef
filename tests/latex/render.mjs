// Reads a JSON list of LaTeX strings, prints a JSON list: null where KaTeX renders it, else its message.
import { readFileSync } from "node:fs";
import katex from "katex";

const options = { displayMode: true, strict: "error", throwOnError: true, trust: false };

function complaint(latex) {
  try {
    katex.renderToString(latex, options);
    return null;
  } catch (error) {
    return error.message;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(complaint)));
