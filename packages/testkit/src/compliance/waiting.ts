// Every operation that waits can be told to stop waiting, and the stream or session continues.

import { describe, expect, vi } from "vitest";
import { patterned } from "../bytes.ts";
import { connectedStream, failureOf, readAll, stillWaits, until } from "./applications.ts";
import type { Harness } from "./harness.ts";

const KIB = 1024;
const REASON = "no longer interested";

export function describeWaiting({ it, resetHasCode }: Harness): void {
  describe("an abort signal", () => {
    it("cancels a read, and the bytes go to the next one", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const controller = new AbortController();
      const read = theirs.read({ signal: controller.signal });
      controller.abort(REASON);
      await expect(read).rejects.toBe(REASON);
      await mine.write(new Uint8Array([1]));
      expect(await theirs.read()).toEqual(new Uint8Array([1]));
    });

    it("cancels an accept, and the stream goes to the next one", async ({ client, server }) => {
      const controller = new AbortController();
      const accept = server.accept({ signal: controller.signal });
      controller.abort(REASON);
      await expect(accept).rejects.toBe(REASON);
      const { id } = client.open();
      expect((await server.accept()).id).toBe(id);
    });

    it("takes back what a write has not sent, and the stream goes on", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const first = mine.write(patterned(600 * KIB));
      const controller = new AbortController();
      const second = mine.write(new Uint8Array(100 * KIB).fill(0xff), {
        signal: controller.signal,
      });
      const third = mine.write(new Uint8Array([1, 2, 3]));
      controller.abort(REASON);
      await expect(second).rejects.toBe(REASON);
      const reading = readAll(theirs);
      await Promise.all([first, third, mine.closeWrite()]);
      const bytes = await reading;
      expect(bytes).toHaveLength(600 * KIB + 3);
      expect(bytes.subarray(600 * KIB)).toEqual(new Uint8Array([1, 2, 3]));
    });

    it("cancels waiting for a half-close, which happens all the same", async ({
      client,
      server,
    }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const write = mine.write(patterned(600 * KIB));
      const controller = new AbortController();
      const closing = mine.closeWrite({ signal: controller.signal });
      controller.abort(REASON);
      await expect(closing).rejects.toBe(REASON);
      expect(await readAll(theirs)).toHaveLength(600 * KIB);
      await write;
    });

    it("given to open resets the stream, at any time of its life", async ({ client, server }) => {
      const controller = new AbortController();
      const mine = client.open({ signal: controller.signal });
      const theirs = await server.accept();
      const reading = failureOf(mine.read());
      controller.abort(REASON);
      const expected = { code: "STREAM_CANCELLED", origin: "local", cause: REASON };
      expect(await reading).toMatchObject(expected);
      const error = await failureOf(theirs.read());
      if (resetHasCode) expect(error).toMatchObject({ code: "STREAM_CANCELLED", origin: "remote" });
    });

    it("that has aborted already stops everything before it begins", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const options = { signal: AbortSignal.abort(REASON) };
      expect(() => client.open(options)).toThrow(REASON);
      await expect(mine.read(options)).rejects.toBe(REASON);
      await expect(mine.write(new Uint8Array(1), options)).rejects.toBe(REASON);
      await expect(server.accept(options)).rejects.toBe(REASON);
      await mine.write(new Uint8Array([9]));
      expect(await theirs.read()).toEqual(new Uint8Array([9]));
    });

    it("keeps nothing of an operation that has settled", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const { signal } = new AbortController();
      const added = vi.spyOn(signal, "addEventListener");
      const removed = vi.spyOn(signal, "removeEventListener");
      const big = mine.write(patterned(600 * KIB), { signal });
      for (let read = 0; read < 600 * KIB; ) read += (await theirs.read({ signal }))!.length;
      await big;
      const accept = server.accept({ signal });
      const opened = client.open({ signal });
      const accepted = await accept;
      await Promise.all([opened.closeWrite({ signal }), accepted.closeWrite({ signal })]);
      expect(await opened.read({ signal })).toBe(null);
      expect(added).toHaveBeenCalled();
      expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
    });
  });

  describe("two reads at once", () => {
    it("are one too many: READ_PENDING for the second", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const first = theirs.read();
      expect(await failureOf(theirs.read())).toMatchObject({
        code: "READ_PENDING",
        scope: "stream",
      });
      await mine.write(new Uint8Array([1]));
      expect(await first).toEqual(new Uint8Array([1]));
    });
  });

  describe("back-pressure", () => {
    it("holds a write beyond the window until the peer reads", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const writing = mine.write(patterned(1024 * KIB));
      expect(await stillWaits(writing)).toBe(true);
      // The peer holds no more bytes of it than it has granted.
      expect(server.stats().bytesReceived).toBeLessThan(300 * KIB);
      const reading = readAll(theirs);
      await writing;
      await mine.closeWrite();
      expect(await reading).toHaveLength(1024 * KIB);
    });

    it("of one stream does not hold another", async ({ client, server }) => {
      const [stuck] = await connectedStream(client, server);
      const writing = stuck.write(patterned(1024 * KIB)).catch(() => undefined);
      const [mine, theirs] = await connectedStream(client, server);
      const bytes = patterned(1024 * KIB, 5);
      const reading = readAll(theirs);
      await mine.write(bytes);
      await mine.closeWrite();
      expect(await reading).toHaveLength(bytes.length);
      stuck.reset();
      await writing;
    });

    it("lets a slow reader have everything", async ({ client, server }) => {
      const [mine, theirs] = await connectedStream(client, server);
      const writing = mine.write(patterned(2048 * KIB)).then(() => mine.closeWrite());
      let read = 0;
      for await (const chunk of theirs) {
        read += chunk.length;
        if (read % 3 === 0) await stillWaits(Promise.resolve());
      }
      expect(read).toBe(2048 * KIB);
      await writing;
    });

    it("ends with the stream or the session: a blocked writer is always told", async ({
      client,
      server,
    }) => {
      const [one, itsPeer] = await connectedStream(client, server);
      const [other] = await connectedStream(client, server);
      const blocked = [one, other].map((stream) => failureOf(stream.write(patterned(1024 * KIB))));
      await until(() => server.stats().bytesReceived > 256 * KIB);
      itsPeer.reset();
      expect(await blocked[0]).toMatchObject({ scope: "stream", origin: "remote" });
      server.destroy();
      expect(await blocked[1]).toMatchObject({ scope: "session", origin: "remote" });
    });
  });
}
