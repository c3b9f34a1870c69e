// The process that is stopped: sends back all bytes, and answers the beats of its clients.

import { Heartbeat } from "@muxado/heartbeat";
import { createServer } from "@muxado/node";
import { TypedSession } from "@muxado/typed";
import { ECHO } from "./server-process.ts";

const server = createServer(async (connection) => {
  const session = new TypedSession(connection);
  new Heartbeat(session, { interval: Infinity });
  await session.serve({ [ECHO]: (stream) => stream.readable.pipeTo(stream.writable) });
});
await server.listen({ host: "localhost", port: 0 });
console.log(server.port);

// stdin has ended: so the parent has ended.
process.stdin.on("end", () => process.exit()).resume();
