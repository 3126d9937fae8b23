// What the shop answers: one small function for each path.
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { within } from "./within.js";

const LARGEST_BODY = 10_000;
const SLOWEST_MS = 10_000;

// Probes commonly wait one second, so that a health check must be sure of its answer before.
const HEALTH_MS = 800;

/** An answer that is not a success. */
class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * The request handler of the shop.
 *
 * @param settings  as readSettings() returns them
 * @param stores    { orders, views }, each undefined where it is not configured
 * @param state     { draining }: true once the app is about to end
 * @param log       called with one line for each request and each error
 */
export function createApp(settings, stores, state, log) {
  const ask = asker(stores, log);
  const routes = {
    "GET /": () => [
      200,
      { greeting: settings.greeting, version: settings.version, host: hostname() },
    ],
    "GET /version": () => [200, { version: settings.version, node: process.version }],
    "GET /health": () => health(stores, state),
    "GET /views": async () => [200, { views: await ask("views", (views) => views.count()) }],
    "GET /orders": async () => [200, { orders: await ask("orders", (orders) => orders.list()) }],
    "POST /orders": async (request) => {
      const { item, quantity } = await readOrder(request);
      return [201, await ask("orders", (orders) => orders.add(item, quantity))];
    },
    "GET /slow": (_, url) => slow(Number(url.searchParams.get("ms") ?? 1000)),
  };
  return async (request, response) => {
    const started = performance.now();
    const [status, body] = await answer(routes, request, log);
    const headers = { "content-type": "application/json" };
    if (state.draining) headers.connection = "close";
    response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
    const milliseconds = Math.round(performance.now() - started);
    log(`${request.method} ${request.url} ${status} ${milliseconds} ms`);
  };
}

async function answer(routes, request, log) {
  try {
    const url = URL.parse(request.url, "http://shop");
    if (!url) throw new Refusal(400, "the address makes no sense");
    return await route(routes, request.method, url.pathname)(request, url);
  } catch (error) {
    if (error instanceof Refusal) return [error.status, { error: error.message }];
    log(`error: ${error.stack}`);
    return [500, { error: "this should not have happened, see the log" }];
  }
}

function route(routes, method, path) {
  const found = routes[`${method} ${path}`];
  if (found) return found;
  const known = Object.keys(routes).some((each) => each.endsWith(` ${path}`));
  throw known ? new Refusal(405, `${method} is not for ${path}`) : new Refusal(404, `no ${path}`);
}

// Puts a question to a store; what goes wrong there is the store's trouble, not the caller's: 503.
function asker(stores, log) {
  const variables = { orders: "DATABASE_URL", views: "REDIS_URL" };
  return async (name, question) => {
    if (!stores[name]) throw new Refusal(503, `${variables[name]} is not set`);
    try {
      return await question(stores[name]);
    } catch (error) {
      log(`${name}: ${error.message || error.code}`);
      throw new Refusal(503, `${name} cannot be reached, see /health`);
    }
  };
}

async function health(stores, state) {
  const [database, redis] = await Promise.all([works(stores.orders), works(stores.views)]);
  const good = !state.draining && database !== "away" && redis !== "away";
  const status = state.draining ? "draining" : good ? "ok" : "unavailable";
  return [good ? 200 : 503, { status, database, redis }];
}

async function works(store) {
  if (!store) return "not configured";
  return await within(HEALTH_MS, store.check()).then(
    () => "ok",
    () => "away",
  );
}

async function readOrder(request) {
  const { item, quantity = 1 } = await json(request);
  if (typeof item !== "string" || item.trim() === "") throw new Refusal(400, "item must be a text");
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > 1000) {
    throw new Refusal(400, "quantity must be a whole number from 1 to 1000");
  }
  return { item, quantity };
}

async function json(request) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > LARGEST_BODY) throw new Refusal(413, "the body is too large");
  }
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new Refusal(400, "the body must be JSON");
  }
}

async function slow(milliseconds) {
  if (!(milliseconds >= 0 && milliseconds <= SLOWEST_MS)) {
    throw new Refusal(400, `ms must be from 0 to ${SLOWEST_MS}`);
  }
  await sleep(milliseconds);
  return [200, { waited: milliseconds }];
}
