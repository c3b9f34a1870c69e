// The facts about a codec that the suite needs: its parts, the shape of its frames, and samples of each kind. A
// description writes its numbers out, so that the suite can prove the codec's own numbers wrong.

import type { fc } from "./seed.ts";
import type { InvalidVector, Vector, VectorFrame } from "./vectors.ts";

/** A frame object of any codec. */
export interface AnyFrame {
  readonly type: string;
}

/** The error of a decoder for invalid input. */
export interface AnyFrameError extends Error {
  readonly code: number;
  readonly field: string;
  readonly offset: number;
}

/** The calls that every push decoder makes. A handler has one more method for each other kind of frame. */
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

/** The convenient decoder. */
interface AnyFrameDecoder<Frame extends AnyFrame = AnyFrame> {
  decode(chunk: Uint8Array): Iterable<Frame>;
  end(): void;
}

/** A codec and its special facts. */
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
  /** Makes an error like that of a decoder. */
  createError(): AnyFrameError;
  readonly FrameError: abstract new (...init: never[]) => AnyFrameError;

  /** Bytes of a header. */
  readonly headerLength: number;
  /** The longest body that a header can declare. */
  readonly maxBodyLength: number;
  /** The bit of each flag of a data frame, by the name of its field. */
  readonly flags: { readonly syn: number; readonly fin: number } & Readonly<Record<string, number>>;

  /** Methods of a handler for each kind of frame except data. They report a frame in the form of a vector. */
  controlHandler(tell: (frame: VectorFrame) => void): object;
  /** Returns the bytes of a frame in a vector. */
  lengthOf(frame: VectorFrame): number;
  /** Returns how many bytes of an invalid frame decide that it is invalid. */
  decidedBy(error: InvalidVector["error"]): number;

  /** DATA with SYN alone and the body "hello". */
  readonly hello: Frame & { readonly streamId: number };
  /** Frames of each kind except data. */
  readonly controls: readonly ControlSample<Frame>[];
  /** Random frames of all kinds. */
  readonly frames: fc.Arbitrary<Frame>;
  /** Frames whose header declares the longest body, without that body. The first is a data frame. */
  readonly longest: readonly { readonly name: string; readonly head: Uint8Array }[];

  /** The output of the functions of the hot path, in hexadecimal. */
  readonly puts: readonly PutSample[];
  /** Numbers that do not fit into a field, in addition to numbers that are not whole. */
  readonly ranges: readonly FieldSample<Frame>[];
  /** Fields that hold bytes. */
  readonly byteFields: readonly { readonly frame: Frame; readonly field: string }[];
  /** A type that does not exist, and the message of `encode` for it. */
  readonly noType: { readonly type: string; readonly message: string };
  /** Frames, each with its line of text. */
  readonly lines: readonly (readonly [line: string, frame: Frame])[];
  /** Input in hexadecimal, with the message of its error; or with the number of its frames, if it is valid. */
  readonly messages: readonly (readonly [hex: string, message: string])[];
  /** Fields of the error for an input that stops inside a frame, without message, field and offset. */
  readonly early: object;
  /** The vectors that the package ships. */
  readonly vectors: { readonly format: number; readonly vectors: readonly Vector[] };
  /** Names of vectors with a frame that a session must not send, although it is valid and canonical. */
  readonly notToBeSent: readonly string[];
}

/** A frame other than data, and the call that a handler gets. */
interface ControlSample<Frame extends AnyFrame = AnyFrame> {
  readonly frame: Frame;
  readonly method: string;
  readonly heard: readonly unknown[];
}

/** One use of a function of the hot path, and its output. */
interface PutSample {
  readonly name: string;
  readonly put: (target: Uint8Array, offset: number) => number;
  readonly hex: string;
}

/** A field of a frame, and values that do not fit into it. */
interface FieldSample<Frame extends AnyFrame = AnyFrame> {
  readonly frame: Frame;
  readonly field: string;
  readonly refused: readonly number[];
}

/** A handler for a test that needs only a few of its methods. */
export function handlerOf(
  codec: Codec,
  methods: Readonly<Record<string, unknown>> = {},
): AnyHandler {
  const nothing = (): void => {};
  const controls = Object.fromEntries(codec.controls.map(({ method }) => [method, nothing]));
  return { ...controls, onData: nothing, onDataRest: nothing, onInvalid: nothing, ...methods };
}

/** Returns the header of DATA, without the bytes after it. */
export function dataHeader(codec: Codec, flags: number, length: number): Uint8Array {
  const header = new Uint8Array(codec.headerLength);
  codec.putData(header, 0, codec.hello.streamId, flags, length);
  return header;
}
