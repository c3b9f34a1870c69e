// The error class of this package, and the table of its codes. Every error about the end of a session or stream is of
// this class. A wrong argument is a TypeError or RangeError instead.

import { ErrorCode, type ErrorCodeName } from "@muxado/frame";

/** The numbers of the codes that are never sent. Each has the number of the wire code with the most similar meaning. */
const LOCAL_CODES = {
  UNKNOWN_CODE: 0xffffffff,
  TRANSPORT_FAILED: 0xff,
  CONNECT_FAILED: 0xff,
  DRAIN_TIMEOUT: 14,
  HEARTBEAT_TIMEOUT: 11,
  TYPE_MISSING: 5,
  STREAM_LIMIT: 5,
  WRITE_AFTER_END: 4,
  READ_PENDING: 2,
} as const;

/**
 * The stable name of an error: a code of the wire (spec §7.1), or a code that is never sent. docs/guides/errors.md
 * explains each code.
 */
export type MuxadoErrorCode = ErrorCodeName | keyof typeof LOCAL_CODES;

const WIRE_CODES: Readonly<Record<MuxadoErrorCode, number>> = { ...ErrorCode, ...LOCAL_CODES };

/**
 * Says whether failed work may be done again on another stream or session.
 *
 * `safe`: the peer has certainly not processed the stream. `unsafe`: the peer answered on the stream, so it has
 * processed something. `unknown`: neither is proved (spec §8.3).
 */
export type RetryVerdict = "safe" | "unsafe" | "unknown";

/** The fields of a new {@link MuxadoError}. */
export interface MuxadoErrorInit {
  /** The stable name of the error. */
  readonly code: MuxadoErrorCode;
  /** The number of the error on the wire. Default: the number of `code`. */
  readonly wireCode?: number | undefined;
  /** The scope of the error: one stream, or the session with all its streams. */
  readonly scope: "stream" | "session";
  /** Which side caused the error. */
  readonly origin: "local" | "remote";
  /** Details of the event, in addition to the meaning of the code. */
  readonly detail?: string | undefined;
  /** The id of the stream that the error concerns. */
  readonly streamId?: number;
  /** Whether it is safe to do the work again. Default: `unknown`. */
  readonly retry?: RetryVerdict;
  /** The error that caused this error. */
  readonly cause?: unknown;
}

/**
 * All installed copies of this package share this symbol, so {@link MuxadoError.is} recognises the errors of every
 * copy.
 */
const BRAND: unique symbol = Symbol.for("@muxado/core/MuxadoError");

/** Every error that a session or stream reports. Distinguish errors by `code`. */
export class MuxadoError extends Error {
  /** Always "MuxadoError". */
  override readonly name: string = "MuxadoError";
  /** The stable name of the error. */
  readonly code: MuxadoErrorCode;
  /** The number of the error on the wire. If `origin` is `remote`, it is the number that the peer sent. */
  readonly wireCode: number;
  /** The scope of the error: one stream, or the session with all its streams. */
  readonly scope: "stream" | "session";
  /** Which side caused the error. */
  readonly origin: "local" | "remote";
  /** The id of the stream that the error concerns; undefined if it concerns no single stream. */
  readonly streamId: number | undefined;
  /** Whether it is safe to do the same work again on another stream or session. */
  readonly retry: RetryVerdict;
  /** @internal */
  readonly [BRAND]: true = true;

  /** The constructor is public so that adapters and wrappers can report errors in the same form as sessions. */
  constructor(init: MuxadoErrorInit) {
    const meaning = init.code.toLowerCase().replaceAll("_", " ");
    const detail = init.detail === undefined ? "" : `: ${init.detail}`;
    const stream = init.streamId === undefined ? "" : ` (stream ${init.streamId})`;
    super(meaning + detail + stream, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.wireCode = init.wireCode ?? wireCodeOf(init.code);
    this.scope = init.scope;
    this.origin = init.origin;
    this.streamId = init.streamId;
    this.retry = init.retry ?? "unknown";
  }

  /** Returns whether `value` is a MuxadoError of any installed copy of this package. */
  static is(value: unknown): value is MuxadoError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

// The codes of the wire have no gap, so the index of a name in the list is its number.
const CODES = /* @__PURE__ */ Object.keys(ErrorCode) as ErrorCodeName[];

/** Returns the number of a code on the wire. */
export function wireCodeOf(code: MuxadoErrorCode): number {
  return WIRE_CODES[code];
}

/** Returns the name of a code that a peer sent. An RST with code 0 is also an error, so 0 becomes STREAM_RESET. */
export function codeOfWire(wireCode: number): MuxadoErrorCode {
  if (wireCode === 0) return "STREAM_RESET";
  return CODES[wireCode] ?? "UNKNOWN_CODE";
}

/**
 * Describes why streams ended. All streams that end for the same reason share one description. A stream gets an error
 * made of it only when somebody asks or waits for the error.
 */
export interface Failure extends Omit<MuxadoErrorInit, "streamId" | "retry"> {
  /** True if this proves that the peer's application has received nothing of the stream. */
  readonly unprocessed?: boolean;
}

/**
 * Returns `failure` as an error of one stream. The error has no stack trace: a trace would show the line that first
 * asks for the error, not its cause. Capturing a trace is most of the cost of an error, and 100 000 streams may end at
 * once.
 */
export function streamError(failure: Failure, streamId: number, retry: RetryVerdict): MuxadoError {
  const { code, wireCode, scope, origin, detail, cause } = failure;
  // Copied field by field: a copy of all fields costs more than the error (measured: 7.0 µs instead of 2.1 µs).
  const init = { code, wireCode, scope, origin, detail, cause, streamId, retry };
  const limits = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = limits;
  // Some engines do not have this property, and some programs freeze `Error`.
  if (stackTraceLimit === undefined || Object.isFrozen(Error)) return new MuxadoError(init);
  limits.stackTraceLimit = 0;
  try {
    return new MuxadoError(init);
  } finally {
    limits.stackTraceLimit = stackTraceLimit;
  }
}

/** Returns the error of a call that breaks the rules of the stream with this id. */
export function misuse(streamId: number, code: MuxadoErrorCode, detail?: string): MuxadoError {
  return new MuxadoError({ code, scope: "stream", origin: "local", detail, streamId });
}

/**
 * The reason of a reset: a name from the protocol, or a number of the application, from 1 to 4 294 967 295. RST(0) is
 * never sent, because a Rust peer ignores it (spec appendix, R2).
 */
export type ResetCode = Exclude<ErrorCodeName, "NO_ERROR"> | number;

/** Returns the number of a reason. Throws a RangeError if it may not be sent. */
export function resetCodeNumber(code: ResetCode): number {
  const wireCode = typeof code === "number" ? code : ErrorCode[code];
  if (!Number.isInteger(wireCode) || wireCode < 1 || wireCode > 0xffffffff) {
    throw new RangeError(
      `a reset code must be a name or a number from 1 to 4294967295, got ${code}`,
    );
  }
  return wireCode;
}
