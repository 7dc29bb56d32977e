import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Consumer, LINES } from './consumer.ts';

const packages = inject('packages');
const page = readFileSync(
  join(packages.find(({ name }) => name === '@tallykit/testkit')!.folder, 'docs/jest-and-vitest.md'),
  'utf8',
);

/** A block of code of the page that has a text in it. */
function blockWith(text: string): string {
  const blocks = Array.from(page.matchAll(/^```\w+\n([^]*?)^```$/gm), ([, block]) => block!);
  return blocks.find((block) => block.includes(text))!;
}

/** What a user's program does, and the page's test tests. */
const ORDERS = `
import { metrics } from '@tallykit/metrics';
export async function placeOrder(euros: number): Promise<void> {
  metrics.incr('orders', 1, { tags: { status: 'ok', plan: 'pro' } });
  if (euros > 1_000) metrics.event('Large order', euros + ' EUR', { alertType: 'info' });
}`;

describe("the page's set-up of Jest with TypeScript, in a new project", () => {
  const project = new Consumer(LINES[0]!);
  afterAll(() => project[Symbol.dispose]());
  const write = (file: string, text: string): void => writeFileSync(join(project.folder, file), text);

  beforeAll(async () => {
    const needed = packages.filter(({ name }) => ['@tallykit/metrics', '@tallykit/testkit'].includes(name));
    const named = blockWith('ts-jest@').trim().split(' ').slice(3);
    await project.install(needed, { optional: false, others: [...named, 'expect@30'] });
    write('orders.ts', ORDERS);
    write('jest.config.js', blockWith('// jest.config.js'));
    write('tsconfig.json', blockWith('// tsconfig.json'));
    const tests = blockWith("from './orders'");
    write('orders.test.ts', tests);
    write('imported.test.ts', `import { afterEach, expect, it } from '@jest/globals';\n${tests}`);
    write('metric-matchers.d.ts', blockWith('// metric-matchers.d.ts'));
    write(
      'wrong.ts',
      "expect(0).toHaveCounted('orders', '1');\nexpect(0).toHaveEvent('Deploy', { txt: '' });\n",
    );
  });

  test('runs the tests of the page, with the types of the matchers', async () => {
    const report = JSON.parse(
      await project.node('node_modules/jest/bin/jest.js', '--runInBand', '--json'),
    ) as {
      success: boolean;
      numPassedTests: number;
    };
    expect(report).toMatchObject({ success: true, numPassedTests: 2 });
  });

  test('refuses wrong parameters of the matchers', async () => {
    const compiling = project.tool('typescript/bin/tsc', '--noEmit');
    const { message } = await compiling.then(
      () => new Error('it compiles'),
      (error: Error) => error,
    );
    const errors = message.split('\n').filter((line) => line.includes('error TS'));
    expect(errors).toEqual([
      expect.stringMatching(/^wrong\.ts\(1,.*'string' is not assignable to .*'number'/),
      expect.stringMatching(/^wrong\.ts\(2,.*'txt' does not exist/),
    ]);
  });
});
