// A session between two ends of a MessageChannel, as between a page and its worker: a pair of Web Streams around
// each port is all that it takes. The guide "In the browser" shows the same pair.

import { attach, type ByteStreamPair, type Session, type Stream } from "@muxado/core";
import { expect, onTestFinished, test, vi } from "vitest";

/** Bytes in messages, `null` for the end; each is answered when it has come, which is the back-pressure. */
function portPair(port: MessagePort): ByteStreamPair {
  let taken = (): void => {};
  return {
    readable: new ReadableStream<Uint8Array>({
      start(controller) {
        port.onmessage = ({ data }: MessageEvent<Uint8Array | "taken" | null>) => {
          if (data === "taken") taken();
          else if (data === null) controller.close();
          else {
            // A session reads at once, whatever else it is doing.
            controller.enqueue(data);
            port.postMessage("taken");
          }
        };
      },
    }),
    writable: new WritableStream<Uint8Array>({
      async write(bytes) {
        const done = new Promise<void>((resolve) => (taken = resolve));
        port.postMessage(bytes);
        await done;
      },
      close: () => port.postMessage(null),
      abort() {
        port.postMessage(null);
        port.close();
      },
    }),
  };
}

function sessions(): [Session, Session] {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  return [attach(portPair(port1), { role: "client" }), attach(portPair(port2), { role: "server" })];
}

async function echo(session: Session): Promise<void> {
  for await (const stream of session) {
    stream.readable.pipeTo(stream.writable).catch(() => stream.reset());
  }
}

async function ask(session: Session, bytes: Uint8Array): Promise<Uint8Array> {
  const stream: Stream = session.open();
  const answer = new Response(stream.readable).arrayBuffer();
  await stream.write(bytes);
  await stream.closeWrite();
  return new Uint8Array(await answer);
}

test("a MessagePort carries streams from both sides, and a graceful end", async () => {
  const [client, server] = sessions();
  void echo(client);
  void echo(server);
  const questions = Array.from({ length: 50 }, (_, n) => new Uint8Array(n * 100).fill(n));
  for (const side of [client, server]) {
    expect(await Promise.all(questions.map((bytes) => ask(side, bytes)))).toEqual(questions);
  }
  await client.close();
  expect((await client.closed).localError).toBeUndefined();
  expect((await server.closed).localError).toBeUndefined();
});

test("a MessagePort that the other side closes ends the session", async () => {
  const [client, server] = sessions();
  const read = client.open().read();
  await vi.waitFor(() => expect(server.stats().streamsReceived).toBe(1));
  server.destroy();
  await expect(read).rejects.toMatchObject({ scope: "session", origin: "remote" });
});
