import { readFileSync, watch, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConformanceSubject, ReceivedEvent, ReceivedSeries } from '@tallykit/testkit';
import { TimeseriesMetricExporter, TimeseriesStore, type EventRecording } from '../src/index.ts';
import type { WrittenRecording } from '../src/recording.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

/** Calls a function with each recording that it takes. */
class TellingStore extends TimeseriesStore {
  readonly #receive: (text: string) => void;

  constructor(receive: (text: string) => void) {
    super({ maxSeries: 1_000_000, maxBytes: 2 ** 40 });
    this.#receive = receive;
  }

  override add(recording: WrittenRecording): ReturnType<TimeseriesStore['add']> {
    const refusal = super.add(recording);
    if (refusal === undefined) this.#receive(JSON.stringify(recording));
    return refusal;
  }

  override addEvent(event: EventRecording): ReturnType<TimeseriesStore['addEvent']> {
    const refusal = super.addEvent(event);
    if (refusal === undefined) this.#receive(JSON.stringify({ event }));
    return refusal;
  }
}

/** Does the same in another process, which writes the recordings to a file at its end, one a line. */
const tellingProgram = (file: string) => `
  import { writeFileSync } from 'node:fs';
  import { TimeseriesMetricExporter, TimeseriesStore } from './src/index.ts';
  const lines = [];
  process.on('exit', () => writeFileSync(${JSON.stringify(file)}, lines.join('')));
  class TellingStore extends TimeseriesStore {
    add(recording) {
      const refusal = super.add(recording);
      if (!refusal) lines.push(JSON.stringify(recording) + '\\n');
      return refusal;
    }
  }
  const exporter = new TimeseriesMetricExporter({ store: new TellingStore() });`;

/** Reads the lines that are added to a file. */
function readLines(file: string, receive: (line: string) => void): () => void {
  let known = 0;
  const watcher = watch(file, () => {
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(known)) receive(line);
    known = lines.length;
  });
  return () => watcher.close();
}

function parse(line: string): ReceivedSeries | ReceivedEvent {
  const parsed = JSON.parse(line) as WrittenRecording & { readonly event?: EventRecording };
  if (parsed.event !== undefined) {
    const { title, text = '', tags = {} } = parsed.event;
    return { kind: 'event', title, text, tags: tags as Record<string, string> };
  }
  const { type, name, tags, value } = parsed;
  const common = { name, tags: JSON.parse(tags) as Record<string, string> };
  if (typeof value !== 'number') {
    const { count, sum, min, max } = value;
    return { ...common, kind: 'distribution', count, sum: sum!, min: min!, max: max! };
  }
  return { ...common, kind: type === 'counter' ? 'count' : 'gauge', value };
}

/** The exporter as a subject of the conformance suite. */
export const subject: ConformanceSubject = {
  facts: {
    discards: false,
    events: true,
    tags: true,
    temporality: 'delta',
    negativeGauges: true,
    negativeDistributions: true,
    histograms: 'exact',
    idempotent: false,
    outage: 'unnoticed',
    stats: true,
    secrets: [],
    deadlineMillis: 12_000,
  },
  parse: (payload) => [parse(String(payload))],
  start: async (receive) => {
    const folder = await mkdtemp(join(tmpdir(), 'tsdb-'));
    const file = join(folder, 'lines');
    writeFileSync(file, '');
    const stopReading = readLines(file, receive);
    return {
      exporter: new TimeseriesMetricExporter({ store: new TellingStore(receive) }),
      program: {
        source: tellingProgram(file),
        execArgv: ON_SOURCES,
        directory: fileURLToPath(new URL('..', import.meta.url)),
      },
      // A store in the same process is always there.
      refuse: () => undefined,
      hang: () => undefined,
      recover: () => undefined,
      stop: async () => {
        stopReading();
        await rm(folder, { recursive: true });
      },
    };
  },
};
