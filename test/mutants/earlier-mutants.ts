/** One change of a source, and the tests that must notice it. */
export interface EarlierMutant {
  /** What it breaks. */
  readonly breaks: string;
  readonly file: string;
  /** Stands once in the file. */
  readonly text: string;
  readonly replacement: string;
  /** A test file, or a part of its path. */
  readonly tests: string;
  /** A part of the test's name. */
  readonly test: string;
}

const BASE = 'packages/exporter-base';
const HTTP = 'packages/exporter-datadog-http';

/** Changes that no test of version 0.1 noticed. `pnpm mutants:earlier` makes each, and fails when its test passes. */
export const EARLIER_MUTANTS: readonly EarlierMutant[] = [
  {
    breaks: 'a series is forgotten one collection early',
    file: 'packages/metrics/src/drain.ts',
    text: 'cell.idleCollections > MAX_IDLE_COLLECTIONS',
    replacement: 'cell.idleCollections >= MAX_IDLE_COLLECTIONS',
    tests: 'packages/metrics/test/drain.test.ts',
    test: 'keeps the place of a series for 30 collections',
  },
  {
    breaks: 'the count of dropped tags is lost when a provider is registered',
    file: 'packages/metrics/src/deliver.ts',
    text: 'registry.droppedTags += waiting.droppedTags;',
    replacement: '',
    tests: 'packages/metrics/test/provider.test.ts',
    test: '',
  },
  {
    breaks: 'the memory of what was logged has no bound',
    file: 'packages/metrics/src/log-once.ts',
    text: '(!logged.has(about) && logged.size < MAX_LOGGED)',
    replacement: '!logged.has(about)',
    tests: 'packages/metrics/test/log-once.test.ts',
    test: '',
  },
  {
    breaks: 'the backoff starts anew while part of what is sent is blocked',
    file: `${BASE}/src/delivery/retry-schedule.ts`,
    text: 'else if (!isBlocked && hasDelivered)',
    replacement: 'else if (hasDelivered)',
    tests: `${BASE}/test/retry-schedule.test.ts`,
    test: '',
  },
  {
    breaks: 'what has waited longest is no longer dropped first',
    file: `${BASE}/src/delivery/settlement.ts`,
    text: 'item.keptSince ||= this.#batches;',
    replacement: 'item.keptSince = this.#batches;',
    tests: `${BASE}/test/retry.test.ts`,
    test: '',
  },
  {
    breaks: 'the longest `Retry-After` of a slice is ignored',
    file: `${BASE}/src/delivery/batch-run.ts`,
    text: 'this.#retryAfterMillis = Math.max(this.#retryAfterMillis, outcome.retryAfterMillis ?? 0);',
    replacement: 'this.#retryAfterMillis = outcome.retryAfterMillis ?? 0;',
    tests: `${BASE}/test/retry.test.ts`,
    test: '',
  },
  {
    breaks: 'payloads that were held are made without a turn of the event loop',
    file: `${BASE}/src/delivery/sender.ts`,
    text: `    // Payloads that were held come without a place to yield.
    if (yielder.isDue()) await yielder.yieldToEventLoop();`,
    replacement: '',
    tests: `${BASE}/test/retry.test.ts`,
    test: 'turns of the event loop',
  },
  {
    breaks: 'after a refusal, the same address of a name is used again',
    file: `${BASE}/src/transports/udp-transport.ts`,
    text: 'if (link === this.#link) this.#failures += 1;',
    replacement: '',
    tests: `${BASE}/test/udp-transport.test.ts`,
    test: 'address',
  },
  {
    breaks: 'late refusals are missed',
    file: `${BASE}/src/transports/udp-transport.ts`,
    text: 'if (link.sending === 0) this.#listensLonger = true;',
    replacement: '',
    tests: `${BASE}/test/udp-transport.test.ts`,
    test: 'longer',
  },
  {
    breaks: 'rounding errors stay in the amounts of nothing',
    file: `${BASE}/src/accounts/ledger.ts`,
    text: 'this.amount = this.points === 0 ? 0 : this.amount - amount;',
    replacement: 'this.amount -= amount;',
    tests: `${BASE}/test/ledger.test.ts`,
    test: '',
  },
  {
    breaks: 'values below zero in explicit buckets are sent as timings',
    file: 'packages/exporter-statsd/src/translate.ts',
    text: 'boundaries[Math.max(first - 1, 0)]',
    replacement: 'boundaries[Math.max(first, 0)]',
    tests: 'packages/exporter-statsd/test/translate.test.ts',
    test: 'whose smallest value nobody recorded',
  },
  {
    breaks: 'of two waits that the server wants, the wrong one is taken',
    file: `${HTTP}/src/request.ts`,
    text: "['x-ratelimit-reset', 'retry-after']",
    replacement: "['retry-after', 'x-ratelimit-reset']",
    tests: `${HTTP}/test/request.test.ts`,
    test: '',
  },
  {
    breaks: 'an answer without end is read',
    file: `${HTTP}/src/request.ts`,
    text: 'if (isCut) break;',
    replacement: '',
    tests: `${HTTP}/test/request.test.ts`,
    test: 'without end',
  },
  {
    breaks: 'a payload is sent past its deadline',
    file: `${HTTP}/src/http-transport.ts`,
    text: 'body === undefined || signal.aborted',
    replacement: 'body === undefined',
    tests: `${HTTP}/test/request.test.ts`,
    test: '',
  },
  {
    breaks: 'what a connect timeout stopped counts as sent',
    file: `${HTTP}/src/request.ts`,
    text: 'UND_ERR_CONNECT_TIMEOUT|',
    replacement: '',
    tests: `${HTTP}/test/request.test.ts`,
    test: '',
  },
  {
    breaks: 'idle series are remembered without a bound',
    file: 'packages/exporter-logging/src/idle-series.ts',
    text: 'if (this.#lastSeen.size <= MAX_REMEMBERED) return;',
    replacement: 'return;',
    tests: 'packages/exporter-logging/test/idle-series.test.ts',
    test: '',
  },
  {
    breaks: 'intervals of the log overlap',
    file: 'packages/exporter-logging/src/logging-metric-exporter.ts',
    text: 'this.#sinceMillis = Math.max(this.#sinceMillis, series.endMillis);',
    replacement: 'this.#sinceMillis = series.endMillis;',
    tests: 'packages/exporter-logging/test/logging-metric-exporter.test.ts',
    test: '',
  },
  {
    breaks: "a MeterProvider that somebody else registered is taken away from the program's metrics",
    file: 'packages/node/src/meter-provider.ts',
    text: 'if (!wasRegistered && isRegistered())',
    replacement: 'if (isRegistered())',
    tests: 'packages/node/test/start-metrics.test.ts',
    test: 'somebody else registered',
  },
  {
    breaks: 'the SDK folds series before we warn',
    file: 'packages/node/src/readers.ts',
    text: 'return 2 * maxSeriesPerMetric;',
    replacement: 'return maxSeriesPerMetric;',
    tests: 'packages/node/test/start-metrics.test.ts',
    test: '',
  },
  {
    breaks: 'a store that was handed in is closed',
    file: 'packages/node/src/internal-store.ts',
    text: 'if (given === undefined) await store.shutdown(options);',
    replacement: 'await store.shutdown(options);',
    tests: 'packages/node/test/internal-store.test.ts',
    test: 'unless it was handed in',
  },
  {
    breaks: 'the pauses after failures of Redis never grow',
    file: 'packages/tsdb/src/redis-access.ts',
    text: 'access.pauseMillis * 2',
    replacement: 'access.pauseMillis',
    tests: 'packages/tsdb/test/redis-connection.test.ts',
    test: 'waits longer after each failure',
  },
  {
    breaks: "a flush doesn't wait for the write under way",
    file: 'packages/tsdb/src/redis-writer.ts',
    text: `      await this.#writing;
      this.#connection.hurry();`,
    replacement: '      this.#connection.hurry();',
    tests: 'packages/tsdb/test/redis-table.test.ts',
    test: 'in a flush',
  },
];
