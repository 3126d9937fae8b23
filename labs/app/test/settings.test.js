import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readSettings } from "../src/settings.js";

test("every setting has a default", () => {
  assert.deepEqual(readSettings({}), {
    port: 3000,
    version: "1.0.0",
    greeting: "Welcome to the shop",
    databaseUrl: undefined,
    redisUrl: undefined,
    strictStart: false,
    drainSeconds: 0,
    shutdownSeconds: 10,
  });
});

test("an empty variable counts as not set", () => {
  assert.equal(readSettings({ REDIS_URL: "" }).redisUrl, undefined);
});

test("a setting can come from a file", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "shop-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "url");
  writeFileSync(file, "redis://:secret@cache\n");
  assert.equal(readSettings({ REDIS_URL_FILE: file }).redisUrl, "redis://:secret@cache");
});

test("a number that is none is refused by name", () => {
  assert.throws(() => readSettings({ PORT: "http" }), /PORT must be a whole number, not http/);
});
