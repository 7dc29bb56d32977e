import type { Attributes } from '@opentelemetry/api';
import {
  Delivery,
  hasStableName,
  log,
  ONE_BY_ONE_PACING,
  processName,
  type OptionTags,
  type ProcessFacts,
  type Route,
  type Tags,
} from '@tallykit/exporter-base';
import { MAX_NAME_LENGTH, SeriesSeconds, type DatadogEvent } from '@tallykit/exporter-base/datadog';
import { REMEDY } from './describe.ts';
import { formatEvent } from './event.ts';
import { createFormat } from './format.ts';
import { aggregateSuffixes } from './histogram-format.ts';
import { HttpTransport, type HttpTransportOptions } from './http-transport.ts';
import {
  COMPONENT,
  MAX_SENT_BYTES,
  readOptions,
  type DatadogHttpMetricExporterOptions,
  type DatadogHttpSettings,
} from './options.ts';
import { formOf, type Form } from './point.ts';
import { createTranslator } from './translate.ts';
import { validate, type DatadogValidation } from './validate.ts';

/** Datadog answers 202 for older points and throws them away (Datadog API, "Submit metrics"). */
const MAX_AGE_MILLIS = 3_600_000;

/**
 * Exports metrics to Datadog's HTTP API, without an Agent, for any OpenTelemetry `MeterProvider`. It chooses delta
 * temporality and exponential histograms by itself.
 *
 * A counter becomes a count, or a rate, with its interval; up-down counters and gauges become gauges, histograms become
 * distributions.
 *
 * @example
 * const exporter = new DatadogHttpMetricExporter({ apiKey: process.env.DD_API_KEY, site: 'datadoghq.eu' });
 * const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
 * const meterProvider = new MeterProvider({ readers: [reader] });
 */
export class DatadogHttpMetricExporter<T extends OptionTags<T> = OptionTags> extends Delivery {
  readonly #settings: DatadogHttpSettings;
  readonly #events: Route;

  /** @throws TypeError for options that are wrong or unknown and for a missing API key; never for a server that is not there */
  constructor(options: DatadogHttpMetricExporterOptions<T> = {}) {
    const settings = readOptions(options);
    const routes = createRoutes(settings);
    const format = createFormat(settings);
    super({
      component: COMPONENT,
      destination: settings.url,
      remedy: REMEDY,
      translator: createTranslator({ ...settings, processName: createProcessNamer(settings.ownProcess) }),
      // Every series gets a second of its own: see `seconds`.
      format: (series, second) => format(series, second!),
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
   * Sends an event, soon. Never throws: an event that can't be sent is logged and counted in `stats().events`, and one that is
   * too long is cut, which is logged.
   *
   * @example
   * exporter.event({ title: 'Deploy', text: 'v42 is live', alertType: 'success', tags: { service: 'shop' } });
   */
  event<Own extends Tags<Own>>(event: DatadogEvent<Own>): void {
    this.post('an event', this.#events, () => formatEvent(event, this.#settings, Date.now()));
  }

  /**
   * Asks Datadog whether it accepts the API key, so that a wrong one is found when the program starts. Never rejects. What is
   * wrong is logged as well.
   *
   * @example
   * const { valid, reason } = await exporter.validate();
   * if (!valid) console.error(reason);
   */
  async validate(): Promise<DatadogValidation> {
    return validate(this.#settings);
  }
}

/** Each form, and events, have an endpoint of their own. */
function createRoutes(settings: DatadogHttpSettings): Readonly<Record<Form | 'event', Route>> {
  const { apiVersion, compression, maxPayloadBytes } = settings;
  // Without compression, both limits are for the same bytes.
  const largest = compression === 'none' ? Math.min(maxPayloadBytes, MAX_SENT_BYTES) : maxPayloadBytes;
  const json = { 'Content-Type': 'application/json' };
  // The endpoints of sketches, points and events accept `deflate` only (Datadog API, `Content-Encoding`).
  const deflated = compression === 'gzip' ? 'deflate' : compression;
  const transport = (path: string, options: Partial<HttpTransportOptions> = {}) =>
    new HttpTransport({ ...settings, path, headers: json, encoding: 'utf8', ...options });
  const listOfSeries = { maxPayloadBytes: largest, open: '{"series":[', separator: ',', close: ']}' };
  return {
    // A point replaces the one with the same time, so the same request may arrive twice.
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

/**
 * Names the process, and logs a name that is another one at each start: as a warning where the resource tells nothing of its
 * process. The id that OpenTelemetry's detector makes is what most programs have, so that one is a matter of the pages.
 */
function createProcessNamer(facts: ProcessFacts): (resource: Attributes) => string {
  let isLogged = false;
  return (resource) => {
    const name = processName(resource, facts);
    if (!isLogged && !hasStableName(resource, facts)) {
      isLogged = true;
      log(
        resource['service.instance.id'] === undefined ? 'warn' : 'debug',
        `${COMPONENT}: the resource has no \`service.instance.id\` of the program, so counts and gauges get the tag ` +
          `process:${name.toLowerCase()}, which is another one at each start, and so another custom metric: Datadog keeps only one of ` +
          'two processes that send the same series. Set that attribute, or `processTag: false` when there is one process. Logged once.',
      );
    }
    return name;
  };
}
