// Blocks that were run: what is copied are the commands, never their output or prompts.

const SHOWN_MS = 2500;

export function enhanceBlocks() {
  for (const button of document.querySelectorAll("[data-block-copy]")) {
    const block = button.closest(".block");
    button.hidden = false;
    button.setAttribute("aria-label", `Copy: ${block.getAttribute("aria-label")}`);
    button.addEventListener("click", () => copy(block));
  }
}

async function copy(block) {
  const status = block.querySelector("[data-block-status]");
  try {
    await navigator.clipboard.writeText(textOf(block));
    status.textContent = "Copied";
  } catch {
    status.textContent = "The browser does not allow copying; select the text instead.";
  }
  setTimeout(() => (status.textContent = ""), SHOWN_MS);
}

function textOf(block) {
  const commands = [...block.querySelectorAll("[data-command]:not(.block-reply)")];
  if (commands.length) return commands.map((each) => each.dataset.command).join("\n");
  return block.querySelector("[data-content]")?.textContent ?? "";
}
