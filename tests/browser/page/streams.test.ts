// Many streams at the same time between a page and a server.

import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { textOf } from "../server/progress.ts";
import { connected, startServer } from "./server.ts";

const STREAMS = 1_000;

test("1 000 streams each way at once arrive unchanged", async () => {
  const url = await startServer();
  const session = await connected(`${url}/open?streams=${STREAMS}`);
  let accepted = 0;
  const serving = (async () => {
    for await (const stream of session) {
      accepted++;
      stream.readable.pipeTo(stream.writable).catch(() => stream.reset());
    }
  })();
  const streams = Array.from({ length: STREAMS }, () => session.open());
  expect(session.stats().openStreams).toBeGreaterThanOrEqual(STREAMS);
  const answers = streams.map(async (stream, index) => {
    const answer = new Response(stream.readable).text();
    answer.catch(() => {}); // the write fails as well
    await stream.write(new TextEncoder().encode(textOf("page", index)));
    await stream.closeWrite();
    return answer;
  });
  const texts = Array.from({ length: STREAMS }, (_, index) => textOf("page", index));
  expect(await Promise.all(answers)).toEqual(texts);
  await session.close();
  await serving;
  expect(accepted).toBe(STREAMS);
  expect((await session.closed).localError).toBeUndefined();
  expect(await commands.reportOf(url)).toMatchObject({ answered: STREAMS, complaints: [] });
});
