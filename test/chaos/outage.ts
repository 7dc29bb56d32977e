// What an outage of a minute costs, with our exporters and with what else there is: `pnpm outage` prints the table.
import { startDatadogIntake, startUdpServer } from '@tallykit/testkit';
import { setTimeout as pause } from 'node:timers/promises';
import { decimal, Screen, WIDTH } from '../demo/screen.ts';
import { markdownTable } from '../markdown-table.ts';
import { startOtlpReceiver } from '../servers/otlp-receiver.ts';
import { statsdBooks } from './books.ts';
import { Child } from './child.ts';
import { FaultyProxy, type HttpFault } from './faulty-proxy.ts';
import type { OutageEnd, OutageRequest, Way } from './outage-program.ts';

const BEFORE_SECONDS = 15;
const OUTAGE_SECONDS = 60;
const AFTER_SECONDS = 25;
const SECONDS = BEFORE_SECONDS + OUTAGE_SECONDS + AFTER_SECONDS;

interface Arrived {
  readonly counts: number;
  readonly timings: number;
}

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
const WAYS: readonly { readonly title: string; readonly http?: Way; readonly udp?: Way }[] = [
  { title: 'Tallykit', http: 'datadog', udp: 'statsd' },
  { title: 'SDK + OTLP, delta', http: 'otlp delta' },
  { title: 'SDK + OTLP, cumulative', http: 'otlp cumulative' },
  { title: 'hot-shots', udp: 'hot-shots' },
];

interface Result extends OutageEnd {
  readonly arrived: Arrived;
}

const screen = new Screen(process.stdout);
const running = SCENARIOS.map((scenario) => WAYS.map((way) => run(scenario, way)));
const progress = showProgress();
const results = await Promise.all(running.map((row) => Promise.all(row)));
clearInterval(progress);
if (screen.live) screen.redraw([]);
process.stdout.write(`${table(results)}\n`);

async function run({ fault }: Scenario, { http, udp }: (typeof WAYS)[number]): Promise<Result | undefined> {
  const way = fault === 'no UDP server' ? udp : http;
  if (way === undefined) return undefined;
  await using server = await startServer(way, fault);
  await using program = new Child<OutageRequest>('outage-program.ts', {
    environment: { OUTAGE_WAY: way, OUTAGE_PORT: String(server.port) },
  });
  await program.reply();
  await program.ask({ type: 'start' });
  await pause(BEFORE_SECONDS * 1000);
  await server.fail();
  await pause(OUTAGE_SECONDS * 1000);
  await server.recover();
  await pause(AFTER_SECONDS * 1000);
  const end = await program.ask<OutageEnd>({ type: 'stop' });
  await program.ended;
  return { ...end, arrived: server.arrived() };
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

function table(rows: readonly (readonly (Result | undefined)[])[]): string {
  const head = [`${OUTAGE_SECONDS} s in which the server …`, '', ...WAYS.map(({ title }) => title)];
  const body = rows.flatMap((row, index) => [
    [SCENARIOS[index]!.name, 'counts', ...row.map((result) => difference(result, 'counts'))],
    ['', 'timings', ...row.map((result) => difference(result, 'timings'))],
    ['', 'lines logged', ...row.map((result) => (result ? decimal(result.lines) : ''))],
  ]);
  return markdownTable([head, ...body], 2);
}

/** How much less arrived than was recorded, or how much more. */
function difference(result: Result | undefined, what: keyof Arrived): string {
  if (result === undefined) return '';
  const missing = result[what] - result.arrived[what];
  if (missing === 0) return '0 lost';
  return missing > 0 ? `${decimal(missing)} lost` : `${decimal(-missing)} too many`;
}
