import { once } from 'node:events';
import { createServer } from 'node:http';
import { startDatadogIntake, type DatadogScriptStep } from '@tallykit/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { DatadogFetch } from '../src/index.ts';
import { HttpTransport } from '../src/http-transport.ts';
import { readOptions } from '../src/options.ts';
import { sendRequest, type DatadogAnswer } from '../src/request.ts';
import { listen } from './tls-front.ts';

const apiKey = '0123456789abcdef0123456789abcdef';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function ask(url: string, fetch?: DatadogFetch): Promise<DatadogAnswer> {
  return sendRequest(readOptions({ apiKey, url, ...(fetch && { fetch }) }, {}), {
    method: 'POST',
    path: '/api/v1/events',
    body: Buffer.from('{}'),
    signal: new AbortController().signal,
  });
}

/** What is made of an answer of a real server. */
async function answerTo(step: DatadogScriptStep) {
  const intake = await startDatadogIntake();
  cleanups.push(() => intake.close());
  intake.script(step);
  return ask(intake.url);
}

/** What is made of a body that arrives in these chunks. */
async function complaintOf(...chunks: readonly string[]): Promise<string> {
  async function* read() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const answer = await ask('http://intake', () =>
    Promise.resolve({ status: 400, headers: new Headers(), body: read() }),
  );
  return answer.type === 'answered' ? answer.complaint : '';
}

