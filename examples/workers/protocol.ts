// The agreement of parent and workers.

/** The parent opens it, sends bytes and half-closes. The worker answers with their seal, in hexadecimal. */
export const SEAL = 1;

/** A worker opens it and sends nothing. The parent answers with the key for the seals. */
export const KEY = 2;

/** A worker opens it to report for work, with one line of text. */
export const REPORT = 3;

/** Workers use stdin and stdout, or a pipe of their own. With the pipe, stdout is free for printing. */
export type Carrier = "stdio" | "pipe";

/** The file descriptor of that pipe, in the worker. */
export const PIPE = 3;
