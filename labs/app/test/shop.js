// Starts the shop for a test, as a request handler or as a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createApp } from "../src/app.js";

/** Serve the app in this process; ends with the test. Returns { ask, lines, state }. */
export async function serve(test, { settings = {}, stores = {} } = {}) {
  const lines = [];
  const state = { draining: false };
  const defaults = { greeting: "Hello", version: "1.2.3" };
  const app = createApp({ ...defaults, ...settings }, stores, state, (line) => lines.push(line));
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  test.after(() => server.close());
  return { ask: asker(server.address().port), lines, state };
}

/** Start src/server.js as a process; killed at the test's end. Returns { ask, lines, process }. */
export async function start(test, env = {}) {
  const shop = spawn(process.execPath, ["src/server.js"], {
    env: { PATH: process.env.PATH, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  test.after(() => shop.kill("SIGKILL"));
  const lines = [];
  const output = createInterface({ input: shop.stdout }).on("line", (line) => lines.push(line));
  const ended = once(shop, "exit").then(([status, signal]) => status ?? signal);
  const [first] = await once(output, "line");
  const port = first.match(/listens on port (\d+)$/)?.[1];
  return { ask: asker(port), lines, ended, signal: (name) => shop.kill(name) };
}

// A new connection for each question: a kept one would hide whether the shop still accepts.
function asker(port) {
  return async (path, options = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(15_000),
      ...options,
      headers: { connection: "close" },
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
}

/** The options of a request that posts a body. */
export function post(body) {
  return { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
}
