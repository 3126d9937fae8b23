// Settings come from environment variables: the same image then runs anywhere.
import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** Read all settings; throws an Error that names the variable whose value makes no sense. */
export function readSettings(env = process.env) {
  return {
    port: wholeNumber(env, "PORT", 3000),
    version: text(env, "VERSION") ?? version,
    greeting: text(env, "GREETING") ?? "Welcome to the shop",
    databaseUrl: text(env, "DATABASE_URL"),
    redisUrl: text(env, "REDIS_URL"),
    strictStart: text(env, "STRICT_START") === "1",
    drainSeconds: wholeNumber(env, "DRAIN_SECONDS", 0),
    shutdownSeconds: wholeNumber(env, "SHUTDOWN_SECONDS", 10),
  };
}

// NAME_FILE names a file that holds the value, which is how secrets are handed to containers.
function text(env, name) {
  const file = env[`${name}_FILE`];
  const value = file ? readFileSync(file, "utf8").trim() : env[name];
  return value === "" ? undefined : value;
}

function wholeNumber(env, name, otherwise) {
  const value = text(env, name) ?? String(otherwise);
  if (!/^\d+$/.test(value)) throw new Error(`${name} must be a whole number, not ${value}`);
  return Number(value);
}
