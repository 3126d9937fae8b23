// How a verdict is shown: in words and a sign, the colour only adds to it.
import { counted, element } from "./dom.mjs";

const VERDICTS = {
  passed: ["✓", "Passed"],
  failed: ["✗", "Not yet"],
  skipped: ["–", "Skipped"],
  "could-not-check": ["?", "Could not check"],
};

const LINES = [
  ["expected", "Expected"],
  ["found", "Found"],
  ["next_step", "Next step"],
];

/** The result of one task with each of its checks. */
export function taskResult(task) {
  return box(
    task.verdict,
    `${task.points} of ${counted(task.max_points, "point")}`,
    element("ul", { className: "course-checks" }, ...checks(task)),
  );
}

/** The result of a whole lab, one line a task; `place` gives the address of a task. */
export function labResult(result, place) {
  const tasks = result.tasks.map((task) =>
    element(
      "li",
      { "data-verdict": task.verdict },
      sign(task.verdict),
      " ",
      element("a", { href: place(task.id) }, task.title),
      `: ${word(task.verdict)}, ${task.points} of ${counted(task.max_points, "point")}`,
    ),
  );
  return box(
    result.verdict,
    `${result.points} of ${counted(result.max_points, "point")}`,
    element("ul", { className: "course-checks" }, ...tasks),
  );
}

/** What the server could not do, and why. */
export function problem(error) {
  return box("could-not-check", "", element("p", {}, error.message), facts(error));
}

function box(verdict, points, ...content) {
  const title = points ? `${word(verdict)}: ${points}` : word(verdict);
  return element(
    "div",
    { className: "course-result", "data-verdict": verdict },
    element("p", { className: "course-result__title" }, sign(verdict), " ", title),
    ...content,
  );
}

/** What two checks of a task have in common is said once. */
function checks(task) {
  const said = new Set();
  return task.checks.map((each) => {
    const key = LINES.map(([name]) => each[name]).join("\n");
    const known = said.has(key);
    said.add(key);
    return check(each, each.verdict === "passed" || known);
  });
}

function check(each, brief) {
  return element(
    "li",
    { "data-verdict": each.verdict },
    sign(each.verdict),
    ` ${each.name} `,
    element("span", { className: "course-checks__verdict" }, `(${word(each.verdict).toLowerCase()})`),
    brief ? "" : facts(each),
  );
}

function facts(source) {
  const said = LINES.filter(([key]) => source[key]);
  if (!said.length) return "";
  const rows = said.map(([key, title]) =>
    element("div", {}, element("dt", {}, title), element("dd", {}, String(source[key]))),
  );
  return element("dl", { className: "course-facts" }, ...rows);
}

function sign(verdict) {
  const [character] = VERDICTS[verdict] ?? VERDICTS["could-not-check"];
  return element("span", { className: "course-sign", "aria-hidden": "true" }, character);
}

function word(verdict) {
  return (VERDICTS[verdict] ?? VERDICTS["could-not-check"])[1];
}
