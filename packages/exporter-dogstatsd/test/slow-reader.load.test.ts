import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  gaugeData,
  parseDogStatsdPayload,
  resourceMetrics,
  type ParsedDogStatsdMetric,
} from '@tallykit/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { missing, unixDgram } from '../../exporter-statsd/test/unix-dgram.ts';
import { DogStatsdMetricExporter } from '../src/index.ts';

const PAYLOADS = 20_000;
/** With a limit of 256 bytes, each line needs a payload of its own. */
const maxPayloadBytes = 256;

function metrics() {
  return resourceMetrics(
    Array.from({ length: PAYLOADS }, (_, index) =>
      gaugeData('depth', index, { attributes: { index, city: 'Zürich 🚲 '.repeat(10) } }),
    ),
  );
}

async function temporarySocket(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tallykit-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'socket');
}

/** Sends everything and says what became of it. */
async function send(url: string) {
  const exporter = new DogStatsdMetricExporter({ url, maxPayloadBytes, timeoutMillis: 150_000 });
  const result = await new Promise<{ readonly code: number }>((resolve) => {
    exporter.export(metrics(), resolve);
  });
  await exporter.shutdown();
  return { result, stats: exporter.stats() };
}

function expectEverything(payloads: readonly string[]): void {
  expect(payloads).toHaveLength(PAYLOADS);
  const seen = new Set<number>();
  for (const payload of payloads) {
    expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(maxPayloadBytes);
    const [metric, ...others] = parseDogStatsdPayload(payload) as ParsedDogStatsdMetric[];
    expect(others).toEqual([]);
    expect(metric!.values).toEqual([Number(metric!.tags['index'])]);
    seen.add(metric!.values[0]!);
  }
  expect(seen.size).toBe(PAYLOADS);
}

it(`${PAYLOADS} frames over a unix stream all arrive at a server that reads slowly, and none is torn`, async () => {
  const path = await temporarySocket();
  let finish: (bytes: Buffer) => void = () => undefined;
  const received = new Promise<Buffer>((resolve) => (finish = resolve));
  const server = createServer(async (socket) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk as Uint8Array);
      // What is sent meanwhile fills the buffers, so that the sender has to wait.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    finish(Buffer.concat(chunks));
  });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());

  const { result, stats } = await send(`unixstream://${path}`);
  expect([result.code, stats.exported.points, stats.dropped.points]).toEqual([0, PAYLOADS, 0]);
  const bytes = await received;
  const frames: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    expect(end).toBeLessThanOrEqual(bytes.length);
    frames.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  expectEverything(frames);
});

/** Needs a fifth of a millisecond for each datagram, and prints them all when it has seen so many. */
const SLOW_READER = `
  const [module, path, count] = process.argv.slice(1);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const datagrams = [];
  const socket = require(module).createSocket('unix_dgram', (message) => {
    datagrams.push(message.toString());
    Atomics.wait(pause, 0, 0, 0.2);
    if (datagrams.length === Number(count)) {
      socket.close();
      process.stdout.write(JSON.stringify(datagrams));
    }
  });
  socket.bind(path);
  process.stdout.write('bound');`;

it.skipIf(missing)(
  `${PAYLOADS} unix datagrams all arrive at a server that reads slowly${missing}`,
  async () => {
    const path = await temporarySocket();
    const reader = spawn(process.execPath, ['--eval', SLOW_READER, unixDgram, path, String(PAYLOADS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void reader.kill('SIGKILL'));
    // It may end before the exporter has shut down.
    const closed = once(reader, 'close');
    let printed = '';
    reader.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
    await once(reader.stdout, 'data');

    const { result, stats } = await send(`unixgram://${path}`);
    expect([result.code, stats.exported.points, stats.dropped.points]).toEqual([0, PAYLOADS, 0]);
    await closed;
    expectEverything(JSON.parse(printed.slice('bound'.length)) as string[]);
  },
  // Seven seconds on a machine at rest; what both sides wait for each other grows with everything else that runs.
  180_000,
);
