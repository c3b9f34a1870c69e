// A server stops in the middle of a conversation, and its connection stays open. Only the heartbeat notices.

import { MuxadoError } from "@muxado/core";
import { Heartbeat } from "@muxado/heartbeat";
import { connect } from "@muxado/node";
import { TypedSession } from "@muxado/typed";
import { ECHO, ServerProcess } from "./server-process.ts";

/** Much shorter than an application needs, so this program ends soon. In milliseconds. */
const INTERVAL = 300;
const TOLERANCE = 1000;

const server = new ServerProcess();
try {
  await watch(await server.port);
} finally {
  console.log(`The server is killed: ${await server.kill()}.`);
}

async function watch(port: number): Promise<void> {
  const session = new TypedSession(await connect({ host: "localhost", port }));
  const heartbeat = new Heartbeat(session, {
    interval: INTERVAL,
    tolerance: TOLERANCE,
    endDeadSession: true,
    onFailure: (error) => console.log(`${since()} the heartbeat says: ${error.message}`),
  });
  console.log(`The server is process ${server.pid}. Round trips:`);
  for (let count = 0; count < 3; count++) {
    console.log(`  ${(await heartbeat.beat()).toFixed(2)} ms`);
  }

  const stream = session.open({ type: ECHO });
  await stream.write(new TextEncoder().encode("hello"));
  console.log(
    `It answers on other streams, too: ${new TextDecoder().decode((await stream.read())!)}`,
  );

  const reading = stream.read();
  server.stop();
  const stopped = performance.now();
  const since = (): string => `  after ${((performance.now() - stopped) / 1000).toFixed(1)} s`;
  console.log("Now it is stopped. The connection is as open as before, and we read on:");

  const error: unknown = await reading.catch((reason: unknown) => reason);
  if (!MuxadoError.is(error) || error.code !== "HEARTBEAT_TIMEOUT") {
    throw new Error("the read should have failed with HEARTBEAT_TIMEOUT", { cause: error });
  }
  console.log(`${since()} the read fails: ${error.code}`);
  const { localError } = await session.closed;
  console.log(`${since()} the session is over: ${localError?.code}`);
}
