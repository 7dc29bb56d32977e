import { describe, expect, it } from 'vitest';
import { DELIVERED, type Transport } from '../src/index.ts';
import { OnDemandTransport } from '../src/on-demand-transport.ts';

const { signal: NEVER } = new AbortController();

function recorder(): Transport & { readonly sent: string[]; closed: number } {
  return {
    sent: [],
    closed: 0,
    async send(payload) {
      this.sent.push(payload);
      return DELIVERED;
    },
    async close() {
      this.closed += 1;
    },
  };
}

describe('OnDemandTransport', () => {
  it('loads once, with the first payload, and keeps the order of payloads', async () => {
    const transport = recorder();
    let loads = 0;
    const onDemand = new OnDemandTransport(async () => {
      loads += 1;
      return transport;
    });
    expect(loads).toBe(0);

    const outcomes = await Promise.all(['a', 'b', 'c'].map((payload) => onDemand.send(payload, NEVER)));
    outcomes.push(await onDemand.send('d', NEVER));

    expect(outcomes).toEqual([DELIVERED, DELIVERED, DELIVERED, DELIVERED]);
    expect(transport.sent).toEqual(['a', 'b', 'c', 'd']);
    expect(loads).toBe(1);
    await onDemand.close();
    expect(transport.closed).toBe(1);
  });

  it('takes nothing while loading fails, says why, and tries again with the next payload', async () => {
    const transport = recorder();
    const loads = [Promise.reject(new Error('no such file')), Promise.resolve(transport)];
    const onDemand = new OnDemandTransport(() => loads.shift()!);

    expect(await onDemand.send('a', NEVER)).toEqual({ type: 'not-accepted', reason: 'no such file' });
    expect(await onDemand.send('a', NEVER)).toEqual(DELIVERED);
    expect(transport.sent).toEqual(['a']);
  });

  it('hands over nothing when the time was up meanwhile', async () => {
    const transport = recorder();
    const cutOff = new AbortController();
    const onDemand = new OnDemandTransport(async () => {
      cutOff.abort();
      return transport;
    });

    expect(await onDemand.send('a', cutOff.signal)).toMatchObject({ type: 'not-accepted' });
    expect(transport.sent).toEqual([]);
  });

  it('loads nothing to be closed, and is closed although loading failed', async () => {
    const onDemand = new OnDemandTransport(() => Promise.reject(new Error('no such file')));
    await onDemand.close();

    const sending = onDemand.send('a', NEVER);
    await onDemand.close();
    expect(await sending).toMatchObject({ type: 'not-accepted' });
  });
});
