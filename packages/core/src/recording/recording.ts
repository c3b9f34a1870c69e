// Reads a recording: its header at once, its entries one by one.

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

/** One event between a session and its transport. */
export type RecordingEntry = {
  /** The time of the event, in milliseconds since the session was made. */
  readonly time: number;
  /** Whether promise continuations may have run since the entry before. False if both happened without a break. */
  readonly turn: boolean;
} & (
  | {
      /** A chunk arrived. */
      readonly kind: "in";
      /** A view of the recording. */
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** The length by which the memory behind the chunk was longer than the chunk, at most the chunk's length + 1. */
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
      /** The message of its error. */
      readonly error: string;
    }
  | {
      /**
       * The transport confirmed the write under way (`written`), or ended (`ended`). The session ended its direction
       * (`end`), or gave up the transport (`destroy`).
       */
      readonly kind: "written" | "ended" | "end" | "destroy";
    }
);

/** A recorded conversation. An iteration gives its entries. It can be repeated. */
export class Recording implements Iterable<RecordingEntry> {
  /** Which side was recorded. */
  readonly role: Role;
  /** The name of the session's wire. */
  readonly wire: string;
  /** The note that the recorder was given. */
  readonly note: string;
  /** When the session was made, in milliseconds of its clock. */
  readonly start: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #firstEntry: number;

  /**
   * Reads the header of `bytes`. The recording references `bytes`: do not change them. Shared memory is copied.
   *
   * @throws {RecordingError} if this is not a recording, or if its version is not known.
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = unshared(bytes);
    const reader = new PartReader(this.#bytes);
    const magic = reader.bytes(Math.min(MAGIC.length, bytes.length));
    if (magic.length === 0 || magic.some((byte, index) => byte !== MAGIC[index])) {
      throw reader.error("this is not a recording of a muxado session");
    }
    const [version, role] = reader.bytes(MAGIC.length + 2 - magic.length);
    if (version !== VERSION) {
      throw reader.error(
        `this recording has version ${version}, but only version ${VERSION} is known`,
      );
    }
    if (role! > 1) throw reader.error(`role ${role} does not exist`);
    this.role = role === 0 ? "client" : "server";
    this.start = reader.number() / PER_MILLISECOND;
    this.wire = reader.text();
    this.note = reader.text();
    this.#firstEntry = reader.at;
  }

  /**
   * Gives the entries, in order.
   *
   * @throws {RecordingError} at the first entry that is incomplete or not valid, after it has given all entries before.
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
          throw reader.error(`entry kind ${head % TURN_BIT} does not exist`);
        case "in": {
          const length = reader.number();
          const slack = reader.number();
          if (slack > length + 1)
            throw reader.error(`a chunk of ${length} bytes cannot have a slack of ${slack}`);
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
