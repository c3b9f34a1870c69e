// PostgreSQL with pg: its option `stream` makes the connection.

import assert from "node:assert/strict";
import pg from "pg";
import { exchangePieces } from "./harness/bulk.ts";
import { happens } from "./harness/events.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { startPostgres } from "./servers/postgres.ts";
import { createConnection } from "@muxado/node";

export const recipe = define({
  start: startPostgres,
  async run({ server: { user, password }, link, step }) {
    const { host, port, source } = link;
    const options: pg.PoolConfig = {
      host,
      port,
      database: "postgres",
      user,
      password,
      ...(source !== undefined && { stream: () => createConnection(source) }),
    };

    await step("a wrong password is refused", async () => {
      const client = new pg.Client({ ...options, password: "wrong" });
      await assert.rejects(client.connect(), { code: "28P01" });
    });

    const pool = new pg.Pool(options);
    pool.on("error", () => {}); // an idle connection is gone: the pool has forgotten it

    await step("many bytes", () =>
      exchangePieces(async (piece) => {
        const { rows } = await pool.query<{ back: Buffer }>("SELECT $1::bytea AS back", [piece]);
        return rows[0]!.back;
      }),
    );

    await step("the server ends a connection that waits for an answer", async () => {
      const client = await pool.connect();
      client.on("error", () => {}); // the query fails first, then the connection
      const pid = await ownPid(client);
      const failing = assert.rejects(client.query("SELECT pg_sleep(600)"), { code: "57P01" });
      await pool.query("SELECT 1"); // over another connection
      const note = await knows(failing, () => pool.query("SELECT pg_terminate_backend($1)", [pid]));
      client.release(true);
      await pool.query("SELECT 1");
      return note;
    });

    await step("the server ends an idle connection", async () => {
      const client = await pool.connect();
      const pid = await ownPid(client);
      client.release();
      const other = new pg.Client(options);
      await other.connect();
      const note = await knows(happens(pool, "error"), () =>
        other.query("SELECT pg_terminate_backend($1)", [pid]),
      );
      await other.end();
      await pool.query("SELECT 1");
      return note;
    });

    await step("the way is lost and comes back", async () => {
      const client = await pool.connect();
      client.on("error", () => {});
      const failing = assert.rejects(client.query("SELECT pg_sleep(600)"));
      await pool.query("SELECT 1"); // over another connection
      const note = await knows(failing, () => link.lose());
      client.release(true);
      await assert.rejects(pool.query("SELECT 1"), { code: "ECONNREFUSED" });
      await link.restore();
      await pool.query("SELECT 1");
      return note;
    });

    await pool.end();
  },
});

async function ownPid(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  return rows[0]!.pid;
}
