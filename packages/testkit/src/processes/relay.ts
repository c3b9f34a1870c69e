// @muxado/testkit/relay: a link with a bandwidth. It holds few bytes itself: waiting bytes wait in the system.

import { once } from "node:events";
import * as net from "node:net";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const HOST = "127.0.0.1";

/** The address of a server: a port of this machine, or the path of a Unix socket. */
export type Address = number | string;

/** Carries bytes one way, `rate` a second, until the end or a failure, which is passed on to the other side. */
export async function carry(from: Readable, to: Writable, rate: number): Promise<void> {
  try {
    // The other direction continues.
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      await new Promise<void>((resolve, reject) => {
        to.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
      await sleep(((chunk as Uint8Array).length / rate) * 1000);
    }
    to.end();
  } catch {
    from.destroy();
    to.destroy();
  }
}

/** Carries connections to `target`, `rate` bytes a second each way. It listens at `at`; 0 is any port. */
export async function slowLink(target: Address, rate: number, at: Address): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const onward = net.connect({ ...place(target), allowHalfOpen: true });
    void carry(socket, onward, rate);
    void carry(onward, socket, rate);
  });
  server.listen(place(at));
  await once(server, "listening");
  return server;
}

function place(address: Address): { path: string } | { host: string; port: number } {
  return typeof address === "string" ? { path: address } : { host: HOST, port: address };
}
