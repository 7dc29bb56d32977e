import { resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenToDiag } from './diag-messages.ts';
import { expectIdentity, exportTo, many, outage, SUCCESS } from './fake-server.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

describe('what waits too long or is too much', () => {
  it('is dropped beyond 200,000 series, the oldest first, and logged once', async () => {
    const { server, exporter, recover } = outage({ format: ({ name }) => name, timeoutMillis: 60_000 });
    await exportTo(exporter, many(120_000));
    const later = (count: number) =>
      resourceMetrics(Array.from({ length: count }, (_, index) => sumData(`later${index}`, 1)));
    await exportTo(exporter, later(80_000));
    expect(exporter.stats()).toMatchObject({ pending: { points: 200_000 }, dropped: { points: 0 } });
    await exportTo(exporter, later(80_010));
    expect(exporter.stats()).toMatchObject({
      pending: { points: 280_000 },
      droppedBy: { overflow: { points: 10, amount: 10 } },
    });
    expectIdentity(exporter.stats());
    expect(said.warn.filter((text) => text.includes('overflow'))).toHaveLength(1);
    recover();
    server.take();
    await exporter.forceFlush();
    const sent = new Set(server.payloads.join('\n').split('\n'));
    expect(sent.size).toBe(200_000);
    expect(['n9', 'n10', 'later80009'].map((name) => sent.has(name))).toEqual([false, true, true]);
    // What is lost takes nothing along.
    server.take();
    expect(await exportTo(exporter, many(1))).toEqual({ code: SUCCESS });
    expect(server.payloads).toEqual(['n0']);
    expectIdentity(exporter.stats());
  });
});
