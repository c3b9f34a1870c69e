// Connect over HTTP/2: node:http2 makes the connection with its option `createConnection`, and its server takes streams.

import assert from "node:assert/strict";
import * as http2 from "node:http2";
import { Code, ConnectError, createClient, type ConnectRouter } from "@connectrpc/connect";
import {
  connectNodeAdapter,
  createConnectTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { exchangePieces } from "./harness/bulk.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { Echo } from "./echo_pb.ts";
import { withoutListening } from "./servers/application.ts";
import { createConnection } from "./stand-in.ts";

const password = "known";

export const recipe = define({
  async start() {
    const routes = (router: ConnectRouter): void => {
      router.service(Echo, {
        ask: ({ body }, { requestHeader }) => {
          if (requestHeader.get("authorization") === password) return { body };
          throw new ConnectError("who are you?", Code.Unauthenticated);
        },
        wait: () => new Promise(() => {}),
      });
    };
    return withoutListening(http2.createServer(connectNodeAdapter({ routes })));
  },
  async run({ link, step }) {
    const { host, port, source } = link;
    const baseUrl = `http://${host}:${port}`;
    const sessionManager = new Http2SessionManager(
      baseUrl,
      undefined,
      source && { createConnection: () => createConnection(source) },
    );
    const client = createClient(
      Echo,
      createConnectTransport({ httpVersion: "2", baseUrl, sessionManager }),
    );
    const headers = { authorization: password };
    const ask = async (body: Uint8Array): Promise<Uint8Array> =>
      (await client.ask({ body }, { headers })).body;
    const piece = new TextEncoder().encode("a piece");

    await step("a wrong password is refused", async () => {
      await assert.rejects(client.ask({}), { code: Code.Unauthenticated });
    });

    await step("many bytes", () => exchangePieces(ask));

    await step("the server ends the connection, and it connects again", async () => {
      const failing = assert.rejects(client.wait({}));
      await ask(piece);
      const note = await knows(failing, () => link.cut());
      assert.deepEqual(await ask(piece), piece);
      return note;
    });

    await step("the way is lost and comes back", async () => {
      const failing = assert.rejects(client.wait({}));
      await ask(piece);
      const note = await knows(failing, () => link.lose());
      await assert.rejects(ask(piece), { code: Code.Unavailable });
      await link.restore();
      assert.deepEqual(await ask(piece), piece);
      return note;
    });

    sessionManager.abort();
  },
});
