// What each of two processes does with its end of one session. It needs nothing of its runtime but a thread that can
// stand still.

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
/** Bytes after which the pattern begins anew. */
const PERIOD = 251 * 256;
const PATTERN = patterned(PERIOD + CHUNK);

/** What a process can do that is not the same everywhere. */
export interface Powers {
  /** Ends the session in the way of the plan. */
  readonly close: (session: Session, timeout: number | undefined) => Promise<void>;
  /** Ends the process without a word. */
  readonly die: () => void;
  /** Whether the closer has told what became of it. */
  readonly isOver: () => boolean;
}

/** The options of one side's session. */
export function optionsOf(plan: Plan, role: Role): SessionOptions {
  const { closer, reader } = situations[plan.situation];
  const wire = plan.wire === "muxado" ? muxado : yamux({ keepAlive: Infinity });
  // The machine may be busy: the test has a deadline of its own.
  const closeTimeout = 120_000;
  return { wire, closeTimeout, ...(plan.closer === role ? closer : reader) };
}

/** Does one side's part of `plan`, up to the end of the session. */
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

/** The one stream, which the client opens. If it has nothing to send itself, it says so with one byte. */
async function theStream(session: Session, plan: Plan, role: Role): Promise<Stream> {
  if (role === "server") return session.accept();
  const stream = session.open();
  const isSender = (plan.closer === role) !== (plan.situation === "uploading");
  if (!isSender) await stream.write(Uint8Array.of(0));
  return stream;
}

/** Sends, closes the stream and then the session. */
async function sendAndClose(
  session: Session,
  stream: Stream,
  plan: Plan,
  { close }: Powers,
): Promise<CloserReport> {
  const { length, timeout } = situations[plan.situation];
  if (plan.situation === "breach" || plan.situation === "destroyed") {
    const sending = failureOf(send(stream, 0, length));
    // The system has its share, and more waits.
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
      // The peer has nothing more to say.
      for await (const _ of stream);
      await send(stream, 1, length);
      await stream.close();
      await close(session, timeout);
    })(),
  );
  return { failed, closed: await storyOf(session), received: null };
}

/** Closes the session at once, while the stream still comes. */
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
      // It goes on sending, and does not hear that nobody reads it.
      failing = failureOf(send(stream, 0, length));
    }
    // Its larger window is known to the closer, which could not send all before.
    if (reader?.windowSize !== undefined) await moment();
    if (ms === Infinity) while (!isOver()) standStill(20);
    else standStill(ms);
    if (situation === "dies") die();
    // In the turn in which it wakes, and so before it can hear of the end.
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

/** Writes the pattern from one place to the other. */
async function send(stream: Stream, start: number, end: number): Promise<void> {
  for (let at = start; at < end; at += CHUNK) {
    const from = at % PERIOD;
    await stream.write(PATTERN.subarray(from, from + Math.min(CHUNK, end - at)));
  }
}

/** What comes on `stream` until its end, held against the pattern. */
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

/** Stops this thread, without using the processor. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** Code and origin of what `promise` rejects with; null if it resolves. */
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
