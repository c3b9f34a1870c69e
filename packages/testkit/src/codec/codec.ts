// What the suite must know of a codec: its parts, the shape of its frames, and samples of each kind. A description
// writes its numbers out, so that the suite can prove those of the codec wrong.

import type { fc } from "./seed.ts";
import type { InvalidVector, Vector, VectorFrame } from "./vectors.ts";

/** A frame object of any codec. */
export interface AnyFrame {
  readonly type: string;
}

/** What a decoder says of invalid input. */
export interface AnyFrameError extends Error {
  readonly code: number;
  readonly field: string;
  readonly offset: number;
}

/** What every push decoder calls. It has a method besides for each of its other kinds of frame. */
export interface AnyHandler {
  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): void;
  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void;
  onInvalid(error: AnyFrameError): void;
}

/** A decoder of the hot path. */
export interface AnyPushDecoder {
  push(chunk: Uint8Array): void;
  stop(): void;
  readonly pending: number;
  readonly offset: number;
}

/** The friendly decoder. */
interface AnyFrameDecoder<Frame extends AnyFrame = AnyFrame> {
  decode(chunk: Uint8Array): Iterable<Frame>;
  end(): void;
}

/** A codec, and what is particular about it. */
export interface Codec<Frame extends AnyFrame = AnyFrame> {
  encode(frame: Frame): Uint8Array;
  describe(frame: Frame): string;
  putData(
    target: Uint8Array,
    offset: number,
    streamId: number,
    flags: number,
    length: number,
  ): number;
  createFrameDecoder(): AnyFrameDecoder<Frame>;
  createPushDecoder(handler: AnyHandler): AnyPushDecoder;
  /** An error as a decoder makes it. */
  createError(): AnyFrameError;
  readonly FrameError: abstract new (...init: never[]) => AnyFrameError;

  /** Bytes of a header. */
  readonly headerLength: number;
  /** The longest body that a header can declare. */
  readonly maxBodyLength: number;
  /** The bit of each flag of a data frame, by the field that shows it. */
  readonly flags: { readonly syn: number; readonly fin: number } & Readonly<Record<string, number>>;

  /** Methods of a handler for each kind of frame but data. They tell of a frame as a vector does. */
  controlHandler(tell: (frame: VectorFrame) => void): object;
  /** Bytes of a frame that a vector gives. */
  lengthOf(frame: VectorFrame): number;
  /** How many bytes of an invalid frame decide it. */
  decidedBy(error: InvalidVector["error"]): number;

  /** DATA with SYN alone and the body "hello". */
  readonly hello: Frame & { readonly streamId: number };
  /** Frames of each kind but data. */
  readonly controls: readonly ControlSample<Frame>[];
  /** All frames, at random. */
  readonly frames: fc.Arbitrary<Frame>;
  /** Frames whose header declares the longest body, without that body. The first is data. */
  readonly longest: readonly { readonly name: string; readonly head: Uint8Array }[];

  /** What the functions of the hot path put into a buffer, in hexadecimal. */
  readonly puts: readonly PutSample[];
  /** Numbers that a field does not hold, besides those that are no whole numbers. */
  readonly ranges: readonly FieldSample<Frame>[];
  /** Fields that hold bytes. */
  readonly byteFields: readonly { readonly frame: Frame; readonly field: string }[];
  /** A type that does not exist, and what `encode` says of it. */
  readonly noType: { readonly type: string; readonly message: string };
  /** Frames, each in one line. */
  readonly lines: readonly (readonly [line: string, frame: Frame])[];
  /** Input in hexadecimal, and what its error says; or how many frames it has, if it is valid. */
  readonly messages: readonly (readonly [hex: string, message: string])[];
  /** What the error of an input that stops inside a frame says besides message, field and offset. */
  readonly early: object;
  /** The vectors that the package ships. */
  readonly vectors: { readonly format: number; readonly vectors: readonly Vector[] };
  /** Names of vectors with a frame that a session must not send. It is valid and canonical all the same. */
  readonly notToBeSent: readonly string[];
}

/** A frame that is no data, and how a handler hears of it. */
interface ControlSample<Frame extends AnyFrame = AnyFrame> {
  readonly frame: Frame;
  readonly method: string;
  readonly heard: readonly unknown[];
}

/** One use of a function of the hot path, and the bytes that it puts. */
interface PutSample {
  readonly name: string;
  readonly put: (target: Uint8Array, offset: number) => number;
  readonly hex: string;
}

/** A field of a frame, and what does not fit into it. */
interface FieldSample<Frame extends AnyFrame = AnyFrame> {
  readonly frame: Frame;
  readonly field: string;
  readonly refused: readonly number[];
}

/** A handler of which a test cares for a few methods only. */
export function handlerOf(
  codec: Codec,
  methods: Readonly<Record<string, unknown>> = {},
): AnyHandler {
  const nothing = (): void => {};
  const controls = Object.fromEntries(codec.controls.map(({ method }) => [method, nothing]));
  return { ...controls, onData: nothing, onDataRest: nothing, onInvalid: nothing, ...methods };
}

/** The header of DATA, whatever comes behind it. */
export function dataHeader(codec: Codec, flags: number, length: number): Uint8Array {
  const header = new Uint8Array(codec.headerLength);
  codec.putData(header, 0, codec.hello.streamId, flags, length);
  return header;
}
