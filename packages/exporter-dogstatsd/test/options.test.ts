import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import {
  DOGSTATSD_DEFAULTS,
  DogStatsdMetricExporter,
  type DogStatsdMetricExporterOptions,
} from '../src/index.ts';
import { readOptions } from '../src/options.ts';

let logged: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  logged = listenToDiag();
});
afterEach(() => logged.stop());

const client = { sendMessage: () => undefined };
const udp = (host: string, port: number) => ({ type: 'udp', host, port });

describe('options', () => {
  it('have the documented defaults', () => {
    const { maxPayloadBytes, host, port, originDetection, ...others } = DOGSTATSD_DEFAULTS;
    expect(originDetection).toBe(false);
    expect(readOptions({}, {})).toEqual({
      ...others,
      target: udp(host, port),
      weakTags: [],
      bareTags: [],
      originFields: '',
      maxPayloadBytes: maxPayloadBytes.udp,
      ownProcess: expect.objectContaining({ processId: process.pid, podName: undefined }),
    });
    expect(readOptions({ path: '/s' }, {}).maxPayloadBytes).toBe(8192);
    expect(readOptions({ client }, {}).maxPayloadBytes).toBe(1432);
  });

  it.each([
    ['udp://agent:8126', udp('agent', 8126)],
    ['udp://agent', udp('agent', 8125)],
    ['udp://10.0.0.1/', udp('10.0.0.1', 8125)],
    ['udp://[::1]:8126', udp('::1', 8126)],
    ['unix:///var/run/dsd.socket', { type: 'unix', path: '/var/run/dsd.socket' }],
    ['unixgram:///var/run/a b.socket', { type: 'unixgram', path: '/var/run/a b.socket' }],
    ['unixstream:///var/run/dsd.socket', { type: 'unixstream', path: '/var/run/dsd.socket' }],
  ])('the URL %s says where to send', (url, target) => {
    expect(readOptions({ url }, {}).target).toEqual(target);
    expect(readOptions({}, { DD_DOGSTATSD_URL: url }).target).toEqual(target);
  });

  it('of the environment have the precedence of Datadog: URL, socket, host and port', () => {
    const address = { DD_AGENT_HOST: 'agent', DD_DOGSTATSD_PORT: '8126' };
    const socket = { ...address, DD_DOGSTATSD_SOCKET: '/s' };
    const url = { ...socket, DD_DOGSTATSD_URL: 'udp://url:1' };
    expect(readOptions({}, address).target).toEqual(udp('agent', 8126));
    expect(readOptions({}, socket).target).toEqual({ type: 'unix', path: '/s' });
    expect(readOptions({}, url).target).toEqual(udp('url', 1));
    // Code wins; what it leaves open comes from the variables of the same kind.
    expect(readOptions({ host: 'code' }, url).target).toEqual(udp('code', 8126));
    expect(readOptions({ port: 9 }, url).target).toEqual(udp('agent', 9));
    expect(readOptions({ path: '/code' }, url).target).toEqual({ type: 'unix', path: '/code' });
    expect(readOptions({ client }, url).target).toMatchObject({ type: 'client' });
  });

  it('of the environment that are wrong are ignored, with one warning each that names them', () => {
    const variables = { DD_CARDINALITY: 'all', DD_ORIGIN_DETECTION_ENABLED: 'token=hunter2' };
    expect(readOptions({}, variables)).toMatchObject({ target: udp('127.0.0.1', 8125), originFields: '' });
    expect(logged.warn).toEqual([
      'DogStatsdMetricExporter: `DD_ORIGIN_DETECTION_ENABLED` must be true or false, not a string of 13 characters; it is ignored',
      'DogStatsdMetricExporter: `DD_CARDINALITY` must be one of none, low, orchestrator, high, not a string of 3 characters; it is ignored',
    ]);
  });

  it.each<[Record<string, string>, string]>([
    [{ DD_DOGSTATSD_URL: 'http://me:hunter2@agent' }, '`DD_DOGSTATSD_URL` must be a URL udp://HOST:PORT'],
    [{ DD_DOGSTATSD_URL: 'udp://me:hunter2@agent:8125' }, '`DD_DOGSTATSD_URL` must be a URL'],
    [{ DD_DOGSTATSD_URL: 'udp://::1:8125' }, '(an IPv6 address in brackets)'],
    [{ DD_DOGSTATSD_URL: 'udp://agent:0' }, '`DD_DOGSTATSD_URL` must be'],
    [{ DD_DOGSTATSD_URL: 'unix://relative' }, '`DD_DOGSTATSD_URL` must be'],
    [
      { DD_DOGSTATSD_SOCKET: 'udp://agent:8125' },
      '`DD_DOGSTATSD_SOCKET` must be a path such as /x or unix:///x',
    ],
    [
      { DD_AGENT_HOST: 'udp://agent:8125' },
      '`DD_AGENT_HOST` must be a host name or an IP address (for a URL set DD_DOGSTATSD_URL)',
    ],
    [{ DD_AGENT_HOST: '1.2.3.4:8125' }, '(set DD_AGENT_HOST and DD_DOGSTATSD_PORT)'],
    [{ DD_AGENT_HOST: '[::1]:8125' }, '(set DD_AGENT_HOST and DD_DOGSTATSD_PORT)'],
    [{ DD_AGENT_HOST: '/var/run/dsd.socket' }, '(for a socket file set DD_DOGSTATSD_SOCKET)'],
    [
      { DD_AGENT_HOST: 'me hunter2' },
      '`DD_AGENT_HOST` must be a host name or an IP address, not a string of 10',
    ],
    [
      { DD_DOGSTATSD_PORT: '81250' },
      '`DD_DOGSTATSD_PORT` must be a whole number from 1 to 65535, not a string of 5 characters',
    ],
    [
      { DD_DOGSTATSD_PORT: 'hunter2' },
      '`DD_DOGSTATSD_PORT` must be a whole number from 1 to 65535, not a string',
    ],
  ])('of the environment that say a wrong address, %j, throw, without a word of it', (variables, message) => {
    expect(() => readOptions({}, variables)).toThrow(
      `DogStatsdMetricExporter: ${message.startsWith('(') ? '' : message}`,
    );
    expect(() => readOptions({}, variables)).toThrow(message);
    expect(() => readOptions({}, variables)).not.toThrow(/hunter2/);
    // Nobody asks them where the code says it.
    expect(readOptions({ url: 'udp://code:1' }, variables).target).toEqual(udp('code', 1));
  });

  it.each<[Record<string, string>, object]>([
    [{ DD_AGENT_HOST: '[::1]' }, udp('::1', 8125)],
    [
      { DD_AGENT_HOST: 'unix:///x', DD_DOGSTATSD_PORT: '8125' },
      { type: 'unix', path: '/x' },
    ],
    [{ DD_AGENT_HOST: 'unixstream:///x' }, { type: 'unixstream', path: '/x' }],
    [{ DD_DOGSTATSD_SOCKET: 'unix:///x' }, { type: 'unix', path: '/x' }],
    [{ DD_DOGSTATSD_SOCKET: 'unixgram:///x' }, { type: 'unixgram', path: '/x' }],
    [{ DD_AGENT_HOST: ' agent\n', DD_DOGSTATSD_PORT: '8126\n' }, udp('agent', 8126)],
    [{ DD_DOGSTATSD_URL: 'udp://agent:1\r\n' }, udp('agent', 1)],
    [{ DD_DOGSTATSD_SOCKET: '/x\n' }, { type: 'unix', path: '/x' }],
    [{ DD_AGENT_HOST: ' \n' }, udp('127.0.0.1', 8125)],
  ])('of the environment are understood where there is one way to: %j', (variables, target) => {
    expect(readOptions({}, variables).target).toEqual(target);
    expect(logged.warn).toEqual([]);
  });

  it('of the environment ignore the port of a service link, with one warning', () => {
    const variables = { DD_DOGSTATSD_PORT: 'tcp://10.0.0.1:8125' };
    expect(readOptions({}, variables).target).toEqual(udp('127.0.0.1', 8125));
    expect(logged.warn).toEqual([expect.stringContaining('`DD_DOGSTATSD_PORT` must be a')]);
    expect(logged.warn[0]).toContain('Kubernetes');
  });

  it('of the environment give tags: with a value and without, trimmed', () => {
    const read = readOptions(
      { tags: { version: 'code' } },
      {
        DD_TAGS: ' region:eu west, team:a,urgent ,urgent,url:http://x,empty:\n',
        DD_ENV: 'prod\n',
        DD_SERVICE: ' shop ',
        DD_VERSION: '1.2',
        DD_ENTITY_ID: 'pod-1\n',
      },
    );
    expect(read.weakTags).toEqual([
      ['region', 'eu west'],
      ['team', 'a'],
      ['url', 'http://x'],
    ]);
    expect(read.bareTags).toEqual(['urgent', 'empty']);
    expect(read.tags).toEqual({
      env: 'prod',
      service: 'shop',
      version: 'code',
      'dd.internal.entity_id': 'pod-1',
    });
  });
});

