// A peer that accepts connections and ends them, as a mesh or a balancer does with nobody behind it. It needs no network.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerPlan, StreamBehaviour } from './receiver-program.ts';
import type { ExporterPlan } from './recorder-program.ts';
import {
  describeFigures,
  Scene,
  serve,
  startReceiver,
  startRecorder,
  ThisMachine,
  type Figures,
  type Receiver,
  type Target,
} from './scene.ts';

const EXPORTS = 10;

const ENDS = [0, 5, 50, 300].flatMap((afterMillis) =>
  (['close', 'end'] as const).map((by): readonly [name: string, behaviour: StreamBehaviour] => [
    `ends after ${afterMillis} ms by ${by}()`,
    { afterMillis, by },
  ]),
);
const BEHAVIOURS: readonly (readonly [name: string, behaviour: StreamBehaviour])[] = [
  ...ENDS,
  ['ends after reading', 'ends after reading'],
  ['finds nobody behind it after 30 ms', { findsNobodyAfterMillis: 30 }],
];

const KINDS = {
  'StatsD over TCP': {
    plan: (_, behaviour) => ({ type: 'stream', reads: 'statsd', behaviour }),
    exporter: (_, port) => ['statsd', { host: '127.0.0.1', port, protocol: 'tcp' }],
    destination: (_, port) => `tcp 127.0.0.1:${port}`,
  },
  'DogStatsD over a unix stream': {
    plan: (path, behaviour) => ({ type: 'stream', path, reads: 'dogstatsd', behaviour }),
    exporter: (path) => ['dogstatsd', { url: `unixstream://${path}` }],
    destination: (path) => path,
  },
} as const satisfies Record<
  string,
  {
    readonly plan: (path: string, behaviour: StreamBehaviour) => ServerPlan;
    readonly exporter: (path: string, port: number) => ExporterPlan;
    /** As it is called in log lines. */
    readonly destination: (path: string, port: number) => string;
  }
>;

interface Result {
  /** After the exports, while the peer still does what it does. */
  readonly during: Figures;
  /** When it reads at last. */
  readonly after: Figures;
  /** What was logged of it. */
  readonly lines: readonly string[];
}

const machine = new ThisMachine();
let folder: string;
let receiver: Receiver;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'streams-'));
  receiver = await startReceiver(machine);
});
afterAll(async () => {
  await machine[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('%s: a peer that', (kind) => {
  const results = new Map<string, Result>();

  // All peers side by side, because ends that come late take real time.
  beforeAll(async () => {
    const { plan, exporter, destination } = KINDS[kind];
    const targets: Target[] = [];
    const destinations = new Map<string, string>();
    for (const [name, behaviour] of BEHAVIOURS) {
      const path = join(folder, `${targets.length}.sock`);
      const port = await serve(receiver, name, plan(path, behaviour));
      targets.push({ name, exporter: exporter(path, port), receivers: [receiver] });
      destinations.set(name, destination(path, port));
    }
    const scene = await Scene.start(await startRecorder(machine), targets);
    await scene.export(EXPORTS);
    const during = await scene.figures(0);
    for (const [name] of BEHAVIOURS) await receiver.ask({ type: 'behave', name, behaviour: 'reads' });
    await scene.export(1);
    await scene.flush();
    const after = await scene.figures(0);
    for (const [name] of BEHAVIOURS) {
      const lines = scene.lines.filter((line) => line.includes(destinations.get(name)!));
      results.set(name, { during: during[name]!, after: after[name]!, lines });
    }
  });

  test.for(BEHAVIOURS)('%s', async ([name], context) => {
    const { during, after, lines } = results.get(name)!;
    await context.annotate(`${describeFigures({ during, after })}\n${lines.join('\n')}`);
    // What nobody read is not called exported, neither while it happens nor afterwards.
    expect(during.arrived).toBeLessThanOrEqual(name === 'ends after reading' ? during.recorded : 0);
    expect(during.exported).toBeLessThanOrEqual(during.arrived);
    expect(after.exported).toBeLessThanOrEqual(after.arrived);
    // Nothing is lost that isn't counted, and only what was read before an end is counted as lost and isn't.
    expect(after.pending).toBe(0);
    expect(after.exported + after.dropped).toBe(after.recorded);
    const wrongly = after.arrived + after.dropped - after.recorded;
    expect(wrongly).toBeGreaterThanOrEqual(0);
    expect(wrongly).toBeLessThanOrEqual(during.arrived);
    // One outage: that it began, and that it is over.
    expect(lines).toEqual([
      expect.stringMatching(/can't deliver/),
      expect.stringMatching(/delivering to .* again/),
    ]);
  });
});
