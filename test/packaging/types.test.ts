import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { skipBecause } from '../e2e/skip-because.ts';
import { Consumer, LINES } from './consumer.ts';

const packages = inject('packages');
/** `…/jest` and `…/vitest` need the types of the runner that they are named after. */
const entries = packages
  .flatMap((each) => each.entries)
  .filter((entry) => !entry.endsWith('/jest') && !entry.endsWith('/vitest'));

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));

const NODENEXT = '--module nodenext';
const NODE16 = '--module node16';
const BUNDLER = '--module preserve --moduleResolution bundler';
const NODE10 = '--module commonjs --moduleResolution node10';
/** How modules are resolved with each compiler. TypeScript 7 has no `node10` any more, and OpenTelemetry 3 is not found by it. */
const RESOLUTIONS: Readonly<Record<string, readonly string[]>> = {
  typescript54: [NODE16, BUNDLER, NODE10],
  typescript5: [NODENEXT, BUNDLER, NODE10],
  typescript6: [NODENEXT, BUNDLER, `${NODE10} --ignoreDeprecations 6.0`],
  typescript: [NODENEXT, NODE16, BUNDLER],
};

/** A project that has none of the optional packages. */
describe.for(LINES)('the types beside $name', (line) => {
  let consumer: Consumer;

  beforeAll(async () => {
    consumer = new Consumer(line);
    if (consumer.obstacle) return;
    await consumer.install(packages, { optional: false });
    const imports = entries.map((entry, index) => `export * as entry${index} from '${entry}';`).join('\n');
    for (const extension of ['mts', 'cts']) {
      for (const name of ['main', 'right-usages']) {
        copyFileSync(program(name), join(consumer.folder, `${name}.${extension}`));
      }
      writeFileSync(join(consumer.folder, `entries.${extension}`), imports);
    }
    const source = readFileSync(program('wrong-usages'), 'utf8');
    writeFileSync(join(consumer.folder, 'wrong-usages.mts'), source.replaceAll('@ts-expect-error', 'wrong:'));
  });
  beforeEach((context) => {
    if (consumer.obstacle) skipBecause(context, consumer.obstacle);
  });
  afterAll(() => consumer[Symbol.dispose]());

  describe.for(line.compilers)('in %s', (compiler) => {
    test.concurrent.for(RESOLUTIONS[compiler]!)('take all right usages with %s', async (options) => {
      const files = ['main', 'right-usages', 'entries'].flatMap((name) => [`${name}.mts`, `${name}.cts`]);
      await expect(consumer.compile(compiler, `${options} --noEmit`, ...files)).resolves.toBe('');
    });

    test.concurrent('refuse each wrong usage, by the error that names what is wrong', async () => {
      const options = `${NODENEXT} --noEmit --skipLibCheck true`;
      const errors = await consumer.compile(compiler, options, 'wrong-usages.mts');
      const source = readFileSync(program('wrong-usages'), 'utf8').split('\n');
      expect(unexpected(errors, source)).toEqual([]);
    });
  });
});

const DIRECTIVE = /^\/\/ @ts-expect-error (TS\d+(?:\|TS\d+)*) (\S+)$/;

/** What a compiler printed of wrong usages, where it isn't what their directives say. */
function unexpected(printed: string, source: readonly string[]): readonly string[] {
  const errors = printed.split(/\n(?=\S)/);
  const mistakes = source.flatMap((directive, index) => {
    const [, codes, word] = DIRECTIVE.exec(directive) ?? [];
    if (codes === undefined) return directive.includes('@ts-expect-error') ? [`no code: ${directive}`] : [];
    const usage = source[index + 1]!;
    const ofUsage = errors.filter((error) => error.startsWith(`wrong-usages.mts(${index + 2},`));
    const [error = 'it compiles'] = ofUsage;
    const isExpected =
      ofUsage.length === 1 &&
      codes.split('|').some((code) => error.includes(`: error ${code}: `)) &&
      (error.includes(word!) || placeOf(error, usage).startsWith(word!));
    return isExpected ? [] : [`${usage} must be ${codes} ${word}, but: ${ofUsage.join('\n') || error}`];
  });
  const elsewhere = errors.filter((error) => {
    const [, line] = /^wrong-usages\.mts\((\d+),/.exec(error) ?? [];
    return line === undefined || !DIRECTIVE.test(source[Number(line) - 2] ?? '');
  });
  return [...mistakes, ...elsewhere];
}

/** The text that an error points to. */
function placeOf(error: string, usage: string): string {
  const [, column] = /^[^(]+\(\d+,(\d+)\)/.exec(error)!;
  return usage.slice(Number(column) - 1);
}
