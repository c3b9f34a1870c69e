// Opening and accepting streams, from either side.

import type { Session } from "@muxado/core";
import { describe, expect } from "vitest";
import { connectedStream, failureOf, readAll, thrownBy, writeAll } from "./applications.ts";
import type { Harness } from "./harness.ts";

export function describeOpening({ it, resetHasCode }: Harness): void {
  describe("opening", () => {
    it("works from either side, at the same time", async ({ client, server }) => {
      const [mine, theirs] = [client.open(), server.open()];
      await Promise.all([mine.write(new Uint8Array([1])), theirs.write(new Uint8Array([2]))]);
      const [atServer, atClient] = await Promise.all([server.accept(), client.accept()]);
      expect(await atServer.read()).toEqual(new Uint8Array([1]));
      expect(await atClient.read()).toEqual(new Uint8Array([2]));
    });

    it("gives both ends the same id, odd for the client and even for the server", async ({
      client,
      server,
    }) => {
      const [atClient, itsPeer] = await connectedStream(client, server);
      const [atServer, itsOtherPeer] = await connectedStream(server, client);
      expect(itsPeer.id).toBe(atClient.id);
      expect(itsOtherPeer.id).toBe(atServer.id);
      expect(atClient.id % 2).toBe(1);
      expect(atServer.id % 2).toBe(0);
    });

    it("never gives an id twice", async ({ client, server }) => {
      const ids = new Set<number>();
      for (let times = 0; times < 20; times++) {
        const [mine, theirs] = await connectedStream(client, server);
        ids.add(mine.id);
        await Promise.all([mine.closeWrite(), theirs.closeWrite()]);
      }
      expect(ids.size).toBe(20);
    });

    it("tells the peer even if nothing is written", async ({ client, server }) => {
      const stream = client.open();
      const accepted = await server.accept();
      expect(accepted.id).toBe(stream.id);
      await accepted.write(new Uint8Array([7]));
      expect(await stream.read()).toEqual(new Uint8Array([7]));
    });

    it("opens a thousand streams from each side at once", async ({ client, server }) => {
      const answerAll = async (session: Session): Promise<void> => {
        for (let count = 0; count < 1000; count++) {
          const stream = await session.accept();
          void readAll(stream).then((bytes) => writeAll(stream, bytes));
        }
      };
      const ask = async (session: Session, text: string): Promise<void> => {
        const stream = session.open();
        await writeAll(stream, new TextEncoder().encode(text));
        expect(new TextDecoder().decode(await readAll(stream))).toBe(text);
      };
      const asking = Array.from({ length: 1000 }, (_, count) => [
        ask(client, `client asks ${count}`),
        ask(server, `server asks ${count}`),
      ]);
      await Promise.all([answerAll(client), answerAll(server), ...asking.flat()]);
      expect(client.stats()).toMatchObject({ streamsOpened: 1000, streamsReceived: 1000 });
    });

    it(
      "is refused with STREAM_LIMIT beyond our own cap, until a stream has ended",
      async ({ client, server }) => {
        const [mine, theirs] = await connectedStream(client, server);
        client.open();
        const error = thrownBy(() => client.open());
        expect(error).toMatchObject({ code: "STREAM_LIMIT", origin: "local", retry: "safe" });
        await Promise.all([mine.closeWrite(), theirs.closeWrite()]);
        expect(await mine.read()).toBe(null);
        client.open();
      },
      { client: { maxOutboundStreams: 2 } },
    );

    it(
      "is refused by the peer beyond its cap, and safe to retry",
      async ({ client, server }) => {
        await connectedStream(client, server);
        const beyond = client.open();
        const error = await failureOf(beyond.read());
        expect(error).toMatchObject({ scope: "stream", origin: "remote", streamId: beyond.id });
        if (resetHasCode) expect(error).toMatchObject({ code: "STREAM_REFUSED", retry: "safe" });
      },
      { server: { maxInboundStreams: 1 } },
    );

    it(
      "is refused by the peer beyond its backlog, and safe to retry",
      async ({ client, server }) => {
        const streams = Array.from({ length: 8 }, () => client.open());
        const outcomes = await Promise.all(
          streams.slice(4).map((stream) => failureOf(stream.read())),
        );
        for (const error of outcomes) {
          expect(error).toMatchObject({ scope: "stream", origin: "remote" });
          if (resetHasCode)
            expect(error).toMatchObject({ code: "ACCEPT_QUEUE_FULL", retry: "safe" });
        }
        for (const stream of streams.slice(0, 4)) {
          expect((await server.accept()).id).toBe(stream.id);
        }
      },
      { server: { acceptBacklog: 4 } },
    );
  });

  describe("accepting", () => {
    it("gives streams in the order in which they were opened", async ({ client, server }) => {
      const opened = Array.from({ length: 10 }, () => client.open().id);
      const accepted = [];
      for (const _ of opened) accepted.push((await server.accept()).id);
      expect(accepted).toEqual(opened);
    });

    it("serves several waiting accepts in order", async ({ client, server }) => {
      const accepts = [server.accept(), server.accept(), server.accept()];
      const opened = accepts.map(() => client.open().id);
      expect((await Promise.all(accepts)).map((stream) => stream.id)).toEqual(opened);
    });

    it("iterates until the session is over, and leaving the loop leaves the session", async ({
      client,
      server,
    }) => {
      client.open();
      for await (const stream of server) {
        expect(stream.session).toBe(server);
        break;
      }
      client.open().reset();
      const last = client.open();
      const ids: number[] = [];
      const loop = (async () => {
        for await (const stream of server) {
          ids.push(stream.id);
          if (stream.id === last.id) client.destroy();
        }
      })();
      await loop;
      expect(ids).toContain(last.id);
    });
  });
}
