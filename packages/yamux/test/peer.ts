// A peer that a test plays by hand, in frames of Yamux: with any flags on any of them, which sessions never send.

import { bytes, PeerByHand, type RawPeerOptions } from "@muxado/testkit";
import { encode, type Frame, FrameDecoder, yamux, type YamuxOptions } from "@muxado/yamux";

/** Options of a {@link Peer}: the session's, of which the default role is client, and its wire's. */
export interface PeerOptions extends Omit<RawPeerOptions, "wire">, YamuxOptions {}

/** A session, and what a test does to it. Unless a test asks for it, the session sends no pings by itself. */
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

  /** All that the session has sent since the last call, a frame in one line. */
  take(): string[] {
    return this.takeAll().map(brief);
  }
}

function createReader(): (chunk: Uint8Array) => Frame[] {
  const decoder = new FrameDecoder();
  return (chunk) => [...decoder.decode(chunk)];
}

/** What a frame says besides its type, in words: "SYN", "SYN FIN", "ACK", ... */
export type Flags = string;

function flagsOf(flags: Flags): { syn: boolean; ack: boolean; fin: boolean; rst: boolean } {
  const words = flags.split(" ");
  const has = (word: string): boolean => words.includes(word);
  return { syn: has("SYN"), ack: has("ACK"), fin: has("FIN"), rst: has("RST") };
}

/** Data: so many bytes, or those of a text. */
export function data(streamId: number, content: number | string = 0, flags: Flags = ""): Frame {
  return { type: "data", streamId, ...flagsOf(flags), body: bytes(content) };
}

/** A Window Update. */
export function update(streamId: number, increment: number, flags: Flags = ""): Frame {
  return { type: "windowUpdate", streamId, ...flagsOf(flags), increment };
}

/** A Window Update that grants nothing: flags alone, as most peers send them. */
export function flag(streamId: number, flags: Flags): Frame {
  return update(streamId, 0, flags);
}

/** A Ping that asks. */
export function ping(value: number): Frame {
  return { type: "ping", ack: false, value };
}

/** A Ping that answers. */
export function pong(value: number): Frame {
  return { type: "ping", ack: true, value };
}

/** A Go Away. */
export function goAway(code: number): Frame {
  return { type: "goAway", code };
}

/** A frame in one line: what most expectations are about. */
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

/** What `promise` has come to by now. */
export function stateOf<T>(promise: Promise<T>): { settled: boolean; value?: T; error?: unknown } {
  const state: { settled: boolean; value?: T; error?: unknown } = { settled: false };
  promise.then(
    (value) => Object.assign(state, { settled: true, value }),
    (error: unknown) => Object.assign(state, { settled: true, error }),
  );
  return state;
}
