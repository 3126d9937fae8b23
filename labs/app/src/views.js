// Page views are counted in Redis, so that all copies of the app count together.
import { createClient } from "@redis/client";
import { within } from "./within.js";

const TIMEOUT_MS = 2000;

export class Views {
  #client;
  #connected;

  constructor(url, log) {
    this.#client = createClient({
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: TIMEOUT_MS, reconnectStrategy: () => 500 },
    });
    this.#tellTrouble(log);
    this.#connected = this.#client.connect().catch(() => {});
  }

  async count() {
    return await this.#ask((client) => client.incr("views"));
  }

  async check() {
    await this.#ask((client) => client.ping());
  }

  async close() {
    if (this.#client.isReady) await this.#client.close();
    else this.#client.destroy();
  }

  async #ask(question) {
    await within(TIMEOUT_MS, this.#connected);
    return await within(TIMEOUT_MS, question(this.#client));
  }

  // The client tries twice a second; one line for each new trouble is enough.
  #tellTrouble(log) {
    let told;
    this.#client.on("ready", () => (told = undefined));
    this.#client.on("error", (error) => {
      const trouble = error.message || error.code;
      if (trouble !== told) log(`redis: ${trouble}`);
      told = trouble;
    });
  }
}
