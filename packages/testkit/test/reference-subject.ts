import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type {
  ConformanceFacts,
  ConformanceSubject,
  Payload,
  ReceivedEvent,
  ReceivedSeries,
} from '../src/index.ts';
import { ReferenceExporter, type ReferenceOptions } from './reference-exporter.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

const REFERENCE_FACTS: ConformanceFacts = {
  discards: false,
  tags: true,
  temporality: 'delta',
  negativeGauges: true,
  negativeDistributions: true,
  histograms: 'exact',
  maxPayloadBytes: 4000,
  idempotent: false,
  outage: 'dropped',
  stats: true,
  events: true,
  secrets: ['s3cret-k3y'],
  deadlineMillis: 500,
};

/** A class made from the reference exporter, and where it is exported. */
export interface Variety {
  readonly module: string;
  readonly name: string;
  readonly Exporter: new (options: ReferenceOptions) => ReferenceExporter;
}

const HEALTHY: Variety = {
  module: new URL('reference-exporter.ts', import.meta.url).href,
  name: 'ReferenceExporter',
  Exporter: ReferenceExporter,
};

export const KEPT = { outage: 'kept' } as const;
export const REPLACING = { outage: 'kept', idempotent: true } as const;

/**
 * The reference exporter as a subject.
 *
 * @param facts what is true of it, where that differs from `REFERENCE_FACTS`
 * @param stated the facts that it states of itself, where they differ from the truth
 * @param variety another class in place of the reference exporter
 */
export function referenceSubject(
  facts: Partial<ConformanceFacts> = {},
  stated: Partial<ConformanceFacts> = {},
  { module, name, Exporter }: Variety = HEALTHY,
): ConformanceSubject {
  const truth = { ...REFERENCE_FACTS, ...facts };
  return {
    facts: { ...truth, ...stated },
    parse,
    async start(receive, deadlineMillis) {
      const server = new HttpServer(receive);
      await server.listen();
      const options: ReferenceOptions = {
        port: server.port,
        apiKey: 's3cret-k3y',
        // The true deadline, whatever deadline the facts state.
        deadlineMillis: Math.max(deadlineMillis, truth.deadlineMillis),
        maxPayloadBytes: truth.maxPayloadBytes ?? 4000,
        tags: truth.tags,
        temporality: truth.temporality,
        outage: truth.outage === 'kept' ? 'kept' : 'dropped',
        idempotent: truth.idempotent,
      };
      const exporter = new Exporter(options);
      return {
        exporter: Object.assign(exporter, {
          ...(truth.stats ? {} : { stats: undefined }),
          ...(truth.events ? {} : { event: undefined }),
        }),
        program: {
          source: `import { ${name} } from ${JSON.stringify(module)};
            const exporter = new ${name}(${JSON.stringify(options)});`,
          execArgv: ON_SOURCES,
        },
        refuse: () => server.close(),
        hang: () => server.hang(),
        recover: () => server.listen(),
        stop: () => server.close(),
      };
    },
  };
}

function parse(payload: Payload): (ReceivedSeries | ReceivedEvent)[] {
  return String(payload)
    .split('\n')
    .map((line) => (line.startsWith('event|') ? parseEvent(line) : parseLine(line)));
}

function parseEvent(line: string): ReceivedEvent {
  const [, title, pairs, text, ...others] = line.split('|');
  if (!title || pairs === undefined || text === undefined || others.length > 0)
    throw new Error(`no event: ${line}`);
  return {
    kind: 'event',
    title: decodeURIComponent(title),
    text: decodeURIComponent(text),
    tags: parseTags(pairs),
  };
}

function parseTags(pairs: string): Record<string, string> {
  if (pairs === '') return {};
  return Object.fromEntries(pairs.split(',').map((pair) => pair.split('=').map(decodeURIComponent)));
}

function parseLine(line: string): ReceivedSeries {
  const match = /^(count|total|gauge|distribution)\|([^|]+)\|([^|]*)\|([^|]+)(?:\|(\d+))?$/.exec(line);
  if (!match) throw new Error(`not a line: ${line.slice(0, 200)}`);
  const [, kind, name = '', pairs = '', numbers = '', number] = match;
  const values = numbers.split(',').map(Number);
  const common = {
    name: decodeURIComponent(name),
    tags: parseTags(pairs),
    ...(number === undefined ? {} : { timestamp: Number(number) }),
  };
  const [first, sum, min, max] = values as [number, number, number, number];
  return kind === 'distribution'
    ? { ...common, kind, count: first, sum, min, max }
    : { ...common, kind: kind as 'count', value: first };
}

class HttpServer {
  port = 0;
  readonly #receive: (body: string) => void;
  #server: Server | undefined;
  #hangs = false;

  constructor(receive: (body: string) => void) {
    this.#receive = receive;
  }

  async listen(): Promise<void> {
    await this.close();
    this.#hangs = false;
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        this.#receive(body);
        if (!this.#hangs) response.end();
      });
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.port = address.port;
  }

  /** Takes requests and does not answer. */
  hang(): void {
    this.#hangs = true;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
