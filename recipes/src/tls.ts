// TLS inside a stream: `tls.connect` takes the connection as its option `socket`, and a TLS server takes any Duplex.

import assert from "node:assert/strict";
import { once } from "node:events";
import * as tls from "node:tls";
import { selfSigned } from "@muxado/examples/certificate";
import { exchangeThrough } from "./harness/bulk.ts";
import { happens } from "./harness/events.ts";
import { InProcess } from "./harness/in-process.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { createConnection } from "@muxado/node";

const servername = "localhost";

export const recipe = define({
  async start() {
    const credentials = selfSigned(servername);
    const server = tls.createServer({ ...credentials, allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {}); // the socket closes as well
      socket.pipe(socket);
    });
    server.on("tlsClientError", () => {}); // the client reports it
    return {
      // The connection beneath must not end by itself: the end of TLS comes before its own end.
      target: new InProcess((connection) => server.emit("connection", connection), true),
      close: async () => {},
      ca: credentials.cert,
    };
  },
  async run({ server: { ca }, link, step }) {
    const { host, port, source } = link;
    const connect = async (special: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> => {
      const options: tls.ConnectionOptions = {
        servername,
        ca,
        ...(source === undefined ? { host, port } : { socket: createConnection(source) }),
        ...special,
      };
      const socket = tls.connect(options);
      await once(socket, "secureConnect");
      return socket;
    };

    await step("a server that is not trusted is refused", async () => {
      await assert.rejects(connect({ ca: [] }), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    });

    await step("many bytes", async () => exchangeThrough(await connect()));

    await step("the server ends the connection", async () => {
      const socket = (await connect()).on("error", () => {});
      socket.resume();
      return knows(happens(socket, "close"), () => link.cut());
    });

    await step("the way is lost and comes back", async () => {
      const socket = (await connect()).on("error", () => {});
      socket.resume();
      const note = await knows(happens(socket, "close"), () => link.lose());
      await assert.rejects(connect(), { code: "ECONNREFUSED" });
      await link.restore();
      const again = await connect();
      again.end().resume();
      await once(again, "close");
      return note;
    });
  },
});
