import { createSocket } from 'node:dgram';
import { expect, it, onTestFinished } from 'vitest';
import { arrivalsOfLines } from '../src/printing/arrivals.ts';
import { SeriesWatch } from '../src/printing/series-watch.ts';
import { drawTable } from '../src/printing/table.ts';
import { painter, printable, shortNumber, shortSpan } from '../src/printing/text.ts';
import { createArrivalPrinter, startDatadogIntake, startUdpServer } from '../src/index.ts';

const PLAIN = painter(false);
/** Half past ten in the morning, wherever the test runs. */
const START = new Date(2026, 0, 1, 10, 30).getTime();

function printing(options: { dialect?: 'graphite' } = {}) {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) };
  const printer = createArrivalPrinter({ output, now: () => START, ...options });
  onTestFinished(() => printer.close());
  return { printer, lines: () => written.join('').split('\n').slice(0, -1) };
}

it('prints a line for each series of a payload, with its tags', () => {
  const { printer, lines } = printing();
  printer.add('shop.orders:2|c|#plan:pro\nshop.orders:1|c|@0.5|#plan:pro\nqueue-depth:-0.5|g\n');
  printer.add(['db:1|ms', 'db:2|ms', 'db:3:4|d|#a:b', '_sc|redis|2|m:down', '_e{2,1}:hi|x|#k:v'].join('\n'));
  expect(lines()).toEqual([
    '10:30:00 count shop.orders plan:pro +4',
    '10:30:00 gauge queue-depth -0.5',
    expect.stringMatching(/^10:30:00 timing db 2 values, p50 1\S* p95 2 p99 2 max 2$/),
    expect.stringMatching(
      /^10:30:00 distribution db a:b 2 values, p50 3\S* p95 (?:4|3\.9\d*) p99 \S+ max 4$/,
    ),
    '10:30:00 check redis is critical: down',
    '10:30:00 event hi: x k:v',
  ]);
});

it.each([
  ['orders;plan=pro:1|c', undefined, 'count orders plan:pro +1'],
  ['orders,plan=pro:1|c', undefined, 'count orders plan:pro +1'],
  ['orders:x|c', undefined, 'bad a value that is no plain decimal: "orders:x|c"'],
  ['orders', undefined, 'bad another type than c, g, h, ms, d: "orders"'],
  ['', undefined, 'bad an empty line: ""'],
  [
    'orders:1|c|#plan:pro',
    'graphite',
    'bad tags at the end: "orders:1|c|#plan:pro"; it is of the dialect dogstatsd, and not graphite',
  ],
  ['\u001B[2J:1|c', undefined, String.raw`bad a name that Datadog would change: "\u001b[2J:1|c"`],
] as const)('reads %j where %s is wanted', (line, dialect, expected) => {
  const { printer, lines } = printing(dialect && { dialect });
  printer.add(line);
  expect(lines()).toEqual([`10:30:00 ${expected}`]);
});

/** Seconds since the start of the test, as the time of an arrival. */
function watchWith(lines: readonly (readonly [second: number, line: string])[]): SeriesWatch {
  const watch = new SeriesWatch();
  for (const [second, line] of lines) watch.add(arrivalsOfLines(line, undefined), second * 1000);
  return watch;
}

it('has a rate over the time that was watched, and none before there is one', () => {
  const once = watchWith([[0, 'orders:100|c']]);
  expect(once.series(1000)).toMatchObject([{ total: 100, rate: undefined }]);
  const watch = watchWith([
    [0, 'orders:100|c'],
    [10, 'orders:20|c'],
    [10.1, 'orders:10|c'],
    [20, 'orders:30|c'],
  ]);
  expect(watch.series(20_000)).toMatchObject([{ total: 160, rate: 3, usualGap: 10_000, isQuiet: false }]);
});

it('says once that a series has gone quiet, when three of its usual gaps have passed', () => {
  const watch = watchWith([
    [0, 'a:1|c\nb:1|c'],
    [10, 'a:1|c\nb:1|c'],
    [40, 'b:1|c'],
  ]);
  expect(watch.takeQuiet(40_000)).toEqual([]);
  expect(watch.takeQuiet(40_001).map(({ name }) => name)).toEqual(['a']);
  expect(watch.takeQuiet(50_000)).toEqual([]);
  watch.add(arrivalsOfLines('a:1|c', undefined), 60_000);
  expect(watch.series(60_000).map(({ isQuiet }) => isQuiet)).toEqual([false, false]);
});

