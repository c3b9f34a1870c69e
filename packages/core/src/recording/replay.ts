// Living a recorded conversation again: a session is given what its transport gave the first one, at the same moments
// of a clock that stands still in between, and has to send the same bytes.

import { concatenated, NOTHING } from "../base/bytes.ts";
import { type Clock, flushInNextTask, type FlushScheduler } from "../base/clock.ts";
import type { Role } from "../options.ts";
import type { Transport, TransportInput } from "../seams/transport.ts";
import { PER_MILLISECOND } from "./format.ts";
import { Recording, type RecordingEntry } from "./recording.ts";
import { ReplayClock } from "./replay-clock.ts";

/** Options that a session must be given for its replay, over those that the recorded one had. */
export interface ReplayedOptions {
  /** Shows the recorded times. For the application's timers, too. */
  readonly clock: Clock;
  /** Lets output leave when the recorded output left. */
  readonly scheduleFlush: FlushScheduler;
}

/** Options of {@link replay}. */
export interface ReplayOptions {
  /**
   * Waits until the application has done what it does by itself. Default: one task of the platform, which is enough for
   * an application that waits for nothing but its session and its session's clock.
   */
  readonly settle?: (() => Promise<void>) | undefined;
}

/** Where a replay differs from its recording first. */
export interface ReplayDifference {
  /** The moment of the recording, in milliseconds since the session was made. */
  readonly time: number;
  /** The first byte that differs, counted from the first that the session has sent. */
  readonly offset: number;
  /** What was recorded from there on, up to the end of the write; nothing if the replay only sent more. */
  readonly recorded: Uint8Array<ArrayBuffer>;
  /** What was sent instead; nothing if it only sent less. */
  readonly replayed: Uint8Array<ArrayBuffer>;
  /** All of this, to be read. */
  readonly message: string;
}

/** What came of a {@link replay}. */
export interface Replay<Started> {
  /** What `start` has returned. */
  readonly started: Started;
  /** All that the session has sent. */
  readonly sent: Uint8Array<ArrayBuffer>;
  /** Undefined if the session has sent what was recorded. */
  readonly difference: ReplayDifference | undefined;
}

/**
 * Replays a recording to a new session, until it ends or the session sends something else; then the transport fails, so
 * that nothing waits forever. A write is compared when the recorded one left, by its bytes and not by where it was cut.
 * What a session would send after the recording's last write is not waited for, and how it ends is not compared.
 *
 * @param start makes the session, `new Session(transport, role, { ...yours, ...options })`, and starts its application,
 * which must do the same as when it was recorded.
 * @throws {RecordingError} before anything is started, if the recording is broken.
 */
export async function replay<Started>(
  recording: Recording | Uint8Array,
  start: (transport: Transport, role: Role, options: ReplayedOptions) => Started,
  { settle = nextTask }: ReplayOptions = {},
): Promise<Replay<Started>> {
  const whole = recording instanceof Uint8Array ? new Recording(recording) : recording;
  const entries = [...whole];
  const clock = new ReplayClock(whole.start);
  const transport = new ReplayTransport(settle);
  const { scheduleFlush } = transport;
  const started = start(transport, whole.role, { clock, scheduleFlush });
  let difference: ReplayDifference | undefined;
  let end = 0;
  for (const entry of entries) {
    end = entry.time;
    if (entry.turn) await settle();
    // In whole microseconds, whatever binary fractions add up to.
    const now = Math.round((whole.start + end) * PER_MILLISECOND) / PER_MILLISECOND;
    await clock.advance(now, settle);
    if (entry.kind !== "out") transport.report(entry);
    else difference = await transport.expect(entry.bytes, end);
    if (difference !== undefined) break;
  }
  // What its last turn sends from now on, the recording has not waited for either.
  difference ??= transport.surplus(end);
  await settle();
  const sent = concatenated(transport.sent);
  transport.stop();
  await settle();
  return { started, sent, difference };
}

/** The transport of a session that is replayed. */
class ReplayTransport implements Transport {
  /** The writes of the session. */
  readonly sent: Uint8Array[] = [];
  readonly #settle: () => Promise<void>;
  readonly #flushes: (() => void)[] = [];
  #input: TransportInput | undefined;
  #isWriting = false;
  #hasEnded = false;
  /** What was sent and no recorded write has been compared with. */
  #unmatched: Uint8Array<ArrayBuffer> = NOTHING;
  /** Bytes that were. */
  #matched = 0;

