// Connect over HTTP/1.1: an agent of node:http makes its connections, and its server takes streams. HTTP/2 works as
// well, until a connection is reset. If that connection is not a `net.Socket`, node:http2 reports the error only when
// Connect does not listen any more, and the error ends the process.

import assert from "node:assert/strict";
import * as http from "node:http";
import { Code, ConnectError, createClient, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport } from "@connectrpc/connect-node";
import { SessionAgent } from "@muxado/node";
import { exchangePieces } from "./harness/bulk.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { Echo } from "./echo_pb.ts";
import { withoutListening } from "./servers/application.ts";

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
    return withoutListening(http.createServer(connectNodeAdapter({ routes })));
  },
  async run({ link, step }) {
    const { host, port, source } = link;
    const agent = source === undefined ? new http.Agent() : new SessionAgent(source);
    const client = createClient(
      Echo,
      createConnectTransport({
        httpVersion: "1.1",
        baseUrl: `http://${host}:${port}`,
        nodeOptions: { agent },
      }),
    );
    const headers = { authorization: password };
    const ask = async (body: Uint8Array): Promise<Uint8Array> =>
      (await client.ask({ body }, { headers })).body;
    const piece = new TextEncoder().encode("a piece");

    await step("a wrong password is refused", async () => {
      await assert.rejects(client.ask({}), { code: Code.Unauthenticated });
    });

    await step("many bytes", () => exchangePieces(ask));

    await step("the server ends the connection", async () => {
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
      // The code is Unavailable or Aborted: Connect also searches the causes, which tell why the session was lost.
      await assert.rejects(ask(piece), ConnectError);
      await link.restore();
      assert.deepEqual(await ask(piece), piece);
      return note;
    });

    agent.destroy();
  },
});
