// Needs an empty Postgres and an empty Redis: DATABASE_URL and REDIS_URL say where.
import assert from "node:assert/strict";
import { test } from "node:test";
import { post, start } from "../shop.js";

const { DATABASE_URL, REDIS_URL } = process.env;
assert.ok(DATABASE_URL && REDIS_URL, "DATABASE_URL and REDIS_URL must be set");
const env = { DATABASE_URL, REDIS_URL };

test("health is good when both databases answer", async (t) => {
  const { ask } = await start(t, { ...env, STRICT_START: "1" });
  const { status, body } = await ask("/health");
  assert.equal(status, 200);
  assert.deepEqual(body, { status: "ok", database: "ok", redis: "ok" });
});

test("two copies of the shop count views together", async (t) => {
  const [one, two] = await Promise.all([start(t, env), start(t, env)]);
  const first = (await one.ask("/views")).body.views;
  assert.equal((await two.ask("/views")).body.views, first + 1);
});

test("two copies that start at once share one table of orders", async (t) => {
  const [one, two] = await Promise.all([start(t, env), start(t, env)]);
  const added = await Promise.all([
    one.ask("/orders", post({ item: "tea", quantity: 2 })),
    two.ask("/orders", post({ item: "cake" })),
  ]);
  assert.deepEqual(
    added.map(({ status }) => status),
    [201, 201],
  );
  const { orders } = (await one.ask("/orders")).body;
  assert.deepEqual(new Set(orders.map(({ item }) => item)), new Set(["tea", "cake"]));
});

test("an order with quotes and semicolons is kept as it is", async (t) => {
  const { ask } = await start(t, env);
  const item = `tea'); DROP TABLE orders; --"`;
  await ask("/orders", post({ item }));
  assert.equal((await ask("/orders")).body.orders[0].item, item);
});

test("SIGTERM closes the connections to both and ends with status 0", async (t) => {
  const shop = await start(t, env);
  await Promise.all([shop.ask("/orders"), shop.ask("/views")]);
  shop.signal("SIGTERM");
  assert.equal(await shop.ended, 0);
});
