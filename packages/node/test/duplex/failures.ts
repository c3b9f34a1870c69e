// Failures of a Duplex, as its far end tells them.

import { MuxadoError } from "@muxado/core";
import type { StreamDuplex } from "@muxado/node";
import { expect } from "vitest";
import { closed } from "../connections.ts";
import { lifeOf } from "../duplexes.ts";

/** What the far end is told: why its Duplex failed. */
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

/** `error` is one of a socket's, and the failure of the Duplex's stream its cause, which is given back. */
export function causeOf(duplex: StreamDuplex, error: unknown, code = "ECONNRESET"): MuxadoError {
  expect(error).toMatchObject({ name: "Error", code });
  const { cause } = error as Error;
  expect(cause).toBeInstanceOf(MuxadoError);
  expect(cause).toBe(duplex.stream.error);
  return cause as MuxadoError;
}
