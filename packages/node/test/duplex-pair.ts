// Two Duplexes in one process, each the other's far end. They confirm a write at once, but keep the memory of the
// writer until the other side's turn: nothing worse can happen to a writer.

import { Duplex } from "node:stream";

export function duplexPair(): [Duplex, Duplex] {
  const left: Duplex = end(() => right);
  const right: Duplex = end(() => left);
  return [left, right];
}

function end(other: () => Duplex): Duplex {
  const deliver = (chunk: Uint8Array | null): void => {
    setImmediate(() => other().readable && other().push(chunk));
  };
  return new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      deliver(chunk);
      done();
    },
    final(done) {
      deliver(null);
      done();
    },
    destroy(error, done) {
      if (!this.writableFinished) deliver(null);
      done(error);
    },
  });
}
