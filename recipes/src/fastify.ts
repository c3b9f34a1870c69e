// Fastify over streams: its server takes streams as connections.

import type { Readable } from "node:stream";
import { PassThrough } from "node:stream";
import { fastify } from "fastify";
import { httpSteps } from "./harness/http-steps.ts";
import { NodeClient } from "./harness/node-client.ts";
import { recipe as define } from "./harness/recipe.ts";
import { withoutListening } from "./servers/application.ts";

export const recipe = define({
  async start() {
    const app = fastify();
    // Passes bodies on as they arrive.
    app.addContentTypeParser("*", (_request, body, done) => done(null, body));
    app.get("/", () => "here");
    app.get("/secret", (_request, reply) => reply.code(401).send("Who are you?"));
    app.get("/wait", (_request, reply) => {
      const body = new PassThrough();
      body.write("wait");
      return reply.send(body);
    });
    app.post("/echo", (request, reply) => reply.send(request.body as Readable));
    await app.ready();
    return withoutListening(app.server, () => app.close());
  },
  async run(ground) {
    const client = new NodeClient(ground.link);
    await httpSteps(ground, client);
    client.close();
  },
});
