import assert from 'node:assert/strict';
import type { Meter } from '@opentelemetry/api';
import {
  AggregationTemporality,
  MeterProvider,
  type MetricData,
  type ResourceMetrics,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { CollectingReader } from '../recording/collecting-reader.ts';
import { resourceMetrics } from '../recording/metric-data.ts';
import { Arrivals } from './arrivals.ts';
import type {
  ConformanceExporter,
  ConformanceFacts,
  ConformanceSubject,
  Payload,
  ReceivedEvent,
  RunningSubject,
} from './conformance-subject.ts';
import { DiagListener } from './diag-listener.ts';
import { withinIdleTime } from './idle-deadline.ts';
import { ReceivedPayloads } from './received-payloads.ts';

/** What an exporter answers. */
export type ExportResult = Parameters<Parameters<ConformanceExporter['export']>[1]>[0];

/** Compares with `ExportResultCode.SUCCESS`. The package that has it is needed for nothing else. */
export function isSuccess({ code }: { readonly code: number }): boolean {
  return code === 0;
}

/** How many times its own deadline an exporter is waited for. Only cases that fail take so long. */
const PATIENCE = 3;

/** The deadline of an exporter whose backend doesn't hang. An exporter that reaches it has another fault. */
const LONG_DEADLINE_MILLIS = 60_000;

/** How many turns of the event loop are waited for something that is not supposed to happen. */
const TURNS = 20;

/** What a case needs besides what it does. */
export interface TrialOptions {
  /** Views of its MeterProvider. */
  readonly views?: ViewOptions[];
  /** Its backend hangs, so that it waits for the exporter's deadline. */
  readonly hangs?: boolean;
}

/** One call of `export`. */
interface Call {
  readonly answer: Promise<ExportResult>;
  /** How often it was answered. */
  answers: number;
}

/** One run of one case: a backend, an exporter, and instruments whose metrics are handed to the exporter. */
export class Trial {
  readonly facts: ConformanceFacts;
  readonly exporter: ConformanceExporter;
  readonly running: RunningSubject;
  /** What is logged through `diag`. */
  readonly logged: DiagListener;
  /** What its instruments record is handed out by {@link collect}. */
  readonly meter: Meter;
  /** How many points were handed to the exporter. */
  handed = 0;
  readonly #received: ReceivedPayloads;
  readonly #reader: CollectingReader;
  readonly #calls: Call[] = [];
  readonly #views: ViewOptions[];
  #ends = 0;

  private constructor(
    facts: ConformanceFacts,
    running: RunningSubject,
    received: ReceivedPayloads,
    logged: DiagListener,
    views: ViewOptions[],
  ) {
    this.#views = views;
    this.#received = received;
    this.facts = facts;
    this.running = running;
    this.exporter = running.exporter;
    this.logged = logged;
    const reader = this.newReader();
    this.#reader = reader.reader;
    this.meter = reader.meter;
  }

  /** Runs a case, and checks what is true of all of them: every export is answered exactly once, and `stats()` adds up. */
  static async run(
    subject: ConformanceSubject,
    body: (trial: Trial) => Promise<void>,
    { views = [], hangs = false }: TrialOptions = {},
  ): Promise<void> {
    const logged = new DiagListener();
    const received = new ReceivedPayloads((payload) => subject.parse(payload));
    let trial: Trial | undefined;
    const { deadlineMillis } = subject.facts;
    try {
      const running = await subject.start(
        // What arrives before the exporter is handed to the case does not belong to the case.
        (payload) => trial && received.add(payload),
        hangs ? deadlineMillis : Math.max(deadlineMillis, LONG_DEADLINE_MILLIS),
      );
      try {
        trial = new Trial(subject.facts, running, received, logged, views);
        await body(trial);
        await trial.shutDown();
        await trial.#finish();
      } finally {
        await trial?.shutDown().catch(() => undefined);
        await running.stop();
      }
    } finally {
      logged.stop();
    }
  }

  /** What the backend received. */
  get payloads(): readonly Payload[] {
    return this.#received.payloads;
  }

  /** The events among it. */
  get events(): readonly ReceivedEvent[] {
    return this.#received.events;
  }

  /** Another reader with instruments of its own, as another instrumentation scope has them. */
  newReader(): { readonly reader: CollectingReader; readonly meter: Meter } {
    const { exporter } = this.running;
    const reader = new CollectingReader({
      aggregationTemporalitySelector: (type) =>
        exporter.selectAggregationTemporality?.(type) ?? AggregationTemporality.CUMULATIVE,
      ...(exporter.selectAggregation && {
        aggregationSelector: (type) => exporter.selectAggregation!(type),
      }),
    });
    const provider = new MeterProvider({ readers: [reader], views: this.#views });
    return { reader, meter: provider.getMeter('conformance') };
  }

  /** What the instruments recorded, as a reader hands it over. */
  collect(): Promise<ResourceMetrics> {
    return this.#reader.read();
  }

  /** Hands in what the instruments recorded, or points made by hand, and waits for the answer. */
  async export(metrics?: ResourceMetrics | readonly MetricData[]): Promise<ExportResult> {
    return this.begin(metrics ?? (await this.collect())).answer;
  }

  /** Does the same without waiting. The answer rejects when it does not come in time. */
  begin(metrics: ResourceMetrics | readonly MetricData[]): Call {
    const given = 'scopeMetrics' in metrics ? metrics : resourceMetrics(metrics);
    const points = pointsOf(given);
    this.handed += points;
    let answered: (result: ExportResult) => void = () => undefined;
    const answer = new Promise<ExportResult>((resolve) => (answered = resolve));
    const call: Call = {
      answer: this.inTime(answer, `the answer to an export of ${points} points`),
      answers: 0,
    };
    call.answer.catch(() => undefined);
    this.#calls.push(call);
    try {
      this.exporter.export(given, (result) => {
        call.answers += 1;
        answered(result);
      });
    } catch (error) {
      assert.fail(`export threw ${String(error)}`);
    }
    return call;
  }

  forceFlush(): Promise<void> {
    return this.inTime(this.exporter.forceFlush(), 'the end of forceFlush');
  }

  shutDown(): Promise<void> {
    return this.inTime(this.exporter.shutdown(), 'the end of shutdown');
  }

  /** Everything that was handed in, as the backend sees it. A counter that is exported last marks the end. */
  async arrivals(): Promise<Arrivals> {
    if (this.facts.discards) return this.arrivalsSoFar();
    this.#ends += 1;
    const name = `conformanceend${this.#ends}`;
    this.meter.createCounter(name).add(1);
    await this.export();
    return this.until(
      (arrivals) => arrivals.count(name) > 0,
      `the counter ${name}, which was handed in last`,
    );
  }

  /** What the backend has seen some turns of the event loop later, where more is not supposed to arrive. */
  async arrivalsSoFar(): Promise<Arrivals> {
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return new Arrivals(this.#received.series, this.facts);
  }

  /** Waits until the backend has received enough. */
  until(isEnough: (arrivals: Arrivals) => boolean, what: string, extraMillis?: number): Promise<Arrivals> {
    const enough = async (): Promise<Arrivals> => {
      for (;;) {
        const arrivals = new Arrivals(this.#received.series, this.facts);
        if (isEnough(arrivals)) return arrivals;
        await this.#received.next();
      }
    };
    return this.inTime(enough(), `${what} at the backend`, extraMillis);
  }

  /**
   * Checks that an exporter lets know of points that did not arrive: by `stats()`, by an answer, or by a warning.
   *
   * @param points how many there are
   * @param results the answers to the exports that they were in
   */
  assertLossIsKnown(points: number, results: readonly ExportResult[], what: string): void {
    if (this.exporter.stats) {
      const { dropped } = this.exporter.stats();
      assert.ok(
        dropped.points >= points,
        `${what}: ${points} points did not arrive, stats() says ${dropped.points}`,
      );
      return;
    }
    const isKnown = !results.every(isSuccess) || this.logged.warnings.length > 0;
    assert.ok(
      isKnown,
      `${what}: SUCCESS for points that did not arrive, and nothing was logged through diag`,
    );
  }

  /** Checks `received = exported + pending + dropped`. */
  assertStatsAddUp(when: string): void {
    if (!this.exporter.stats) return;
    const { received, exported, pending, dropped } = this.exporter.stats();
    assert.deepEqual(
      { received: received.points, sum: exported.points + pending.points + dropped.points },
      { received: this.handed, sum: this.handed },
      `stats() ${when}: received = exported + pending + dropped`,
    );
  }

  /**
   * Fails when `work` takes longer than an exporter may. Only time counts in which the machine had nothing to do, since the
   * wait began or since a payload arrived.
   */
  inTime<Result>(work: Promise<Result>, what: string, extraMillis = 0): Promise<Result> {
    const millis = PATIENCE * this.facts.deadlineMillis + extraMillis;
    return withinIdleTime(work, what, millis, () => this.#received.payloads.length);
  }

  async #finish(): Promise<void> {
    await this.arrivalsSoFar();
    for (const { answers } of this.#calls) assert.equal(answers, 1, 'how often an export was answered');
    this.assertStatsAddUp('in the end');
  }
}

export function pointsOf({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
}
