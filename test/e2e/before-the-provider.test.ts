import { expect, test } from 'vitest';
import { startProgram } from '../programs/run-program.ts';

test('calls before a MeterProvider exists arrive without a call after its registration, again after disable()', async () => {
  await using program = startProgram('before-the-provider.ts');
  await expect(program.ended).resolves.toBe(0);
  const lines = program
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  const after = (calls: number, last: number): Record<string, number> => ({
    orders: 2 * calls,
    carts: calls,
    bound: calls,
    query: calls,
    upload: calls,
    temperature: -last,
    depth: last,
  });
  expect(lines).toEqual([
    { provider: 'first', ...after(3, 3) },
    { provider: 'first again', ...after(4, 1) },
    { provider: 'second', ...after(5, 5) },
    { provider: 'first at the end', ...after(4, 1) },
    // Of the second provider: five rounds of five calls, a gauge, and one reading of the observed one.
    { recorded: 27, handed: 27, held: 0, refused: {} },
  ]);
});
