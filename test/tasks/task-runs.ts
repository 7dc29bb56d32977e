import assert from 'node:assert/strict';
import { Arrivals } from './arrivals.ts';
import type { Library } from './libraries.ts';
import { startCollector, startIntake } from './receivers.ts';
import { finishProgram } from './running-program.ts';
import type { RunOptions, Session } from './session.ts';

/** What a library has shown. */
export interface Finding {
  /** Whether the task is done, and by what: lines of code, a variable at the start, or nothing at all. */
  readonly done: 'by code' | 'by a variable' | 'by itself' | 'no';
  /** What was seen, or what was not. */
  readonly seen: string;
}

type LibraryName = Library['name'];

type Variables = Readonly<Record<string, string>>;

const ORDERS_BY_PLAN = { pro: 2, free: 1 };

interface Shown {
  readonly variables: Variables;
  /** The line that is quoted. */
  readonly line: RegExp;
}

/** What makes a library show what it records. */
const SHOWN_BY: Partial<Record<LibraryName, Shown>> = {
  tallykit: { variables: { METRICS_BACKEND: 'console' }, line: /'db.query': [^{]*/ },
  'hot-shots': { variables: { NODE_DEBUG: 'hot-shots' }, line: /timing: stat=db.query.*/ },
  'dd-trace': { variables: { DD_TRACE_DEBUG: 'true' }, line: /db.query:.*/ },
  'datadog-metrics': { variables: { DEBUG: 'metrics' }, line: /\{"metric":"db.query".*/ },
  opentelemetry: { variables: { OTEL_METRICS_EXPORTER: 'console' }, line: /sum: .*/ },
};

/** What makes a library say why it can't deliver, where it doesn't say so by itself. */
const SAID_BY: Partial<Record<LibraryName, Variables>> = {
  'hot-shots': { NODE_DEBUG: 'hot-shots' },
  'dd-trace': { DD_TRACE_DEBUG: 'true' },
  opentelemetry: { OTEL_LOG_LEVEL: 'error' },
};

/** A message, without the quotes and the stack that some put around it. */
const REFUSED = /[^"\\\n]*ECONNREFUSED[^"\\\n]*/;

interface Switch {
  readonly development: Variables;
  readonly production: readonly (RunOptions & { readonly name: string })[];
}

/** How a program is told where its metrics go. */
const SWITCHES: Partial<Record<LibraryName, Switch>> = {
  tallykit: {
    development: { METRICS_BACKEND: 'console' },
    production: [
      { name: 'an Agent', environment: { METRICS_BACKEND: 'dogstatsd' } },
      {
        name: "Datadog's HTTP API",
        environment: { METRICS_BACKEND: 'datadog' },
        startReceiver: startIntake,
      },
      { name: 'OTLP', environment: { METRICS_BACKEND: 'otlp' }, startReceiver: startCollector },
    ],
  },
  'hot-shots': {
    development: {},
    production: [{ name: 'an Agent', environment: { NODE_ENV: 'production' } }],
  },
  'datadog-metrics': {
    development: {},
    production: [{ name: "Datadog's HTTP API", environment: { NODE_ENV: 'production' } }],
  },
  opentelemetry: {
    development: { OTEL_METRICS_EXPORTER: 'console' },
    production: [{ name: 'OTLP' }],
  },
};

/** They choose the backend in the code. The others read the variables themselves. */
const CHOOSES_IN_CODE: ReadonlySet<LibraryName> = new Set(['hot-shots', 'datadog-metrics']);

/** The answer of the store's page. */
interface DashboardRange {
  readonly series: readonly {
    readonly tags: Readonly<Record<string, string>>;
    readonly points: readonly (readonly [seconds: number, count: number])[];
  }[];
}

export async function countOrders(session: Session): Promise<Finding> {
  const { arrived } = await session.run('count');
  checkOrders(session.library, 'plan', ORDERS_BY_PLAN, arrived);
  return { done: 'by code', seen: 'pro 2, free 1' };
}

export async function timeQueries(session: Session): Promise<Finding> {
  const { arrived } = await session.run('time');
  const { queries, queryUnitMillis } = session.library;
  assert.equal(arrived.values(queries, { result: 'success' }), 2);
  assert.equal(arrived.values(queries, { result: 'failure' }), 1);
  // Each takes 20 ms; a timer may fire within the millisecond before.
  const millis = arrived.sum(queries) * queryUnitMillis;
  assert.ok(millis >= 3 * 19, `${millis} ms for three queries`);
  return { done: 'by code', seen: '2 succeeded, 1 failed' };
}

export async function tagWithContext(session: Session): Promise<Finding> {
  await using receiver = await session.library.startReceiver();
  await using program = session.start('request-context', receiver.environment);
  await placeOrders(await program.address(), ['acme', 'globex', 'acme']);
  const { arrived } = await finishProgram(program, receiver);
  checkOrders(session.library, 'tenant', { acme: 2, globex: 1 }, arrived);
  return { done: 'by code', seen: 'acme 2, globex 1' };
}

export async function unitTest(session: Session): Promise<Finding> {
  const passed = await runTest(session, {});
  assert.equal(passed.status, 0, passed.output);
  const failed = await runTest(session, { BROKEN: '1' });
  assert.equal(failed.status, 1, failed.output);
  return { done: 'by code', seen: `passes, and fails with ${code(failureOf(failed.output))}` };
}

export async function seeLocally(session: Session): Promise<Finding> {
  const shown = SHOWN_BY[session.library.name];
  if (shown === undefined) return seeScrape(session);
  const { output } = await session.runAlone('time', shown.variables);
  assert.match(output, /failure/);
  return {
    done: 'by a variable',
    seen: `${nameOf(shown.variables)}: ${quote(output, shown.line)}`,
  };
}

export async function changeBackend(session: Session): Promise<Finding> {
  const task = CHOOSES_IN_CODE.has(session.library.name) ? 'change-backend' : 'count';
  const { development, production } = SWITCHES[session.library.name]!;
  const local = await session.runAlone(task, development);
  assert.match(local.output, /orders/);
  assert.match(local.output, /pro/);
  for (const { name, ...options } of production) {
    const { arrived, output } = await session.run(task, options);
    checkOrders(session.library, 'plan', ORDERS_BY_PLAN, arrived);
    assert.doesNotMatch(output, /orders/, `${name} prints as well`);
  }
  const seen = `the screen; ${production.map(({ name }) => name).join(', ')}`;
  return { done: task === 'count' ? 'by a variable' : 'by code', seen };
}

export async function shutDown(session: Session): Promise<Finding> {
  await using receiver = await session.library.startReceiver();
  await using program = session.start('shut-down', receiver.environment);
  const address = await program.address();
  await placeOrders(
    address,
    Array.from({ length: 10 }, () => 'acme'),
  );
  program.child.kill('SIGTERM');
  assert.equal(await program.ended, 0, program.output());
  const orders = new Arrivals(await receiver.arrivals(address)).sum(session.library.orders);
  if (receiver.asks) {
    assert.equal(orders, 0);
    return { done: 'no', seen: '0 of 10: what was counted after the last scrape is lost' };
  }
  assert.equal(orders, 10);
  return { done: 'by code', seen: '10 of 10' };
}

export async function findOutWhy(session: Session): Promise<Finding> {
  const silent = await session.runAlone('count', {}, REFUSED);
  if (REFUSED.test(silent.output)) return { done: 'by itself', seen: describe(silent.output) };
  const variables = SAID_BY[session.library.name]!;
  const asked = await session.runAlone('count', variables, REFUSED);
  if (REFUSED.test(asked.output)) {
    return {
      done: 'by a variable',
      seen: `nothing; with ${nameOf(variables)}: ${describe(asked.output)}`,
    };
  }
  return {
    done: 'no',
    seen: `nothing; with ${nameOf(variables)}: ${code(/.*successful.*/.exec(asked.output)?.[0] ?? '')}`,
  };
}

export async function limitCardinality(session: Session): Promise<Finding> {
  const { orders } = session.library;
  const { arrived, output } = await session.run('cardinality');
  assert.equal(arrived.sum(orders), 3_000);
  const series = arrived.series(orders);
  const told = output.split('\n').find((line) => line.includes('orders') && /series|cardinality/.test(line));
  return {
    done: series < 3_000 ? 'by itself' : 'no',
    seen: `${series.toLocaleString('en')} series; ${told === undefined ? 'not a word' : code(told)}`,
  };
}

export async function showDashboard(session: Session): Promise<Finding> {
  await using receiver = await session.library.startReceiver();
  await using program = session.start('dashboard', receiver.environment);
  const address = await program.address();
  const page = await (await fetch(address)).text();
  assert.match(page, /<html/);
  const range = await fetch(new URL('api/range?name=orders&last=3600&by=plan', address));
  const { series } = (await range.json()) as DashboardRange;
  const shown = series.map(({ tags, points }) => [
    tags.plan,
    points.reduce((sum, [, count]) => sum + count, 0),
  ]);
  assert.deepEqual(Object.fromEntries(shown), ORDERS_BY_PLAN);
  await finishProgram(program, receiver);
  return { done: 'by code', seen: 'a page with the chart: pro 2, free 1' };
}

function checkOrders(
  { orders }: Library,
  tag: string,
  expected: Readonly<Record<string, number>>,
  arrived: Arrivals,
): void {
  const found = Object.keys(expected).map((value) => [value, arrived.sum(orders, { [tag]: value })]);
  assert.deepEqual(Object.fromEntries(found), expected);
  assert.equal(arrived.sum(orders), 3);
}

async function placeOrders(address: string, tenants: readonly string[]): Promise<void> {
  for (const tenant of tenants) {
    const response = await fetch(`${address}/orders`, { method: 'POST', headers: { 'x-tenant': tenant } });
    assert.equal(response.status, 200);
  }
}

async function runTest(
  session: Session,
  environment: Variables,
): Promise<{ status: number | NodeJS.Signals; output: string }> {
  await using program = session.start('unit-test', environment);
  return { status: await program.ended, output: program.output() };
}

/** What a failed test of `node:test` says first. */
function failureOf(output: string): string {
  const text = /^ *error: (?:'(.*)'|\|-\n\s*([^]*?)\n *code:)/m.exec(output);
  return text?.[1] ?? text?.[2] ?? output;
}

/** What is seen of a program that is scraped. */
async function seeScrape(session: Session): Promise<Finding> {
  await using receiver = await session.library.startReceiver();
  await using program = session.start('time', receiver.environment);
  const page = await (await fetch(`${await program.address()}/metrics`)).text();
  assert.match(page, /failure/);
  await finishProgram(program, receiver);
  return { done: 'by itself', seen: `\`curl …/metrics\`: ${quote(page, /db_query_seconds_sum.*/)}` };
}

/** How many lines are seen, and a part of them. */
function quote(output: string, part: RegExp): string {
  const found = part.exec(output)?.[0];
  assert.ok(found !== undefined, output);
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return `${lines.length} lines, such as ${code(found)}`;
}

function describe(output: string): string {
  return code(REFUSED.exec(output)?.[0] ?? output);
}

const LONGEST_QUOTE = 330;

/** A text of a program as code in one cell of a table. */
function code(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ').replaceAll('`', "'").replaceAll('|', '\\|');
  return `\`${line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line}\``;
}

function nameOf(variables: Variables): string {
  return code(
    Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  );
}
