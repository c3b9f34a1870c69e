// gRPC with @grpc/grpc-js. Its server takes any Duplex. Its client makes connections itself: a local listener joins
// each of them with a stream.

import assert from "node:assert/strict";
import {
  Client,
  credentials,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  status,
} from "@grpc/grpc-js";
import { exchangePieces } from "./harness/bulk.ts";
import { InProcess } from "./harness/in-process.ts";
import { knows } from "./harness/knowing.ts";
import { LocalForward } from "./harness/local-forward.ts";
import { recipe as define } from "./harness/recipe.ts";

const password = "known";

const itself = (piece: Buffer): Buffer => piece;

/** A method whose messages are bytes. */
function method(name: string) {
  return {
    path: `/recipes.Echo/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: itself,
    requestDeserialize: itself,
    responseSerialize: itself,
    responseDeserialize: itself,
  };
}

const methods = { ask: method("Ask"), wait: method("Wait") };

export const recipe = define({
  async start() {
    const ask: handleUnaryCall<Buffer, Buffer> = ({ request, metadata }, answer) => {
      if (metadata.get("password")[0] === password) answer(null, request);
      else answer({ code: status.UNAUTHENTICATED });
    };
    const server = new Server();
    server.addService(methods, { ask, wait: () => {} });
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    return {
      target: new InProcess((connection) => injector.injectConnection(connection)),
      close: async () => {
        injector.destroy();
        server.forceShutdown();
      },
    };
  },
  async run({ link, step }) {
    const forward = link.source && (await LocalForward.listen(link.source));
    const { host } = link;
    const address = `${host}:${forward?.port ?? link.port}`;
    const client = new Client(address, credentials.createInsecure(), {
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.min_reconnect_backoff_ms": 100,
    });
    const call = (
      name: keyof typeof methods,
      piece: Buffer,
      secret: string = password,
    ): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata({ waitForReady: true });
        metadata.set("password", secret);
        const { path } = methods[name];
        client.makeUnaryRequest(path, itself, itself, piece, metadata, {}, (error, answer) =>
          error === null ? resolve(answer!) : reject(error),
        );
      });
    const piece = Buffer.from("a piece");

    await step("a wrong password is refused", async () => {
      await assert.rejects(call("ask", piece, "wrong"), { code: status.UNAUTHENTICATED });
    });

    await step("many bytes", () => exchangePieces((one) => call("ask", one)));

    await step("the server ends the connection, and it connects again", async () => {
      const failing = assert.rejects(call("wait", piece), { code: status.UNAVAILABLE });
      await call("ask", piece);
      const note = await knows(failing, () => link.cut());
      assert.deepEqual(await call("ask", piece), piece);
      return note;
    });

    await step("the way is lost and comes back", async () => {
      const failing = assert.rejects(call("wait", piece), { code: status.UNAVAILABLE });
      await call("ask", piece);
      const note = await knows(failing, () => link.lose());
      await link.restore();
      assert.deepEqual(await call("ask", piece), piece);
      return note;
    });

    client.close();
    await forward?.close();
  },
});
