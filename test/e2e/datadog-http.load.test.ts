import { expect, test } from 'vitest';
import { startProgram } from '../programs/run-program.ts';

interface Seen {
  readonly requests: number;
  readonly series: number;
  readonly refused: number;
  readonly largestSent: number;
  readonly largestInflated: number;
  readonly processorMillis: number;
}

async function exportPoints(points: number): Promise<Seen> {
  await using program = startProgram(
    'datadog-http-million.ts',
    { POINTS: String(points) },
    // A million points and their series take 700 MB; the payloads of a million, 300 MB, would not fit in besides.
    { nodeOptions: ['--max-old-space-size=1000'] },
  );
  const status = await program.ended;
  if (status !== 0) throw new Error(`The program ended with ${status}. It printed:\n${program.output()}`);
  return JSON.parse(program.output()) as Seen;
}

test(
  '1,000,000 points are split in linear time, within both limits and in bounded memory',
  { timeout: 300_000 },
  async () => {
    const [some, million] = [await exportPoints(100_000), await exportPoints(1_000_000)];
    expect(million).toMatchObject({
      code: 0,
      series: 1_000_000,
      received: 1_000_000,
      exported: 1_000_000,
      pending: 0,
      dropped: 0,
      // What is too large after compression is not even sent.
      refused: 0,
    });
    expect(million.largestSent).toBeLessThanOrEqual(512_000);
    expect(million.largestInflated).toBeLessThanOrEqual(5_242_880);
    // Ten times as many cost ten times as much, with some room for garbage collection.
    expect(million.processorMillis / some.processorMillis).toBeLessThan(20);
    // The smallest number of requests that there could be is one for each 5,242,880 bytes; halves are at most twice as many.
    expect(million.requests / some.requests).toBeLessThan(12);
  },
);
