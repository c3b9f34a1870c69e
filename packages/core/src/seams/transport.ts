// The interface between a session and the connection that carries its bytes. A transport owns a connection and does not
// know the protocol. It delivers chunks, writes chunks, and reports when a write is done and when the connection has
// ended.

import type { MuxadoError } from "../base/errors.ts";

/** The methods of a session that its transport calls. */
export interface TransportInput {
  /**
   * Takes bytes from the peer, in order.
   *
   * Never throws because of bytes that the peer sent.
   *
   * @returns whether the session keeps the memory behind the chunk. If it does, do not change or use this memory any
   * more. If it does not, the memory is yours again, for example for the next bytes.
   */
  receive(chunk: Uint8Array): boolean;
  /**
   * Reports that the last {@link Transport.write} is done: the transport no longer references its bytes, and the
   * session may make the next write.
   */
  written(): void;
  /**
   * Reports that no more bytes will arrive: the peer has ended the connection, or the connection has failed with
   * `error`.
   */
  ended(error?: unknown): void;
}

/** A reliable, ordered, full-duplex byte stream, as a session needs it. */
export interface Transport {
  /** Called once, before all other methods. From now on the transport reports to `input`. */
  start(input: TransportInput): void;
  /**
   * Sends `chunks` in order, as one write if the platform can do so.
   *
   * The transport may reference the chunks until it calls {@link TransportInput.written}. It makes that call exactly
   * once for each write, at once or later. The session makes no second write before that call.
   */
  write(chunks: Uint8Array<ArrayBuffer>[]): void;
  /**
   * Ends our direction. Called after the last write is done.
   *
   * @param error the reason, for transports that can report it when they close; undefined if nothing is wrong.
   */
  end(error?: MuxadoError): void;
  /** Gives up the connection at once. May be called twice, and also after `ended`. */
  destroy(): void;
}

/** Returns whether `value` is a {@link Transport} and not a stream or a socket. */
export function isTransport(value: unknown): value is Transport {
  return typeof (value as Partial<Transport> | undefined)?.start === "function";
}
