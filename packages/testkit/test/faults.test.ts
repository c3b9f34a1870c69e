// A conversation whose transport ends, fails or stalls at every byte of it, in either direction. In all cases every
// promise settles, no stream and no timer is left, and both sessions report how they ended.

import { MuxadoError, type Session, type Stream, type Wire } from "@muxado/core";
import { connectedPair, type FaultKind, hop, type Pair, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";

/** So small that writes of a short conversation wait for credit too, and streams for an acknowledgement. */
function small(wire: Wire): Wire {
  const { maxUnacknowledged } = wire;
  return { ...wire, initialWindow: 64, maxUnacknowledged: maxUnacknowledged && 4 };
}

/** Hops that let every promise continuation of the conversation run in one turn. */
const drain = (): Promise<void> => hop(12);

/** Everything that both applications wait for. */
class Conversation {
  /** Names of operations that have not settled. */
  readonly waiting: Set<string> = new Set();
  readonly #pair: Pair;

  constructor(pair: Pair) {
    this.#pair = pair;
    const { client, server } = pair;
    for (const [name, session] of [
      ["client", client],
      ["server", server],
    ] as const) {
      this.#track(`${name} closed`, session.closed);
      this.#track(`${name} echo`, this.#echo(session));
    }
    this.#ask(client, "client asks", 60);
    this.#ask(client, "client asks much", 200);
    this.#ask(server, "server asks", 30);
    this.#pipe(client.open());
    this.#offer(server.open());
    // Waits for bytes that never come, so that only the end can settle it.
    this.#track("idle read", client.open().read());
    const closed = client.open();
    this.#track("write before close", closed.write(new Uint8Array(20)));
    this.#track("close", closed.close());
  }

  /** Both sides end the session. */
  async end(): Promise<void> {
    const { client, server } = this.#pair;
    this.#track("client close", client.close({ timeout: 1000 }));
    this.#track("server close", server.close({ timeout: 1000 }));
    await this.#pair.advance(60_000, drain);
  }

  #track(name: string, promise: Promise<unknown>): void {
    this.waiting.add(name);
    const done = (): void => void this.waiting.delete(name);
    promise.then(done, (error: unknown) => {
      done();
      if (!MuxadoError.is(error)) throw error;
    });
  }

  /** Answers each stream with its own bytes. */
  async #echo(session: Session): Promise<void> {
    for await (const stream of session) {
      const name = `${session.role} serves ${stream.id}`;
      this.#track(name, this.#answer(stream));
    }
  }

  async #answer(stream: Stream): Promise<void> {
    for await (const chunk of stream) await stream.write(chunk);
    await stream.closeWrite();
  }

  #ask(session: Session, name: string, size: number): void {
    const stream = session.open();
    this.#track(`${name}: write`, stream.write(new Uint8Array(size)));
    this.#track(`${name}: closeWrite`, stream.closeWrite());
    this.#track(`${name}: read`, readAll(stream));
  }

  /** Uses Web Streams, with a write and a read that wait. */
  #pipe(stream: Stream): void {
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    this.#track("writer", writer.write(new Uint8Array(70)));
    this.#track("writer closed", writer.closed);
    const toTheEnd = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    this.#track("reader", toTheEnd());
    this.#track("reader closed", reader.closed);
  }

  /** Uses no promises, until everything is offered or the stream has failed. */
  #offer(stream: Stream): void {
    let left = 300;
    const push = (): void => {
      try {
        while (left > 0) {
          const taken = stream.offer(new Uint8Array(left));
          if (taken === 0) return;
          left -= taken;
        }
        this.#track("closeWrite after offers", stream.closeWrite());
      } catch {
        left = 0;
      }
      this.waiting.delete("offers");
    };
    const pull = (): void => {
      try {
        while (stream.take() instanceof Uint8Array);
      } catch {
        this.waiting.delete("offers");
      }
    };
    this.waiting.add("offers");
    stream.observe({ onReadable: pull, onWritable: push });
    push();
  }
}

async function readAll(stream: Stream): Promise<void> {
  for await (const _ of stream);
}

/** Holds the conversation, broken by `fault`, and returns its pair after the end. */
async function converse(wire: Wire, fault?: (pair: Pair) => void): Promise<[Pair, Conversation]> {
  const pair = connectedPair({ session: { wire: small(wire) }, latency: [1, 1] });
  fault?.(pair);
  const conversation = new Conversation(pair);
  await pair.drive(drain);
  await conversation.end();
  return [pair, conversation];
}

describe.each(wires)("a conversation on $name", ({ wire }) => {
  it("is whole when nothing breaks", async () => {
    const [{ client, server, clock }, conversation] = await converse(wire);
    expect([...conversation.waiting]).toEqual([]);
    expect(clock.timers).toEqual([]);
    // The read that nobody answers outlasts the deadline.
    expect((await client.closed).localError).toMatchObject({ code: "DRAIN_TIMEOUT" });
    expect((await server.closed).remoteError).toBe(undefined);
  });

  for (const at of ["client", "server"] as const) {
    for (const kind of ["end", "fail", "stall"] as const satisfies FaultKind[]) {
      it(`leaves nothing behind when the transport to the ${at} meets a "${kind}" at any byte`, async () => {
        const [whole] = await converse(wire);
        const { delivered } = whole.link[at === "client" ? "server" : "client"].outbound;
        expect(delivered).toBeGreaterThan(500);
        for (let byte = 0; byte <= delivered; byte++) {
          const [pair, conversation] = await converse(wire, (broken) =>
            broken.breakAfter(at, byte, kind),
          );
          const left = {
            waiting: [...conversation.waiting],
            streams: pair.client.stats().openStreams + pair.server.stats().openStreams,
            timers: pair.clock.timers,
          };
          expect(left, `at byte ${byte}`).toEqual({ waiting: [], streams: 0, timers: [] });
        }
      });
    }
  }
});
