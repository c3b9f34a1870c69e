// The part of aegir that libp2p's compliance suites import: chai with promises, with parentheses behind properties,
// and with bytes. The whole of it is half a gigabyte of browsers and spelling dictionaries.
// @ts-nocheck: neither chai nor its plugin comes with types, and nothing that is typed depends on this.

import { Assertion, expect, use } from "chai";
import chaiAsPromised from "chai-as-promised";

use(chaiAsPromised);

// `expect(x).to.be.true()`, as the linter of libp2p wants it: the property asserts, and what it gives can be called.
for (const name of ["ok", "true", "false", "null", "undefined", "exist", "empty"]) {
  const asserting = Object.getOwnPropertyDescriptor(Assertion.prototype, name);
  Object.defineProperty(Assertion.prototype, name, {
    configurable: true,
    get() {
      const assertion = asserting.get.call(this);
      return new Proxy(() => assertion, { get: (_, key) => Reflect.get(assertion, key) });
    },
  });
}

Assertion.addMethod("equalBytes", function (expected) {
  expect([...this._obj]).to.deep.equal([...expected]);
});

export { expect };
