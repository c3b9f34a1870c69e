import { once } from "node:events";
import { attach, connect } from "@muxado/ws";
import { answerPings, socketOptions } from "@muxado/ws/server";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { ask, closeOf, deferred, dial, echo, ending, serveSockets } from "../../test/peers.ts";
import { leaveNothingOpen } from "../../test/resources.ts";

leaveNothingOpen();

/** Returns a client's socket, and the socket of a `WebSocketServer` that has the options and answers pings. */
async function pair(): Promise<[client: WebSocket, server: WebSocket]> {
  const accepted = deferred<WebSocket>();
  const url = await serveSockets((socket) => {
    answerPings(socket);
    accepted.resolve(socket);
  }, socketOptions);
  return [await dial(url), await accepted.promise];
}

test("a WebSocketServer of one's own carries sessions within the limits", async () => {
  const [client, server] = await pair();
  void echo(ending(attach(server, { role: "server" })));
  const session = ending(attach(client, { role: "client" }));
  expect(await ask(session, "hello")).toBe("hello");
});

test("pings get answers while those are read, and the latest again later", async () => {
  const [client, server] = await pair();
  const answers: string[] = [];
  client.on("pong", (data) => answers.push(data.toString()));
  const pinged = async (data: string): Promise<void> => {
    const heard = once(server, "ping");
    client.ping(data);
    await heard;
  };
  await pinged("first");
  Object.defineProperty(server, "bufferedAmount", { value: 64 * 1024, configurable: true });
  await pinged("in a flood");
  Object.defineProperty(server, "bufferedAmount", { value: 64 * 1024 - 1, configurable: true });
  await pinged("last");
  await expect.poll(() => answers.at(-1)).toBe("last");
  expect(answers).toEqual(["first", "last"]);
});

test("a client's class may have the limits as well", async () => {
  class Bounded extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, socketOptions);
      answerPings(this);
    }
  }
  const accepted = deferred<WebSocket>();
  const url = await serveSockets((socket) => {
    void echo(attach(socket, { role: "server" }));
    accepted.resolve(socket);
  });
  const session = ending(await connect(url, { WebSocket: Bounded }));
  const server = await accepted.promise;
  const answer = once(server, "pong");
  server.ping("there?");
  expect(String((await answer)[0])).toBe("there?");
  expect(await ask(session, "hello")).toBe("hello");
});

test.each<[string, (socket: WebSocket) => void]>([
  ["long", (socket) => socket.send(Buffer.alloc(socketOptions.maxPayload + 1))],
  [
    "cut",
    (socket) => {
      for (let count = 0; count <= socketOptions.maxFragments; count++) {
        socket.send(Buffer.of(0), { fin: false });
      }
    },
  ],
])("a message that is too %s ends the socket", async (_, send) => {
  const [client, server] = await pair();
  const closed = closeOf(client);
  server.on("message", () => expect.unreachable());
  send(client);
  expect([1008, 1009]).toContain((await closed)[0]);
});
