// MQTT with mqtt: its client takes a function that makes the connection.

import assert from "node:assert/strict";
import mqtt, { type IClientOptions, MqttClient } from "mqtt";
import { exchangePieces } from "./harness/bulk.ts";
import { happens } from "./harness/events.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { startMosquitto } from "./servers/mosquitto.ts";
import { createConnection } from "@muxado/node";

export const recipe = define({
  start: startMosquitto,
  async run({ server: { user: username, password }, link, step }) {
    const { host, port, source } = link;
    const connect = (special: IClientOptions): MqttClient => {
      const options = { username, password, reconnectPeriod: 50, ...special };
      return source === undefined
        ? mqtt.connect(`mqtt://${host}:${port}`, options)
        : new MqttClient(() => createConnection(source), options);
    };

    await step("a wrong password is refused", async () => {
      const client = connect({ password: "wrong", reconnectPeriod: 0 });
      const [error] = await happens<[Error & { code: number }]>(client, "error");
      assert.equal(error.code, 5);
      await client.endAsync(true);
    });

    const client = connect({ clientId: "first" }).on("error", () => {}); // the client connects again
    await happens(client, "connect");

    await step("many bytes", async () => {
      await client.subscribeAsync("pieces", { qos: 1 });
      return exchangePieces(async (piece) => {
        const back = happens<[string, Buffer]>(client, "message");
        await client.publishAsync("pieces", piece, { qos: 1 });
        return (await back)[1];
      });
    });

    await step("another client takes its place, and it connects again", async () => {
      const rival = connect({ clientId: "first", reconnectPeriod: 0, manualConnect: true });
      rival.on("error", () => {});
      const closed = happens(client, "close");
      const note = await knows(closed, () => rival.connect());
      await happens(client, "connect");
      await rival.endAsync(true);
      return note;
    });

    await step("the way is lost and comes back, and the subscription with it", async () => {
      const note = await knows(happens(client, "close"), () => link.lose());
      await happens(client, "close"); // a failed attempt
      const connected = happens(client, "connect");
      await link.restore();
      await connected;
      const news = happens<[string, Buffer]>(client, "message");
      await client.publishAsync("pieces", "good", { qos: 1 });
      const [, payload] = await news;
      assert.equal(payload.toString(), "good");
      return note;
    });

    await client.endAsync();
  },
});
