// Hono over streams: the server from @hono/node-server takes streams as connections.

import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { httpSteps } from "./harness/http-steps.ts";
import { NodeClient } from "./harness/node-client.ts";
import { recipe as define } from "./harness/recipe.ts";
import { withoutListening } from "./servers/application.ts";

export const recipe = define({
  async start() {
    const app = new Hono();
    app.get("/", (context) => context.text("here"));
    app.get("/secret", (context) => context.text("Who are you?", 401));
    app.get("/wait", (context) =>
      context.body(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode("wait")),
        }),
      ),
    );
    app.post("/echo", (context) => context.body(context.req.raw.body ?? ""));
    return withoutListening(createAdaptorServer({ fetch: app.fetch }));
  },
  async run(ground) {
    const client = new NodeClient(ground.link);
    await httpSteps(ground, client);
    client.close();
  },
});
