/**
 * Importing this adds the matchers to `expect` of Jest.
 *
 * @module @tallykit/testkit/jest
 */

import { matchers, type MetricMatchers } from './recording/matchers.ts';

declare global {
  // Extends the interface of @types/jest. Where that is not installed, it has no effect.
  namespace jest {
    // oxlint-disable-next-line typescript/no-empty-object-type, no-unused-vars
    interface Matchers<R, T> extends MetricMatchers<R> {}
  }
}

interface Expect {
  extend(extensions: object): void;
}

const { expect } = globalThis as { readonly expect?: Expect };
if (!expect) {
  throw new Error(
    '@tallykit/testkit/jest: there is no global `expect`. Name this module in `setupFilesAfterEnv` of the Jest ' +
      "configuration; with `injectGlobals: false`, call `expect.extend(matchers)` with `matchers` of '@tallykit/testkit'.",
  );
}
expect.extend(matchers);

export type { MetricMatchers } from './recording/matchers.ts';
