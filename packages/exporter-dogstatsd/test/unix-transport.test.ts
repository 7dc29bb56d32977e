import { DELIVERED, type Outcome, type SyncTransport } from '@tallykit/exporter-base';
import { expect, it } from 'vitest';
import { UnixTransport } from '../src/unix-transport.ts';

const SIGNAL = new AbortController().signal;
const WRONG_KIND: Outcome = { type: 'not-accepted', reason: 'connect EPROTOTYPE /s' };
const NOBODY: Outcome = { type: 'not-accepted', reason: 'connect ENOENT /s' };

function link(): SyncTransport & { outcome: Outcome; sent: string[]; isClosed: boolean } {
  return {
    outcome: DELIVERED,
    sent: [],
    isClosed: false,
    async send(payload) {
      return this.sendSync(payload);
    },
    sendSync(payload) {
      if (this.outcome.type === 'delivered') this.sent.push(payload);
      return this.outcome;
    },
    async close() {
      this.isClosed = true;
    },
  };
}

it('takes the kind of socket that is there, also when the Agent comes back as the other kind', async () => {
  const [stream, datagrams] = [link(), link()];
  const transport = new UnixTransport(stream, datagrams);
  stream.outcome = WRONG_KIND;
  expect(await transport.send('1', SIGNAL)).toEqual(DELIVERED);
  expect(await transport.send('2', SIGNAL)).toEqual(DELIVERED);
  expect(datagrams.sent).toEqual(['1', '2']);
  datagrams.outcome = NOBODY;
  expect(await transport.send('3', SIGNAL)).toEqual(NOBODY);
  stream.outcome = DELIVERED;
  datagrams.outcome = WRONG_KIND;
  expect(await transport.send('4', SIGNAL)).toEqual(DELIVERED);
  expect(stream.sent).toEqual(['4']);
});

it('says what the other kind says when neither works, and closes both', async () => {
  const [stream, datagrams] = [link(), link()];
  const transport = new UnixTransport(stream, datagrams);
  stream.outcome = WRONG_KIND;
  datagrams.outcome = { type: 'not-accepted', reason: 'unix_dgram is not installed' };
  expect(await transport.send('1', SIGNAL)).toEqual(datagrams.outcome);
  await transport.close();
  expect([stream.isClosed, datagrams.isClosed]).toEqual([true, true]);
});

it('tries datagrams within a turn while there is no connection, and keeps to what works', () => {
  const [stream, datagrams] = [link(), link()];
  const transport = new UnixTransport(stream, datagrams);
  const notConnected: Outcome = { type: 'not-accepted', reason: 'there is no connection yet' };
  stream.outcome = notConnected;
  datagrams.outcome = { type: 'not-accepted', reason: 'unix_dgram is not installed' };
  expect(transport.sendSync('1')).toEqual(notConnected);
  datagrams.outcome = DELIVERED;
  expect(transport.sendSync('2')).toEqual(DELIVERED);
  stream.outcome = DELIVERED;
  expect(transport.sendSync('3')).toEqual(DELIVERED);
  expect([stream.sent, datagrams.sent]).toEqual([[], ['2', '3']]);
});