describe('the origin', () => {
  const fields = (options: DogStatsdMetricExporterOptions, variables = {}) =>
    readOptions(options, variables).originFields;

  it('is not said unless somebody asks for it', () => {
    expect(fields({}, { DD_EXTERNAL_ENV: 'it-false,cn-web' })).toBe('');
  });

  it('is the container, the external environment and the cardinality that are given', () => {
    const given = { containerId: 'abc', externalEnv: 'it-false,cn-web,pu-7', cardinality: 'low' } as const;
    expect(fields(given)).toBe('|c:ci-abc|e:it-false,cn-web,pu-7|card:low');
    expect(fields({ containerId: 'in-4711' })).toBe('|c:in-4711');
    expect(fields({}, { DD_CARDINALITY: 'Orchestrator' })).toBe('|card:orchestrator');
    expect(fields({ cardinality: 'none' }, { DD_CARDINALITY: 'high' })).toBe('|card:none');
  });

  it('comes from the environment with origin detection', () => {
    const variables = { DD_EXTERNAL_ENV: 'it-false,cn-\n web|é' };
    const external = '|e:it-false,cn-webé';
    expect(fields({ originDetection: true, containerId: 'abc' }, variables)).toBe(`|c:ci-abc${external}`);
    expect(fields({ containerId: 'abc' }, { ...variables, DD_ORIGIN_DETECTION_ENABLED: 'true' })).toBe(
      `|c:ci-abc${external}`,
    );
    expect(fields({ originDetection: false }, { ...variables, DD_ORIGIN_DETECTION_ENABLED: '1' })).toBe('');
    expect(fields({}, { ...variables, DD_ORIGIN_DETECTION_ENABLED: 'false' })).toBe('');
  });
});

