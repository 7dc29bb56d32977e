import { inspect } from 'node:util';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DATADOG_HTTP_DEFAULTS,
  type DatadogAggregates,
  DatadogHttpMetricExporter,
  type DatadogHttpMetricExporterOptions,
} from '../src/index.ts';
import { ApiKey } from '../src/api-key.ts';
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

const apiKey = '0123456789abcdef';

/** The key that options lead to. */
async function keyOf({ apiKey: source }: { readonly apiKey: ApiKey }): Promise<string> {
  const answer = await source.get(new AbortController().signal);
  return 'key' in answer ? answer.key : answer.reason;
}

describe('options', () => {
  it('have the documented defaults', () => {
    const { site, ...defaults } = DATADOG_HTTP_DEFAULTS;
    expect(readOptions({ apiKey }, {})).toEqual({
      ...defaults,
      apiKey: expect.any(ApiKey),
      keyHolder: site,
      url: `https://api.${site}`,
      hostname: undefined,
      ownProcess: expect.objectContaining({ processId: process.pid, podName: undefined }),
      machineName: expect.any(String),
      weakTags: [],
      bareTags: [],
      fetch: expect.any(Function),
    });
  });

  it('come from the code before the environment before the defaults', async () => {
    const variables = {
      DD_API_KEY: 'key-of-environment',
      DD_SITE: 'us5.datadoghq.com',
      DD_URL: 'http://proxy/datadog/',
      DD_HOSTNAME: 'web-1',
      DD_TAGS: 'team:growth,env:tags',
      DD_ENV: 'prod',
      DD_SERVICE: 'shop',
      DD_VERSION: '1.2',
    };
    const weakTags = [
      ['team', 'growth'],
      ['env', 'tags'],
    ];
    expect(await keyOf(readOptions({}, variables))).toBe('key-of-environment');
    expect(await keyOf(readOptions({ apiKey }, variables))).toBe(apiKey);
    expect(await keyOf(readOptions({ apiKey: () => 'asked' }, variables))).toBe('asked');
    expect(readOptions({}, variables)).toMatchObject({
      url: 'http://proxy/datadog',
      keyHolder: 'proxy',
      hostname: 'web-1',
      weakTags,
      tags: { env: 'prod', service: 'shop', version: '1.2' },
    });
    expect(
      readOptions(
        { apiKey, url: 'https://other:8443', hostname: '', tags: { env: 'code', a: 1 } },
        variables,
      ),
    ).toMatchObject({
      url: 'https://other:8443',
      keyHolder: 'other:8443',
      hostname: '',
      weakTags,
      tags: { env: 'code', service: 'shop', version: '1.2', a: 1 },
    });
    const site = readOptions({ apiKey }, { DD_SITE: ' US5.datadoghq.com ' });
    expect(site).toMatchObject({ url: 'https://api.us5.datadoghq.com', keyHolder: 'us5.datadoghq.com' });
    expect(readOptions({ apiKey, site: 'datadoghq.eu' }, variables).url).toBe('http://proxy/datadog');
    expect(readOptions({ apiKey, site: 'datadoghq.eu' }, {}).url).toBe('https://api.datadoghq.eu');
  });

  it.each([
    [{}, { DD_API_KEY: 'a', DATADOG_API_KEY: 'b' }, 'a'],
    [{}, { DATADOG_API_KEY: 'b' }, 'b'],
    [{}, { DD_API_KEY: 'a\n' }, 'a'],
    [{ apiKey: ' \tcode\r\n' }, { DD_API_KEY: 'a' }, 'code'],
  ])('take the key of %j and %j, trimmed', async (options, variables, key) => {
    expect(await keyOf(readOptions(options, variables))).toBe(key);
  });

  it.each<[Record<string, string>, DatadogHttpMetricExporterOptions, string]>([
    [{ DATADOG_HOST: ' https://api.datadoghq.eu/\n' }, {}, 'https://api.datadoghq.eu'],
    [{ DATADOG_HOST: 'http://proxy:8080/datadog' }, {}, 'http://proxy:8080/datadog'],
    [{ DATADOG_HOST: '' }, {}, 'https://api.datadoghq.com'],
    [{ DATADOG_HOST: 'http://python', DD_URL: 'http://ours' }, {}, 'http://ours'],
    [{ DATADOG_HOST: 'http://python', DD_SITE: 'datadoghq.eu' }, {}, 'https://api.datadoghq.eu'],
    [{ DATADOG_HOST: 'http://python' }, { site: 'datadoghq.eu' }, 'https://api.datadoghq.eu'],
    [{ DATADOG_HOST: 'http://python' }, { url: 'http://code' }, 'http://code'],
    // What doesn't count is not looked at.
    [{ DATADOG_HOST: 'localhost' }, { site: 'datadoghq.eu' }, 'https://api.datadoghq.eu'],
  ])('take the address of %j beside %j', (variables, options, url) => {
    expect(readOptions({ apiKey, ...options }, variables).url).toBe(url);
  });

  it('throw for a DATADOG_HOST that is no address', () => {
    for (const DATADOG_HOST of ['localhost', 'web-1', 'http://x:25'])
      expect(() => readOptions({ apiKey }, { DATADOG_HOST })).toThrow(/`DATADOG_HOST` must be an address/);
  });

  it.each<[string, [string, string][], string[]]>([
    ['team:a,urgent', [['team', 'a']], ['urgent']],
    [
      'region:eu west,team:a',
      [
        ['region', 'eu west'],
        ['team', 'a'],
      ],
      [],
    ],
    [
      ' a:b:c, d:e  f:g,\n',
      [
        ['a', 'b:c'],
        ['d', 'e  f:g'],
      ],
      [],
    ],
    [
      'a:b urgent\tc:d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
      ['urgent'],
    ],
  ])('take DD_TAGS apart as the DogStatsD exporter does: %j', (text, weakTags, bareTags) => {
    expect(readOptions({ apiKey }, { DD_TAGS: text })).toMatchObject({ weakTags, bareTags });
    expect(warnings).toEqual([]);
  });

  it('of the environment are trimmed', () => {
    const variables = { DD_ENV: 'prod\n', DD_SERVICE: ' shop', DD_HOSTNAME: 'web-1\n' };
    const read = readOptions({ apiKey }, variables);
    expect(read).toMatchObject({ hostname: 'web-1', tags: { env: 'prod', service: 'shop' } });
  });

  it.each<[DatadogHttpMetricExporterOptions | Record<string, unknown>, RegExp]>([
    [
      { apiKey, apikey: 'x' },
      /^DatadogHttpMetricExporter: there is no option `apikey`; there are apiKey, appKey, /,
    ],
    [
      { apiKey, site: 'datadoghq.de' },
      /`site` must be one of "datadoghq.com", .*"ddog-gov.com".*, not a string of 12 characters/,
    ],
    [
      { apiKey, url: 'ftp://x' },
      /`url` must be an address that begins with http:\/\/ or https:\/\/, without user name/,
    ],
    [{ apiKey, url: 'https://x?api_key=1' }, /`url` must be an address/],
    [{ apiKey, url: 'http://x:6000' }, /`url` must be an address with a port that `fetch` takes/],
    [{ apiKey, url: 5 }, /`url` must be an address/],
    [{ apiKey, apiVersion: 'v3' }, /`apiVersion` must be one of "v2", "v1", not a string of 2 characters/],
    [
      { apiKey, histograms: 'summary' },
      /`histograms` must be one of "sketches", "aggregates", "points", not a string of 7 characters/,
    ],
    [{ apiKey, countersAs: 'gauge' }, /`countersAs` must be one of "count", "rate", not a string of 5/],
    [
      { apiKey, histograms: 'aggregates', aggregates: { sun: false } },
      /no option `aggregates.sun`; there are count, sum, avg, min, max/,
    ],
    [
      { apiKey, histograms: 'aggregates', aggregates: { sum: 0 } },
      /`aggregates.sum` must be one of true, false, not zero/,
    ],
    [
      { apiKey, histograms: 'aggregates', aggregates: ['sum'] },
      /`aggregates` must be an object, not an array/,
    ],
    [
      { apiKey, aggregates: { sum: false } },
      /`aggregates` must be left out without `histograms: 'aggregates'`, not an object/,
    ],
    [
      { apiKey, percentiles: [50] },
      /`percentiles` must be left out without `histograms: 'aggregates'`, not an array/,
    ],
    [
      { apiKey, histograms: 'points', aggregates: {} },
      /`aggregates` must be left out without `histograms: 'aggregates'`/,
    ],
    [
      {
        apiKey,
        histograms: 'aggregates',
        percentiles: [],
        aggregates: { count: false, sum: false, avg: false, min: false, max: false },
      },
      /`aggregates` must be an object that leaves something to send, or `percentiles` not be empty/,
    ],
    [{ apiKey: 5 }, /`apiKey` must be a string, or a function that returns one .*, not a number of 1 digit/],
    [
      { apiKey, percentiles: [0.95, 100] },
      /`percentiles` must be an array of numbers above 0 and below 100, not an array/,
    ],
    [{ apiKey, percentiles: 95 }, /`percentiles` must be an array of numbers/],
    [
      { apiKey, compression: 'zstd' },
      /`compression` must be one of "deflate", "gzip", "none", not a string of 4 characters/,
    ],
    [{ apiKey, processTag: 'yes' }, /`processTag` must be one of true, false, not a string of 3 characters/],
    [
      { apiKey, maxPayloadBytes: 6_000_000 },
      /`maxPayloadBytes` must be a whole number from 1000 to 5242880, not a number of 7 digits/,
    ],
    [{ apiKey, timeoutMillis: 0 }, /`timeoutMillis` must be a whole number from 1/],
    [
      { apiKey, fetch: 'fetch' },
      /`fetch` must be a function like the platform's `fetch`, not a string of 5 characters/,
    ],
    [{ apiKey, tags: ['a:b'] }, /`tags` must be an object/],
    [{ apiKey, appKey: 5 }, /`appKey` must be a string/],
  ])('%j throw', (options, message) => {
    expect(() => readOptions(options as DatadogHttpMetricExporterOptions, {})).toThrow(message);
  });

  it('throw without a key, and name the option and the variables', () => {
    const message =
      'DatadogHttpMetricExporter: `apiKey` must be given, or the variable DD_API_KEY or DATADOG_API_KEY be set';
    for (const options of [{}, { apiKey: '' }, { apiKey: ' \n' }])
      expect(() => readOptions(options, {})).toThrow(message);
    expect(() => readOptions({ appKey: 'x' }, {})).toThrow(
      `${message}; an application key is not enough to send metrics`,
    );
    expect(() => readOptions({}, { DD_APP_KEY: 'x' })).toThrow(/an application key is not enough/);
  });

  it('throw for an unknown DD_SITE, with the list', () => {
    expect(() => readOptions({ apiKey }, { DD_SITE: 'datadog.eu' })).toThrow(
      /`DD_SITE` must be one of datadoghq.com, us3.datadoghq.com, .* `url` \(DD_URL\) be set, not a string of 10/,
    );
    expect(readOptions({ apiKey, url: 'http://x' }, { DD_SITE: 'datadog.eu' }).url).toBe('http://x');
  });

  it.each([
    'proxy:80',
    'ftp://bob:secret@proxy',
    'https://bob:secret@proxy',
    'https://secret@proxy',
    'https://proxy?api_key=secret',
    'https://proxy#secret',
    'secret',
    'http://secret:25',
  ])('throw for a wrong address, in the code and in the environment, without a word of it: %s', (address) => {
    const message = (options: DatadogHttpMetricExporterOptions, variables: Record<string, string>) => {
      try {
        readOptions({ apiKey, ...options }, variables);
      } catch (error) {
        return inspect(error, { depth: 10 }).replaceAll(/\n {4}at .*/g, '');
      }
      return 'nothing was thrown';
    };
    const must = 'must be an address (that begins with http:// or https://, without|with a port that)';
    const ofCode = message({ url: address }, { DD_URL: 'https://right' });
    expect(ofCode).toMatch(new RegExp(`^OptionError: DatadogHttpMetricExporter: \`url\` ${must}`));
    const ofEnvironment = message({}, { DD_URL: address });
    expect(ofEnvironment).toMatch(new RegExp(`^OptionError: DatadogHttpMetricExporter: \`DD_URL\` ${must}`));
    expect(ofCode + ofEnvironment).not.toMatch(/secret|bob|proxy/);
    expect(warnings).toEqual([]);
    expect(readOptions({ apiKey, url: 'https://right' }, { DD_URL: address }).url).toBe('https://right');
  });

  it.each([1, 25, 587, 6000, 10_080])('throw for port %d, which `fetch` refuses', async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const refused = await fetch(url).catch((error: unknown) => (error as Error).cause);
    expect(refused).toMatchObject({ message: 'bad port' });
    expect(() => readOptions({ apiKey, url }, {})).toThrow(
      /a port that `fetch` takes, .*listen at another port/,
    );
    expect(() => readOptions({ apiKey }, { DD_URL: url })).toThrow(/`DD_URL` must be an address with a port/);
    // One that the program brings along may take it.
    expect(readOptions({ apiKey, url, fetch }, {}).url).toBe(url);
  });

  it.each([['se cret'], ['sec\nret'], ['sécret'], [{ secret: 1 }], [Buffer.from('secret')]])(
    'throw for a key that can be no header value, %j, without a word of it',
    (key) => {
      let error: unknown;
      try {
        readOptions({ apiKey: key as string }, {});
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(TypeError);
      expect(inspect(error, { depth: 10 })).toMatch(/apiKey/);
      expect(inspect(error, { depth: 10 }).replace(/\bat .*/g, '')).not.toMatch(/s[eé]c.?ret/);
    },
  );
});

