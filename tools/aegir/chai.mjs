// Replaces the part of aegir that libp2p's compliance suites import. It is chai with three additions: assertions on
// promises, property assertions that can also be called, and assertions on bytes. All of aegir would add half a
// gigabyte of browsers and spelling dictionaries.
// @ts-nocheck: neither chai nor its plugin has types, and no typed file depends on this one.

import { Assertion, expect, use } from "chai";
import chaiAsPromised from "chai-as-promised";

use(chaiAsPromised);

// libp2p's linter requires `expect(x).to.be.true()`. Reading the property asserts, and its value can be called.
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
