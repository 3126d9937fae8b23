// Starts the shop, and ends it without losing a request.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createApp } from "./app.js";
import { Orders } from "./orders.js";
import { readSettings } from "./settings.js";
import { Views } from "./views.js";

const log = (line) => console.log(line);

function openStores(settings) {
  return {
    orders: settings.databaseUrl && new Orders(settings.databaseUrl, log),
    views: settings.redisUrl && new Views(settings.redisUrl, log),
  };
}

const closeStores = ({ orders, views }) => Promise.all([orders?.close(), views?.close()]);

const checkStores = ({ orders, views }) => Promise.all([orders?.check(), views?.check()]);

async function listen(server, port) {
  const { promise, resolve, reject } = Promise.withResolvers();
  server.once("error", reject);
  server.listen(port, resolve);
  await promise;
}

// Stop accepting, finish what was begun, close the stores, end.
async function shutDown(signal, server, stores, state, settings) {
  if (state.draining) return;
  state.draining = true;
  log(`${signal}: finishing`);
  await sleep(settings.drainSeconds * 1000);
  const tooLong = setTimeout(() => giveUp(server), settings.shutdownSeconds * 1000);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(tooLong);
  await closeStores(stores);
  log("closed");
  process.exit();
}

function giveUp(server) {
  log("a request took too long, closing its connection");
  process.exitCode = 1;
  server.closeAllConnections();
}

async function main() {
  const settings = readSettings();
  const stores = openStores(settings);
  const state = { draining: false };
  if (settings.strictStart) await checkStores(stores);
  const server = createServer(createApp(settings, stores, state, log));
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.on(signal, () => shutDown(signal, server, stores, state, settings));
  }
  await listen(server, settings.port);
  log(`shop ${settings.version} listens on port ${server.address().port}`);
}

main().catch((error) => {
  log(`cannot start: ${error.message || error.code}`);
  process.exit(1);
});
