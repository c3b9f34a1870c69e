// Reads a given number of bytes from a stream of ours, in whatever pieces they arrive.

import { strict as assert } from "node:assert";
import type { Stream } from "@muxado/core";

/** Reads a stream. It keeps surplus bytes for its next call. */
export class ByteReader {
  readonly #stream: Stream;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Returns the next `length` bytes. @throws {Error} if the stream ends before. */
  async take(length: number): Promise<Uint8Array> {
    const chunks = [this.#rest];
    for (let got = this.#rest.length; got < length; ) {
      const chunk = await this.#stream.read();
      assert.ok(chunk !== null, `the stream has ended ${length - got} bytes too early`);
      chunks.push(chunk);
      got += chunk.length;
    }
    const bytes = new Uint8Array(Buffer.concat(chunks));
    this.#rest = bytes.subarray(length);
    return bytes.subarray(0, length);
  }
}
