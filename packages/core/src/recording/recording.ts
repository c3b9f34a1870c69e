// Reading a recording: its header at once, its entries one by one. It knows nothing of frames.

import { unshared } from "../base/bytes.ts";
import type { Role } from "../options.ts";
import {
  KINDS,
  MAGIC,
  PartReader,
  PER_MILLISECOND,
  TIME_UNIT,
  TURN_BIT,
  VERSION,
} from "./format.ts";

/** One thing that happened between a session and its transport. */
export type RecordingEntry = {
  /** When, in milliseconds since the session was made. */
  readonly time: number;
  /** Whether promise continuations may have run since the entry before: not if both happened in one go. */
  readonly turn: boolean;
} & (
  | {
      /** A chunk arrived. */
      readonly kind: "in";
      /** A view of the recording. */
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** What the memory behind the chunk was longer, at the most its length + 1. */
      readonly slack: number;
    }
  | {
      /** A write left. */
      readonly kind: "out";
      /** A view of the recording. */
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  | {
      /** The transport failed. */
      readonly kind: "failed";
      /** What its error said. */
      readonly error: string;
    }
  | {
      /**
       * The transport was done with the write under way, or it ended; the session ended its direction, or gave the
       * transport up.
       */
      readonly kind: "written" | "ended" | "end" | "destroy";
    }
);

/** A recorded conversation. Iterating gives its entries, as often as you like. */
export class Recording implements Iterable<RecordingEntry> {
  /** Which side was recorded. */
  readonly role: Role;
  /** The name of the session's wire. */
  readonly wire: string;
  /** What the recorder was told to note. */
  readonly note: string;
  /** When the session was made, in milliseconds of its clock. */
  readonly start: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #firstEntry: number;

  /**
   * Reads the header of `bytes`, which are referred to and must not change; a copy is made of shared memory.
   *
   * @throws {RecordingError} if this is no recording, or one of another version.
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = unshared(bytes);
    const reader = new PartReader(this.#bytes);
    const magic = reader.bytes(Math.min(MAGIC.length, bytes.length));
    if (magic.length === 0 || magic.some((byte, index) => byte !== MAGIC[index])) {
      throw reader.error("this is no recording of a muxado session");
    }
    const [version, role] = reader.bytes(MAGIC.length + 2 - magic.length);
    if (version !== VERSION) {
      throw reader.error(`this recording has version ${version}, known is ${VERSION}`);
    }
    if (role! > 1) throw reader.error(`there is no role ${role}`);
    this.role = role === 0 ? "client" : "server";
    this.start = reader.number() / PER_MILLISECOND;
    this.wire = reader.text();
    this.note = reader.text();
    this.#firstEntry = reader.at;
  }

  /**
   * The entries, in order.
   *
   * @throws {RecordingError} at the first entry that is not whole or not valid, after all those before it.
   */
  *[Symbol.iterator](): IterableIterator<RecordingEntry> {
    const reader = new PartReader(this.#bytes, this.#firstEntry);
    let microseconds = 0;
    while (reader.begin()) {
      const head = reader.number();
      const kind = KINDS[head % TURN_BIT];
      const turn = head % TIME_UNIT >= TURN_BIT;
      microseconds += Math.floor(head / TIME_UNIT);
      const time = microseconds / PER_MILLISECOND;
      switch (kind) {
        case undefined:
          throw reader.error(`there is no entry of kind ${head % TURN_BIT}`);
        case "in": {
          const length = reader.number();
          const slack = reader.number();
          if (slack > length + 1)
            throw reader.error(`a chunk of ${length} bytes has a slack of ${slack}`);
          yield { time, turn, kind, bytes: reader.bytes(length), slack };
          break;
        }
        case "out":
          yield { time, turn, kind, bytes: reader.bytes(reader.number()) };
          break;
        case "failed":
          yield { time, turn, kind, error: reader.text() };
          break;
        case "written":
        case "ended":
        case "end":
        case "destroy":
          yield { time, turn, kind };
      }
    }
  }
}
