// Replays a recorded conversation. A session gets the input of the recorded session at the same times of a replayed
// clock. It must send the same bytes.

import { concatenated, NOTHING } from "../base/bytes.ts";
import { type Clock, flushInNextTask, type FlushScheduler } from "../base/clock.ts";
import type { Role } from "../options.ts";
import type { Transport, TransportInput } from "../seams/transport.ts";
import { PER_MILLISECOND } from "./format.ts";
import { Recording, type RecordingEntry } from "./recording.ts";
import { ReplayClock } from "./replay-clock.ts";

/** Options that the session of a replay must get. They replace those of the recorded session. */
export interface ReplayedOptions {
  /** Shows the recorded times. The application's timers must use it, too. */
  readonly clock: Clock;
  /** Makes output leave when the recorded output left. */
  readonly scheduleFlush: FlushScheduler;
}

/** Options of {@link replay}. */
export interface ReplayOptions {
  /**
   * Waits until the application has done its work. Default: one task of the platform. That is enough for an application
   * that waits only for its session and its session's clock.
   */
  readonly settle?: (() => Promise<void>) | undefined;
}

/** The first difference between a replay and its recording. */
export interface ReplayDifference {
  /** The recorded moment, in milliseconds since the session was made. */
  readonly time: number;
  /** The position of the first byte that differs, among all bytes that the session has sent. */
  readonly offset: number;
  /** The recorded bytes from that position to the end of the write; empty if the replay has only sent more bytes. */
  readonly recorded: Uint8Array<ArrayBuffer>;
  /** The bytes that the replay has sent instead; empty if it has only sent fewer bytes. */
  readonly replayed: Uint8Array<ArrayBuffer>;
  /** A text that describes the difference. */
  readonly message: string;
}

/** The result of a {@link replay}. */
export interface Replay<Started> {
  /** The value that `start` has returned. */
  readonly started: Started;
  /** All bytes that the session has sent. */
  readonly sent: Uint8Array<ArrayBuffer>;
  /** Undefined if the session has sent the recorded bytes. */
  readonly difference: ReplayDifference | undefined;
}

/**
 * Replays a recording to a new session until the recording ends, or until the session sends other bytes. Then the
 * transport ends or fails, so that nothing waits forever. Writes are compared at the time when the recorded write left.
 * Only their bytes are compared; the bytes may be divided into writes in another way. The replay does not wait for
 * output after the last recorded write, and does not compare the end of the session.
 *
 * @param start makes the session, `new Session(transport, role, { ...yours, ...options })`, and starts its application.
 * The application must do the same as in the recording.
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
    // The time is rounded to microseconds, because sums of binary fractions are not exact.
    const now = Math.round((whole.start + end) * PER_MILLISECOND) / PER_MILLISECOND;
    await clock.advance(now, settle);
    if (entry.kind !== "out") transport.report(entry);
    else difference = await transport.expect(entry.bytes, end);
    if (difference !== undefined) break;
  }
  // The recording may lack later output of its last turn. So the replay does not wait for such output either.
  difference ??= transport.surplus(end);
  await settle();
  const sent = concatenated(transport.sent);
  transport.stop();
  await settle();
  return { started, sent, difference };
}

/** The transport of a replayed session. */
class ReplayTransport implements Transport {
  /** The writes of the session. */
  readonly sent: Uint8Array[] = [];
  readonly #settle: () => Promise<void>;
  readonly #flushes: (() => void)[] = [];
  #input: TransportInput | undefined;
  #isWriting = false;
  #hasEnded = false;
  /** Bytes that were sent, but not yet compared with a recorded write. */
  #unmatched: Uint8Array<ArrayBuffer> = NOTHING;
  /** The number of bytes that were compared. */
  #matched = 0;

  constructor(settle: () => Promise<void>) {
    this.#settle = settle;
  }

  /** Flushes wait until the recording has a write. */
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

  /**
   * Reports the event of the recorded transport. Ignores actions of the recorded session, because this session acts
   * itself.
   */
  report(entry: RecordingEntry): void {
    const input = this.#begun();
    if (entry.kind === "in") input.receive(chunkOf(entry));
    else if (entry.kind === "written") this.#written();
    else if (entry.kind === "ended") input.ended();
    else if (entry.kind === "failed") input.ended(new Error(entry.error));
  }

  /**
   * Lets this session send as many bytes as `recorded`, which the recorded session has sent. Returns the difference, if
   * there is one.
   */
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

  /** Returns the bytes sent beyond the recording, as a difference. */
  surplus(time: number): ReplayDifference | undefined {
    if (this.#unmatched.length === 0) return undefined;
    return differenceOf(time, this.#matched, NOTHING, this.#unmatched);
  }

  /** Ends the input of the session. */
  stop(): void {
    // When a session has sent its last bytes, it needs one more flush to end its direction. No recorded write runs this
    // flush, so it is run here.
    for (let times = 0; times < 2 && !this.#hasEnded; times++) {
      for (const flush of this.#flushes.splice(0)) flush();
      this.#written();
    }
    this.#begun().ended(this.#hasEnded ? undefined : new Error("the replay is over"));
  }

  /** Runs flushes until `length` bytes have been sent. Returns false if there was nothing to run. */
  #flushUpTo(length: number): boolean {
    let ran = false;
    while (this.#unmatched.length < length) {
      const flush = this.#flushes.shift();
      // A write under way is confirmed here: the recorded session has sent its bytes and the following bytes in one
      // write.
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

/** Returns a copy: the session may keep it, and its application may write into it. */
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
    `at ${time} ms, from byte ${offset} of the session's output: ` +
    `recorded ${brief(recorded)}, replayed ${brief(replayed)}`;
  return { time, offset, recorded, replayed, message };
}

/** Returns the first bytes in hexadecimal, and the number of bytes. */
function brief(bytes: Uint8Array): string {
  if (bytes.length === 0) return "nothing";
  const first = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `${bytes.length} bytes ${first.join("")}${bytes.length > 16 ? "…" : ""}`;
}

function nextTask(): Promise<void> {
  return new Promise(flushInNextTask);
}
