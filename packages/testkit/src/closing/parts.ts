// The work of each of two processes with its side of one session. Its runtime needs only a thread that can stand still.

import {
  muxado,
  MuxadoError,
  type Role,
  type Session,
  type SessionOptions,
  type Stream,
} from "@muxado/core";
import { yamux } from "@muxado/yamux";
import { patterned } from "../bytes.ts";
import {
  type CloserReport,
  type Plan,
  type ReaderReport,
  type Received,
  type Situation,
  situations,
  type Story,
} from "./plan.ts";

const CHUNK = 64 * 1024;
/** The period of the pattern, in bytes. */
const PERIOD = 251 * 256;
const PATTERN = patterned(PERIOD + CHUNK);

/** Actions of a process that differ between runtimes. */
export interface Powers {
  /** Ends the session in the way of the plan. */
  readonly close: (session: Session, timeout: number | undefined) => Promise<void>;
  /** Ends the process without any message. */
  readonly die: () => void;
  /** Returns whether the closer has reported its result. */
  readonly isOver: () => boolean;
}

/** Returns the options of one side's session. */
export function optionsOf(plan: Plan, role: Role): SessionOptions {
  const { closer, reader } = situations[plan.situation];
  const wire = plan.wire === "muxado" ? muxado : yamux({ keepAlive: Infinity });
  // The machine may be busy: the test has its own deadline.
  const closeTimeout = 120_000;
  return { wire, closeTimeout, ...(plan.closer === role ? closer : reader) };
}

/** Does one side's part of `plan`, until the end of the session. */
export async function play(
  session: Session,
  plan: Plan,
  role: Role,
  powers: Powers,
): Promise<CloserReport | ReaderReport> {
  const stream = await theStream(session, plan, role);
  const { situation, closer } = plan;
  if (closer === role) {
    if (situation === "uploading")
      return receiveAndClose(session, stream, situations.uploading, powers);
    return sendAndClose(session, stream, plan, powers);
  }
  if (situation === "uploading") return upload(session, stream, situations.uploading);
  return receive(session, stream, plan, powers);
}

/** The one stream, which the client opens. A client with nothing to send announces the stream with one byte. */
async function theStream(session: Session, plan: Plan, role: Role): Promise<Stream> {
  if (role === "server") return session.accept();
  const stream = session.open();
  const isSender = (plan.closer === role) !== (plan.situation === "uploading");
  if (!isSender) await stream.write(Uint8Array.of(0));
  return stream;
}

/** Sends, closes the stream, and then closes the session. */
async function sendAndClose(
  session: Session,
  stream: Stream,
  plan: Plan,
  { close }: Powers,
): Promise<CloserReport> {
  const { length, timeout } = situations[plan.situation];
  if (plan.situation === "breach" || plan.situation === "destroyed") {
    const sending = failureOf(send(stream, 0, length));
    // The system has its share, and more bytes wait.
    if (plan.situation === "destroyed") {
      while (session.stats().bytesSent < length / 4) await moment();
      await close(session, timeout);
    }
    await sending;
    return { failed: null, closed: await storyOf(session), received: null };
  }
  const failed = await failureOf(
    (async () => {
      await send(stream, 0, 1);
      // The peer has nothing more to send.
      for await (const _ of stream);
      await send(stream, 1, length);
      await stream.close();
      await close(session, timeout);
    })(),
  );
  return { failed, closed: await storyOf(session), received: null };
}

/** Closes the session at once, while bytes of the stream still arrive. */
async function receiveAndClose(
  session: Session,
  stream: Stream,
  { pauses }: Situation,
  { close }: Powers,
): Promise<CloserReport> {
  await stream.closeWrite();
  const closing = failureOf(close(session, undefined));
  const received = await readOn(stream, pauses);
  return { failed: await closing, closed: await storyOf(session), received };
}

async function upload(
  session: Session,
  stream: Stream,
  { length }: Situation,
): Promise<ReaderReport> {
  const failed = await failureOf(
    (async () => {
      await send(stream, 0, length);
      await stream.close();
    })(),
  );
  return { failed, closed: await storyOf(session), received: null };
}

/** Reads to the end, and stands still in between. */
async function receive(
  session: Session,
  stream: Stream,
  { situation }: Plan,
  { die, isOver }: Powers,
): Promise<ReaderReport> {
  const { pauses, length, reader } = situations[situation];
  let failing: Promise<string | null> | undefined;
  const onPause = async (ms: number): Promise<void> => {
    if (situation === "breach") {
      for (let count = 0; count < 20; count++) {
        const rapid = session.open();
        await rapid.write(Uint8Array.of(1));
        rapid.reset();
      }
    }
    if (situation === "destroyed" || situation === "breach") {
      // It continues to send, and is not told that nobody reads it.
      failing = failureOf(send(stream, 0, length));
    }
    // The closer knows its larger window. Before that, the closer could not send everything.
    if (reader?.windowSize !== undefined) await moment();
    if (ms === Infinity) while (!isOver()) standStill(20);
    else standStill(ms);
    if (situation === "dies") die();
    // In the turn in which it wakes, so before it can learn of the end.
    if (situation === "late") failing = failureOf(speakLate(session));
  };
  if (situation !== "destroyed" && situation !== "breach") await stream.closeWrite();
  const received = await readOn(stream, pauses, onPause);
  return { received, failed: (await failing) ?? null, closed: await storyOf(session) };
}

async function speakLate(session: Session): Promise<void> {
  const stream = session.open();
  await stream.write(patterned(200_000));
  await stream.closeWrite();
  await stream.read();
}

/** Writes the pattern from `start` to `end`. */
async function send(stream: Stream, start: number, end: number): Promise<void> {
  for (let at = start; at < end; at += CHUNK) {
    const from = at % PERIOD;
    await stream.write(PATTERN.subarray(from, from + Math.min(CHUNK, end - at)));
  }
}

/** Reads `stream` to its end, and compares the bytes with the pattern. */
async function readOn(
  stream: Stream,
  pauses: Situation["pauses"],
  onPause: (ms: number) => Promise<void> | void = standStill,
): Promise<Received> {
  let length = 0;
  let firstWrong = -1;
  const ahead = [...pauses];
  const end = await failureOf(
    (async () => {
      for await (const chunk of stream) {
        for (let at = 0; at < chunk.length && firstWrong < 0; at++) {
          if (chunk[at] !== PATTERN[(length + at) % PERIOD]) firstWrong = length + at;
        }
        length += chunk.length;
        while (ahead.length > 0 && length >= ahead[0]![0]) await onPause(ahead.shift()![1]);
      }
    })(),
  );
  return { length, firstWrong, end };
}

/** Stops this thread without using the processor. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** Code and origin of the error that `promise` rejects with; null if it resolves. */
async function failureOf(promise: Promise<unknown>): Promise<string | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    return MuxadoError.is(error) ? `${error.code}, ${error.origin}` : String(error);
  }
}

async function storyOf(session: Session): Promise<Story> {
  const { localError, remoteError, remoteDebug } = await session.closed;
  return {
    local: told(localError),
    remote: told(remoteError),
    debug: new TextDecoder().decode(remoteDebug),
  };
}

function told(error: MuxadoError | undefined): Story["local"] {
  return error === undefined ? null : [error.code, error.origin, error.message];
}
