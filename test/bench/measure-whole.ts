import { Program } from './program.ts';
import type { Ports } from './sink-program.ts';
import { summarise, type Summary } from './statistics.ts';
import type { FlushReply } from './whole-program.ts';

/** A flush of `startMetrics`, from the recorded calls to a server: milliseconds. */
export interface WholeResult {
  readonly backend: string;
  readonly series: number;
  /** How many points the last flush exported. */
  readonly exported: number;
  /** The longest block of the event loop, without the garbage collector's pauses. */
  readonly block: Summary;
  readonly longestPause: Summary;
}

/** Rounds that nobody looks at: the first ones wait for the compiler. */
const WARM_UP_ROUNDS = 2;

export async function measureWhole(series: number, rounds: number, ports: Ports): Promise<WholeResult[]> {
  const backends = {
    dogstatsd: { port: ports.udp },
    datadog: { apiKey: 'bench', url: `http://127.0.0.1:${ports.http}` },
  };
  const results: WholeResult[] = [];
  for (const [backend, options] of Object.entries(backends)) {
    await using program = new Program<object>('whole-program.js', [
      backend,
      JSON.stringify(options),
      String(series),
    ]);
    const replies: FlushReply[] = [];
    for (let round = 0; round < WARM_UP_ROUNDS + rounds; round += 1) replies.push(await program.ask({}));
    const counted = replies.slice(WARM_UP_ROUNDS);
    results.push({
      backend,
      series,
      exported: counted.at(-1)!.exported,
      block: summarise(counted.map(({ block }) => block.own)),
      longestPause: summarise(counted.map(({ longestPause }) => longestPause)),
    });
  }
  return results;
}
