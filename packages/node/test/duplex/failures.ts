// Failures of a Duplex, as its far end sees them.

import { MuxadoError } from "@muxado/core";
import type { StreamDuplex } from "@muxado/node";
import { expect } from "vitest";
import { closed } from "../connections.ts";
import { lifeOf } from "../duplexes.ts";

/** Waits until `duplex`, which is the far end, has failed. Returns the failure of its stream. */
export async function fate(duplex: StreamDuplex, code?: string): Promise<MuxadoError> {
  const life = lifeOf(duplex);
  const told = new Promise<unknown>((done) => duplex.once("error", done));
  duplex.resume();
  await closed(duplex);
  expect(life).toEqual(["error", "close"]);
  const error = await told;
  expect(duplex.errored === error).toBe(true);
  return causeOf(duplex, error, code);
}

/**
 * Checks that `error` is one of a socket, and that its cause is the failure of the Duplex's stream. Returns the cause.
 */
export function causeOf(duplex: StreamDuplex, error: unknown, code = "ECONNRESET"): MuxadoError {
  expect(error).toMatchObject({ name: "Error", code });
  const { cause } = error as Error;
  expect(cause).toBeInstanceOf(MuxadoError);
  expect(cause).toBe(duplex.stream.error);
  return cause as MuxadoError;
}
