// The AsyncLocalStorage context of a callback is that of its stream, as with sockets. It does not matter that the bytes
// of another stream may have caused the call.

import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import type { Session } from "@muxado/core";
import { connect, type ConnectOptions, serveHttp, SessionAgent, toDuplex } from "@muxado/node";
import { expect, onTestFinished, test } from "vitest";
import { HOST, serve, serveSockets } from "./peers.ts";

const NAMES = ["one", "two", "three", "four"] as const;
/** More bytes than the window and the transport take at once. */
const MUCH = Buffer.alloc(1_000_000, 7);

const storage = new AsyncLocalStorage<string>();

/** Records calls that ran in a wrong context. */
class Calls {
  readonly #seen: Set<string> = new Set();
  readonly #astray: string[] = [];

  /** Returns a callback that should be called in the context of the name `whose`. */
  note(what: string, whose: string): () => void {
    return () => {
      this.#seen.add(what);
      const store = storage.getStore();
      if (store !== whose) this.#astray.push(`${what} of ${whose} in that of ${store}`);
    };
  }

  /** Checks that each callback was called, and in its own context. */
  check(...whats: string[]): void {
    expect(this.#astray).toEqual([]);
    expect(this.#seen).toEqual(new Set(whats));
  }
}

/** Returns a session whose peer sends back all bytes. */
async function echoing(options: ConnectOptions = {}): Promise<Session> {
  const { port } = await serve({}, async (session) => {
    for await (const stream of session) {
      const duplex = toDuplex(stream, { allowHalfOpen: true });
      duplex.on("error", () => {}).pipe(duplex);
    }
  });
  const session = await connect({ host: HOST, port, ...options });
  onTestFinished(() => session.destroy());
  return session;
}

test.each<[string, () => Promise<() => Duplex>]>([
  [
    "streams",
    async () =>
      (
        (session) => () =>
          toDuplex(session.open(), { allowHalfOpen: true })
      )(await echoing()),
  ],
  [
    "sockets",
    async () => {
      const port = await serveSockets((socket) => void socket.pipe(socket));
      return () => net.connect({ host: HOST, port, allowHalfOpen: true });
    },
  ],
])("events and callbacks of %s", async (_, opening) => {
  const open = await opening();
  const calls = new Calls();
  await Promise.all(
    NAMES.map((name) =>
      storage.run(name, async () => {
        const duplex = open();
        for (const event of ["data", "drain", "end", "finish", "close"] as const) {
          duplex.on(event, calls.note(event, name));
        }
        duplex.write(MUCH, calls.note("written", name));
        await once(duplex, "drain");
        duplex.end(MUCH, calls.note("ended", name));
        await once(duplex, "close");
      }),
    ),
  );
  calls.check("data", "drain", "end", "finish", "close", "written", "ended");
});

test("observers of streams", async () => {
  const session = await echoing();
  const calls = new Calls();
  await Promise.all(
    NAMES.map((name) =>
      storage.run(name, async () => {
        const stream = session.open();
        const readable = calls.note("onReadable", name);
        const writable = calls.note("onWritable", name);
        let rest = MUCH.subarray();
        let received = 0;
        await new Promise<void>((resolve) => {
          const onWritable = (): void => {
            if (stream.error === undefined) rest = rest.subarray(stream.offer(rest));
          };
          stream.observe({
            onWritable() {
              writable();
              onWritable();
            },
            onReadable() {
              readable();
              for (let chunk = stream.take(); chunk; chunk = stream.take())
                received += chunk.length;
              if (received === MUCH.length) resolve();
            },
          });
          onWritable();
        });
        stream.observe(undefined);
        stream.reset();
      }),
    ),
  );
  calls.check("onReadable", "onWritable");
});

test("watchers, and subscribers of diagnostics channels, when a stream ends", async () => {
  const calls = new Calls();
  const nameOf = new Map<unknown, string>();
  const heard = (message: unknown): void => {
    const name = nameOf.get((message as { stream: unknown }).stream);
    if (name !== undefined) calls.note("channel", name)();
  };
  subscribe("muxado:stream:close", heard);
  onTestFinished(() => void unsubscribe("muxado:stream:close", heard));
  const session = await echoing({
    watcher: {
      closed: (stream) => calls.note("watcher", nameOf.get(stream)!)(),
    },
  });
  for (const name of NAMES) storage.run(name, () => nameOf.set(session.open(), name));
  storage.run("who destroys it", () => session.destroy());
  await session.closed;
  calls.check("watcher", "channel");
});

test("requests over a session", async () => {
  const server = http.createServer((request, response) => void request.pipe(response));
  const { port } = await serve({}, (session) => serveHttp(session, server));
  const session = await connect({ host: HOST, port });
  onTestFinished(() => session.destroy());
  const agent = new SessionAgent(session);
  const calls = new Calls();
  await Promise.all(
    NAMES.map((name) =>
      storage.run(name, async () => {
        const request = http.request({ host: "peer", method: "POST", agent });
        for (const event of ["socket", "finish", "response", "close"] as const) {
          request.on(event, calls.note(event, name));
        }
        request.write(MUCH, calls.note("written", name));
        request.end(MUCH);
        const [response] = (await once(request, "response")) as [http.IncomingMessage];
        for (const event of ["data", "end"] as const) response.on(event, calls.note(event, name));
        await once(request, "close");
      }),
    ),
  );
  calls.check("socket", "finish", "response", "close", "written", "data", "end");
});

test("the immediates of busyPoll keep nobody's context", async () => {
  const stores = new Set<string | undefined>();
  const session = await echoing({ busyPoll: 20 });
  const hook = createHook({
    init: (_id, type) => void (type === "Immediate" && stores.add(storage.getStore())),
  });
  await storage.run("somebody", async () => {
    hook.enable();
    const stream = session.open();
    await stream.write(Uint8Array.of(1));
    await stream.read();
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  hook.disable();
  expect([...stores]).toEqual([undefined]);
});
