// What programs say. One line for each event: when, who, what, and the details as JSON, so that no visitor can forge a
// line.

import type { Socket } from "node:net";
import { MuxadoError } from "@muxado/core";

/** Writes a line for the program `who`. */
export function logger(who: string): (event: string, details?: object) => void {
  return (event, details) => {
    const time = new Date().toISOString().slice(11, 23);
    console.log(`${time} ${who}: ${event}${details ? ` ${JSON.stringify(details)}` : ""}`);
  };
}

/** Tells the program that has started this one, if one has. */
export function tell(facts: object): void {
  if (process.connected) process.send!(facts);
}

/** What is worth knowing of an error in one word or a few. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (MuxadoError.is(cause)) return reason(cause); // of a stream as a Duplex: the stream's own says more
  if (MuxadoError.is(error) && cause instanceof Error) return `${error.code}: ${cause.message}`;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : error.message;
}

/** The other end of a socket. */
export function peer({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
