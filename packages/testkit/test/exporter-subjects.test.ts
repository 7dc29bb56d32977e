import { describe, expect, it } from 'vitest';
import { subjects as datadogHttp } from '../../exporter-datadog-http/test/subject.ts';
import { subjects as dogstatsd } from '../../exporter-dogstatsd/test/subject.ts';
import { subject as logging } from '../../exporter-logging/test/subject.ts';
import { subject as noop } from '../../exporter-noop/test/subject.ts';
import { subjects as statsd } from '../../exporter-statsd/test/subject.ts';
import { subject as timeseries } from '../../tsdb/test/subject.ts';
import { conformanceCases, conformanceCasesOf, type ConformanceSubject } from '../src/index.ts';

interface TitledSubject {
  readonly title: string;
  readonly subject: ConformanceSubject;
  /** Why it can't run on every machine. */
  readonly missing?: string;
}

const EXPORTERS: Readonly<Record<string, readonly TitledSubject[]>> = {
  statsd: statsd,
  dogstatsd: dogstatsd,
  'datadog-http': datadogHttp,
  logging: [{ title: 'alone', subject: logging }],
  noop: [{ title: 'alone', subject: noop }],
  timeseries: [{ title: 'alone', subject: timeseries }],
};

/** How many cases run for each subject. A change that adds or leaves out a case must be visible here. */
const COUNTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  statsd: {
    'over UDP': 36,
    'over UDP with aggregates and whole counters, without tags': 36,
    'over UDP in dialect `graphite`': 36,
    'over TCP in dialect `graphite`': 21,
    'over unixgram': 16,
  },
  dogstatsd: {
    'over UDP': 36,
    'over UDP with packed timings in small datagrams': 36,
    'over a unix stream': 21,
    'over unix datagrams': 16,
  },
  'datadog-http': {
    'with sketches': 41,
    'with aggregates, version 1, uncompressed, in small payloads': 36,
    'with rates and a key that is asked for': 36,
    'with rates and aggregates': 36,
    'with points, gzipped': 36,
  },
  logging: { alone: 41 },
  noop: { alone: 41 },
  timeseries: { alone: 41 },
};

const namesOf = (cases: typeof conformanceCases) => cases.map(({ name }) => name);

describe.each(Object.entries(EXPORTERS))('the subjects of exporter %s', (exporter, subjects) => {
  it('run every case at least once, without those that not every machine can run', () => {
    const everywhere = subjects.filter((one) => !('missing' in one));
    const run = new Set(everywhere.flatMap(({ subject }) => namesOf(conformanceCasesOf(subject))));
    expect(namesOf(conformanceCases).filter((name) => !run.has(name))).toEqual([]);
  });

  it('run so many cases', () => {
    const counts = subjects.map(({ title, subject }) => [title, conformanceCasesOf(subject).length]);
    expect(Object.fromEntries(counts)).toEqual(COUNTS[exporter]);
  });
});

describe('conformanceCasesOf', () => {
  it('gives every case to a subject that leaves out none', () => {
    const { leavesOut: _, ...alone } = logging;
    expect(conformanceCasesOf(alone)).toEqual(conformanceCases);
    expect(conformanceCasesOf({ ...alone, leavesOut: [] })).toEqual(conformanceCases);
  });

  it('leaves out only cases that state why they do not run for each configuration', () => {
    const left = conformanceCasesOf({
      ...logging,
      leavesOut: ['once for each format', 'once for each exporter'],
    });
    const forEach = conformanceCases.filter(({ runs }) => runs === 'for each configuration');
    expect(left).toEqual(forEach);
    expect(conformanceCases.filter(({ reason }) => reason === undefined)).toEqual(forEach);
  });
});
