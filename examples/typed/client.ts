// Uses the server's three protocols at the same time, over one connection.

import { MuxadoError } from "@muxado/core";
import { connect } from "@muxado/node";
import { TypedSession } from "@muxado/typed";
import { FILE, NEWS, SUM } from "./protocols.ts";

const session = new TypedSession(await connect({ host: "localhost", port: 7008 }));
const encoder = new TextEncoder();

/** Sends `question`. Resolves with the whole answer. */
async function ask(type: number, question: string): Promise<string> {
  const stream = session.open({ type });
  await stream.write(encoder.encode(question));
  await stream.closeWrite();
  return new Response(stream.readable).text();
}

/** Reads the news until there are `enough` items. */
async function readNews(enough: number): Promise<string[]> {
  const stream = session.open({ type: NEWS });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split("\n").length > enough) break;
  }
  stream.reset();
  return text.trim().split("\n");
}

const [file, sum, news] = await Promise.all([
  ask(FILE, "protocols.js"),
  ask(SUM, "1\n2\n3\n4\n"),
  readNews(3),
]);
console.log(`a file of ${file.length} characters`);
console.log(`a sum: ${sum.trim()}`);
console.log(`news: ${news.join(", ")}`);

try {
  await ask(4, "Do you speak chess?");
} catch (error) {
  if (!MuxadoError.is(error)) throw error;
  console.log(`type 4: ${error.code}`);
}
await session.close();
