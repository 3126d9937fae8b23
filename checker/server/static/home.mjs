// The home page: points so far beside each lab, and where to go on.
import { get, served } from "./api.mjs";
import { counted, element } from "./dom.mjs";

export async function enhanceHome() {
  const overall = document.querySelector("[data-course-overall]");
  if (!overall || !served) return;
  overall.setAttribute("role", "status");
  try {
    const { labs } = await get("progress");
    const stops = [...document.querySelectorAll("[data-course-points]")];
    for (const stop of stops) showStop(stop, labs[stop.dataset.coursePoints]);
    showOverall(overall, stops.map((stop) => labs[stop.dataset.coursePoints]).filter(Boolean));
    showContinue(stops, labs);
  } catch (error) {
    overall.replaceChildren(`${error.message} ${error.next_step ?? ""}`);
  }
}

function showStop(stop, lab) {
  if (!lab) return;
  const done = lab.points === lab.max_points;
  stop.dataset.state = done ? "done" : lab.points > 0 ? "begun" : "open";
  const sign = done ? element("span", { "aria-hidden": "true" }, "✓ ") : "";
  stop.replaceChildren(sign, `${lab.points} of ${counted(lab.max_points, "point")}`);
}

function showOverall(overall, labs) {
  const sum = (key) => labs.reduce((total, lab) => total + lab[key], 0);
  const done = labs.filter((lab) => lab.points === lab.max_points).length;
  const [points, most] = [sum("points"), sum("max_points")];
  overall.replaceChildren(
    element("progress", { value: points, max: most || 1, "aria-label": "Points so far" }),
    element(
      "span",
      {},
      `You have ${points} of ${counted(most, "point")}; ${done} of ${counted(labs.length, "lab")} complete.`,
    ),
  );
}

/** The first button leads to the first lab that was begun and is not complete. */
function showContinue(stops, labs) {
  const begun = stops.find((stop) => {
    const lab = labs[stop.dataset.coursePoints];
    return lab && lab.points > 0 && lab.points < lab.max_points;
  });
  const button = document.querySelector("[data-course-continue]");
  if (!begun || !button) return;
  const link = begun.parentElement.querySelector("a");
  button.href = link.href;
  button.textContent = `Go on with: ${link.textContent}`;
}
