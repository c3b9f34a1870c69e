// The client's process: sends every file of this repository, and answers the server's questions at the same time.

import { connect } from "@muxado/node";
import { sendFiles } from "./files.ts";
import { tell } from "./party.ts";
import { answerQuestions } from "./questions.ts";
import { repositoryFiles } from "./repository.ts";

const session = await connect({ port: Number(process.argv[2]) });
const answering = answerQuestions(session);
tell({ summary: await sendFiles(session, await repositoryFiles(process.cwd())) });

// The server closes the session when its own questions are answered as well.
await answering;
const { localError } = await session.closed;
if (localError !== undefined) throw localError;
process.disconnect?.();
