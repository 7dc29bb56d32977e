import { afterEach, describe, expect, it, vi } from 'vitest';
import { deliver, exportTo, FakeServer, many, SUCCESS } from './fake-server.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the fake timers of a test framework', () => {
  it.each([
    ['before', 'the exporter was loaded'],
    ['after', 'the exporter was loaded'],
  ])('that were installed %s %s hold up neither exports nor a shutdown', async (when) => {
    vi.resetModules();
    if (when === 'before') vi.useFakeTimers();
    const { systemClock } = await import('../src/support/clock.ts');
    if (when === 'after') vi.useFakeTimers();
    const server = new FakeServer();
    const exporter = deliver(server, { clock: systemClock, pacing: { payloadsAtOnce: 1, gapMillis: 1 } });
    // Several payloads, with gaps between them.
    expect(await exportTo(exporter, many(100))).toEqual({ code: SUCCESS });
    server.hold();
    void exportTo(exporter, many(1));
    await exporter.shutdown({ timeoutMillis: 1 });
    expect(exporter.stats()).toMatchObject({ exported: { points: 100 }, pending: { points: 0 } });
  });
});

it('sleep blocks the thread, with fake timers too', async () => {
  vi.useFakeTimers();
  const { systemClock } = await import('../src/support/clock.ts');
  const begun = systemClock.now();
  systemClock.sleep(5);
  expect(systemClock.now() - begun).toBeGreaterThanOrEqual(4);
});