describe('totals of histograms', () => {
  const aggregatesOf = (aggregates: DatadogAggregates | undefined) =>
    readOptions({ apiKey, histograms: 'aggregates', aggregates }, {}).aggregates;

  it('are all sent but for those that are left out', () => {
    const all = { count: true, sum: true, avg: true, min: true, max: true };
    expect(aggregatesOf(undefined)).toEqual(all);
    expect(aggregatesOf({})).toEqual(all);
    expect(aggregatesOf({ sum: false, avg: undefined, min: true })).toEqual({ ...all, sum: false });
    expect(DATADOG_HTTP_DEFAULTS.aggregates).toEqual(all);
  });

  it('say nothing where the exported defaults are spread', () => {
    const { aggregates, ...others } = DATADOG_HTTP_DEFAULTS;
    expect(readOptions({ ...DATADOG_HTTP_DEFAULTS, apiKey }, {})).toMatchObject({ aggregates });
    expect(() => readOptions({ ...others, apiKey, aggregates: { ...aggregates } }, {})).toThrow(
      /`aggregates` must be left out without `histograms: 'aggregates'`/,
    );
  });

  it('may be left out together where there are percentiles', () => {
    const none = { count: false, sum: false, avg: false, min: false, max: false };
    expect(aggregatesOf(none)).toEqual(none);
  });
});

describe('DatadogHttpMetricExporter', () => {
  it.each([apiKey, () => apiKey])('shows neither its key nor anything else of itself', async (source) => {
    const exporter = new DatadogHttpMetricExporter({ apiKey: source, appKey: 'application-key' });
    const shown = [
      inspect(exporter, { depth: 20, showHidden: true, getters: true }),
      // oxlint-disable-next-line typescript/no-base-to-string -- what it would show is the question
      String(exporter),
      JSON.stringify(exporter),
    ];
    expect(shown.join('\n')).not.toMatch(/0123456789abcdef|application-key/);
    await exporter.shutdown();
  });
});
