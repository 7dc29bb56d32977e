import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import {
  DOGSTATSD_DEFAULTS,
  DogStatsdMetricExporter,
  type DogStatsdMetricExporterOptions,
} from '../src/index.ts';
import { readOptions } from '../src/options.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

const client = { sendMessage: () => undefined };
const udp = (host: string, port: number) => ({ type: 'udp', host, port });

describe('options', () => {
  it('have the documented defaults', () => {
    const { maxPayloadBytes, host, port, originDetection, ...others } = DOGSTATSD_DEFAULTS;
    expect(originDetection).toBe(false);
    expect(readOptions({}, {})).toEqual({
      ...others,
      target: udp(host, port),
      weakTags: {},
      bareTags: [],
      originFields: '',
      maxPayloadBytes: maxPayloadBytes.udp,
      processName: expect.stringContaining(String(process.pid)),
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
    const variables = {
      DD_DOGSTATSD_URL: 'http://agent',
      DD_DOGSTATSD_PORT: 'x',
      DD_CARDINALITY: 'all',
      DD_ORIGIN_DETECTION_ENABLED: 'maybe',
    };
    expect(readOptions({}, variables)).toMatchObject({ target: udp('127.0.0.1', 8125), originFields: '' });
    expect(
      said.warn.map((text) => /^DogStatsdMetricExporter: ignored the variable (\w+): /.exec(text)?.[1]),
    ).toEqual(expect.arrayContaining(Object.keys(variables)));
    expect(said.warn).toHaveLength(4);
    expect(said.warn[0]).toContain('it must be a URL udp://HOST:PORT');
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
  [{ url: 'http://agent:8125' }, /`url` must be a URL udp:\/\/HOST:PORT, .*, not "http:\/\/agent:8125"/],
  [{ url: 'unix://relative' }, /`url` must be a URL/],
  [{ url: 'udp://agent:99999' }, /`url` must be a URL/],
  [{ url: 'udp://agent:0' }, /`url` must be a URL/],
  [{ url: 'agent:8125' }, /`url` must be a URL/],
  [{ url: '' }, /`url` must be a URL udp:/],
  [{ url: 'udp://a', host: 'b' }, /`host` must be left out beside `url`, which says where to send, not "b"/],
  [{ url: 'udp://a', port: 1 }, /`port` must be left out beside `url`/],
  [{ url: 'udp://a', path: '/s' }, /`path` must be left out beside `url`/],
  [{ path: '/s', port: 1 }, /`port` must be left out beside `path`/],
  [{ client, host: 'h' }, /`host` must be left out beside `client`/],
  [{ client: {} }, /`client` must be a hot-shots client or another object with sendMessage/],
  [{ host: 5 }, /`host` must be a string that is not empty, not 5/],
  [{ port: 70_000 }, /`port` must be a whole number from 1 to 65535, not 70000/],
  [{ cardinality: 'all' }, /`cardinality` must be one of "none", "low", "orchestrator", "high", not "all"/],
  [{ histograms: 'samples' }, /`histograms` must be one of "distribution", "histogram", "timing"/],
  [{ timestamps: 1 }, /`timestamps` must be one of true, false, not 1/],
  [{ valuePacking: 'yes' }, /`valuePacking` must be one of true, false/],
  [{ originDetection: 'yes' }, /`originDetection` must be one of true, false/],
  [{ telemetry: 1 }, /`telemetry` must be one of true, false/],
  [{ containerId: 'a|b' }, /`containerId` must be a container's id/],
  [{ externalEnv: 5 }, /`externalEnv` must be a string/],
  [{ processTag: 'yes' }, /`processTag` must be one of true, false, "gauges"/],
  [{ tags: ['a:b'] }, /`tags` must be an object/],
  [{ resourceTags: 'service.name' }, /`resourceTags` must be an array of strings/],
  [{ maxPayloadBytes: 100 }, /`maxPayloadBytes` must be a whole number from 256 to 65467, not 100/],
  [{ timeoutMillis: 0 }, /`timeoutMillis` must be a whole number from 1/],
])('%j throw', (options, message) => {
  expect(() => new DogStatsdMetricExporter(options as DogStatsdMetricExporterOptions)).toThrow(message);
});
