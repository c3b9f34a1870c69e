// Redis with redis, which makes its connections itself: a local listener joins each of them with a stream.

import assert from "node:assert/strict";
import { createClient, RESP_TYPES } from "redis";
import { exchangePieces } from "./harness/bulk.ts";
import { happens } from "./harness/events.ts";
import { knows } from "./harness/knowing.ts";
import { LocalForward } from "./harness/local-forward.ts";
import { recipe as define } from "./harness/recipe.ts";
import { startRedis } from "./servers/redis.ts";

export const recipe = define({
  start: startRedis,
  async run({ server: { password }, link, step }) {
    const forward = link.source && (await LocalForward.listen(link.source));
    const { host } = link;
    const socket = { host, port: forward?.port ?? link.port, reconnectStrategy: 50 };

    await step("a wrong password is refused", async () => {
      const once = { ...socket, reconnectStrategy: false as const };
      const client = createClient({ socket: once, password: "wrong" }).on("error", () => {});
      await assert.rejects(client.connect(), /WRONGPASS/);
      client.destroy();
    });

    const client = createClient({ socket, password }).on("error", () => {}); // the client connects again
    const other = createClient({ socket, password }).on("error", () => {});
    await client.connect();
    await other.connect();

    await step("many bytes", () => {
      const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      return exchangePieces(async (piece) => {
        await binary.set("piece", piece);
        return (await binary.get("piece")) as Buffer;
      });
    });

    await step("the server ends an idle connection, and it connects again", async () => {
      const id = await client.clientId();
      const reconnecting = happens(client, "reconnecting");
      const ready = happens(client, "ready");
      const note = await knows(reconnecting, () => other.clientKill({ filter: "ID", id }));
      await ready;
      assert.equal(await client.ping(), "PONG");
      return note;
    });

    await step("a subscription outlives the way, which is lost and comes back", async () => {
      const subscriber = client.duplicate().on("error", () => {});
      await subscriber.connect();
      let hear = (_news: string): void => {};
      const news = new Promise<string>((resolve) => {
        hear = resolve;
      });
      await subscriber.subscribe("news", (text) => hear(text));
      const ready = happens(subscriber, "ready");
      const note = await knows(happens(subscriber, "reconnecting"), () => link.lose());
      await link.restore();
      await ready;
      while ((await other.publish("news", "good")) !== 1);
      assert.equal(await news, "good");
      subscriber.destroy();
      return note;
    });

    await client.close();
    await other.close();
    await forward?.close();
  },
});
