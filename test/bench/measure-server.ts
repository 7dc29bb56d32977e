import type { LoadRequest } from './load-program.ts';
import { Program } from './program.ts';
import type { ServerRequest } from './server-program.ts';
import { shuffled, summarise, type Summary } from './statistics.ts';

/** What records in each request, if anything does. */
const RECORDERS = [
  'nothing',
  'producers',
  'instruments',
  'opentelemetry',
  'hot-shots',
  'prom-client',
] as const;
export type Recorder = (typeof RECORDERS)[number];

/** How long servers are asked. */
export interface ServerPlan {
  readonly requestsPerSecond: number;
  readonly millis: number;
  readonly rounds: number;
}

export interface ServerResult {
  readonly recorder: Recorder;
  /** Microseconds of processor time for each request. */
  readonly processor: Summary;
  /** The same above the server that records nothing, round by round. */
  readonly above: Summary;
}

/** The same Fastify server with different recorders, each in a process of its own, asked in turns. */
export async function measureServers(
  { requestsPerSecond, millis, rounds }: ServerPlan,
  sinkPort: number,
  random: () => number,
  progress: (share: number) => void,
): Promise<ServerResult[]> {
  await using load = new Program<LoadRequest>('load-program.js');
  const servers = await Promise.all(
    RECORDERS.map(async (recorder) => {
      const program = new Program<ServerRequest>('server-program.js', [String(sinkPort), recorder]);
      return {
        recorder,
        program,
        port: await program.ask<number>({ type: 'listen' }),
        micros: [] as number[],
      };
    }),
  );
  try {
    // The first round is for the compiler.
    for (let round = 0; round <= rounds; round += 1) {
      for (const { program, port, micros } of shuffled(servers, random)) {
        const before = await program.ask<number>({ type: 'processor' });
        const answered = await load.ask<number>({ port, requestsPerSecond, millis });
        const after = await program.ask<number>({ type: 'processor' });
        if (round > 0) micros.push((after - before) / answered);
      }
      progress((round + 1) / (rounds + 1));
    }
    const bare = servers.find(({ recorder }) => recorder === 'nothing')!.micros;
    return servers.map(({ recorder, micros }) => ({
      recorder,
      processor: summarise(micros),
      above: summarise(micros.map((value, round) => value - bare[round]!)),
    }));
  } finally {
    await Promise.all(servers.map(({ program }) => program[Symbol.asyncDispose]()));
  }
}
