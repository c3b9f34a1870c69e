// The steps that all recipes for HTTP share, whatever their client and server.

import assert from "node:assert/strict";
import type { Readable } from "node:stream";
import { exchangeWhole } from "./bulk.ts";
import { knows } from "./knowing.ts";
import type { Link } from "./link.ts";
import type { Ground } from "./recipe.ts";
import type { RunningServer } from "../servers/running-server.ts";

/** The part of a client that the steps use. Every method rejects if there is no response. */
export interface HttpClient {
  /** Resolves with the status of a GET, after its body has been read. */
  status(path: string): Promise<number>;
  /** Resolves with the body of a GET. Reading it throws if it is cut off. */
  read(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** Resolves with the body that the server sends back while `body` is sent. */
  echo(body: Readable): Promise<AsyncIterable<Uint8Array>>;
}

/** Runs the steps against a server that has the paths of `startApplication`. */
export async function httpSteps(
  { link, step }: Ground<RunningServer>,
  client: HttpClient,
): Promise<void> {
  await step("a request without a password is refused", async () => {
    assert.equal(await client.status("/secret"), 401);
  });

  await step("many bytes", () => exchangeWhole((body) => client.echo(body)));

  await step("the server ends the connection of a response", async () => {
    const note = await cutOff(client, () => link.cut());
    assert.equal(await client.status("/"), 200);
    return note;
  });

  await step("the server ends idle connections", async () => {
    assert.equal(await client.status("/"), 200);
    link.cut();
    // A request may use a connection whose end is still on its way, over TCP as well.
    let status: number | undefined;
    while (status === undefined) status = await client.status("/").catch(() => undefined);
    assert.equal(status, 200);
  });

  await step("the way is lost and comes back", async () => {
    const note = await cutOff(client, () => link.lose());
    await assert.rejects(client.status("/"), { code: "ECONNREFUSED" });
    await link.restore();
    assert.equal(await client.status("/"), 200);
    return note;
  });
}

/** Starts to read a response that never ends, then ends its connection. */
async function cutOff(
  client: HttpClient,
  end: () => ReturnType<Link["lose"]> | void,
): Promise<string> {
  const chunks = (await client.read("/wait"))[Symbol.asyncIterator]();
  await chunks.next();
  const failing = assert.rejects(chunks.next());
  return knows(failing, end);
}
