import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATSD_DEFAULTS, StatsdMetricExporter, type StatsdMetricExporterOptions } from '../src/index.ts';
import { readOptions } from '../src/options.ts';

const warnings: string[] = [];
beforeEach(() => {
  const quiet = () => undefined;
  diag.setLogger(
    { warn: (text) => warnings.push(text), error: quiet, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
});
afterEach(() => {
  diag.disable();
  warnings.length = 0;
});

const client = { sendMessage: () => undefined };

describe('options', () => {
  it('have the documented defaults', () => {
    const { maxPayloadBytes, host, port, protocol, ...others } = STATSD_DEFAULTS;
    expect(readOptions({}, {})).toEqual({
      ...others,
      target: { type: protocol, host, port },
      maxPayloadBytes: 1432,
      ownProcess: expect.objectContaining({ processId: process.pid, podName: undefined }),
    });
    expect(readOptions({ protocol: 'tcp', maxLinesPerSecond: 1000 }, {}).maxLinesPerSecond).toBe(1000);
    expect(readOptions({ protocol: 'unixgram', path: '/s' }, {}).maxPayloadBytes).toBe(
      maxPayloadBytes.unixgram,
    );
  });

  it('come from the code before the environment before the defaults', () => {
    const variables = { STATSD_HOST: 'env', STATSD_PORT: '1', STATSD_PREFIX: 'env.' };
    expect(readOptions({}, variables)).toMatchObject({ target: { host: 'env', port: 1 }, prefix: 'env.' });
    expect(readOptions({ host: 'code', port: 2, prefix: '' }, variables)).toMatchObject({
      target: { host: 'code', port: 2 },
      prefix: '',
    });
  });

  it('of the environment are trimmed', () => {
    const variables = { STATSD_HOST: ' h ', STATSD_PORT: '1\n', STATSD_PREFIX: 'shop.\n' };
    expect(readOptions({}, variables)).toMatchObject({ target: { host: 'h', port: 1 }, prefix: 'shop.' });
    expect(readOptions({}, { STATSD_HOST: '[::1]' })).toMatchObject({ target: { host: '::1' } });
    expect(warnings).toEqual([]);
  });

  it.each<[Record<string, string>, string]>([
    [
      { STATSD_HOST: 'udp://me:hunter2@h:1' },
      '`STATSD_HOST` must be a host name or an IP address (instead of a URL set STATSD_HOST and STATSD_PORT), not a string of 20 characters',
    ],
    [{ STATSD_HOST: 'unix:///x' }, '`STATSD_HOST` must be a host name or an IP address (instead of a URL'],
    [
      { STATSD_HOST: '1.2.3.4:8125' },
      '`STATSD_HOST` must be a host name or an IP address (set STATSD_HOST and STATSD_PORT)',
    ],
    [
      { STATSD_PORT: '99999' },
      '`STATSD_PORT` must be a whole number from 1 to 65535, not a string of 5 characters',
    ],
    [
      { STATSD_PORT: '81 25' },
      '`STATSD_PORT` must be a whole number from 1 to 65535, not a string of 5 characters',
    ],
  ])('of the environment that say a wrong address, %j, throw, without a word of it', (variables, message) => {
    expect(() => readOptions({}, variables)).toThrow(`StatsdMetricExporter: ${message}`);
    expect(() => readOptions({}, variables)).not.toThrow(/hunter2/);
    expect(readOptions({ host: 'code', port: 1 }, variables).target).toMatchObject({ host: 'code', port: 1 });
  });

  it.each(['udp://10.0.0.1:8125', 'tcp://10.0.0.1:8125'])(
    'of the environment ignore the port of a service link, %s, with one warning',
    (port) => {
      expect(readOptions({}, { STATSD_PORT: port })).toMatchObject({
        target: { host: '127.0.0.1', port: 8125 },
      });
      expect(warnings).toEqual([
        'StatsdMetricExporter: `STATSD_PORT` must be a whole number from 1 to 65535 ' +
          '(Kubernetes sets it for a service of that name: `enableServiceLinks: false` stops that), not a string of 19 characters; it is ignored',
      ]);
    },
  );

  it.each<[StatsdMetricExporterOptions | Record<string, unknown>, RegExp]>([
    [{ hots: 'x' }, /^StatsdMetricExporter: there is no option `hots`; there are host, port, /],
    [
      { protocol: 'http' },
      /`protocol` must be one of "udp", "tcp", "unixgram", not a string of 4 characters/,
    ],
    [
      { dialect: 'datadog' },
      /`dialect` must be one of "dogstatsd", "graphite", "influx", .*"none", not a string of 7 characters/,
    ],
    [
      { histograms: 'timers' },
      /`histograms` must be one of "samples", "aggregates", not a string of 6 characters/,
    ],
    [
      { processTag: 'yes' },
      /`processTag` must be one of true, false, "gauges", not a string of 3 characters/,
    ],
    [{ host: 5 }, /`host` must be a string that is not empty, not a number of 1 digit/],
    [{ port: 70_000 }, /`port` must be a whole number from 1 to 65535, not a number of 5 digits/],
    [{ port: '8125' }, /`port` must be a whole number from 1 to 65535, not a string of 4 characters/],
    [{ port: 'udp://h:1' }, /`port` must be a whole number from 1 to 65535, not a string of 9 characters/],
    [
      { host: 'udp://h:1' },
      /`host` must be .* \(instead of a URL give `host` and `port`\), not a string of 9/,
    ],
    [{ host: '[::1]' }, /`host` must be .* \(an IPv6 address without brackets: '::1'\), not a string of 5/],
    [{ host: '1.2.3.4:8125' }, /`host` must be .* \(give `host` and `port`\), not a string of 12 characters/],
    [
      { path: 'unix:///x', protocol: 'unixgram' },
      /`path` must be a path such as '\/x' \(without `unix:\/\/`\), not a string of 9 characters/,
    ],
    [{ protocol: 'token=hunter2' }, /`protocol` must be one of "udp", "tcp", "unixgram", not a string of 13/],
    [{ prefix: 5 }, /`prefix` must be a string, not a number of 1 digit/],
    [
      { tags: ['a:b'] },
      /`tags` must be an object whose values are strings, numbers or booleans, not an array/,
    ],
    [
      { resourceTags: 'service.name' },
      /`resourceTags` must be an array of strings, not a string of 12 characters/,
    ],
    [{ sampleLimit: 49 }, /`sampleLimit` must be a whole number from 50 to 10000, not a number of 2 digits/],
    [{ maxPayloadBytes: 0 }, /`maxPayloadBytes` must be a whole number from 64 to 65467, not zero/],
    [
      { timeoutMillis: Infinity },
      /`timeoutMillis` must be a whole number from 1 to 2147483647, not Infinity/,
    ],
    [{ path: '/s' }, /`path` must be left out unless `protocol` is 'unixgram', not a string of 2 characters/],
    [{ protocol: 'unixgram' }, /`path` must be the server's socket file when `protocol` is 'unixgram'$/],
    [
      { protocol: 'unixgram', path: '/s', port: 1 },
      /`port` must be left out when `protocol` is 'unixgram', not a number of 1 digit/,
    ],
    [
      { maxLinesPerSecond: 1000 },
      /`maxLinesPerSecond` must be left out unless `protocol` is 'tcp', not a number of 4 digits/,
    ],
    [{ client, maxLinesPerSecond: 1000 }, /`maxLinesPerSecond` must be left out unless `protocol` is 'tcp'/],
    [
      { protocol: 'tcp', maxLinesPerSecond: 9 },
      /`maxLinesPerSecond` must be a whole number from 10 to 1000000, not a number of 1 digit/,
    ],
    [
      { client: {} },
      /`client` must be a hot-shots client or another object with sendMessage\(message, callback\), not/,
    ],
    [{ client: { sendMessage: 1 } }, /`client` must be a hot-shots client/],
    [
      { client, host: 'h' },
      /`host` must be left out beside `client`, which knows its own server, not a string of 1 character/,
    ],
    [
      { dialect: 'none', tags: { region: 'eu' } },
      /`tags` must be left out or empty beside `dialect: 'none'`, which sends no tags, not an object/,
    ],
    [
      { dialect: 'none', resourceTags: ['service.name'] },
      /`resourceTags` must be left out or empty beside `dialect: 'none'`, which sends no tags, not an array/,
    ],
    [
      { histograms: 'aggregates', sampleLimit: 650 },
      /`sampleLimit` must be left out beside `histograms: 'aggregates'`, which sends no samples, not a number of 3 digits/,
    ],
  ])('%j throw', (options, message) => {
    expect(() => new StatsdMetricExporter(options as StatsdMetricExporterOptions)).toThrow(message);
  });
});
