// JSON-RPC with vscode-jsonrpc: it reads and writes any stream of Node's.

import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { exchangePieces } from "./harness/bulk.ts";
import { InProcess } from "./harness/in-process.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { createConnection } from "@muxado/node";

export const recipe = define({
  async start() {
    const serve = (duplex: Duplex): void => {
      const connection = over(duplex);
      connection.onRequest("echo", (piece: string) => piece);
      connection.onRequest("wait", () => new Promise(() => {}));
      connection.onNotification("leave", () => void duplex.end());
      connection.listen();
    };
    return { target: new InProcess(serve), close: async () => {} };
  },
  async run({ link, step }) {
    const { host, port, source } = link;
    const connect = async (): Promise<{ connection: MessageConnection; closed: Promise<void> }> => {
      const duplex = source === undefined ? net.connect({ host, port }) : createConnection(source);
      await once(duplex, "connect");
      const connection = over(duplex);
      const closed = new Promise<void>((resolve) => connection.onClose(resolve));
      connection.listen();
      return { connection, closed };
    };

    let { connection, closed } = await connect();

    await step("many bytes", () =>
      exchangePieces(async (piece) => {
        const back = await connection.sendRequest<string>("echo", piece.toString("base64"));
        return Buffer.from(back, "base64");
      }),
    );

    await step("the peer leaves", async () => {
      const note = await knows(closed, () => connection.sendNotification("leave"));
      ({ connection, closed } = await connect());
      return note;
    });

    await step("the server ends the connection", async () => {
      const failing = assert.rejects(connection.sendRequest("wait"));
      await connection.sendRequest("echo", "so the server has the request before");
      const note = await knows(closed, () => link.cut());
      connection.dispose(); // only this rejects the requests that wait for an answer
      await failing;
      ({ connection, closed } = await connect());
      return note;
    });

    await step("the way is lost and comes back", async () => {
      const note = await knows(closed, () => link.lose());
      await assert.rejects(connect(), { code: "ECONNREFUSED" });
      await link.restore();
      ({ connection, closed } = await connect());
      return note;
    });

    connection.end();
    await closed;
  },
});

/** Makes a JSON-RPC connection. It does not own the Duplex beneath it. */
function over(duplex: Duplex): MessageConnection {
  const connection = createMessageConnection(
    new StreamMessageReader(duplex),
    new StreamMessageWriter(duplex),
  );
  connection.onError(() => {}); // the connection closes as well
  return connection;
}
