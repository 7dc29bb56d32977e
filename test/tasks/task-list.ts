import type { Library } from './libraries.ts';
import type { Session } from './session.ts';
import {
  changeBackend,
  countOrders,
  findOutWhy,
  limitCardinality,
  seeLocally,
  showDashboard,
  shutDown,
  tagWithContext,
  timeQueries,
  unitTest,
  type Finding,
} from './task-runs.ts';

/** Something that people do with metrics. */
export interface Task {
  /** The folder of its programs. */
  readonly name: string;
  readonly title: string;
  /** What the programs do, and what has to be seen. */
  readonly what: string;
  /** Runs the program of a library. It throws where what arrived is not what was recorded. */
  readonly run: (session: Session) => Promise<Finding>;
  /** Why a library has no program for it. */
  readonly impossible?: Partial<Record<Library['name'], string>>;
  /** What the lines don't tell: who does it better, and what each way costs. */
  readonly remarks: readonly string[];
}

export const TASKS: readonly Task[] = [
  {
    name: 'count',
    title: 'Count',
    what: 'Count three orders by their plan: two are `pro`, one is `free`.',
    run: countOrders,
    remarks: [
      'prom-client and OpenTelemetry want each metric declared first. That is one line more for each metric. In return, names and ' +
        'labels stand in one place, and a label that prom-client does not know is an error of TypeScript.',
      'The set-up of Tallykit, dd-trace and OpenTelemetry can be left to `node --import`. It is counted as code here.',
    ],
  },
  {
    name: 'time',
    title: 'Time',
    what: 'Time three queries of a database, and tell the one that fails from the others.',
    run: timeQueries,
    remarks: [
      'It is the result that costs the lines. Without it, `client.asyncTimer(query, "db.query")` of hot-shots is one line, too. ' +
        'Whoever times many functions writes such lines once, in a function of their own.',
      'dd-trace has a better way than its metrics: `tracer.wrap("db.query", query)` makes a span of each query, failed ones marked, and ' +
        'Datadog makes metrics of spans. For many databases it needs no line at all. The instrumentations of OpenTelemetry need none ' +
        'either. Tallykit has no automatic instrumentation. It works beside both.',
    ],
  },
  {
    name: 'request-context',
    title: "Tag with the request's context",
    what:
      'A server takes three orders of two tenants. The function that counts them knows nothing of the request. The tenant has to be ' +
      'on the metric.',
    run: tagWithContext,
    remarks: [
      "Node's `AsyncLocalStorage` does it for everybody, in three lines. The difference is in the calls: with the others, each call names " +
        'the store, and a call that forgets it counts without the tenant. `withTags` reaches every call of Tallykit, in other packages too.',
      'prom-client wants the label declared with each metric. OpenTelemetry can add the tag to all metrics at once, by a `View` with an ' +
        'attributes processor, in about ten lines.',
    ],
  },
  {
    name: 'unit-test',
    title: 'Unit test',
    what:
      'A test with `node:test` checks that an order is counted by its plan, and leaves nothing behind. It has to fail when the order ' +
      'is counted wrongly.',
    run: unitTest,
    remarks: [
      'hot-shots (`mock: true`) and prom-client have the shortest tests. The former compares lines as they are sent, which global tags ' +
        'and a prefix change, too.',
      'dd-trace and datadog-metrics have nothing for tests, so the method is mocked. Such a test sees the call, and not what ' +
        'becomes of it. prom-client, OpenTelemetry and Tallykit read back what was added up.',
    ],
  },
  {
    name: 'see-it-locally',
    title: 'See it locally',
    what: 'The program of "Time", unchanged, on a computer without any server. What does it record?',
    run: seeLocally,
    remarks: [
      'prom-client has the best answer: `curl` shows everything, at any time, and no variable is needed.',
      'hot-shots can write its lines to `process.stdout` as well: see "Change the backend". dd-trace shows its metrics only where no Agent ' +
        'answers over HTTP.',
      "`npx @tallykit/cli listen` takes what any of them sends over StatsD, DogStatsD or Datadog's HTTP API, and shows every series live.",
    ],
  },
  {
    name: 'change-backend',
    title: 'Change the backend',
    what: 'Counts go to the screen in development, and to a server in production. The code is the same.',
    run: changeBackend,
    impossible: {
      'prom-client': 'to Prometheus, by a scrape or a Pushgateway, and nowhere else',
      'dd-trace': 'to the Agent, and nowhere else',
    },
    remarks: [
      "A variable chooses. With Tallykit: StatsD, DogStatsD, Datadog's HTTP API, OTLP, Prometheus, a log, the console, or nothing. With " +
        'OpenTelemetry: OTLP, Prometheus, or the console. hot-shots speaks the dialects of StatsD, over TCP and unix sockets too.',
    ],
  },
  {
    name: 'shut-down',
    title: 'Shut down cleanly',
    what: 'A server has taken ten orders since the last export. It gets `SIGTERM` and closes. All ten have to arrive.',
    run: shutDown,
    remarks: [
      'dd-trace and datadog-metrics are the shortest: they flush at `beforeExit`, without a line. That holds as long as the program ends ' +
        'by itself, because `process.exit()` emits no `beforeExit`. hot-shots sends at once, unless it buffers, and only closes its socket.',
      'prom-client can push to a Pushgateway. Prometheus recommends that [for batch jobs only](https://prometheus.io/docs/practices/pushing/).',
    ],
  },
  {
    name: 'why-nothing-arrives',
    title: 'Find out why nothing arrives',
    what: 'The program of "Count", unchanged, sends to an address where nobody listens. What does it say?',
    run: findOutWhy,
    impossible: {
      'prom-client': "the program can't know; Prometheus shows the failed scrape on its page of targets",
    },
    remarks: [
      'Only a connected socket hears of a closed UDP port, and Tallykit uses one. hot-shots hears of it over TCP and unix sockets, by its ' +
        '`errorHandler`. datadog-metrics says it by itself, too.',
      'Programs get the same from `stats()` and `flush()` of Tallykit: what was exported, what waits, and what was dropped for which cause.',
      '`npx @tallykit/cli doctor` sends one of each to the backend of a program with Tallykit, and names the cause and the remedy. ' +
        '`doctor -- node app.js` looks into the program, whatever registered its `MeterProvider`.',
      "What has arrived at Datadog's Agent, `agent dogstatsd-stats` shows best, whatever has sent it.",
    ],
  },
  {
    name: 'cardinality',
    title: 'Keep cardinality down',
    what: 'A bug tags 3,000 orders with the user. All have to be counted, in a bounded number of series. Is anybody told?',
    run: limitCardinality,
    remarks: [
      "Servers can do it for the others, and for all programs at once: Datadog's Metrics without Limits drops tags before they are billed, " +
        'and relabelling or `sample_limit` of Prometheus changes or refuses what is scraped.',
      'To leave a tag out for good, OpenTelemetry has an allow-list of attributes in a `View`, and Tallykit has `tagRules`.',
    ],
  },
  {
    name: 'dashboard',
    title: 'A dashboard',
    what: 'A chart of the last hour in a browser, with nothing to install or to run beside the program.',
    run: showDashboard,
    impossible: {
      'hot-shots': 'the dashboard of the server',
      'prom-client': 'Grafana',
      'dd-trace': 'Datadog',
      'datadog-metrics': 'Datadog',
      opentelemetry: 'the dashboard of the server',
    },
    remarks: [
      'Grafana and Datadog are the better dashboards: for many services and months, with alerts, and with logs and traces beside the ' +
        'charts. Datadog has ready-made ones for what dd-trace records. Where you have one of them, use it. The page of Tallykit is for ' +
        'programs that have none.',
    ],
  },
];
