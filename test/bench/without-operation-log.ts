import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** A copy of the built `@tallykit/metrics` whose calls don't ask whether somebody listens to the operations. */
export const WITHOUT_OPERATION_LOG = new URL('../without-operation-log/index.js', import.meta.url).href;

/** What is cut out of which file, and how often it is there. */
const CUTS: readonly (readonly [file: string, code: RegExp, times: number])[] = [
  ['recording-metrics.js', /if \(binding\.reports\)\s+.+;/gu, 2],
  ['binding.js', /(?:this\.)?\breports\b.*;/gu, 2],
  ['hooks.js', /.*#operations\b.*;/gu, 3],
];

/** @throws when the operation log isn't written as it was when this was */
export function cutOutOperationLog(): void {
  const copy = new URL('.', WITHOUT_OPERATION_LOG);
  rmSync(copy, { recursive: true, force: true });
  cpSync(new URL('.', import.meta.resolve('@tallykit/metrics')), copy, { recursive: true });
  for (const [name, code, times] of CUTS) {
    const file = new URL(name, copy);
    const text = readFileSync(file, 'utf8');
    const found = text.match(code)?.length ?? 0;
    if (found !== times) {
      throw new Error(
        `bench: ${name} of @tallykit/metrics has ${String(code)} ${found} times, not ${times}: adapt CUTS in ` +
          'test/bench/without-operation-log.ts to how the operation log is written now',
      );
    }
    writeFileSync(file, text.replace(code, ''));
  }
}
