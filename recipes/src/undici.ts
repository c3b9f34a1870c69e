// HTTP with undici: its option `connect` makes the connection.

import assert from "node:assert/strict";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { connector } from "@muxado/node";
import { Agent, type Dispatcher, request, RetryAgent } from "undici";
import { type HttpClient, httpSteps } from "./harness/http-steps.ts";
import type { Link } from "./harness/link.ts";
import { recipe as define } from "./harness/recipe.ts";
import { startApplication } from "./servers/application.ts";

export const recipe = define({
  start: startApplication,
  async run(ground) {
    const { server, link, step } = ground;
    const options: Agent.Options =
      link.source === undefined ? {} : { connect: connector(link.source) };
    const agent = new Agent(options);
    await httpSteps(ground, new UndiciClient(link, agent));

    await step("it asks again when the server ends the connection twice", async () => {
      const retrying = new RetryAgent(agent, { minTimeout: 10 });
      assert.equal(await new UndiciClient(link, retrying).status("/third-time"), 200);
    });

    await step("an idle connection that it closes is no failure", async () => {
      const before = server.clientErrors();
      const times = { keepAliveTimeout: 1, keepAliveMaxTimeout: 1, keepAliveTimeoutThreshold: 1 };
      const forgetful = new Agent({ ...options, ...times });
      const client = new UndiciClient(link, forgetful);
      for (let n = 0; n < 20; n++) {
        await client.status("/");
        await sleep(10);
      }
      await forgetful.close();
      assert.equal(server.clientErrors(), before);
    });

    await step("no request for https travels in the clear", async () => {
      const { host, port } = link;
      await assert.rejects(request(`https://${host}:${port}/`, { dispatcher: agent }));
    });

    await agent.close();
  },
});

class UndiciClient implements HttpClient {
  readonly #origin: string;
  readonly #dispatcher: Dispatcher;

  constructor({ host, port }: Link, dispatcher: Dispatcher) {
    this.#origin = `http://${host}:${port}`;
    this.#dispatcher = dispatcher;
  }

  async status(path: string): Promise<number> {
    const { statusCode, body } = await request(this.#origin + path, {
      dispatcher: this.#dispatcher,
    });
    await body.dump();
    return statusCode;
  }

  async read(path: string): Promise<Readable> {
    return (await request(this.#origin + path, { dispatcher: this.#dispatcher })).body;
  }

  async echo(body: Readable): Promise<Readable> {
    const options = { dispatcher: this.#dispatcher, method: "POST", body } as const;
    return (await request(`${this.#origin}/echo`, options)).body;
  }
}
