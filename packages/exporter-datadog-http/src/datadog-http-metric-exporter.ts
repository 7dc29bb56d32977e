import { Delivery, ONE_BY_ONE_PACING, processName, log, type Route } from '@tallykit/exporter-base';
import { MAX_NAME_LENGTH, SeriesSeconds } from '@tallykit/exporter-base/datadog';
import { formatEvent, type DatadogEvent } from './event.ts';
import { formatNumberSeries, formOf, type Form } from './format.ts';
import { aggregateSuffixes, formatHistogram } from './histogram-format.ts';
import { HttpTransport, type HttpTransportOptions } from './http-transport.ts';
import {
  COMPONENT,
  MAX_SENT_BYTES,
  readOptions,
  type DatadogHttpMetricExporterOptions,
  type DatadogHttpSettings,
} from './options.ts';
import { createTranslator } from './translate.ts';
import { validate, type DatadogValidation } from './validate.ts';

/** Datadog answers 202 for older points and throws them away (Datadog API, "Submit metrics"). */
const MAX_AGE_MILLIS = 3_600_000;

/**
 * Exports metrics to Datadog's HTTP API, without an Agent, for any OpenTelemetry `MeterProvider`. It chooses delta
 * temporality and exponential histograms by itself.
 *
 * Counters become counts with their interval, up-down counters and gauges become gauges, histograms distributions.
 *
 * @example
 * const exporter = new DatadogHttpMetricExporter({ apiKey: process.env.DD_API_KEY, site: 'datadoghq.eu' });
 * const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
 * const meterProvider = new MeterProvider({ readers: [reader] });
 */
export class DatadogHttpMetricExporter extends Delivery {
  readonly #settings: DatadogHttpSettings;
  readonly #events: Route;

  /** @throws for options that are wrong or unknown and for a missing API key; never for a server that is not there */
  constructor(options: DatadogHttpMetricExporterOptions = {}) {
    const settings = readOptions(options);
    const routes = createRoutes(settings);
    let ownName: string | undefined;
    super({
      component: COMPONENT,
      destination: settings.url,
      remedy:
        'Check that the network lets this process reach it, and the options `site` and `url` (DD_SITE, DD_URL).',
      translator: createTranslator({ ...settings, processName: () => (ownName ??= makeProcessName()) }),
      format: (series, second) =>
        series.type === 'histogram'
          ? formatHistogram(series, second!, settings)
          : formatNumberSeries(series, second!, settings),
      seconds: new SeriesSeconds(COMPONENT, () => true),
      derived:
        settings.histograms === 'aggregates'
          ? { suffixes: aggregateSuffixes(settings), maxNameLength: MAX_NAME_LENGTH }
          : undefined,
      route: (series) => routes[formOf(series, settings)],
      // One request after the other: events keep their order, and an outage makes only one request uncertain.
      pacing: ONE_BY_ONE_PACING,
      maxAgeMillis: MAX_AGE_MILLIS,
      timeoutMillis: settings.timeoutMillis,
    });
    this.#settings = settings;
    this.#events = routes.event;
  }

  /**
   * Sends an event, soon. Never throws: an event that can't be sent is counted in `stats().events` and said.
   *
   * @example
   * exporter.event({ title: 'Deploy', text: 'v42 is live', alertType: 'success', tags: { service: 'shop' } });
   */
  event(event: DatadogEvent): void {
    this.post('an event', this.#events, () => ({ text: formatEvent(event, this.#settings, Date.now()) }));
  }

  /**
   * Asks Datadog whether it takes the API key, so that a wrong one is found when the program starts. Never rejects; what is
   * wrong is said through `diag` as well.
   *
   * @example
   * const { valid, reason } = await exporter.validate();
   * if (!valid) console.error(reason);
   */
  async validate(): Promise<DatadogValidation> {
    return validate(this.#settings);
  }
}

/** Each form has an endpoint of its own. */
function createRoutes(settings: DatadogHttpSettings): Readonly<Record<Form | 'event', Route>> {
  const { apiVersion, compression, maxPayloadBytes } = settings;
  // What isn't compressed has only one size.
  const largest = compression === 'none' ? Math.min(maxPayloadBytes, MAX_SENT_BYTES) : maxPayloadBytes;
  const json = { 'Content-Type': 'application/json' };
  // These know one encoding only (Datadog API, `Content-Encoding`).
  const deflated = compression === 'gzip' ? 'deflate' : compression;
  const transport = (path: string, options: Partial<HttpTransportOptions> = {}) =>
    new HttpTransport({ ...settings, path, headers: json, encoding: 'utf8', ...options });
  const listOfSeries = { maxPayloadBytes: largest, open: '{"series":[', separator: ',', close: ']}' };
  return {
    // A point replaces the one with the same time, so the same request may come twice.
    series: { ...listOfSeries, transport: transport(`/api/${apiVersion}/series`), isIdempotent: true },
    points: {
      ...listOfSeries,
      transport: transport('/api/v1/distribution_points', { compression: deflated }),
    },
    sketch: {
      maxPayloadBytes: largest,
      separator: '',
      encoding: 'latin1',
      transport: transport('/api/beta/sketches', {
        // The version of the messages that agents send (agent-payload).
        headers: { 'Content-Type': 'application/x-protobuf', 'DD-Agent-Payload': '4.87.0' },
        encoding: 'latin1',
        compression: deflated,
      }),
    },
    event: {
      maxPayloadBytes: largest,
      maxTexts: 1,
      transport: transport('/api/v1/events', { compression: deflated }),
    },
  };
}

/** For a resource that doesn't name its process. */
function makeProcessName(): string {
  const name = processName();
  log(
    'warn',
    `${COMPONENT}: the resource has no \`service.instance.id\`, so counts and gauges get the tag process:${name.toLowerCase()}: ` +
      'Datadog keeps only one of two processes that send the same series. Set that attribute, or `processTag: false` when there is ' +
      'one process. Logged once.',
  );
  return name;
}
