// The output of the programs: one line for each event, with time, program, event, and details. The details are JSON, so
// no visitor can forge a line.

import type { Socket } from "node:net";
import { MuxadoError } from "@muxado/core";

/** Returns a function that writes a line for the program `who`. */
export function logger(who: string): (event: string, details?: object) => void {
  return (event, details) => {
    const time = new Date().toISOString().slice(11, 23);
    console.log(`${time} ${who}: ${event}${details ? ` ${JSON.stringify(details)}` : ""}`);
  };
}

/** Sends facts to the program that has started this one, if there is one. */
export function tell(facts: object): void {
  if (process.connected) process.send!(facts);
}

/** Returns the reason of an error in a few words. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (MuxadoError.is(cause)) return reason(cause); // the error of a Duplex: its stream's error has more detail
  if (MuxadoError.is(error) && cause instanceof Error) return `${error.code}: ${cause.message}`;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : error.message;
}

/** Returns the address of a socket's other end. */
export function peer({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
