// HTTP with got: its option `agent` makes the connection.

import assert from "node:assert/strict";
import { Agent } from "node:http";
import type { Readable } from "node:stream";
import { SessionAgent } from "@muxado/node";
import { type ExtendOptions, type Got, got } from "got";
import { type HttpClient, httpSteps } from "./harness/http-steps.ts";
import { recipe as define } from "./harness/recipe.ts";
import { startApplication } from "./servers/application.ts";

export const recipe = define({
  start: startApplication,
  async run(ground) {
    const { host, port, source } = ground.link;
    const agent = source === undefined ? new Agent() : new SessionAgent(source);
    const options: ExtendOptions = {
      prefixUrl: `http://${host}:${port}`,
      throwHttpErrors: false,
      agent: { http: agent },
    };
    await httpSteps(ground, new GotClient(got.extend({ ...options, retry: { limit: 0 } })));

    await ground.step("it asks again when the server ends the connection twice", async () => {
      const retrying = got.extend({ ...options, retry: { limit: 2, backoffLimit: 10 } });
      assert.equal(await new GotClient(retrying).status("/third-time"), 200);
    });

    agent.destroy();
  },
});

class GotClient implements HttpClient {
  readonly #got: Got;

  constructor(own: Got) {
    this.#got = own;
  }

  async status(path: string): Promise<number> {
    return (await this.#got(path.slice(1))).statusCode;
  }

  async read(path: string): Promise<Readable> {
    return this.#got.stream(path.slice(1));
  }

  async echo(body: Readable): Promise<Readable> {
    return this.#got.stream.post("echo", { body });
  }
}
