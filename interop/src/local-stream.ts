// The actions of our end of a stream in the scenarios: the counterpart of stream.* of the peers.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { MuxadoError, type Session, type Stream } from "@muxado/core";
import { type Digest, Digester, digestOf, type Ending, Payload } from "./payload.ts";
import type { Wire } from "./peers.ts";
import type { Pace } from "./remote-stream.ts";

/**
 * Writes payload until the stream has taken all of it or fails. Returns how many bytes the stream took. Does not
 * half-close.
 */
export async function send(
  stream: Stream,
  bytes: number,
  seed: number,
  { piece = 64 * 1024, pause = 0 }: Pace = {},
): Promise<Digest> {
  const source = new Payload(seed);
  const sent = new Digester();
  try {
    while (sent.bytes < bytes) {
      const chunk = source.take(Math.min(piece, bytes - sent.bytes));
      await stream.write(chunk);
      sent.add(chunk);
      if (pause > 0) await sleep(pause);
    }
    return sent.digest("clean");
  } catch (error) {
    return sent.digest(endingOf(error));
  }
}

/** Reads until the stream ends, cleanly or with an error. Pauses after each `piece` bytes. */
export async function receive(
  stream: Stream,
  { piece = 64 * 1024, pause = 0 }: Pace = {},
): Promise<Digest> {
  const got = new Digester();
  let sincePause = 0;
  try {
    for await (const chunk of stream) {
      got.add(chunk);
      sincePause += chunk.length;
      if (pause === 0 || sincePause < piece) continue;
      sincePause = 0;
      await sleep(pause);
    }
    return got.digest("clean");
  } catch (error) {
    return got.digest(endingOf(error));
  }
}

/** Sends back all bytes that arrive, until the end. */
export async function echo(stream: Stream): Promise<Digest> {
  const got = new Digester();
  try {
    for await (const chunk of stream) {
      got.add(chunk);
      await stream.write(chunk);
    }
    await stream.closeWrite();
    return got.digest("clean");
  } catch (error) {
    return got.digest(endingOf(error));
  }
}

/**
 * Echoes every stream that the peer opens, until the session ends. Returns the digests of the streams that are done.
 */
export function serve(session: Session): Digest[] {
  const served: Digest[] = [];
  void (async () => {
    for await (const stream of session) void echo(stream).then((digest) => served.push(digest));
  })();
  return served;
}

/** Sends payload on a new stream, half-closes, and checks that all of it comes back. */
export async function ask(
  session: Session,
  bytes: number,
  seed: number,
  stream: Stream = session.open(),
): Promise<void> {
  const [sent, got] = await Promise.all([sendAll(stream, bytes, seed), receive(stream)]);
  assert.deepEqual(sent, digestOf(bytes, seed), "what was sent");
  assert.deepEqual(got, sent, "what came back");
}

/** Writes payload and half-closes. */
export async function sendAll(stream: Stream, bytes: number, seed: number): Promise<Digest> {
  const sent = await send(stream, bytes, seed);
  if (sent.end !== "clean") return sent;
  return stream.closeWrite().then(
    () => sent,
    (error: unknown) => ({ ...sent, end: endingOf(error) }),
  );
}

/** An error of ours, in the form in which peers report theirs. */
function endingOf(error: unknown): Ending {
  if (!MuxadoError.is(error)) throw error;
  return { code: error.wireCode, text: error.message };
}

/** The code of an ending. Undefined for a clean one. */
export function codeOf(end: Ending | undefined): number | null | undefined {
  return end === undefined || end === "clean" ? undefined : end.code;
}

/**
 * Checks that a stream has failed at the peer's end. muxado's libraries report the code to their applications. yamux's
 * libraries report only the failure.
 */
export function checkFailedThere(wire: Wire, end: Ending | undefined, code: number): void {
  if (wire === "muxado") assert.equal(codeOf(end), code);
  else assert.notEqual(end, "clean");
}

/** The error with which `operation` fails. */
export async function failureOf(operation: Promise<unknown>): Promise<MuxadoError> {
  try {
    await operation;
  } catch (error) {
    if (MuxadoError.is(error)) return error;
    throw error;
  }
  return assert.fail("it should have failed");
}
