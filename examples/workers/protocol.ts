// What parent and workers have agreed on.

/** The parent's: bytes, and the parent's half-close; back comes their seal, in hexadecimal. */
export const SEAL = 1;

/** A worker's: nothing is sent; back comes the key that it seals with. */
export const KEY = 2;

/** A worker's: it reports in, one line of text. */
export const REPORT = 3;

/** Workers talk over stdin and stdout, or over a pipe of their own, and then have stdout to print on. */
export type Carrier = "stdio" | "pipe";

/** The number of that pipe, in the worker. */
export const PIPE = 3;
