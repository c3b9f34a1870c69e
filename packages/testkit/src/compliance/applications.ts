// Small applications for the compliance tests: readers, echoes, and ways to wait.

import { MuxadoError, type Session, type Stream } from "@muxado/core";
import { expect } from "vitest";
import { concatenated } from "../bytes.ts";

/** Reads everything up to the end. */
export async function readAll(stream: Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concatenated(chunks);
}

/** Reads at least `length` bytes, which must arrive. */
export async function readBytes(stream: Stream, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let read = 0; read < length; ) {
    const chunk = await stream.read();
    if (chunk === null) throw new Error(`the stream ended after ${read} of ${length} bytes`);
    chunks.push(chunk);
    read += chunk.length;
  }
  return concatenated(chunks);
}

/** Writes `bytes` and half-closes. */
export async function writeAll(stream: Stream, bytes: Uint8Array): Promise<void> {
  await stream.write(bytes);
  await stream.closeWrite();
}

/** Sends back the bytes that arrive, on every stream that the peer opens, until the session ends. */
export async function echo(session: Session): Promise<void> {
  for await (const stream of session) void echoOne(stream);
}

async function echoOne(stream: Stream): Promise<void> {
  try {
    for await (const chunk of stream) await stream.write(chunk);
    await stream.closeWrite();
  } catch {
    // The test has reset the stream, and looks at its own end of it.
  }
}

/** A stream from `from`, with both of its ends. The peer has received its first byte, which has been read already. */
export async function connectedStream(from: Session, to: Session): Promise<[Stream, Stream]> {
  const local = from.open();
  const [remote] = await Promise.all([to.accept(), local.write(new Uint8Array([0]))]);
  expect(await remote.read()).toEqual(new Uint8Array([0]));
  return [local, remote];
}

/** The error that `promise` rejects with. It must be a MuxadoError. */
export async function failureOf(promise: Promise<unknown>): Promise<MuxadoError> {
  const error: unknown = await promise.then(
    (value) => expect.fail(`resolved with ${String(value)}`),
    (reason: unknown) => reason,
  );
  if (!MuxadoError.is(error)) throw error;
  return error;
}

/** The error that `call` throws. It must be a MuxadoError. */
export function thrownBy(call: () => unknown): MuxadoError {
  try {
    call();
  } catch (error) {
    if (MuxadoError.is(error)) return error;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

/** Writes until a write fails: sooner or later the end on the other side is known here. */
export async function writeUntilFailure(stream: Stream): Promise<MuxadoError> {
  const chunk = new Uint8Array(1024);
  return await failureOf(
    (async () => {
      for (;;) {
        await stream.write(chunk);
        await aMoment();
      }
    })(),
  );
}

/** Whether the peer's GOAWAY has arrived, or the session is over. */
export function failsToOpen(session: { open(): { reset(): void } }): boolean {
  try {
    session.open().reset();
    return false;
  } catch {
    return true;
  }
}

/** Long enough for anything that could happen by itself, but not so long that tests take time. */
export function aMoment(ms = 5): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await aMoment(1);
}

/** Whether `promise` still waits after a moment. */
export async function stillWaits(promise: Promise<unknown>): Promise<boolean> {
  const waits = Symbol("waits");
  const first = await Promise.race([promise.catch(() => undefined), aMoment(20).then(() => waits)]);
  return first === waits;
}
