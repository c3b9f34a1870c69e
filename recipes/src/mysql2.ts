// MariaDB with mysql2: its option `stream` makes the connection.

import assert from "node:assert/strict";
import mysql, { type PoolConnection, type RowDataPacket } from "mysql2/promise";
import { exchangePieces } from "./harness/bulk.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { startMariadb } from "./servers/mariadb.ts";
import { createConnection } from "@muxado/node";

export const recipe = define({
  start: startMariadb,
  async run({ server: { user, password }, link, step }) {
    const { host, port, source } = link;
    const options: mysql.PoolOptions = {
      host,
      port,
      user,
      password,
      ...(source !== undefined && { stream: () => createConnection(source) }),
    };

    await step("a wrong password is refused", async () => {
      const connecting = mysql.createConnection({ ...options, password: "wrong" });
      await assert.rejects(connecting, { code: "ER_ACCESS_DENIED_ERROR" });
    });

    const pool = mysql.createPool(options);

    await step("many bytes", () =>
      exchangePieces(async (piece) => {
        const [rows] = await pool.execute<Back[]>("SELECT BINARY ? AS back", [piece]);
        return rows[0]!.back;
      }),
    );

    await step("the server ends a connection that waits for an answer", async () => {
      const connection = await pool.getConnection();
      const failing = assert.rejects(connection.query("SELECT SLEEP(600)"), isLost);
      await pool.query("SELECT 1"); // over another connection
      const note = await knows(failing, () => pool.query(`KILL ${connection.threadId}`));
      connection.destroy();
      await pool.query("SELECT 1");
      return note;
    });

    await step("the server ends an idle connection", async () => {
      const connection = await pool.getConnection();
      const lost = new Promise((resolve) => connection.connection.once("error", resolve));
      const note = await knows(lost, () => pool.query(`KILL ${connection.threadId}`));
      connection.destroy();
      await pool.query("SELECT 1");
      return note;
    });

    await step("the way is lost and comes back", async () => {
      const connection: PoolConnection = await pool.getConnection();
      const failing = assert.rejects(connection.query("SELECT SLEEP(600)"), isLost);
      await pool.query("SELECT 1"); // over another connection
      const note = await knows(failing, () => link.lose());
      connection.destroy();
      await assert.rejects(pool.query("SELECT 1"), { code: "ECONNREFUSED" });
      await link.restore();
      await pool.query("SELECT 1");
      return note;
    });

    await pool.end();
  },
});

interface Back extends RowDataPacket {
  readonly back: Buffer;
}

/** Returns whether the code of `error` is one of those for a lost connection. */
function isLost(error: Error & { code?: string }): boolean {
  return ["PROTOCOL_CONNECTION_LOST", "ECONNRESET", "EPIPE", "ER_CONNECTION_KILLED"].includes(
    error.code ?? "",
  );
}