describe('an answer', () => {
  it.each([
    [{ 'X-RateLimit-Reset': '7', 'Retry-After': '3' }, 7000],
    [{ 'X-RateLimit-Reset': '', 'Retry-After': '3' }, 3000],
    [{ 'X-RateLimit-Reset': 'soon', 'Retry-After': '3' }, 3000],
    [{ 'X-RateLimit-Reset': '0.5' }, 500],
    [{ 'Retry-After': 'soon' }, undefined],
  ])('with %j says when to come again', async (headers, retryAfterMillis) => {
    expect(await answerTo({ status: 429, headers })).toMatchObject({ retryAfterMillis });
  });

  it('without end is not read to its end', async () => {
    const enough = 64 * 1024 * 1024;
    let written = 0;
    const server = createServer((_, response) => {
      response.writeHead(400);
      const write = (): void => {
        if (response.destroyed) return;
        if (written >= enough) return void response.end();
        written += 65_536;
        if (response.write('x'.repeat(65_536))) setImmediate(write);
        else response.once('drain', write);
      };
      write();
    });
    const port = await listen(server);
    cleanups.push(async () => {
      server.closeAllConnections();
      const closed = once(server, 'close');
      server.close();
      await closed;
    });
    expect(await ask(`http://127.0.0.1:${port}`)).toMatchObject({ status: 400, complaint: 'x'.repeat(300) });
    expect(written).toBeLessThan(enough);
  });

  it('that repeats the key shows none of it, wherever it is cut', async () => {
    for (let before = 260; before <= 300; before += 1)
      expect(await complaintOf(`${'x'.repeat(before)}${apiKey}`)).not.toMatch(/\d/);
    expect(await complaintOf(`${'x'.repeat(276)}${apiKey} is no key`)).toBe(
      `${'x'.repeat(276)}(the API key) is no key`.slice(0, 300),
    );
  });

  it('whose key is cut by the limit of what is read shows none of it', async () => {
    const blank = ' '.repeat(65_536);
    expect(await complaintOf(`${blank}no key: ${apiKey.slice(0, 24)}`, apiKey.slice(24))).toBe(
      'no key: (the API key)',
    );
    expect(await complaintOf(`${blank}no key: ${apiKey.slice(0, 6)}`, apiKey.slice(6))).toBe('no key: ');
  });

  it('whose key is wrapped, or URL-encoded in a query, shows none of it', async () => {
    expect(await complaintOf(`no key:\r\n${apiKey.slice(0, 16)}\r\n${apiKey.slice(16)}`)).toBe(
      'no key: (the API key)',
    );
    expect(
      await complaintOf(JSON.stringify({ errors: [`/x?key=${apiKey.replace('0', '%30')} is wrong`] })),
    ).toBe('/x?key=(the API key) is wrong');
  });

  it('with characters that nobody sees shows them', async () => {
    const complaint = await complaintOf(JSON.stringify({ errors: ['a\u001b[31m\u202eb\r\nERROR c\u0000'] }));
    expect(complaint).toMatch(/^a\S+\[31m\S+b ERROR c\S+$/);
    expect(complaint).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('an error', () => {
  it.each([
    ['shows no key', `invalid header ${apiKey}`, /^invalid header \(the API key\)$/],
    [
      'shows nothing secret of an address',
      'request to http://bob:secret@proxy/x?api_key=secret failed',
      /^request to http:\/\/\(credentials\)@proxy\/x\?… failed$/,
    ],
    ['has no line ends and escapes', 'a\r\n\u001b[31mb', /^a[^\p{Cc}]+\[31mb$/u],
    ['is short', 'x'.repeat(100_000), /^x{300}$/],
  ])('%s', async (_, message, reason) => {
    const answer = await ask('http://intake', () =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error(message) })),
    );
    expect(answer).toEqual({
      type: 'unanswered',
      reason: expect.stringMatching(reason),
      mayHaveArrived: true,
    });
  });

  it.each([
    ['UND_ERR_CONNECT_TIMEOUT', undefined, false],
    ['ECONNREFUSED', undefined, false],
    ['ENOTFOUND', undefined, false],
    ['EAI_AGAIN', undefined, false],
    ['EADDRNOTAVAIL', undefined, false],
    ['CERT_HAS_EXPIRED', undefined, false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', undefined, false],
    ['SELF_SIGNED_CERT_IN_CHAIN', undefined, false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', undefined, false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', undefined, false],
    ['EHOSTUNREACH', 'connect', false],
    ['EMFILE', 'getaddrinfo', false],
    ['ETIMEOUT', 'queryA', false],
    ['EHOSTUNREACH', 'write', true],
    ['ECONNRESET', 'read', true],
    ['UND_ERR_HEADERS_TIMEOUT', undefined, true],
    ['NOT_ECONNREFUSED', 'reconnect', true],
  ])(
    'of the code %s (%s) shows whether the request may have arrived',
    async (code, syscall, mayHaveArrived) => {
      const cause = Object.assign(new Error('no'), { code, ...(syscall !== undefined && { syscall }) });
      const fetch = (error: unknown) => async () => {
        throw new TypeError('fetch failed', { cause: error });
      };
      expect(await ask('http://intake', fetch(cause))).toMatchObject({ mayHaveArrived });
      // One error for each address: one that may have arrived is enough.
      const other = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
      expect(await ask('http://intake', fetch(new AggregateError([other, cause])))).toMatchObject({
        mayHaveArrived,
      });
    },
  );
});

it('a payload whose time is over while it is compressed is not sent, and answered at once', async () => {
  const intake = await startDatadogIntake();
  cleanups.push(() => intake.close());
  const transport = new HttpTransport({
    ...readOptions({ apiKey, url: intake.url }, {}),
    path: '/api/v2/series',
    headers: { 'Content-Type': 'application/json' },
    encoding: 'utf8',
  });
  const deadline = new AbortController();
  // The thread pool works longer on this than an exporter waits after its deadline, which is a turn of the event loop.
  const outcome = transport.send('{"series":[]}'.repeat(1_000_000), deadline.signal);
  deadline.abort();
  const turn = new Promise((resolve) => setImmediate(resolve, 'a turn'));
  expect(await Promise.race([outcome, turn])).toEqual({
    type: 'not-accepted',
    reason: 'there was no time left to send it',
  });
  expect(intake.payloads).toEqual([]);
});

it.each(['none', 'deflate'] as const)(
  'a payload whose time is over already is not sent (%s)',
  async (compression) => {
    let requests = 0;
    const fetch: DatadogFetch = () => {
      requests += 1;
      return Promise.reject(new Error('it is too late'));
    };
    const transport = new HttpTransport({
      ...readOptions({ apiKey, compression, fetch }, {}),
      path: '/api/v2/series',
      headers: { 'Content-Type': 'application/json' },
      encoding: 'utf8',
    });
    expect(await transport.send('{"series":[]}', AbortSignal.abort())).toEqual({
      type: 'not-accepted',
      reason: 'there was no time left to send it',
    });
    expect(requests).toBe(0);
  },
);
