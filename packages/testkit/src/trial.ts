import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { inspect } from 'node:util';
import type { Meter } from '@opentelemetry/api';
import {
  AggregationTemporality,
  MeterProvider,
  type MetricData,
  type ResourceMetrics,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { Arrivals } from './arrivals.ts';
import type { CaseOptions } from './conformance-case.ts';
import type {
  ConformanceExporter,
  ConformanceFacts,
  ConformanceSubject,
  Payload,
  ReceivedEvent,
  ReceivedSeries,
  RunningSubject,
} from './conformance.ts';
import { DiagListener } from './diag-listener.ts';
import { resourceMetrics } from './metric-data.ts';
import { CollectingReader } from './reader.ts';

/** What an exporter answers. */
export type ExportResult = Parameters<Parameters<ConformanceExporter['export']>[1]>[0];

/** Whether it is `ExportResultCode.SUCCESS`, which lives in a package that nobody needs otherwise. */
export function isSuccess({ code }: { readonly code: number }): boolean {
  return code === 0;
}

/** How many times its own deadline an exporter is waited for. Only cases that fail take so long. */
const PATIENCE = 3;

/** How often it is looked whether a wait is over. */
const WATCH_MILLIS = 10;

/** The deadline of an exporter whose backend doesn't hang: whoever reaches it has another fault. */
const LONG_DEADLINE_MILLIS = 60_000;

/** How long another process may take to start. */
const PROCESS_MILLIS = 30_000;

/** How many turns of the event loop something gets that is not supposed to happen. */
const TURNS = 20;

/** One call of `export`. */
interface Call {
  readonly answer: Promise<ExportResult>;
  answers: number;
}

/** One run of one case: a backend, an exporter, and instruments that lead to it. */
export class Trial {
  readonly facts: ConformanceFacts;
  readonly exporter: ConformanceExporter;
  readonly running: RunningSubject;
  /** What is said through `diag`. */
  readonly said: DiagListener;
  /** Its instruments reach the exporter through {@link collect}. */
  readonly meter: Meter;
  /** What the backend received. */
  readonly payloads: Payload[] = [];
  /** The events among it. */
  readonly events: ReceivedEvent[] = [];
  /** How many points were handed to the exporter. */
  handed = 0;
  readonly #subject: ConformanceSubject;
  readonly #reader: CollectingReader;
  readonly #series: ReceivedSeries[] = [];
  readonly #calls: Call[] = [];
  readonly #views: ViewOptions[];
  #parseError: string | undefined;
  /** How long the event loop had nothing to do, when a payload arrived last. */
  #idleAtPayload = 0;
  #arrived: () => void = () => undefined;
  #ends = 0;

  private constructor(
    subject: ConformanceSubject,
    running: RunningSubject,
    said: DiagListener,
    views: ViewOptions[],
  ) {
    this.#subject = subject;
    this.#views = views;
    this.facts = subject.facts;
    this.running = running;
    this.exporter = running.exporter;
    this.said = said;
    const reader = this.newReader();
    this.#reader = reader.reader;
    this.meter = reader.meter;
  }

  /** Runs a case, and checks what holds for all of them: every export is answered exactly once. */
  static async run(
    subject: ConformanceSubject,
    body: (trial: Trial) => Promise<void>,
    { views = [], hangs = false }: CaseOptions = {},
  ): Promise<void> {
    const said = new DiagListener();
    let trial: Trial | undefined;
    const { deadlineMillis } = subject.facts;
    try {
      const running = await subject.start(
        (payload) => trial?.receive(payload),
        hangs ? deadlineMillis : Math.max(deadlineMillis, LONG_DEADLINE_MILLIS),
      );
      try {
        trial = new Trial(subject, running, said, views);
        await body(trial);
        await trial.shutDown();
        await trial.#finish();
      } finally {
        await trial?.shutDown().catch(() => undefined);
        await running.stop();
      }
    } finally {
      said.stop();
    }
  }

  /** Instruments of their own, as another instrumentation scope would have. */
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

  /** Hands in what the instruments recorded, or points made by hand. */
  async export(metrics?: ResourceMetrics | readonly MetricData[]): Promise<ExportResult> {
    return this.begin(metrics ?? (await this.collect())).answer;
  }

  /** The same without a wait. The answer rejects when it does not come in time. */
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

  /** Everything that was handed in and is not on its way any more, as the backend sees it. */
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

  /** What the backend has seen some turns of the event loop later: for what is not supposed to arrive. */
  async arrivalsSoFar(): Promise<Arrivals> {
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    this.#checkPayloads();
    return new Arrivals(this.#series, this.facts);
  }

  /** Waits until the backend has received enough. */
  async until(
    isEnough: (arrivals: Arrivals) => boolean,
    what: string,
    extraMillis?: number,
  ): Promise<Arrivals> {
    const enough = async (): Promise<Arrivals> => {
      for (;;) {
        this.#checkPayloads();
        const arrivals = new Arrivals(this.#series, this.facts);
        if (isEnough(arrivals)) return arrivals;
        await new Promise<void>((resolve) => (this.#arrived = resolve));
      }
    };
    return this.inTime(enough(), `${what} at the backend`, extraMillis);
  }

  /**
   * Checks that points that did not arrive are not lost in silence.
   *
   * @param points how many there are
   * @param results the answers to the exports that they were in
   */
  assertLossIsSaid(points: number, results: readonly ExportResult[], what: string): void {
    if (this.exporter.stats) {
      const { dropped } = this.exporter.stats();
      assert.ok(
        dropped.points >= points,
        `${what}: ${points} points did not arrive, stats() says ${dropped.points}`,
      );
      return;
    }
    const isSaid = !results.every(isSuccess) || this.said.warnings.length > 0;
    assert.ok(isSaid, `${what}: SUCCESS for points that did not arrive, and no word through diag`);
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
   * Runs the subject's program in a process of its own until it ends by itself.
   *
   * @param statements what it does with `exporter` and `metrics`
   */
  async runProgram(metrics: readonly MetricData[], statements: string): Promise<void> {
    const { source, execArgv = [], directory } = this.running.program;
    const scopeMetrics = [{ scope: { name: 'conformance' }, metrics }];
    const program = [
      source,
      `const metrics = ${JSON.stringify({ resource: { attributes: {} }, scopeMetrics })};`,
      statements,
      "process.stdout.write('done');",
    ].join('\n');
    const child = spawn(process.execPath, [...execArgv, '--input-type=module', '--eval', program], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    const exit = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const done = Promise.race([once(child.stdout, 'data'), exit]);
    try {
      await this.inTime(done, 'the last statement of a program with the exporter', PROCESS_MILLIS);
      const code = await this.inTime(exit, 'the end of a program with the exporter');
      assert.equal(code, 0, `the exit code of a program with the exporter\n${errors}`);
    } finally {
      child.kill('SIGKILL');
    }
  }

  receive(payload: Payload): void {
    this.payloads.push(payload);
    this.#idleAtPayload = idleMillis();
    try {
      for (const one of this.#subject.parse(payload)) {
        if (one.kind === 'event') this.events.push(one);
        else this.#series.push(one);
      }
    } catch (error) {
      this.#parseError ??= inspect(error);
    }
    this.#arrived();
  }

  #checkPayloads(): void {
    if (this.#parseError === undefined) return;
    assert.fail(`the backend can't read what it received: ${this.#parseError}`);
  }

  /**
   * Fails when it takes longer than an exporter may. What counts is the time that the event loop had nothing to do since it
   * began, or since a payload arrived: a busy machine needs longer for what there is to do, and not for what only waits.
   */
  async inTime<Result>(work: Promise<Result>, what: string, extraMillis = 0): Promise<Result> {
    const millis = PATIENCE * this.facts.deadlineMillis + extraMillis;
    const begun = idleMillis();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        if (idleMillis() - Math.max(begun, this.#idleAtPayload) < millis) return;
        reject(new assert.AssertionError({ message: `waited ${millis} ms for ${what}` }));
      }, WATCH_MILLIS);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearInterval(timer);
    }
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

/** How long the event loop has had nothing to do. */
function idleMillis(): number {
  return performance.eventLoopUtilization().idle;
}
