// A graceful end loses nothing, and an error arrives, even while the thread of either side is blocked.

import { connect } from "@muxado/ws";
import { expect, onTestFinished, test, vi } from "vitest";
import { commands } from "vitest/browser";
import { Checksum, content } from "../server/content.ts";
import { startServer } from "./server.ts";

const LENGTH = 12_000_000;
/** So large that all bytes can be on their way while nobody reads. */
const WINDOW = 16 * 1024 * 1024;
const NO_ERRORS = { localError: undefined, remoteError: undefined };

test("a page writes 12 MB and closes while the server's thread is blocked", async () => {
  const url = await startServer();
  const session = await connect(`${url}/gulp?blockAt=${LENGTH / 2}`);
  const stream = session.open();
  const sent = new Checksum();
  for (const chunk of content(LENGTH)) {
    await stream.write(chunk);
    sent.add(chunk);
  }
  await stream.close();
  await session.close();
  expect(await session.closed).toMatchObject(NO_ERRORS);
  // The server learns of the end of the connection a little later.
  await vi.waitUntil(async () => (await commands.reportOf(url)).ends.length > 0);
  const { checksum, ends, complaints } = await commands.reportOf(url);
  expect({ checksum, ends, complaints }).toEqual({
    checksum: String(sent),
    ends: [null],
    complaints: [],
  });
});

test("a server closes while the page's thread is blocked", async () => {
  const url = await startServer();
  const session = await connect(`${url}/source?length=${LENGTH}`, { windowSize: WINDOW });
  onTestFinished(() => session.destroy());
  const stream = session.open();
  await stream.closeWrite();
  const received = new Checksum();
  received.add((await stream.read())!);
  const closing = commands.closeServer(url);
  let isAhead = true;
  for await (const chunk of stream) {
    received.add(chunk);
    if (isAhead && received.length >= LENGTH / 4) {
      isAhead = false;
      standStill();
    }
  }
  expect(await session.closed).toMatchObject(NO_ERRORS);
  await closing;
  const { checksum, ends, complaints } = await commands.reportOf(url);
  expect({ checksum, ends, complaints }).toEqual({
    checksum: String(received),
    ends: [null],
    complaints: [],
  });
  expect(received.length).toBe(LENGTH);
});

test("a server fails while the page's thread is blocked", async () => {
  const url = await startServer();
  const session = await connect(`${url}/fail?length=${LENGTH}`, { windowSize: WINDOW });
  onTestFinished(() => session.destroy());
  const stream = session.open();
  // This write continues, and does not learn that nobody reads its bytes.
  const sending = stream.write(new Uint8Array(LENGTH));
  const failure = sending.catch((error: unknown) => error);
  await stream.read();
  standStill();
  const read = (async () => {
    for await (const _ of stream);
  })();
  await expect(read).rejects.toMatchObject({ scope: "session", origin: "remote" });
  expect(await failure).toMatchObject({ scope: "session", origin: "remote" });
  const { localError, remoteError } = await session.closed;
  expect(localError).toBeUndefined();
  expect(remoteError).toMatchObject({ code: "INTERNAL_ERROR", origin: "remote" });
});

/** Blocks the page for three seconds. */
function standStill(): void {
  const end = performance.now() + 3_000;
  while (performance.now() < end);
}
