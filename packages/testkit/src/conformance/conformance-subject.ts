import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';

/** One payload as the backend received it: a datagram, lines of a stream, or the body of a request. */
export type Payload = string | Uint8Array;

/** One series that a backend read from a payload, in terms that fit every protocol. */
export type ReceivedSeries = ReceivedName &
  (
    | {
        /** `count`: an increase. `total`: a running total since the start. `gauge`: a current value. */
        readonly kind: 'count' | 'total' | 'gauge';
        /** The increase, the total or the current value. */
        readonly value: number;
      }
    | {
        /** One value of a distribution. */
        readonly kind: 'sample';
        /** The value itself. */
        readonly value: number;
        /** How many recorded values it stands for. */
        readonly weight: number;
      }
    | {
        /** A whole distribution. */
        readonly kind: 'distribution';
        /** How many values there are. */
        readonly count: number;
        /** Their sum, where the protocol has it. */
        readonly sum?: number | undefined;
        /** The lowest of them, where the protocol has it. */
        readonly min?: number | undefined;
        /** The highest of them, where the protocol has it. */
        readonly max?: number | undefined;
        /** Values by rank, from 0 to 1. `{ 0.5: 12.3 }` states a median of 12.3. */
        readonly quantiles?: Readonly<Record<number, number>> | undefined;
      }
  );

/** One event that a backend read from a payload. */
export interface ReceivedEvent {
  /** Tells it from a series. */
  readonly kind: 'event';
  /** The title, with the protocol's escapes undone. */
  readonly title: string;
  /** The text, with the protocol's escapes undone. */
  readonly text: string;
  /** The tags. Empty when the protocol has none. */
  readonly tags: Readonly<Record<string, string>>;
}

/** What tells a series from others. */
export interface ReceivedName {
  /** The name of the metric. */
  readonly name: string;
  /** The tags. Empty when the protocol has none. */
  readonly tags: Readonly<Record<string, string>>;
  /**
   * The time of the point, in any unit, where the protocol has it and a backend keeps only the last of several points of a
   * series with the same time.
   */
  readonly timestamp?: number | undefined;
}

/** A number of points. */
export interface ConformanceTally {
  /** How many data points of OpenTelemetry. */
  readonly points: number;
}

/** What `stats()` of an exporter returns. At every moment, `received` is the sum of the three others. */
export interface ConformanceStats {
  /** What was handed to `export`. */
  readonly received: ConformanceTally;
  /** What was sent, as far as the exporter knows. */
  readonly exported: ConformanceTally;
  /** What is being sent, or waits for a further attempt. */
  readonly pending: ConformanceTally;
  /** What was given up, for whatever reason. */
  readonly dropped: ConformanceTally;
}

/** An event as `@tallykit/metrics` hands it to exporters that know events. The fields are those of Datadog's events. */
export interface ConformanceEvent {
  /** One line. */
  readonly title: string;
  /** Any number of lines. */
  readonly text: string;
  /** Tags by key. */
  readonly tags: Readonly<Record<string, string>>;
  /** How serious it is. */
  readonly alertType: 'error' | 'warning' | 'info' | 'success' | undefined;
  /** `low` for events that Datadog hides at first. */
  readonly priority: 'normal' | 'low' | undefined;
  /** Events with the same key are shown as one. */
  readonly aggregationKey: string | undefined;
  /** What kind of system it comes from. */
  readonly sourceTypeName: string | undefined;
  /** The machine that it is about. */
  readonly hostname: string | undefined;
  /** When it happened, in milliseconds since 1970. */
  readonly timestamp: number;
}

/** Any OpenTelemetry push exporter. One that counts has a method `stats`, and one that knows events a method `event`. */
export type ConformanceExporter = PushMetricExporter & {
  /** What became of the points so far. */
  stats?(): ConformanceStats;
  /** Sends an event. It throws at nothing. */
  event?(event: ConformanceEvent): void;
};

/**
 * What is true of an exporter in the subject's configuration. No fact switches a case off: each case checks what must be true
 * given the facts, and a fact that is not true fails a case.
 */