it.each([
  [
    80,
    [
      'series value per s p95 seen',
      'db.query table:orders 3 0.2 30 0s',
      'old 1 quiet 70s',
      'orders plan:pro 30 1 0s',
    ],
  ],
  [
    110,
    [
      'series type value per s p50 p95 p99 seen',
      'db.query table:orders time 3 0.2 30 30 30 0s',
      'old count 1 quiet 70s',
      'orders plan:pro count 30 1 0s',
    ],
  ],
])('draws a table for %i columns', (columns, expected) => {
  const watch = watchWith([
    [0, 'old:1|c'],
    [60, 'orders:20|c|#plan:pro\ndb.query:30|ms|#table:orders'],
    [70, 'orders:10|c|#plan:pro\n\ndb.query:30|ms|#table:orders\ndb.query:30|ms|#table:orders'],
  ]);
  const title = 'UDP 8125';
  const drawn = drawTable(watch, { title, now: 70_000, columns, rows: 20, paint: PLAIN });
  const table = drawn.slice(3, 7);
  expect(table.map((line) => line.replaceAll(/ +/g, ' '))).toEqual(expected);
  expect(new Set(table.map((line) => line.length))).toEqual(new Set([columns]));
  expect(drawn.slice(0, 3)).toEqual([title, '3 series · 3 payloads · 1 bad · 1 quiet', '']);
  expect(drawn.slice(7)).toEqual(['', 'bad 0s ago an empty line: ""']);
});

it('fits a table into a low and narrow terminal, and says how many series it leaves out', () => {
  const many = Array.from({ length: 100 }, (_, index) => `series.with.a.long.name.${index}:1|c|#tag:value`);
  const watch = watchWith([[0, many.join('\n')]]);
  const drawn = drawTable(watch, { title: '', now: 0, columns: 40, rows: 10, paint: PLAIN });
  expect(drawn.length).toBeLessThan(10);
  expect(drawn.at(-1)).toBe('… 96 more');
  expect(Math.max(...drawn.map((line) => line.length))).toBeLessThanOrEqual(40);
});

it('prints for a server that is told to, and several servers can share a printer', async () => {
  const { printer, lines } = printing();
  const server = await startUdpServer({ print: printer });
  const intake = await startDatadogIntake({ print: printer });
  onTestFinished(async () => {
    await server.close();
    await intake.close();
  });
  const client = createSocket('udp4');
  onTestFinished(() => void client.close());
  client.send('orders:1|c', server.port, '127.0.0.1');
  await server.receive(1);
  const point = { timestamp: Math.floor(Date.now() / 1000), value: 3 };
  const body = (series: unknown) => JSON.stringify({ series });
  const post = (text: string) =>
    fetch(`${intake.url}/api/v2/series`, { method: 'POST', headers: { 'dd-api-key': 'k' }, body: text });
  await post(body([{ metric: 'shop.orders', type: 1, points: [point], tags: ['plan:pro'] }]));
  await post('{');
  expect(lines()).toEqual([
    '10:30:00 count orders +1',
    '10:30:00 count shop.orders plan:pro +3',
    expect.stringMatching(/^10:30:00 bad POST \/api\/v2\/series answered with 400: /),
  ]);
});

it('draws on the second screen of a terminal, and leaves the last table on the first one', () => {
  const written: string[] = [];
  const output = {
    isTTY: true,
    columns: 60,
    rows: 10,
    hasColors: () => true,
    write: (text: string) => written.push(text),
  };
  const printer = createArrivalPrinter({ output, style: 'table', title: 'UDP 8125', now: () => START });
  printer.add('orders:1|c');
  printer.close();
  expect(written[0]).toBe('\u001B[?1049h\u001B[?25l');
  expect(written.at(-1)).toContain('\u001B[?1049l\u001B[1mUDP 8125\u001B[22m');
  expect(written.at(-1)).toMatch(/orders +1 +0s\n$/);
});

it.each([
  [0, '0'],
  [12.345_67, '12.35'],
  [9999, '9999'],
  [9999.6, '10k'],
  [123_456, '123.5k'],
  [-2_500_000, '-2.5M'],
  [0.000_01, '1.0e-5'],
])('shows the number %d as %s', (value, expected) => {
  expect(shortNumber(value)).toBe(expected);
});

it('shows spans and invisible characters for people', () => {
  expect([999, 99_999, 100_000, 6_000_000].map(shortSpan)).toEqual(['0s', '99s', '1m', '1h']);
  expect(printable('a\u001Bb\u2028')).toBe(String.raw`a\u{1b}b\u{2028}`);
});
