import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { start } from "./shop.js";

test("SIGTERM ends an idle shop with status 0", async (t) => {
  const shop = await start(t);
  shop.signal("SIGTERM");
  assert.equal(await shop.ended, 0);
  assert.deepEqual(shop.lines.slice(1), ["SIGTERM: finishing", "closed"]);
});

test("a request that has begun is finished after SIGTERM, new ones are not accepted", async (t) => {
  const shop = await start(t);
  let finished = false;
  const begun = shop.ask("/slow?ms=2000").finally(() => (finished = true));
  await shop.ask("/version");
  shop.signal("SIGTERM");
  let refused = false;
  while (!refused && !finished) refused = await isRefused(shop);
  assert.ok(refused && !finished);
  assert.equal((await begun).status, 200);
  assert.equal(await shop.ended, 0);
});

const isRefused = (shop) =>
  shop.ask("/version").then(
    () => false,
    (error) => /fetch failed/.test(error.message),
  );

test("with a drain delay it still accepts, and says that it is draining", async (t) => {
  const shop = await start(t, { DRAIN_SECONDS: "1" });
  shop.signal("SIGTERM");
  while (!shop.lines.includes("SIGTERM: finishing")) await new Promise(setImmediate);
  assert.equal((await shop.ask("/health")).status, 503);
  assert.equal((await shop.ask("/version")).status, 200);
  assert.equal(await shop.ended, 0);
});

test("a request that takes too long is cut off, which ends with status 1", async (t) => {
  const shop = await start(t, { SHUTDOWN_SECONDS: "1" });
  const begun = assert.rejects(shop.ask("/slow?ms=9000"), /fetch failed/);
  await shop.ask("/version");
  shop.signal("SIGTERM");
  await begun;
  assert.equal(await shop.ended, 1);
});

test("a port in use ends it with status 1 and the reason", async (t) => {
  const other = createServer().listen(0);
  await once(other, "listening");
  t.after(() => other.close());
  const shop = await start(t, { PORT: String(other.address().port) });
  assert.equal(await shop.ended, 1);
  assert.match(shop.lines[0], /^cannot start: .*EADDRINUSE/);
});

test("databases that are away do not keep it from starting, nor from ending", async (t) => {
  const nowhere = "127.0.0.1:9";
  const shop = await start(t, {
    DATABASE_URL: `postgres://shop@${nowhere}/shop`,
    REDIS_URL: `redis://${nowhere}`,
  });
  assert.deepEqual((await shop.ask("/health")).body, {
    status: "unavailable",
    database: "away",
    redis: "away",
  });
  assert.equal((await shop.ask("/orders")).status, 503);
  shop.signal("SIGTERM");
  assert.equal(await shop.ended, 0);
});

test("with STRICT_START a database that is away ends it with status 1", async (t) => {
  const shop = await start(t, {
    DATABASE_URL: "postgres://shop@127.0.0.1:9/shop",
    STRICT_START: "1",
  });
  assert.equal(await shop.ended, 1);
  assert.match(shop.lines[0], /^cannot start: .*ECONNREFUSED/);
});
