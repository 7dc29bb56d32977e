import { histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HistogramFormat } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import {
  deliver,
  expectIdentity,
  exportTo,
  FAILED,
  FakeServer,
  NOT_ACCEPTED,
  SUCCESS,
} from './fake-server.ts';

const explicit = { buckets: { boundaries: [10], counts: [1, 2] }, count: 3, sum: 40, min: 4, max: 25 };
const both = () => resourceMetrics([histogramData('h', explicit), sumData('c', 1)]);
const format: HistogramFormat = ({ name, value }) => `${name}:${value.count}`;

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

describe('what histograms need', () => {
  it('is loaded once, with the first export that brings one, and nothing of that export is lost', async () => {
    const server = new FakeServer();
    let loads = 0;
    const exporter = deliver(server, {
      async loadHistogramFormat() {
        loads += 1;
        return format;
      },
    });
    expect(await exportTo(exporter, resourceMetrics([sumData('c', 1)]))).toEqual({ code: SUCCESS });
    expect(loads).toBe(0);
    for (let time = 0; time < 2; time += 1) {
      expect(await exportTo(exporter, both())).toEqual({ code: SUCCESS });
      expect(loads).toBe(1);
    }
    expect(server.payloads).toEqual(['c:1', 'h:3\nc:1', 'h:3\nc:1']);
    expectIdentity(exporter.stats());
  });

  it('is loaded for the exports that were handed in meanwhile, too', async () => {
    const server = new FakeServer();
    const exporter = deliver(server);
    await Promise.all([exportTo(exporter, both()), exportTo(exporter, both()), exporter.shutdown()]);
    expect(server.payloads).toEqual(['h:6\nc:2']);
    expect(exporter.stats()).toMatchObject({ exported: { points: 4, amount: 2 }, pending: { points: 0 } });
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('no such file'))],
    [
      'throws',
      () => {
        throw new Error('no such file');
      },
    ],
  ])('costs an export its histograms when it %s, and is tried again with the next', async (_how, fail) => {
    const server = new FakeServer();
    let load: () => Promise<HistogramFormat> = fail;
    const exporter = deliver(server, { loadHistogramFormat: () => load() });
    expect(await exportTo(exporter, both())).toEqual({ code: SUCCESS });
    expect(await exportTo(exporter, resourceMetrics([histogramData('h', explicit)]))).toMatchObject({
      code: FAILED,
      error: {
        message: expect.stringContaining('the code for histograms could not be loaded: no such file'),
      },
    });
    expect(server.payloads).toEqual(['c:1']);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1 },
      droppedBy: { error: { points: 2, amount: 0 } },
    });
    expect(said.warn).toEqual([
      expect.stringContaining(
        'dropped a point of h (error): the code for histograms could not be loaded: no such file',
      ),
    ]);

    load = async () => format;
    expect(await exportTo(exporter, both())).toEqual({ code: SUCCESS });
    expect(server.payloads).toEqual(['c:1', 'h:3\nc:1']);
    expectIdentity(exporter.stats());
  });

  it('is not asked for by what waits: it is there already', async () => {
    const server = new FakeServer();
    server.answer = () => NOT_ACCEPTED;
    const exporter = deliver(server);
    await exportTo(exporter, both());
    server.answer = () => ({ type: 'delivered' });
    server.take();
    await exportTo(exporter, both());
    expect(server.payloads).toEqual(['h:6\nc:2']);
  });

  it('is loaded by each of several exporters', async () => {
    const servers = [new FakeServer(), new FakeServer()];
    await Promise.all(servers.map((server) => exportTo(deliver(server), both())));
    expect(servers.map(({ payloads }) => payloads)).toEqual([['h:3\nc:1'], ['h:3\nc:1']]);
  });
});
