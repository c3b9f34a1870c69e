// The one error class, and the table of its codes. Everything a session tells of its end or of a stream's
// end is made here. A caller's misuse of an argument is a TypeError or RangeError and not in this file.

import { ErrorCode, type ErrorCodeName } from "@muxado/frame";

/** Numbers of the codes that never travel: each borrows the one nearest to it. */
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
 * The stable name of an error: those of the wire (spec §7.1), and those of things that never travel.
 * docs/guides/errors.md explains each.
 */
export type MuxadoErrorCode = ErrorCodeName | keyof typeof LOCAL_CODES;

const WIRE_CODES: Readonly<Record<MuxadoErrorCode, number>> = { ...ErrorCode, ...LOCAL_CODES };

/**
 * Whether work that failed may be done again on another stream or session.
 *
 * `safe`: the peer has certainly not processed the stream. `unsafe`: the peer answered on it, so it has
 * processed something. `unknown`: nothing proves either (spec §8.3).
 */
export type RetryVerdict = "safe" | "unsafe" | "unknown";

/** What a {@link MuxadoError} is made of. */
export interface MuxadoErrorInit {
  /** Stable name of the error. */
  readonly code: MuxadoErrorCode;
  /** Its number on the wire. Default: the number of `code`. */
  readonly wireCode?: number | undefined;
  /** What it concerns: one stream, or the session with all of them. */
  readonly scope: "stream" | "session";
  /** Which side caused it. */
  readonly origin: "local" | "remote";
  /** What happened, in addition to what the code says. */
  readonly detail?: string | undefined;
  /** The stream concerned. */
  readonly streamId?: number;
  /** Whether doing the work again is safe. Default: `unknown`. */
  readonly retry?: RetryVerdict;
  /** The error behind this one. */
  readonly cause?: unknown;
}

/** Shared by all installed copies of this package, so that {@link MuxadoError.is} survives two of them. */
const BRAND: unique symbol = Symbol.for("@muxado/core/MuxadoError");

/** Every error that a session or stream reports. Tell them apart by `code`. */
export class MuxadoError extends Error {
  /** Always "MuxadoError". */
  override readonly name: string = "MuxadoError";
  /** Stable name of the error. */
  readonly code: MuxadoErrorCode;
  /** The number that stands for it on the wire; what the peer sent when `origin` is `remote`. */
  readonly wireCode: number;
  /** What it concerns: one stream, or the session with all of them. */
  readonly scope: "stream" | "session";
  /** Which side caused it. */
  readonly origin: "local" | "remote";
  /** The stream concerned, if one is. */
  readonly streamId: number | undefined;
  /** Whether doing the same work again on another stream or session is safe. */
  readonly retry: RetryVerdict;
  /** @internal */
  readonly [BRAND]: true = true;

  /** Made by sessions and adapters; public so that wrappers can report in the same form. */
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

  /** Whether `value` is a MuxadoError, also one of another installed copy of this package. */
  static is(value: unknown): value is MuxadoError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}

// The wire's codes have no gap, so a name's place in the list is its number.
const CODES = /* @__PURE__ */ Object.keys(ErrorCode) as ErrorCodeName[];

/** The number that travels for a code. */
export function wireCodeOf(code: MuxadoErrorCode): number {
  return WIRE_CODES[code];
}

/** The name of a code that a peer sent. RST(0) is an error too, so 0 has no name of its own here. */
export function codeOfWire(wireCode: number): MuxadoErrorCode {
  if (wireCode === 0) return "STREAM_RESET";
  return CODES[wireCode] ?? "UNKNOWN_CODE";
}

/**
 * Why something ended, not yet as an error: one description is shared by all the streams that it ends, and an error is
 * made for each of those that somebody asks or waits for.
 */
export interface Failure extends Omit<MuxadoErrorInit, "streamId" | "retry"> {
  /** It proves that the peer's application has had nothing of the stream. */
  readonly unprocessed?: boolean;
}

/**
 * `failure` as an error of one stream. It has no stack trace: the line that asks first says nothing of its cause, and
 * capturing one is most of the cost of an error, while 100 000 streams may end at once.
 */
export function streamError(failure: Failure, streamId: number, retry: RetryVerdict): MuxadoError {
  const { code, wireCode, scope, origin, detail, cause } = failure;
  // Field by field: a copy of all of them costs more than the error (measured: 7.0 against 2.1 µs).
  const init = { code, wireCode, scope, origin, detail, cause, streamId, retry };
  const limits = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = limits;
  // Only some engines have a limit.
  if (stackTraceLimit === undefined || Object.isFrozen(Error)) return new MuxadoError(init);
  limits.stackTraceLimit = 0;
  try {
    return new MuxadoError(init);
  } finally {
    limits.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * The reason given for a reset: a name of the protocol's, or a number of the application's own from 1 to
 * 4 294 967 295. RST(0) is never sent: a Rust peer takes no notice of it (spec appendix, R2).
 */
export type ResetCode = Exclude<ErrorCodeName, "NO_ERROR"> | number;

/** The number of a reason. Throws a RangeError if it may not be sent. */
export function resetCodeNumber(code: ResetCode): number {
  const wireCode = typeof code === "number" ? code : ErrorCode[code];
  if (!Number.isInteger(wireCode) || wireCode < 1 || wireCode > 0xffffffff) {
    throw new RangeError(
      `a reset code must be a name or a number from 1 to 4294967295, got ${code}`,
    );
  }
  return wireCode;
}
