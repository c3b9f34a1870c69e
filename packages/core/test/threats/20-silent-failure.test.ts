// Rule 20: a peer can neither crash the process nor leave it waiting, and every end has an error that explains it.

import type { MuxadoError } from "@muxado/core";
import {
  bytes,
  data,
  goAway,
  Random,
  type RawPeer,
  rawPeer,
  reset,
  syn,
  uncaughtIn,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import { yamuxHeader } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("20. silent failure, on $name", ({ wire }) => {
  it("receive does not throw, whatever bytes come, and the session ends at worst", async () => {
    const random = new Random(20);
    for (let round = 0; round < 150; round++) {
      const peer = rawPeer({ wire, role: random.pick(["client", "server"]) });
      peer.session.open();
      peer.flush();
      for (let count = 0; count < 20; count++) {
        const noise = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
        // Half of the time, the bytes have the form of a frame.
        if (random.oneIn(2) && noise.length >= wire.dataHeaderLength) {
          const length = noise.length - wire.dataHeaderLength;
          noise.set(
            wire.name === "muxado"
              ? [0, 0, length, random.below(4) << 4, 0, 0, 0, random.below(12)]
              : yamuxHeader(random.below(2), random.below(16), random.below(12), length),
          );
        }
        expect(() => peer.sendBytes(noise)).not.toThrow();
      }
      peer.end();
      expect(peer.session.stats().openStreams).toBe(0);
      peer.flush();
      await peer.session.closed;
    }
  });

  it("nothing that a peer does leaves an unhandled rejection", async () => {
    const reported = vi.fn();
    process.on("unhandledRejection", reported);
    const endings: ((peer: RawPeer) => void)[] = [
      (peer) => peer.send(reset(3, "STREAM_CANCELLED"), reset(2, "STREAM_REFUSED")),
      (peer) => peer.send(increment(3, wire.maxWindow), increment(2, wire.maxWindow)),
      (peer) => peer.send(goAway(0, "INTERNAL_ERROR", "no reason")),
      (peer) => peer.sendBytes(bytes("HTTP/1.1 400 Bad Request")),
      (peer) => peer.end(),
      (peer) => peer.end(new Error("ECONNRESET")),
    ];
    for (const end of endings) {
      const peer = rawPeer({ wire });
      peer.send(syn(3));
      const streams = [await peer.session.accept(), peer.session.open()];
      void peer.session.accept();
      for (const stream of streams) {
        void stream.read();
        void stream.write(new Uint8Array(WINDOW + 1));
        void stream.closeWrite();
        void stream.readable;
        void stream.writable;
      }
      peer.flush();
      end(peer);
      await peer.settle();
      for (const stream of streams) {
        void stream.read();
        void stream.write(bytes(1));
        void stream.close();
      }
      void peer.session.close();
      peer.end();
      peer.flush();
      await peer.session.closed;
    }
    await new Promise(setImmediate);
    process.off("unhandledRejection", reported);
    expect(reported).not.toHaveBeenCalled();
  });

  it("an error that an observer throws surfaces as itself, and takes no input with it", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    const [onRead, onWrite] = [new Error("in onReadable"), new Error("in onWritable")];
    stream.observe({
      onReadable: () => {
        throw onRead;
      },
      onWritable: () => {
        throw onWrite;
      },
    });
    stream.offer(new Uint8Array(WINDOW + 1));
    peer.take();
    const thrown = await uncaughtIn(() => {
      peer.send(data(3, "one"), increment(3, 10), syn(5, "two"));
      peer.flush();
    });
    expect(thrown).toEqual([onRead, onWrite]);
    expect(stream.take()).toEqual(bytes("one"));
    expect((await peer.session.accept()).take()).toEqual(bytes("two"));
  });

  it("every end has an error with the scope, the stream and the origin", async () => {
    const peer = rawPeer({ wire });
    const stream = peer.session.open();
    const reading = stream.read();
    peer.end(new Error("ECONNRESET"));
    const error = await reading.catch((reason: MuxadoError) => reason);
    expect(error).toMatchObject({
      code: "TRANSPORT_FAILED",
      scope: "session",
      origin: "local",
      streamId: 2,
      cause: { message: "ECONNRESET" },
    });
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", scope: "session" });
  });
});
