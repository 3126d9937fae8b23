// A lab's page: open the lab, check a task or all of them, ask for hints.
import { get, post, served } from "./api.mjs";
import { element } from "./dom.mjs";
import { labResult, problem, taskResult } from "./result.mjs";

const TAB = "course-lab";

export function enhanceLab() {
  const head = document.querySelector(".course-lab[data-lab]");
  if (!head || !served) return;
  const lab = `labs/${head.dataset.lab}`;
  const tasks = [...document.querySelectorAll(".course-task[data-task]")];
  for (const task of tasks) enhanceTask(lab, task);
  enhanceHead(lab, head, tasks);
  showPassed(head.dataset.lab, tasks);
}

/** Tasks that were passed before are told apart as soon as the page is there. */
async function showPassed(lab, tasks) {
  const { labs } = await get("progress").catch(() => ({ labs: {} }));
  const passed = new Set(labs[lab]?.passed);
  for (const task of tasks.filter((each) => passed.has(each.dataset.task))) {
    const place = task.querySelector(".course-task__result");
    if (!place.hasChildNodes()) place.replaceChildren("✓ You have passed this task before.");
  }
}

function enhanceHead(lab, head, tasks) {
  const result = live("Result of the lab");
  const open = button("Open the lab", "Its notebook, in a tab of its own", true);
  const all = button("Check all tasks");
  open.addEventListener("click", () => busy([open, all], result, () => openLab(lab, result)));
  all.addEventListener("click", () => busy([open, all], result, () => checkAll(lab, tasks, result)));
  head.replaceChildren(element("div", { className: "course-actions" }, open, all), result);
}

async function openLab(lab, result) {
  // The tab must be opened by the click itself: browsers block what opens later.
  const tab = window.open("", TAB);
  result.replaceChildren("Preparing the lab …");
  try {
    const { notebook } = await post(`${lab}/start`);
    if (tab) tab.location = notebook;
    else window.location.assign(notebook);
    result.replaceChildren(
      "The lab is open in its own tab: ",
      element("a", { href: notebook, target: TAB }, "go to the notebook"),
      ".",
    );
  } catch (error) {
    tab?.close();
    throw error;
  }
}

async function checkAll(lab, tasks, result) {
  result.replaceChildren("Checking …");
  const judged = await post(`${lab}/check`, { task: null });
  result.replaceChildren(labResult(judged, (id) => `#${id}`));
  for (const task of tasks) showTask(task, judged);
}

function enhanceTask(lab, task) {
  const result = live("Result of this task");
  result.classList.add("course-task__result");
  const hints = element("ol", { className: "course-hints", hidden: true });
  const check = button("Check this task", "", true);
  const hint = button("Show a hint");
  check.setAttribute("aria-keyshortcuts", "c");
  hint.setAttribute("aria-keyshortcuts", "h");
  const all = [check, hint];
  check.addEventListener("click", () => busy(all, result, () => checkOne(lab, task, result)));
  hint.addEventListener("click", () => busy(all, result, () => nextHint(lab, task, hint, hints)));
  const keys = element("span", { className: "course-keys" }, "or press ", key("c"), " and ", key("h"));
  const actions = element("div", { className: "course-actions" }, check, hint, keys);
  task.replaceChildren(actions, result, element("div", { "aria-live": "polite" }, hints));
  task.tabIndex = 0;
  task.setAttribute("role", "group");
  task.setAttribute("aria-label", `Task: ${task.dataset.title}`);
  task.addEventListener("keydown", (event) => shortcut(event, check, hint));
}

function shortcut(event, check, hint) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const wanted = { c: check, h: hint }[event.key.toLowerCase()];
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
}

async function checkOne(lab, task, result) {
  result.replaceChildren("Checking …");
  showTask(task, await post(`${lab}/check`, { task: task.dataset.task }));
}

function showTask(task, judged) {
  const own = judged.tasks.find((each) => each.id === task.dataset.task);
  if (own) task.querySelector(".course-task__result").replaceChildren(taskResult(own));
}

async function nextHint(lab, task, button, hints) {
  const answer = await post(`${lab}/hint`, { task: task.dataset.task });
  const text = element("div");
  text.innerHTML = answer.hint; // the course's own text, made HTML by its server
  if (answer.found) text.append(element("p", {}, `Your last check found: ${answer.found}`));
  const item = element("li", { value: answer.number }, text);
  hints.hidden = false;
  const shown = [...hints.children].find((each) => each.value === answer.number);
  if (shown) shown.replaceWith(item);
  else hints.append(item);
  const left = answer.of - answer.number;
  button.textContent = left > 0 ? `Show another hint (${left} left)` : "No more hints";
  button.dataset.done = left > 0 ? "" : "yes";
}

async function busy(buttons, result, work) {
  if (buttons.some((each) => each.getAttribute("aria-disabled") === "true")) return;
  for (const each of buttons) each.setAttribute("aria-disabled", "true");
  try {
    await work();
  } catch (error) {
    result.replaceChildren(problem(error));
  } finally {
    for (const each of buttons) each.setAttribute("aria-disabled", each.dataset.done ? "true" : "false");
  }
}

function button(text, title = "", primary = false) {
  const look = primary ? "course-button course-button--primary" : "course-button";
  return element("button", { type: "button", className: look, title }, text);
}

function live(label) {
  return element("div", { className: "course-live", role: "status", "aria-label": label });
}

function key(name) {
  return element("kbd", {}, name);
}
