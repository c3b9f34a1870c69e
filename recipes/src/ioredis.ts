// Redis with ioredis: its option `Connector` makes the connection.

import assert from "node:assert/strict";
import { AbstractConnector, Redis, type RedisOptions } from "ioredis";
import { exchangePieces } from "./harness/bulk.ts";
import { happens } from "./harness/events.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { startRedis } from "./servers/redis.ts";
import { createConnection, type StreamSource } from "@muxado/node";

export const recipe = define({
  start: startRedis,
  async run({ server: { password }, link, step }) {
    const { host, port, source } = link;
    const options = {
      host,
      port,
      password,
      ...(source !== undefined && { Connector: connectorOver(source) }),
    } satisfies RedisOptions;

    await step("a wrong password is refused", async () => {
      const redis = new Redis({ ...options, password: "wrong", retryStrategy: () => null });
      redis.on("error", () => {}); // the command rejects as well
      await assert.rejects(redis.get("key"), /WRONGPASS|NOAUTH/);
      redis.disconnect();
    });

    const redis = new Redis(options);
    redis.on("error", () => {}); // the client connects again
    const other = new Redis(options);
    other.on("error", () => {});

    await step("many bytes", () =>
      exchangePieces(async (piece) => {
        await redis.set("piece", piece);
        return (await redis.getBuffer("piece"))!;
      }),
    );

    await step("the server ends an idle connection, and it connects again", async () => {
      const id = await redis.client("ID");
      const note = await knows(happens(redis, "close"), () => other.client("KILL", "ID", id));
      assert.equal(await redis.ping(), "PONG");
      return note;
    });

    await step("the server ends one that waits, and the command is sent again", async () => {
      const id = await redis.client("ID");
      const popped = redis.blpop("list", 0);
      const note = await knows(happens(redis, "close"), () => other.client("KILL", "ID", id));
      await other.rpush("list", "value");
      assert.deepEqual(await popped, ["list", "value"]);
      return note;
    });

    await step("a subscription outlives the way, which is lost and comes back", async () => {
      const subscriber = redis.duplicate();
      subscriber.on("error", () => {});
      await subscriber.subscribe("news");
      const note = await knows(happens(subscriber, "close"), () => link.lose());
      await happens(subscriber, "close"); // a failed attempt
      await link.restore();
      await happens(subscriber, "ready");
      const news = happens(subscriber, "message");
      await until(async () => (await other.publish("news", "good")) === 1);
      assert.deepEqual(await news, ["news", "good"]);
      subscriber.disconnect();
      return note;
    });

    await redis.quit();
    await other.quit();
  },
});

/** Returns the class that ioredis needs: its objects make one connection after the other. */
function connectorOver(source: StreamSource): NonNullable<RedisOptions["Connector"]> {
  return class extends AbstractConnector {
    constructor() {
      super(0);
    }

    override async connect(): Promise<NetStream> {
      this.connecting = true;
      this.stream = createConnection(source) as unknown as NetStream;
      return this.stream;
    }
  };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition()));
}

type NetStream = Awaited<ReturnType<AbstractConnector["connect"]>>;