export interface ConformanceFacts {
  /** It sends nothing at all. */
  readonly discards: boolean;
  /** Attributes reach the backend as tags. If not, series that differ only in their attributes arrive as one series. */
  readonly tags: boolean;
  /** The temporality that the exporter chooses. `delta`: for all instruments but the up-down kinds. `cumulative`: for all. */
  readonly temporality: 'delta' | 'cumulative';
  /** Gauges below zero reach the backend. If not, they are counted as dropped. */
  readonly negativeGauges: boolean;
  /** Histograms with values below zero reach the backend. If not, they are counted as dropped. */
  readonly negativeDistributions: boolean;
  /**
   * How a histogram arrives.
   *
   * - `samples`: as series of the kind `sample`.
   * - `exact`: as a `distribution` whose count, sum, minimum and maximum are exact.
   * - `aggregates`: as the series `NAME.count`, `NAME.sum`, `NAME.min` and `NAME.max`. If they have other names on the wire,
   *   `parse` renames them.
   * - `none`: not at all.
   */
  readonly histograms: 'samples' | 'exact' | 'aggregates' | 'none';
  /**
   * How many bytes a payload has at most, as `receive` gets it.
   *
   * @default no limit
   */
  readonly maxPayloadBytes?: number | undefined;
  /** A payload that arrives twice counts once, because all of its series have a `timestamp`. */
  readonly idempotent: boolean;
  /**
   * What happens to points that a backend refuses.
   *
   * - `dropped`: they are given up, and counted or logged.
   * - `kept`: they arrive by themselves when the backend is back.
   * - `kept or dropped`: each is one of both. Over a stream, what is written before the other end is known to be gone is lost.
   * - `unnoticed`: the protocol does not tell the exporter.
   */
  readonly outage: 'unnoticed' | 'dropped' | 'kept or dropped' | 'kept';
  /** It has a method `stats()` that counts points. */
  readonly stats: boolean;
  /**
   * It has a method `event` that sends events.
   *
   * @default false
   */
  readonly events?: boolean | undefined;
  /** Texts among its options that may never appear in a log or an error, for example API keys. */
  readonly secrets: readonly string[];
  /**
   * Within how many milliseconds it answers an export, a flush and a shutdown, whatever the backend does, when it is started
   * with that deadline. The suite waits three times as long. It counts only the time in which the process has nothing to do.
   */
  readonly deadlineMillis: number;
}

/** A program with an exporter, to be run in a process of its own. */
export interface ConformanceProgram {
  /** The source of an ES module. Its `const exporter` is an exporter with the same configuration as the subject's. */
  readonly source: string;
  /**
   * Options of Node that it needs, for example `['--import', 'tsx']`.
   *
   * @default []
   */
  readonly execArgv?: readonly string[] | undefined;
  /**
   * Where it runs: what its imports and options are relative to.
   *
   * @default the directory of this process
   */
  readonly directory?: string | undefined;
}

/** A backend that listens, and an exporter that sends to it. A method that returns a promise is waited for. */
export interface RunningSubject {
  /** The exporter, which the suite hands points to. */
  readonly exporter: ConformanceExporter;
  /** The same exporter as a program, which sends to the same backend. */
  readonly program: ConformanceProgram;
  /** Makes the backend take nothing any more: nobody listens, or every request is refused. */
  refuse(): unknown;
  /** Makes the backend accept and not answer, or not read, or lose what comes: whatever holds up a sender most. */
  hang(): unknown;
  /** Ends `refuse` and `hang`. */
  recover(): unknown;
  /** Frees the backend. The exporter is shut down by the suite. */
  stop(): unknown;
}

/**
 * For which subjects of an exporter a case has to run. An exporter has several subjects when it is tested in several
 * configurations, one subject for each of them.
 *
 * - `for each configuration`: transport, limits and format may each make a difference.
 * - `once for each format`: the case tests what stands on the wire, not how it gets there. Two subjects have the same format
 *   when they differ only in the transport and the size of payloads.
 * - `once for each exporter`: the case takes real time, and tests what an exporter does in the same way in every configuration.
 */
export type ConformanceRuns = 'for each configuration' | 'once for each format' | 'once for each exporter';

/** An exporter to be tested: how it is started, and what is true of it. */
export interface ConformanceSubject {
  /** What is true of the exporter in this configuration. */
  readonly facts: ConformanceFacts;
  /**
   * The cases that `conformanceCasesOf` leaves out, because another subject of the same exporter runs them. Leave it out when an
   * exporter has one subject. For `once for each exporter`, let the subject run them whose transport a backend that hangs
   * holds up most.
   *
   * @default []
   */
  readonly leavesOut?: readonly Exclude<ConformanceRuns, 'for each configuration'>[] | undefined;
  /**
   * Reads a payload as the backend does.
   *
   * @throws at whatever a backend would refuse or misunderstand
   */
  parse(payload: Payload): readonly (ReceivedSeries | ReceivedEvent)[];
  /**
   * Starts a backend and an exporter that sends to it. The exporter has no prefix and adds no tags of its own.
   *
   * @param receive is to be called with each payload that the backend receives
   * @param deadlineMillis is for the exporter's option of that meaning, if it has one. It is `facts.deadlineMillis` where the
   *   backend is going to hang, and otherwise so long that a busy machine does not reach it.
   */
  start(receive: (payload: Payload) => void, deadlineMillis: number): Promise<RunningSubject>;
}
