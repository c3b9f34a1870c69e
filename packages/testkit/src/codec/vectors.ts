// Test vectors as a package ships them, read as another implementation would read them.

/** A frame in the form of the file: bytes are hexadecimal. */
export interface VectorFrame {
  readonly type: string;
  readonly [field: string]: string | number | boolean;
}

interface Common {
  readonly name: string;
  readonly spec: string;
  readonly hex: string;
  readonly frames: readonly VectorFrame[];
}

interface ValidVector extends Common {
  readonly verdict: "valid";
  readonly canonical: boolean;
}

interface IncompleteVector extends Common {
  readonly verdict: "incomplete";
  readonly missing: number;
  readonly begun?: VectorFrame;
}

export interface InvalidVector extends Common {
  readonly verdict: "invalid";
  readonly error: {
    readonly code: number;
    readonly codeName?: string;
    readonly field: string;
    readonly frameType: number;
    readonly streamId: number;
    readonly offset: number;
    readonly decided: number;
  };
}

export type Vector = ValidVector | IncompleteVector | InvalidVector;

/** Returns the vectors with one verdict. */
export function withVerdict<V extends Vector["verdict"]>(
  vectors: readonly Vector[],
  verdict: V,
): Extract<Vector, { verdict: V }>[] {
  return vectors.filter(
    (vector): vector is Extract<Vector, { verdict: V }> => vector.verdict === verdict,
  );
}

export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The fields that hold bytes, of all frames. */
const BYTE_FIELDS = new Set(["body", "debug"]);

/** Returns the vector's frame in the form of a codec. */
export function toFrame<Frame>(frame: VectorFrame): Frame {
  return Object.fromEntries(
    Object.entries(frame).map(([field, value]) => [
      field,
      BYTE_FIELDS.has(field) ? fromHex(value as string) : value,
    ]),
  ) as Frame;
}

/** Returns a codec's frame in the form of a vector, so that frames compare and print well. */
export function fromFrame(frame: object): VectorFrame {
  return Object.fromEntries(
    Object.entries(frame).map(([field, value]: [string, unknown]) => [
      field,
      value instanceof Uint8Array ? toHex(value) : value,
    ]),
  ) as unknown as VectorFrame;
}
