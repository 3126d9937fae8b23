// Orders are kept in Postgres.
import pg from "pg";

const TIMEOUT_MS = 2000;

// Several copies of the app may start at once: the lock lets one of them create the table.
const CREATE_TABLE = `
  BEGIN;
  SELECT pg_advisory_xact_lock(4711);
  CREATE TABLE IF NOT EXISTS orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0)
  );
  COMMIT;`;

export class Orders {
  #pool;
  #table;

  constructor(url, log) {
    this.#pool = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
    });
    this.#pool.on("error", (error) => log(`database connection lost: ${error.message}`));
  }

  /** The newest 100 orders, newest first. */
  async list() {
    await this.#ready();
    const { rows } = await this.#pool.query(
      "SELECT id, item, quantity FROM orders ORDER BY id DESC LIMIT 100",
    );
    return rows;
  }

  async add(item, quantity) {
    await this.#ready();
    const { rows } = await this.#pool.query(
      "INSERT INTO orders (item, quantity) VALUES ($1, $2) RETURNING id, item, quantity",
      [item, quantity],
    );
    return rows[0];
  }

  async check() {
    await this.#pool.query("SELECT 1");
  }

  async close() {
    await this.#pool.end();
  }

  // Asked again after a failure: the database may come later than the app.
  async #ready() {
    this.#table ??= this.#pool.query(CREATE_TABLE);
    await this.#table.catch((error) => {
      this.#table = undefined;
      throw error;
    });
  }
}
