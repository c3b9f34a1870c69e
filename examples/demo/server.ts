// The server's process: hashes the files that clients send, and asks each client questions at the same time.

import { createServer } from "@muxado/node";
import { hashFiles } from "./files.ts";
import { tell } from "./party.ts";
import { askQuestions } from "./questions.ts";

const server = createServer({}, async (session) => {
  const files = hashFiles(session);
  tell({ summary: await askQuestions(session, 1000) });
  await files;
  const { localError } = await session.closed;
  if (localError !== undefined) {
    process.exitCode = 1;
    console.error(localError);
  }
});
await server.listen({ host: "localhost", port: 0 });
tell({ port: server.port! });

// Dismissed, or the parent has ended. Open streams may finish, for 5 seconds at most.
process.once("disconnect", () => void server.close({ timeout: 5000 }));
