// What an outage of a minute costs, with our exporters and with what else there is: `pnpm outage` prints the table;
// `pnpm outage --write` writes the results into docs/benchmarks, too.
import { startDatadogIntake, startUdpServer } from '@tallykit/testkit';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { resultsOf, writeResults } from '../bench/results.ts';
import { Screen, WIDTH } from '../demo/screen.ts';
import { startOtlpReceiver } from '../servers/otlp-receiver.ts';
import { statsdBooks } from './books.ts';
import { Child } from './child.ts';
import { FaultyProxy, type HttpFault } from './faulty-proxy.ts';
import type { OutageEnd, OutageRequest, Way } from './outage-program.ts';
import {
  AFTER_SECONDS,
  BEFORE_SECONDS,
  OUTAGE_SECONDS,
  outageTable,
  SECONDS,
  type Arrived,
  type Moment,
  type OutageLibrary,
  type OutageResult,
} from './outage-table.ts';

/** What is compared. */
const COMPARED = ['@opentelemetry/sdk-metrics', '@opentelemetry/exporter-metrics-otlp-http', 'hot-shots'];

/** A server of one kind. */
interface Server extends AsyncDisposable {
  readonly port: number;
  readonly arrived: () => Arrived;
  readonly fail: () => Promise<void>;
  readonly recover: () => Promise<void>;
}

interface Scenario {
  readonly name: string;
  /** Over UDP, a server can only be gone. */
  readonly fault: HttpFault | 'no UDP server';
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'is gone', fault: 'gone' },
  { name: 'answers 429', fault: 429 },
  { name: 'answers 503', fault: 503 },
  { name: 'never answers', fault: 'hangs' },
  { name: 'takes all, and the answers are lost', fault: 'breaks' },
  { name: 'is gone, UDP', fault: 'no UDP server' },
];

/** The columns, over HTTP and over UDP. */
const WAYS: readonly { readonly title: OutageLibrary; readonly http?: Way; readonly udp?: Way }[] = [
  { title: 'Tallykit', http: 'datadog', udp: 'statsd' },
  { title: 'SDK + OTLP, delta', http: 'otlp delta' },
  { title: 'SDK + OTLP, cumulative', http: 'otlp cumulative' },
  { title: 'hot-shots', udp: 'hot-shots' },
];

const { values: given } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const screen = new Screen(process.stdout);
const running = SCENARIOS.flatMap((scenario) => WAYS.map((way) => run(scenario, way)));
const progress = showProgress();
const results = (await Promise.all(running)).filter((result) => result !== undefined);
clearInterval(progress);
if (screen.live) screen.redraw([]);
process.stdout.write(`${outageTable(results)}\n`);
if (given.write) {
  const repository = fileURLToPath(new URL('../..', import.meta.url));
  writeResults(repository, 'outage', resultsOf('pnpm outage', COMPARED, results));
}

async function run(
  { name: scenario, fault }: Scenario,
  { title: library, http, udp }: (typeof WAYS)[number],
): Promise<OutageResult | undefined> {
  const way = fault === 'no UDP server' ? udp : http;
  if (way === undefined) return undefined;
  await using server = await startServer(way, fault);
  await using program = new Child<OutageRequest>('outage-program.ts', {
    environment: { OUTAGE_WAY: way, OUTAGE_PORT: String(server.port) },
  });
  await program.reply();
  await program.ask({ type: 'start' });
  const moments: Moment[] = [];
  const begun = performance.now();
  const wait = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      const recorded = await program.ask<number>({ type: 'count' });
      moments.push([moments.length, recorded, server.arrived().counts]);
      await pause(Math.max(0, begun + moments.length * 1000 - performance.now()));
    }
  };
  await wait(BEFORE_SECONDS);
  await server.fail();
  await wait(OUTAGE_SECONDS);
  await server.recover();
  await wait(AFTER_SECONDS);
  const recorded = await program.ask<OutageEnd>({ type: 'stop' });
  await program.ended;
  const arrived = server.arrived();
  moments.push([SECONDS, recorded.counts, arrived.counts]);
  return { scenario, library, recorded, arrived, moments };
}

async function startServer(way: Way, fault: Scenario['fault']): Promise<Server> {
  if (fault === 'no UDP server') {
    const server = await startUdpServer();
    return {
      port: server.port,
      arrived: () => {
        const { orders, queries } = statsdBooks(server.payloads);
        return { counts: orders[''] ?? 0, timings: queries.count };
      },
      fail: () => server.close(),
      recover: () => server.restart(),
      [Symbol.asyncDispose]: () => server.close(),
    };
  }
  const back = way === 'datadog' ? await startDatadog() : await startOtlp();
  const proxy = new FaultyProxy(Number(new URL(back.url).port));
  await proxy.set();
  return {
    port: proxy.port,
    arrived: back.arrived,
    fail: () => proxy.set(fault),
    recover: () => proxy.set(),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await back.close();
    },
  };
}

async function startDatadog() {
  const intake = await startDatadogIntake();
  return {
    url: intake.url,
    arrived: (): Arrived => ({
      counts: intake.count('orders'),
      timings: intake.distribution('query').count,
    }),
    close: () => intake.close(),
  };
}

async function startOtlp() {
  const receiver = await startOtlpReceiver();
  return {
    url: receiver.url,
    arrived: (): Arrived => ({
      counts: receiver.sums.get('orders{}') ?? 0,
      timings: receiver.histograms.get('query{}')?.count ?? 0,
    }),
    close: async () => receiver[Symbol.asyncDispose](),
  };
}

function showProgress(): NodeJS.Timeout {
  const begun = performance.now();
  const caption = `${SCENARIOS.length} outages side by side, ${SECONDS} s`;
  if (!screen.live) screen.print(caption);
  return setInterval(() => {
    const share = (performance.now() - begun) / 1000 / SECONDS;
    if (screen.live) screen.redraw([`${screen.progress(share, WIDTH - caption.length - 2)}  ${caption}`]);
  }, 250);
}
