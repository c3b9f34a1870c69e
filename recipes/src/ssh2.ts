// SSH with ssh2: its option `sock` is the connection.

import assert from "node:assert/strict";
import { once } from "node:events";
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from "ssh2";
import { exchangeThrough } from "./harness/bulk.ts";
import { happens } from "./harness/events.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { newKey, startSshd } from "./servers/sshd.ts";
import { createConnection } from "@muxado/node";

export const recipe = define({
  start: startSshd,
  async run({ server: { user: username, privateKey }, link, step }) {
    const { host, port, source } = link;
    const connect = async (special: ConnectConfig = {}): Promise<Client> => {
      const client = new ssh2.Client();
      client.connect({
        host,
        port,
        username,
        privateKey,
        ...(source !== undefined && { sock: createConnection(source) }),
        ...special,
      });
      await once(client, "ready");
      return client;
    };

    await step("a wrong key is refused", async () => {
      await assert.rejects(connect({ privateKey: newKey().private }), /authentication/);
    });

    let client = await connect();

    await step("many bytes", async () => exchangeThrough(await execute(client, "cat")));

    await step("the server ends the connection", async () => {
      client.on("error", () => {});
      // The shell's parent is the server's process for this connection.
      const channel = await execute(client, "echo $PPID; cat");
      const [pid] = await happens<[Buffer]>(channel, "data");
      const note = await knows(
        Promise.all([happens(client, "close"), happens(channel, "close")]),
        () => process.kill(Number(pid), "SIGKILL"),
      );
      client = await connect();
      return note;
    });

    await step("the way is lost and comes back", async () => {
      client.on("error", () => {});
      const note = await knows(happens(client, "close"), () => link.lose());
      await assert.rejects(connect(), { code: "ECONNREFUSED" });
      await link.restore();
      client = await connect();
      return note;
    });

    client.end();
    await happens(client, "close");
  },
});

function execute(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}
