// Express over streams: its server takes streams as connections.

import * as http from "node:http";
import express from "express";
import { httpSteps } from "./harness/http-steps.ts";
import { NodeClient } from "./harness/node-client.ts";
import { recipe as define } from "./harness/recipe.ts";
import { withoutListening } from "./servers/application.ts";

export const recipe = define({
  async start() {
    const app = express();
    app.get("/", (_request, response) => void response.send("here"));
    app.get("/secret", (_request, response) => void response.status(401).send("Who are you?"));
    app.get("/wait", (_request, response) => void response.write("wait"));
    app.post("/echo", (request, response) => void request.pipe(response));
    return withoutListening(http.createServer(app));
  },
  async run(ground) {
    const client = new NodeClient(ground.link);
    await httpSteps(ground, client);
    client.close();
  },
});
