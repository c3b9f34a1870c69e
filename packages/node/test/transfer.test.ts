// Bulk in both directions at once, over TCP and TLS at once, with checksums.

import { createHash } from "node:crypto";
import type { Session, Stream } from "@muxado/core";
import { connect } from "@muxado/node";
import { Random } from "@muxado/testkit";
import { expect, test } from "vitest";
import { certificate } from "./certificate.ts";
import { deferred, ending, HOST as host, serve } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const LENGTH = 64 * 1024 * 1024;

test("64 MiB each way over TCP and TLS at once arrive as they left", async () => {
  const credentials = certificate([host]);
  const links = [
    await link({}),
    await link({ tls: credentials }, { tls: { ca: credentials.cert } }),
  ];
  await Promise.all(
    links.map(async ([client, server], number) => {
      const stream = client.open();
      const accepted = await server.accept();
      const [there, back, heardThere, heardBack] = await Promise.all([
        send(stream, 2 * number),
        send(accepted, 2 * number + 1),
        receive(accepted),
        receive(stream),
      ]);
      expect(heardThere).toEqual(there);
      expect(heardBack).toEqual(back);
      await client.close();
      expect((await server.closed).localError).toBeUndefined();
    }),
  );
});

/** A client's session and the server's side of it. */
async function link(
  serverOptions: Parameters<typeof serve>[0],
  clientOptions: Partial<Parameters<typeof connect>[0]> = {},
): Promise<[Session, Session]> {
  const accepted = deferred<Session>();
  const { port } = await serve(serverOptions, (session) => accepted.resolve(session));
  const session = ending(await connect({ host, port, ...clientOptions }));
  return [session, await accepted.promise];
}

interface Sum {
  length: number;
  sha256: string;
}

/** Sends {@link LENGTH} bytes in pieces of all sizes, which `seed` decides. */
async function send(stream: Stream, seed: number): Promise<Sum> {
  const random = new Random(seed);
  const source = Buffer.from(
    Uint32Array.from({ length: 2 ** 18 }, () => random.below(2 ** 32)).buffer,
  );
  const hash = createHash("sha256");
  for (let left = LENGTH; left > 0; ) {
    const length = Math.min(
      left,
      random.oneIn(3) ? random.between(1, 100) : random.between(1, 2 ** 19),
    );
    const from = random.below(source.length - length);
    const chunk = source.subarray(from, from + length);
    hash.update(chunk);
    await stream.write(chunk);
    left -= length;
  }
  await stream.closeWrite();
  return { length: LENGTH, sha256: hash.digest("hex") };
}

async function receive(stream: Stream): Promise<Sum> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    hash.update(chunk);
  }
  return { length, sha256: hash.digest("hex") };
}
