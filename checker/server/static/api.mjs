// The course's own server. A copy of the site without one has no address to ask.

const base = document.querySelector('meta[name="course-api"]')?.content ?? "";

/** Whether this page comes from `./course up`. */
export const served = base !== "";

/** What went wrong, in the words of the server: message, expected, found, next_step. */
export class ApiError extends Error {
  constructor(parts) {
    super(parts.message);
    Object.assign(this, { expected: "", found: "", next_step: "" }, parts);
  }
}

export const get = (path) => ask(path, {});

export const post = (path, body = {}) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-XSRFToken": cookie("_xsrf") },
    body: JSON.stringify(body),
  });

async function ask(path, options) {
  let response;
  try {
    response = await fetch(base + path, { credentials: "same-origin", ...options });
  } catch {
    throw new ApiError({
      message: "The course's server does not answer.",
      next_step: "Type ./course up in a terminal, then load this page again.",
    });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new ApiError(answer.error ?? refused(response.status, answer.message));
}

function refused(status, message) {
  if (status === 403) {
    return {
      message: "The server does not know this browser any more.",
      next_step: "Open the address that ./course up printed.",
    };
  }
  return { message: `The server answered ${status}: ${message ?? "no reason given"}` };
}

function cookie(name) {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}