it.each<[DogStatsdMetricExporterOptions | Record<string, unknown>, RegExp]>([
  [{ hots: 'x' }, /^DogStatsdMetricExporter: there is no option `hots`; there are url, host, port, /],
  [{ url: 'http://agent:8125' }, /`url` must be a URL udp:\/\/HOST:PORT .*, not a string of 17 characters/],
  [{ url: 'unix://relative' }, /`url` must be a URL/],
  [{ url: 'udp://agent:99999' }, /`url` must be a URL/],
  [{ url: 'udp://agent:0' }, /`url` must be a URL/],
  [{ url: 'agent:8125' }, /`url` must be a URL/],
  [{ url: '' }, /`url` must be a URL udp:.*, not an empty string/],
  [{ url: 'udp://::1:8125' }, /`url` must be a URL udp:\/\/HOST:PORT \(an IPv6 address in brackets\)/],
  [{ url: 'udp://me:secret@agent:1' }, /`url` must be a URL .*, not a string of 23 characters$/],
  [
    { host: 'udp://h:1' },
    /`host` must be a host name or an IP address \(for a URL use `url`\), not a string of 9/,
  ],
  [
    { host: '[::1]' },
    /`host` must be .* \(an IPv6 address without brackets: '::1'\), not a string of 5 characters/,
  ],
  [{ host: '1.2.3.4:8125' }, /`host` must be .* \(give `host` and `port`\)/],
  [{ host: '/var/run/dsd.socket' }, /`host` must be .* \(for a socket file use `path`\)/],
  [{ host: 'a b' }, /`host` must be a host name or an IP address, not a string of 3 characters/],
  [{ path: 'unix:///x' }, /`path` must be a path such as '\/x' \(for a URL use `url`\), not a string of 9/],
  [{ 'ho\u001b[31mst\n': 'x' }, /there is no option `ho\\x1b\[31mst\\n`; there are url/],
  [
    { url: 'udp://a', host: 'b' },
    /`host` must be left out beside `url`, which says where to send, not a string of 1 character/,
  ],
  [{ url: 'udp://a', port: 1 }, /`port` must be left out beside `url`/],
  [{ url: 'udp://a', path: '/s' }, /`path` must be left out beside `url`/],
  [{ path: '/s', port: 1 }, /`port` must be left out beside `path`/],
  [{ client, host: 'h' }, /`host` must be left out beside `client`/],
  [{ client: {} }, /`client` must be a hot-shots client or another object with sendMessage/],
  [{ host: 5 }, /`host` must be a string that is not empty, not a number of 1 digit/],
  [{ port: 70_000 }, /`port` must be a whole number from 1 to 65535, not a number of 5 digits/],
  [
    { cardinality: 'all' },
    /`cardinality` must be one of "none", "low", "orchestrator", "high", not a string of 3 characters/,
  ],
  [{ histograms: 'samples' }, /`histograms` must be one of "distribution", "histogram", "timing"/],
  [{ timestamps: 1 }, /`timestamps` must be one of true, false, not a number of 1 digit/],
  [{ valuePacking: 'yes' }, /`valuePacking` must be one of true, false/],
  [{ originDetection: 'yes' }, /`originDetection` must be one of true, false/],
  [{ telemetry: 1 }, /`telemetry` must be one of true, false/],
  [{ containerId: 'a|b' }, /`containerId` must be a container's id/],
  [{ externalEnv: 5 }, /`externalEnv` must be a string/],
  [{ processTag: 'yes' }, /`processTag` must be one of true, false, "gauges"/],
  [{ tags: ['a:b'] }, /`tags` must be an object/],
  [{ resourceTags: 'service.name' }, /`resourceTags` must be an array of strings/],
  [
    { maxPayloadBytes: 100 },
    /`maxPayloadBytes` must be a whole number from 256 to 65467, not a number of 3 digits/,
  ],
  [{ timeoutMillis: 0 }, /`timeoutMillis` must be a whole number from 1/],
])('%j throw', (options, message) => {
  expect(() => new DogStatsdMetricExporter(options as DogStatsdMetricExporterOptions)).toThrow(message);
});
