// What @libp2p/yamux uses and Node 20 does not have yet. Its peers alone get it: our own packages do without.

Promise.withResolvers ??= function withResolvers() {
  /** @type {PromiseWithResolvers<any>["resolve"]} */
  let resolve = ignore;
  /** @type {PromiseWithResolvers<any>["reject"]} */
  let reject = ignore;
  const promise = new Promise((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

function ignore() {}
