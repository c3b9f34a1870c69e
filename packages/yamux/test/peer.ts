// A peer that a test plays by hand, in frames of Yamux. It can put any flags on any frame, as sessions never do.

import { bytes, PeerByHand, type RawPeerOptions } from "@muxado/testkit";
import { encode, type Frame, FrameDecoder, yamux, type YamuxOptions } from "@muxado/yamux";

/** Options of a {@link Peer}: the session's, with client as the default role, and the wire's. */
export interface PeerOptions extends Omit<RawPeerOptions, "wire">, YamuxOptions {}

/** A session, and the peer that a test plays. By default the session sends no pings by itself. */
export class Peer extends PeerByHand<Frame> {
  constructor(options: PeerOptions = {}) {
    const { role, maxUnacknowledged, keepAlive, pingTimeout, ...others } = {
      role: "client" as const,
      keepAlive: Infinity,
      ...options,
    };
    const wire = yamux({ maxUnacknowledged, keepAlive, pingTimeout });
    super({ ...others, role, wire }, { encode, createReader });
  }

  /** Returns all that the session has sent since the last call, one line for each frame. */
  take(): string[] {
    return this.takeAll().map(brief);
  }
}

function createReader(): (chunk: Uint8Array) => Frame[] {
  const decoder = new FrameDecoder();
  return (chunk) => [...decoder.decode(chunk)];
}

/** Returns the flags of a frame in words: "SYN", "SYN FIN", "ACK", ... */
export type Flags = string;

function flagsOf(flags: Flags): { syn: boolean; ack: boolean; fin: boolean; rst: boolean } {
  const words = flags.split(" ");
  const has = (word: string): boolean => words.includes(word);
  return { syn: has("SYN"), ack: has("ACK"), fin: has("FIN"), rst: has("RST") };
}

/** Returns a Data frame with this many bytes, or with the bytes of a text. */
export function data(streamId: number, content: number | string = 0, flags: Flags = ""): Frame {
  return { type: "data", streamId, ...flagsOf(flags), body: bytes(content) };
}

/** Returns a Window Update. */
export function update(streamId: number, increment: number, flags: Flags = ""): Frame {
  return { type: "windowUpdate", streamId, ...flagsOf(flags), increment };
}

/** Returns a Window Update that grants nothing: it carries flags alone, as most peers send them. */
export function flag(streamId: number, flags: Flags): Frame {
  return update(streamId, 0, flags);
}

/** Returns a Ping that asks. */
export function ping(value: number): Frame {
  return { type: "ping", ack: false, value };
}

/** Returns a Ping that answers. */
export function pong(value: number): Frame {
  return { type: "ping", ack: true, value };
}

/** Returns a Go Away. */
export function goAway(code: number): Frame {
  return { type: "goAway", code };
}

/** Returns a frame as one line, which most tests compare. */
function brief(frame: Frame): string {
  switch (frame.type) {
    case "data":
      return `${frame.streamId}: data ${frame.body.length}${wordsOf(frame)}`;
    case "windowUpdate":
      return `${frame.streamId}: update ${frame.increment}${wordsOf(frame)}`;
    case "ping":
      return `${frame.ack ? "pong" : "ping"} ${frame.value}`;
    case "goAway":
      return `goAway ${frame.code}`;
  }
}

function wordsOf(flags: { syn: boolean; ack: boolean; fin: boolean; rst: boolean }): string {
  const { syn, ack, fin, rst } = flags;
  return `${syn ? " SYN" : ""}${ack ? " ACK" : ""}${fin ? " FIN" : ""}${rst ? " RST" : ""}`;
}

/** Returns the state of `promise`. The object changes when the promise settles. */
export function stateOf<T>(promise: Promise<T>): { settled: boolean; value?: T; error?: unknown } {
  const state: { settled: boolean; value?: T; error?: unknown } = { settled: false };
  promise.then(
    (value) => Object.assign(state, { settled: true, value }),
    (error: unknown) => Object.assign(state, { settled: true, error }),
  );
  return state;
}
