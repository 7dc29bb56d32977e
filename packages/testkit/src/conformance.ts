import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';

/** One payload as the backend received it: a datagram, a line of a stream, the body of a request. */
export type Payload = string | Uint8Array;

/** What a backend read from a payload, in the words of no protocol. */
export type ReceivedSeries = ReceivedName &
  (
    | {
        /** `count`: an increase. `total`: a running total since the start. `gauge`: a current value. */
        readonly kind: 'count' | 'total' | 'gauge';
        readonly value: number;
      }
    | {
        /** One value of a distribution. */
        readonly kind: 'sample';
        readonly value: number;
        /** How many recorded values it stands for. */
        readonly weight: number;
      }
    | {
        /** A whole distribution. */
        readonly kind: 'distribution';
        readonly count: number;
        readonly sum?: number;
        readonly min?: number;
        readonly max?: number;
        /** By rank, 0 to 1: `{ 0.5: 12.3 }`. */
        readonly quantiles?: Readonly<Record<number, number>>;
      }
  );

/** What a backend read of an event. */
export interface ReceivedEvent {
  readonly kind: 'event';
  readonly title: string;
  readonly text: string;
  /** Empty when the protocol has none. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Which series it is. */
export interface ReceivedName {
  readonly name: string;
  /** Empty when the protocol has none. */
  readonly tags: Readonly<Record<string, string>>;
  /** For protocols with time: at the backend, a later point of the same time replaces the former. Any unit. */
  readonly timestamp?: number;
}

/** A number of points. */
export interface ConformanceTally {
  readonly points: number;
}

/** What `stats()` says of an exporter that counts: `received = exported + pending + dropped`, always. */
export interface ConformanceStats {
  readonly received: ConformanceTally;
  readonly exported: ConformanceTally;
  readonly pending: ConformanceTally;
  readonly dropped: ConformanceTally;
}

/** An event as `@tallykit/metrics` hands it to backends that know events. */
export interface ConformanceEvent {
  readonly title: string;
  readonly text: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly alertType: 'error' | 'warning' | 'info' | 'success' | undefined;
  readonly priority: 'normal' | 'low' | undefined;
  readonly aggregationKey: string | undefined;
  readonly sourceTypeName: string | undefined;
  readonly hostname: string | undefined;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** Any OpenTelemetry push exporter; `stats` is for those that count, `event` for those that know events. */
export type ConformanceExporter = PushMetricExporter & {
  stats?(): ConformanceStats;
  event?(event: ConformanceEvent): void;
};

/**
 * What is true of an exporter, as the subject configures it. No fact switches a case off: each case checks what must be
 * true given the facts, and a fact that is not true fails a case.
 */
export interface ConformanceFacts {
  /** It sends nothing at all. */
  readonly discards: boolean;
  /** Attributes reach the backend as tags. If not, series that differ in attributes only arrive as one. */
  readonly tags: boolean;
  /** `delta`: for all but the up-down kinds. `cumulative`: for all. */
  readonly temporality: 'delta' | 'cumulative';
  /** Gauges below zero reach the backend. If not, they are counted as dropped. */
  readonly negativeGauges: boolean;
  /** Histograms with values below zero reach the backend. If not, they are counted as dropped. */
  readonly negativeDistributions: boolean;
  /**
   * As what a histogram arrives: `samples`, a `distribution` that is `exact` in count, sum, minimum and maximum,
   * `aggregates` (series `NAME.count`, `NAME.sum`, `NAME.min`, `NAME.max`; let `parse` rename them if need be), or not.
   */
  readonly histograms: 'samples' | 'exact' | 'aggregates' | 'none';
  /** How many bytes a payload has at most, as the backend sees it. Leave it out where there is no limit. */
  readonly maxPayloadBytes?: number;
  /** A payload may arrive twice and counts once, because all of its series have a `timestamp`. */
  readonly idempotent: boolean;
  /**
   * What happens to points that a backend refuses: they are `dropped`, and counted or said; they are `kept`, and arrive
   * by themselves when the backend is back; or the protocol leaves it `unnoticed`.
   */
  readonly outage: 'unnoticed' | 'dropped' | 'kept';
  /** It has a method `stats()` that counts points. */
  readonly stats: boolean;
  /**
   * It has a method `event` that sends events.
   *
   * @default false
   */
  readonly events?: boolean;
  /** Texts among its options that nobody may ever read, API keys for instance. */
  readonly secrets: readonly string[];
  /**
   * Within how many milliseconds it answers an export, a flush and a shutdown, whatever the backend does, when it is
   * started with that deadline. The suite waits three times as long, counting only the time in which the process has
   * nothing to do.
   */
  readonly deadlineMillis: number;
}

/** A program with an exporter, to be run in a process of its own. */
export interface ConformanceProgram {
  /** An ES module that leaves an exporter, configured like the other one, in `const exporter`. */
  readonly source: string;
  /**
   * Options of Node that it needs, for example `['--import', 'tsx']`.
   *
   * @default []
   */
  readonly execArgv?: readonly string[];
  /**
   * Where it runs: what its imports and options are relative to.
   *
   * @default the directory of this process
   */
  readonly directory?: string;
}

/** A backend that listens, and an exporter that sends to it. */
export interface RunningSubject {
  readonly exporter: ConformanceExporter;
  readonly program: ConformanceProgram;
  /** Makes the backend take nothing any more: nobody listens, or every request is refused. */
  refuse(): unknown;
  /** Makes the backend take and not answer, or not read, or lose what comes: whatever holds up a sender most. */
  hang(): unknown;
  /** Ends `refuse` and `hang`. */
  recover(): unknown;
  /** Frees the backend. The exporter is shut down by the suite. */
  stop(): unknown;
}

/** An exporter to be tested: how it is started, and what is true of it. */
export interface ConformanceSubject {
  readonly facts: ConformanceFacts;
  /** Reads a payload as the backend does. Throws at whatever a backend would refuse or misunderstand. */
  parse(payload: Payload): readonly (ReceivedSeries | ReceivedEvent)[];
  /**
   * Starts a backend and an exporter that sends to it, with nothing put in front of names and no tags added.
   *
   * @param receive to be called with each payload that the backend receives
   * @param deadlineMillis for the exporter's option of that meaning, if it has one: `facts.deadlineMillis` where the backend
   *   is going to hang, otherwise so long that a busy machine doesn't reach it
   */
  start(receive: (payload: Payload) => void, deadlineMillis: number): Promise<RunningSubject>;
}

/** One thing that must be true of every exporter. */
export interface ConformanceCase {
  /** A sentence. */
  readonly name: string;
  /**
   * Rejects when it is not true. Listens to `diag`, which is global: run one case at a time, and set a logger of your own
   * afterwards.
   */
  readonly run: (subject: ConformanceSubject) => Promise<void>;
}
