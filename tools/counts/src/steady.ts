// The steady state: many mebibytes over one stream of a session whose peer is played. Each chunk is a turn.

import type { Stream } from "@muxado/core";
import type { Player } from "./player.ts";

const VIEW = new Uint8Array(64 * 1024);

/** A reader that brings memory, and waits for each chunk. */
export async function readInto(player: Player, stream: Stream, mebibytes: number): Promise<void> {
  for (let count = 0; count < mebibytes; count++) {
    for (const chunk of player.mebibyte) {
      const read = stream.readInto(VIEW);
      player.send(chunk);
      await read;
      player.turn();
      player.confirm();
    }
  }
}

/** Makes a reader without promises of `stream`. */
export function observe(stream: Stream): void {
  stream.observe({ onReadable: () => void stream.takeInto(VIEW), onWritable() {} });
}

/** The bytes for a reader without promises. */
export async function feed(player: Player, mebibytes: number): Promise<void> {
  for (let count = 0; count < mebibytes; count++) {
    for (const chunk of player.mebibyte) {
      player.send(chunk);
      await DONE;
      player.turn();
      player.confirm();
    }
  }
}

/**
 * The bytes for a relay. A prompt reader takes each write at once. Another one takes nothing until the sender has used
 * up its credit, so that bytes wait at each place where they can.
 */
export async function feedRelay(
  from: Player,
  to: Player,
  isPrompt: boolean,
  mebibytes: number,
): Promise<void> {
  for (let count = 0; count < mebibytes; count++) {
    for (const chunk of from.mebibyte) {
      while (from.credit < chunk.length) {
        to.confirm();
        to.turn();
        from.turn();
        from.confirm();
      }
      from.send(chunk);
      await DONE;
      from.turn();
      from.confirm();
      to.turn();
      if (isPrompt) to.confirm();
    }
  }
}

/** The loop of {@link feed} and of {@link feedRelay}, without sessions. */
export async function waitOnly(player: Player, mebibytes: number): Promise<void> {
  for (let count = 0; count < mebibytes; count++) {
    for (const _ of player.mebibyte) await DONE;
  }
}

const DONE = Promise.resolve();