  constructor(settle: () => Promise<void>) {
    this.#settle = settle;
  }

  /** Flushes wait until the recording says that something left. */
  readonly scheduleFlush: FlushScheduler = (flush) => void this.#flushes.push(flush);

  start(input: TransportInput): void {
    this.#input = input;
  }

  write(chunks: Uint8Array[]): void {
    this.#isWriting = true;
    const bytes = concatenated(chunks);
    this.sent.push(bytes);
    this.#unmatched = concatenated([this.#unmatched, bytes]);
  }

  end(): void {
    this.#hasEnded = true;
  }

  destroy(): void {}

  /** What the recorded transport reported. What the recorded session did by itself is left to this one. */
  report(entry: RecordingEntry): void {
    const input = this.#begun();
    if (entry.kind === "in") input.receive(chunkOf(entry));
    else if (entry.kind === "written") this.#written();
    else if (entry.kind === "ended") input.ended();
    else if (entry.kind === "failed") input.ended(new Error(entry.error));
  }

  /** The recorded session has sent `recorded`: lets this one send as much. Says what is different. */
  async expect(
    recorded: Uint8Array<ArrayBuffer>,
    time: number,
  ): Promise<ReplayDifference | undefined> {
    this.#begun();
    this.#flushUpTo(recorded.length);
    if (this.#unmatched.length < recorded.length) {
      do await this.#settle();
      while (this.#flushUpTo(recorded.length));
    }
    const replayed = this.#unmatched;
    const same = recorded.findIndex((byte, index) => byte !== replayed[index]);
    if (same !== -1) {
      return differenceOf(
        time,
        this.#matched + same,
        recorded.subarray(same),
        replayed.subarray(same),
      );
    }
    this.#matched += recorded.length;
    this.#unmatched = replayed.subarray(recorded.length);
    return undefined;
  }

  /** What was sent beyond the recording. */
  surplus(time: number): ReplayDifference | undefined {
    if (this.#unmatched.length === 0) return undefined;
    return differenceOf(time, this.#matched, NOTHING, this.#unmatched);
  }

  /** Nothing more will come. */
  stop(): void {
    // One that has sent its last ends its direction with one more flush, which no recorded write asks for. It has only
    // waited for the end.
    for (let times = 0; times < 2 && !this.#hasEnded; times++) {
      for (const flush of this.#flushes.splice(0)) flush();
      this.#written();
    }
    this.#begun().ended(this.#hasEnded ? undefined : new Error("the replay is over"));
  }

  /** Runs flushes until `length` bytes have been sent. False if there was nothing to run. */
  #flushUpTo(length: number): boolean {
    let ran = false;
    while (this.#unmatched.length < length) {
      const flush = this.#flushes.shift();
      // The recorded session has sent this and more in one write.
      if (flush === undefined && !this.#isWriting) break;
      ran = true;
      if (flush === undefined) this.#written();
      else flush();
    }
    return ran;
  }

  #written(): void {
    if (!this.#isWriting) return;
    this.#isWriting = false;
    this.#input!.written();
  }

  #begun(): TransportInput {
    if (this.#input === undefined)
      throw new TypeError("start must make a session over the transport");
    return this.#input;
  }
}

/** A copy: the session may keep it, and its application may write into it. */
function chunkOf({ bytes, slack }: RecordingEntry & { kind: "in" }): Uint8Array {
  const chunk = new Uint8Array(bytes.length + slack).subarray(0, bytes.length);
  chunk.set(bytes);
  return chunk;
}

function differenceOf(
  time: number,
  offset: number,
  recorded: Uint8Array<ArrayBuffer>,
  replayed: Uint8Array<ArrayBuffer>,
): ReplayDifference {
  const message =
    `at ${time} ms, from byte ${offset} of what the session sends: ` +
    `recorded ${brief(recorded)}, replayed ${brief(replayed)}`;
  return { time, offset, recorded, replayed, message };
}

/** The first bytes, in hexadecimal, and how many there are. */
function brief(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing";
  const first = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `${bytes.length} bytes ${first.join("")}${bytes.length > 16 ? "…" : ""}`;
}

function nextTask(): Promise<void> {
  return new Promise(flushInNextTask);
}
