// A client of a server that is written in Go with hashicorp/yamux. It uses three streams at once over one connection.

import { connect } from "@muxado/node";
import { yamux } from "@muxado/yamux";
import { GoServer } from "./go-server.ts";

if (GoServer.isPossible) {
  await using server = await GoServer.start();
  await talk(server.port);
} else {
  console.log("NOT RUN: this example needs Go, which is not installed");
}

async function talk(port: number): Promise<void> {
  await using session = await connect({ host: "127.0.0.1", port, wire: yamux() });
  console.log(`The server is ${(await session.ping()).toFixed(2)} ms away.`);

  const ask = async (line: string): Promise<string> => {
    const stream = session.open();
    await stream.write(new TextEncoder().encode(`${line}\n`));
    await stream.closeWrite();
    let answer = "";
    const text = new TextDecoder();
    for await (const chunk of stream) answer += text.decode(chunk, { stream: true });
    return answer.trimEnd();
  };
  const lines = ["one connection", "three streams", "a server in Go"];
  const answers = await Promise.all(lines.map(ask));
  for (const [index, line] of lines.entries()) console.log(`${line} → ${answers[index]}`);
  if (answers.some((answer, index) => answer !== lines[index]!.toUpperCase())) {
    throw new Error("the server should have answered in capitals");
  }
}
