import assert from "node:assert/strict";
import { hostname } from "node:os";
import { suite, test } from "node:test";
import { post, serve } from "./shop.js";

const broken = new Proxy(
  {},
  {
    get: () => async () => {
      throw new Error("connection refused");
    },
  },
);

function fakeOrders() {
  const kept = [];
  return {
    check: async () => {},
    list: async () => kept,
    add: async (item, quantity) => kept[kept.push({ id: kept.length + 1, item, quantity }) - 1],
  };
}

suite("what the shop says about itself", () => {
  test("the start page greets and names version and host", async (t) => {
    const { ask } = await serve(t, { settings: { greeting: "Moin" } });
    const { status, body } = await ask("/");
    assert.equal(status, 200);
    assert.deepEqual(body, { greeting: "Moin", version: "1.2.3", host: hostname() });
  });

  test("/version names the shop's version and Node's", async (t) => {
    const { ask } = await serve(t);
    assert.deepEqual((await ask("/version")).body, { version: "1.2.3", node: process.version });
  });

  test("each request is one line of the log", async (t) => {
    const { ask, lines } = await serve(t);
    await ask("/version");
    assert.match(lines.join("\n"), /^GET \/version 200 \d+ ms$/);
  });
});

suite("health", () => {
  test("is good without databases", async (t) => {
    const { ask } = await serve(t);
    const { status, body } = await ask("/health");
    assert.equal(status, 200);
    assert.deepEqual(body, {
      status: "ok",
      database: "not configured",
      redis: "not configured",
    });
  });

  test("is 503 when a configured database is away, and says which", async (t) => {
    const { ask } = await serve(t, { stores: { orders: fakeOrders(), views: broken } });
    const { status, body } = await ask("/health");
    assert.equal(status, 503);
    assert.deepEqual(body, { status: "unavailable", database: "ok", redis: "away" });
  });

  test("answers within a second when a database does not answer at all", async (t) => {
    const silent = { check: () => new Promise(() => {}) };
    const { ask } = await serve(t, { stores: { orders: silent } });
    const started = performance.now();
    assert.equal((await ask("/health")).body.database, "away");
    assert.ok(performance.now() - started < 1000);
  });

  test("is 503 while draining, and asks to close the connection", async (t) => {
    const { ask, state } = await serve(t);
    state.draining = true;
    const { status, body, headers } = await ask("/health");
    assert.equal(status, 503);
    assert.equal(body.status, "draining");
    assert.equal(headers.get("connection"), "close");
  });
});

suite("without a database", () => {
  for (const [path, options, variable] of [
    ["/views", {}, "REDIS_URL"],
    ["/orders", {}, "DATABASE_URL"],
    ["/orders", post({ item: "tea" }), "DATABASE_URL"],
  ]) {
    test(`${options.method ?? "GET"} ${path} is 503 and names the setting`, async (t) => {
      const { ask } = await serve(t);
      const { status, body } = await ask(path, options);
      assert.equal(status, 503);
      assert.equal(body.error, `${variable} is not set`);
    });
  }
});

suite("orders", () => {
  test("an order is kept and listed", async (t) => {
    const { ask } = await serve(t, { stores: { orders: fakeOrders() } });
    const added = await ask("/orders", post({ item: "tea", quantity: 2 }));
    assert.equal(added.status, 201);
    assert.deepEqual(added.body, { id: 1, item: "tea", quantity: 2 });
    assert.deepEqual((await ask("/orders")).body, { orders: [added.body] });
  });

  test("quantity is 1 if not given", async (t) => {
    const { ask } = await serve(t, { stores: { orders: fakeOrders() } });
    assert.equal((await ask("/orders", post({ item: "tea" }))).body.quantity, 1);
  });

  for (const [name, body, status] of [
    ["no JSON", "tea", 400],
    ["JSON that is no object", "null", 400],
    ["no item", { quantity: 1 }, 400],
    ["an empty item", { item: " " }, 400],
    ["a quantity of 0", { item: "tea", quantity: 0 }, 400],
    ["half a quantity", { item: "tea", quantity: 0.5 }, 400],
    ["too large a body", { item: "x".repeat(10_001) }, 413],
  ]) {
    test(`${name} is refused with ${status}`, async (t) => {
      const { ask } = await serve(t, { stores: { orders: fakeOrders() } });
      const answer = await ask("/orders", post(body));
      assert.equal(answer.status, status);
      assert.ok(answer.body.error);
    });
  }

  test("a database that fails is 503 for the caller and a line in the log", async (t) => {
    const { ask, lines } = await serve(t, { stores: { orders: broken } });
    assert.equal((await ask("/orders")).status, 503);
    assert.ok(lines.includes("orders: connection refused"));
  });
});

suite("what is not there", () => {
  test("an unknown path is 404", async (t) => {
    const { ask } = await serve(t);
    assert.equal((await ask("/nothing")).status, 404);
  });

  test("a known path with another method is 405", async (t) => {
    const { ask } = await serve(t);
    assert.equal((await ask("/version", { method: "DELETE" })).status, 405);
  });

  test("/slow waits as long as asked, within bounds", async (t) => {
    const { ask } = await serve(t);
    assert.deepEqual((await ask("/slow?ms=20")).body, { waited: 20 });
    assert.equal((await ask("/slow?ms=10001")).status, 400);
    assert.equal((await ask("/slow?ms=long")).status, 400);
  });
});
