import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { DATAGRAM_PACING, DELIVERED, GivenOptions, ONE_BY_ONE_PACING } from '../src/index.ts';
import { ClientTransport } from '../src/transports/client-transport.ts';
import { clientPacing, readClient, type PayloadSender } from '../src/sockets.ts';

/** A client whose sends end with that error, or throw it. */
function failing(error: unknown, throws = false): PayloadSender {
  return {
    sendMessage(_, callback) {
      if (throws) throw error;
      callback(error as Error);
    },
  };
}

const errorOf = (code?: unknown) => Object.assign(new Error('it failed'), code === undefined ? {} : { code });

describe('ClientTransport', () => {
  it('sends payloads as they are, and never closes the client', async () => {
    const sent: string[] = [];
    const transport = new ClientTransport({
      sendMessage: (message, callback) => {
        sent.push(message);
        callback();
      },
    });
    expect(await transport.send('a:1|c\nb:2|c')).toEqual(DELIVERED);
    await transport.close();
    expect(await transport.send('c:3|c')).toEqual(DELIVERED);
    expect(sent).toEqual(['a:1|c\nb:2|c', 'c:3|c']);
  });

  it.each([
    [undefined, 'not-accepted', 'it failed'],
    ['ECONNREFUSED', 'not-accepted', 'it failed'],
    ['ECONNRESET', 'unknown', 'it failed'],
    ['EPIPE', 'unknown', 'it failed'],
    ['EMSGSIZE', 'too-large', 'it failed; lower the option `maxPayloadBytes`'],
    [-constants.errno.EMSGSIZE, 'too-large', 'it failed; lower the option `maxPayloadBytes`'],
  ] as const)('takes the code %s for %s', async (code, type, reason) => {
    expect(await new ClientTransport(failing(errorOf(code))).send('a')).toEqual({ type, reason });
  });

  it('does not know what became of a payload when the client throws', async () => {
    expect(await new ClientTransport(failing('odd', true)).send('a')).toEqual({
      type: 'unknown',
      reason: 'odd',
    });
  });
});

describe('ClientTransport within the turn', () => {
  it.each([
    ['says that it is sent', failing(null), 'delivered'],
    ['says that it is not', failing(errorOf()), 'not-accepted'],
    ['throws', failing('odd', true), 'unknown'],
    ['says nothing', { sendMessage: () => undefined }, 'unknown'],
  ] as const)('of a client that %s', (_, client, type) => {
    expect(new ClientTransport(client).sendSync('a')).toMatchObject({ type });
  });
});

describe('readClient', () => {
  const given = (client: unknown) => new GivenOptions('X', { client }, ['client']);

  it('takes whatever has the method, and knows its protocol', () => {
    const client = failing(null);
    expect(readClient(given(client))).toEqual({ client, protocol: undefined });
    const tcp = { ...client, protocol: 'tcp' };
    expect(readClient(given(tcp))).toEqual({ client: tcp, protocol: 'tcp' });
    expect(readClient(given({ ...client, protocol: 7 })).protocol).toBeUndefined();
  });

  it.each([undefined, null, 'udp', {}, { sendMessage: true }])('throws for %o', (client) => {
    expect(() => readClient(given(client))).toThrow(
      /^X: `client` must be a hot-shots client or another object with sendMessage/,
    );
  });
});

describe('clientPacing', () => {
  it('keeps datagrams apart, and what may be datagrams', () => {
    expect([undefined, 'udp', 'something'].map(clientPacing)).toEqual([
      DATAGRAM_PACING,
      DATAGRAM_PACING,
      DATAGRAM_PACING,
    ]);
    expect(['tcp', 'uds', 'stream'].map(clientPacing)).toEqual([
      ONE_BY_ONE_PACING,
      ONE_BY_ONE_PACING,
      ONE_BY_ONE_PACING,
    ]);
  });
});
