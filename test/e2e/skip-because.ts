import type { TestContext } from 'vitest';

/** Skips a test and says why, in the terminal and (as `meta.skipReason`) in the JSON report. */
export function skipBecause(context: TestContext, reason: string): never {
  Object.assign(context.task.meta, { skipReason: reason });
  context.skip(reason);
}
