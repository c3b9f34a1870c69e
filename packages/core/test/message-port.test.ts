// Sessions between the two ends of a MessageChannel, such as between a page and its worker. They use the pair of Web
// Streams from the guide "In the browser", and the transport from docs/architecture.md. Both notice that the other side
// is gone.

import { readFileSync } from "node:fs";
import path from "node:path";
import { Worker, MessagePort as NodePort } from "node:worker_threads";
import {
  attach,
  type ByteStreamPair,
  Session,
  type SessionOptions,
  type Stream,
  type Transport,
  type TransportInput,
} from "@muxado/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";

function portPair(port: MessagePort): ByteStreamPair {
  let open = 2; // directions
  let isReadable = true;
  let taken = (): void => {};
  let lost = (_reason: Error): void => {};
  const ended = (): void => {
    if (--open === 0) port.close();
  };
  return {
    readable: new ReadableStream<Uint8Array>({
      start(controller) {
        const end = (): void => {
          if (!isReadable) return;
          isReadable = false;
          controller.close();
          ended();
        };
        port.onmessage = ({ data }) => {
          if (data === "taken") taken();
          else if (data === null) end();
          else if (isReadable) {
            controller.enqueue(data);
            port.postMessage("taken");
          }
        };
        port.addEventListener("close", end); // the other side has gone, with a word or without
      },
      cancel() {
        isReadable = false;
        lost(new Error("the session is over")); // no answer is waited for any more
        ended();
      },
    }),
    writable: new WritableStream<Uint8Array>({
      write(bytes) {
        return new Promise<void>((resolve, reject) => {
          taken = resolve;
          lost = reject;
          port.postMessage(bytes);
        });
      },
      close() {
        port.postMessage(null);
        ended();
      },
      abort() {
        port.postMessage(null);
        ended();
      },
    }),
  };
}

class PortTransport implements Transport {
  readonly #port: NodePort;

  constructor(port: NodePort) {
    this.#port = port;
  }

  start(input: TransportInput): void {
    this.#port
      .on("message", (message: Uint8Array | "taken" | "end") => {
        if (message === "taken") return input.written();
        if (message === "end") return input.ended();
        this.#port.postMessage("taken");
        input.receive(message);
      })
      .on("close", () => input.ended()); // the other side has gone, with a word or without
  }

  write(chunks: Uint8Array[]): void {
    const message = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      message.set(chunk, at);
      at += chunk.length;
    }
    this.#port.postMessage(message, [message.buffer]); // ours to give away: it is a copy
  }

  end(): void {
    this.#port.postMessage("end");
  }

  destroy(): void {
    this.#port.close();
  }
}

type Make = (port: MessagePort, role: "client" | "server", options?: SessionOptions) => Session;

const recipes: Record<string, Make> = {
  "the pair of the guide": (port, role, options) => attach(portPair(port), { role, ...options }),
  "the transport of docs/architecture.md": (port, role, options) =>
    new Session(new PortTransport(port as unknown as NodePort), role, options),
};

