// The records that follow the handshake. A record is a type of one byte, a length of four, and that many bytes. Spec §4.

import { getUnits, setUnits } from "./handshake.ts";

/** The types of records. */
const RecordType = {
  /** Bytes of the session. */
  data: 0,
  /** The number of units that the sender of this record has received. */
  confirm: 1,
  /** Asks for a confirmation at once. Has no content. */
  ping: 2,
  /** The direction is over. Has no content, and counts as one unit. */
  end: 3,
} as const;

const HEADER = 5;
const CONFIRM = 8;

/** Bytes of an encoded confirmation. */
const CONFIRMATION_LENGTH: number = HEADER + CONFIRM;

/** The content of the records that arrive. */
export interface RecordHandler {
  /** Takes bytes of the session. Returns whether the memory behind them is kept. */
  data(bytes: Uint8Array): boolean;
  confirmed(units: number): void;
  pinged(): void;
  ended(): void;
  /** Called when the bytes are no records. Nothing follows. */
  broken(detail: string): void;
}

/** Returns the headers of one write: a confirmation, if `received` is given, and the header of `length` bytes of data. */
export function headOf(received: number | undefined, length: number): Uint8Array<ArrayBuffer> {
  const before = received === undefined ? 0 : CONFIRMATION_LENGTH;
  const bytes = new Uint8Array(before + (length > 0 ? HEADER : 0));
  const view = new DataView(bytes.buffer);
  if (received !== undefined) {
    bytes[0] = RecordType.confirm;
    view.setUint32(1, CONFIRM);
    setUnits(view, HEADER, received);
  }
  // The type of data is 0.
  if (length > 0) view.setUint32(before + 1, length);
  return bytes;
}

/** Returns a record without content. */
export function bareRecord(type: "ping" | "end"): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(RecordType[type], 0, 0, 0, 0);
}

/** Takes the bytes of one connection apart, and does not copy the bytes of the session. */
export class RecordReader {
  readonly #handler: RecordHandler;
  /** The beginning of a record whose type or content has not arrived in full. */
  readonly #head: Uint8Array = new Uint8Array(CONFIRMATION_LENGTH);
  readonly #view: DataView = new DataView(this.#head.buffer);
  #have = 0;
  /** Bytes of the session that the present record still brings. */
  #left = 0;
  #isStopped = false;

  constructor(handler: RecordHandler) {
    this.#handler = handler;
  }

  /** Takes the next bytes. Returns whether the memory behind them is kept. */
  push(chunk: Uint8Array): boolean {
    let isKept = false;
    for (let at = 0; at < chunk.length && !this.#isStopped; ) {
      if (this.#left > 0) {
        const bytes = chunk.subarray(at, at + this.#left);
        at += bytes.length;
        this.#left -= bytes.length;
        if (this.#handler.data(bytes)) isKept = true;
      } else {
        this.#head[this.#have++] = chunk[at++]!;
        if (this.#have >= HEADER) this.#begin();
      }
    }
    return isKept;
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Handles a record of which at least the header has arrived. */
  #begin(): void {
    const type = this.#head[0];
    const length = this.#view.getUint32(1);
    const isConfirmation = type === RecordType.confirm && length === CONFIRM;
    if (isConfirmation && this.#have < CONFIRMATION_LENGTH) return;
    this.#have = 0;
    if (isConfirmation) this.#handler.confirmed(getUnits(this.#view, HEADER));
    else if (type === RecordType.data && length > 0) this.#left = length;
    else if (type === RecordType.ping && length === 0) this.#handler.pinged();
    else if (type === RecordType.end && length === 0) this.#handler.ended();
    else {
      this.stop();
      this.#handler.broken(`the peer sent a record of type ${type} with ${length} bytes`);
    }
  }
}
