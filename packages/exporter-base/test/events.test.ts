import { resourceMetrics, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DELIVERED } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock, settle } from './fake-clock.ts';
import {
  deliver,
  expectIdentity,
  exportTo,
  FakeServer,
  many,
  NOT_ACCEPTED,
  SUCCESS,
  UNKNOWN,
} from './fake-server.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

function start() {
  const server = new FakeServer();
  const clock = new FakeClock();
  const exporter = deliver(server, { clock });
  const route = { transport: server, maxPayloadBytes: 30 };
  return { server, clock, exporter, route };
}

describe('events', () => {
  it('are sent soon, without an export, together with others of their turn and their route', async () => {
    const { server, exporter, route } = start();
    const other = new FakeServer();
    exporter.event('deploy', route);
    exporter.event('rollback', route);
    exporter.event('elsewhere', { transport: other, maxPayloadBytes: 30 });
    expect(exporter.stats()).toMatchObject({
      received: { points: 0 },
      events: { received: { points: 3 }, pending: { points: 3 } },
    });
    await settle();
    expect([server.payloads, other.payloads]).toEqual([['deploy\nrollback'], ['elsewhere']]);
    expect(exporter.stats()).toMatchObject({ exported: { points: 0 }, events: { exported: { points: 3 } } });
    expect(await exporter.flush()).toMatchObject({ exported: 3, pending: 0, dropped: 0 });
    await exporter.shutdown();
    expect([server.closed, other.closed]).toEqual([1, 1]);
  });

  it('never stand in a payload with points of another route', async () => {
    const { server, exporter, route } = start();
    exporter.event('deploy', route);
    expect(await exportTo(exporter, many(1))).toEqual({ code: SUCCESS });
    expect(server.payloads.toSorted()).toEqual(['deploy', 'n0:1']);
  });

  it('that can not be made are counted by cause and said', async () => {
    const { server, exporter, route } = start();
    exporter.impossibleEvent(new Error('it has no title'), route);
    exporter.event('x'.repeat(31), route);
    await settle();
    expect(server.payloads).toEqual([]);
    expect(exporter.stats().events).toMatchObject({
      received: { points: 2 },
      droppedBy: { notRepresentable: { points: 1 }, oversize: { points: 1 } },
    });
    expect(exporter.stats().dropped.points).toBe(0);
    expect(said.warn).toEqual([
      expect.stringMatching(/^TestExporter: dropped an event \(notRepresentable\): it has no title/),
      expect.stringMatching(
        /^TestExporter: dropped the event x+ \(oversize\): one of its lines has 31 bytes/,
      ),
    ]);
    expectIdentity(exporter.stats());
  });

  it('that were cut are sent, and logged: the first of each kind as a warning', async () => {
    const { server, exporter, route } = start();
    exporter.cutEvent('an event', 'a', route);
    exporter.cutEvent('a check', 'b', route);
    exporter.cutEvent('an event', 'c', route);
    await settle();
    expect(server.payloads).toEqual(['a\nb\nc']);
    expect(exporter.stats().events).toMatchObject({ exported: { points: 3 }, dropped: { points: 0 } });
    expect(said.warn).toEqual([
      'TestExporter: shortened an event: its text was cut. Logged once, further ones at debug level.',
      'TestExporter: shortened a check: its text was cut. Logged once, further ones at debug level.',
    ]);
    expect(said.debug).toContain('TestExporter: shortened an event: its text was cut');
  });

  it('keep their order, and no export or shutdown overtakes them', async () => {
    const { server, exporter, route } = start();
    exporter.event('first', route);
    exporter.event('second', route);
    const exported = exportTo(exporter, many(1));
    const ended = exporter.shutdown();
    expect(await exported).toEqual({ code: SUCCESS });
    await ended;
    expect(server.payloads).toEqual(['first\nsecond', 'n0:1']);
    expectIdentity(exporter.stats());
  });

  it('whose fate is unknown are lost, and those that were not accepted are sent again by themselves', async () => {
    const { server, clock, exporter, route } = start();
    server.answer = () => UNKNOWN;
    exporter.event('a', route);
    await settle();
    server.answer = () => NOT_ACCEPTED;
    exporter.event('b', route);
    await settle();
    expect(exporter.stats().events).toMatchObject({
      pending: { points: 1 },
      droppedBy: { unknown: { points: 1 } },
    });
    server.answer = () => DELIVERED;
    server.take();
    await clock.advance(2000);
    expect(server.payloads).toEqual(['b']);
    // The outage is over, although no point was ever exported.
    expect(said.warn).toHaveLength(2);
    expect(said.warn[1]).toContain('delivering to test://server again');
    expect(clock.timers).toBe(0);
  });

  it('are no reason to try again before the time during an outage', async () => {
    const { server, clock, exporter, route } = start();
    server.answer = () => NOT_ACCEPTED;
    await exportTo(exporter, many(1));
    const [next] = clock.due;
    server.take();
    for (let event = 0; event < 100; event += 1) {
      exporter.event(`e${event}`, route);
      await Promise.resolve();
    }
    await settle();
    expect(server.payloads).toEqual([]);
    expect(clock.due).toEqual([next]);
    server.answer = () => DELIVERED;
    await clock.advance(1000);
    expect(server.payloads.join('\n').split('\n')).toEqual([
      ...Array.from({ length: 100 }, (_, event) => `e${event}`),
      'n0:1',
    ]);
  });

  it('that come while an attempt fails wait for the next one', async () => {
    const { server, clock, exporter, route } = start();
    let event = 0;
    server.answer = () => {
      event += 1;
      exporter.event(`e${event}`, route);
      return NOT_ACCEPTED;
    };
    exporter.event('e0', route);
    await settle();
    expect(server.payloads).toEqual(['e0']);
    expect(clock.due).toHaveLength(1);
    expect(exporter.stats().events.pending.points).toBe(2);
  });

  it('that come while others are sent follow at once', async () => {
    const { server, clock, exporter, route } = start();
    const release = server.hold();
    exporter.event('a', route);
    await settle();
    exporter.event('b', route);
    release();
    await settle();
    expect(server.payloads).toEqual(['a', 'b']);
    expect(clock.timers).toBe(0);
  });

  it('are kept up to a thousand, the latest', async () => {
    const { server, clock, exporter, route } = start();
    server.answer = () => NOT_ACCEPTED;
    for (let event = 0; event < 700; event += 1) exporter.event(`a${event}`, route);
    await settle();
    for (let event = 0; event < 700; event += 1) exporter.event(`b${event}`, route);
    await settle();
    expect(exporter.stats().events).toMatchObject({
      received: { points: 1400 },
      pending: { points: 1000 },
      droppedBy: { overflow: { points: 400 } },
    });
    expectIdentity(exporter.stats());
    server.answer = () => DELIVERED;
    server.take();
    await clock.advance(1000);
    const sent = server.payloads.join('\n').split('\n');
    expect([sent.length, sent[0], sent.at(-1)]).toEqual([1000, 'a400', 'b699']);
  });

  it('are never more than a thousand, those that are being sent included', async () => {
    const { server, exporter, route } = start();
    const release = server.hold();
    for (let event = 0; event < 10; event += 1) exporter.event(`a${event}`, route);
    await settle();
    for (let event = 0; event < 3000; event += 1) exporter.event(`b${event}`, route);
    expect(exporter.stats().events).toMatchObject({
      received: { points: 3010 },
      pending: { points: 1000 },
      droppedBy: { overflow: { points: 2010 } },
    });
    server.take();
    release();
    await settle();
    const sent = server.payloads.join('\n').split('\n');
    expect([sent.length, sent[0], sent.at(-1)]).toEqual([990, 'b2010', 'b2999']);
    expectIdentity(exporter.stats());
    expect(exporter.stats().events.exported.points).toBe(1000);
    // Their places are free again.
    server.answer = () => NOT_ACCEPTED;
    for (let event = 0; event < 1001; event += 1) exporter.event(`c${event}`, route);
    expect(exporter.stats().events.pending.points).toBe(1000);
  });

  it('that come while a thousand are being sent are lost', async () => {
    const { server, exporter, route } = start();
    const release = server.hold();
    for (let event = 0; event < 1000; event += 1) exporter.event(`a${event}`, route);
    await settle();
    exporter.event('b', route);
    expect(exporter.stats().events.droppedBy).toEqual({ overflow: { points: 1, amount: 0 } });
    release();
    await settle();
    expect(exporter.stats().events).toMatchObject({ exported: { points: 1000 }, pending: { points: 0 } });
  });

  it('are counted when the exporter is shut down before they could leave, or was before they came', async () => {
    const { server, exporter, route } = start();
    server.answer = () => NOT_ACCEPTED;
    exporter.event('a', route);
    await exporter.shutdown({ timeoutMillis: 0 });
    exporter.event('b', route);
    expect(exporter.stats().events).toMatchObject({
      pending: { points: 0 },
      droppedBy: { shutdown: { points: 2 } },
    });
    expectIdentity(exporter.stats());
  });

  it('do not fail an export, and points do not fail them', async () => {
    const { server, exporter, route } = start();
    server.answer = (payload) => (payload === 'deploy' ? { type: 'refused', reason: 'r' } : DELIVERED);
    exporter.event('deploy', route);
    expect(await exportTo(exporter, resourceMetrics([sumData('a', 1)]))).toEqual({ code: SUCCESS });
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1 },
      dropped: { points: 0 },
      events: { droppedBy: { refused: { points: 1 } } },
    });
  });
});