/** Waits until `port` is closed: it keeps the process alive no longer. */
function closed(port: MessagePort): Promise<void> {
  return new Promise((resolve) => port.addEventListener("close", () => resolve()));
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

describe.each(Object.entries(recipes))("%s", (_, make) => {
  function sessions(): { client: Session; server: Session; ports: MessagePort[] } {
    const { port1, port2 } = new MessageChannel();
    onTestFinished(() => port1.close());
    return { client: make(port1, "client"), server: make(port2, "server"), ports: [port1, port2] };
  }

  test("carries streams from both sides, and a graceful end", async () => {
    const { client, server, ports } = sessions();
    const gone = Promise.all(ports.map(closed));
    void echo(client);
    void echo(server);
    const questions = Array.from({ length: 50 }, (__, n) => new Uint8Array(n * 100).fill(n));
    for (const side of [client, server]) {
      expect(await Promise.all(questions.map((bytes) => ask(side, bytes)))).toEqual(questions);
    }
    await client.close();
    expect((await client.closed).localError).toBeUndefined();
    expect((await server.closed).localError).toBeUndefined();
    await gone;
  });

  test("ends when the other side is destroyed", async () => {
    const { client, server, ports } = sessions();
    const gone = Promise.all(ports.map(closed));
    const read = client.open().read();
    await vi.waitFor(() => expect(server.stats().streamsReceived).toBe(1));
    server.destroy();
    await expect(read).rejects.toMatchObject({ scope: "session", origin: "remote" });
    await gone;
  });

  /** A worker with one end of a channel. It takes one message in two, and dies when it is told to. */
  function worker(): { worker: Worker; port: MessagePort } {
    const { port1, port2 } = new MessageChannel();
    const program = `
      const { workerData: port, parentPort } = require("node:worker_threads");
      let isTaken = false;
      port.onmessage = () => {
        isTaken = !isTaken;
        if (isTaken) port.postMessage("taken");
      };
      parentPort.on("message", (how) => {
        if (how === "exit") process.exit();
        if (how === "throw") throw new Error("out of order");
        port.close();
      });
    `;
    const transferList = [port2 as unknown as NodePort];
    const started = new Worker(program, { eval: true, workerData: port2, transferList });
    onTestFinished(async () => {
      await started.terminate();
      port1.close();
    });
    return { worker: started.on("error", () => {}), port: port1 };
  }

  test.each<[string, (worker: Worker) => unknown]>([
    ["is terminated", (one) => one.terminate()],
    ["exits", (one) => one.postMessage("exit")],
    ["throws", (one) => one.postMessage("throw")],
    ["closes its port", (one) => one.postMessage("close")],
  ])("all waiting operations fail when the worker on the other side %s", async (__, die) => {
    const { worker: other, port } = worker();
    const gone = closed(port);
    const session = make(port, "client");
    const stream = session.open();
    const waiting: Promise<unknown>[] = [stream.read(), session.accept()];
    await stream.write(new Uint8Array(10));
    // Larger than the bytes that are taken at once: it waits for an answer that never comes.
    await vi.waitFor(() => expect(session.stats().bytesToSend).toBe(0));
    waiting.push(stream.write(new Uint8Array(100_000)));
    await vi.waitFor(() => expect(session.stats().bytesSent).toBeGreaterThan(1_000));
    die(other);
    for (const outcome of waiting) {
      await expect(outcome).rejects.toMatchObject({ code: "PEER_EOF", origin: "remote" });
    }
    expect((await session.closed).localError).toMatchObject({ code: "PEER_EOF" });
    await gone;
  });

  test("that is not told of the end releases everything when the code that ended the other side reports it", async () => {
    const { worker: other, port } = worker();
    const gone = closed(port);
    // Like browsers without a `close` event.
    const deaf = Object.create(port, {
      addEventListener: { value: () => {} },
      on: {
        value(name: string, listener: () => void) {
          if (name !== "close") (port as unknown as NodePort).on(name, listener);
          return this;
        },
      },
      postMessage: { value: port.postMessage.bind(port) },
      close: { value: port.close.bind(port) },
      onmessage: {
        set(listener: MessagePort["onmessage"]) {
          port.onmessage = listener;
        },
      },
    }) as MessagePort;
    const session = make(deaf, "client", { lingerTimeout: 100 });
    const stream = session.open();
    const waiting: Promise<unknown>[] = [stream.read(), session.accept()];
    await stream.write(new Uint8Array(10));
    await vi.waitFor(() => expect(session.stats().bytesToSend).toBe(0));
    waiting.push(stream.write(new Uint8Array(100_000)));
    await vi.waitFor(() => expect(session.stats().bytesSent).toBeGreaterThan(1_000));
    for (const outcome of waiting) outcome.catch(() => {});
    await other.terminate();
    session.destroy();
    for (const outcome of waiting) {
      await expect(outcome).rejects.toMatchObject({ code: "SESSION_CLOSED", origin: "local" });
    }
    await session.closed;
    await gone;
  });
});

test.each([
  ["docs/guides/browser.md", portPair],
  ["docs/architecture.md", PortTransport],
])("the recipe of %s is the one that is tested here", (file, recipe) => {
  const root = path.resolve(import.meta.dirname, "../../..");
  const own = readFileSync(import.meta.filename, "utf8");
  const page = readFileSync(path.join(root, file), "utf8");
  const kind = recipe === portPair ? "function portPair" : "class PortTransport";
  const textOf = (source: string): string => {
    const text = source.slice(source.indexOf(kind));
    return text.slice(0, text.indexOf("\n}\n")).replaceAll("NodePort", "MessagePort");
  };
  expect(textOf(page)).toBe(textOf(own));
});
