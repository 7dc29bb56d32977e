import { describe, expect, it } from 'vitest';
import { conformanceCases, type ConformanceFacts } from '../src/index.ts';
import { KEPT, referenceSubject, REPLACING, type Variety } from './reference-subject.ts';
import * as saboteurs from './saboteurs.ts';

/** For saboteurs that make a case wait in vain. */
const IMPATIENT = { deadlineMillis: 100 } as const;

const ONCE = 'Every export is answered exactly once, and nothing is thrown';
const COUNTERS = 'Counters arrive as what they were increased by, each increase once';
const CURRENT = 'Up-down counters and gauges arrive as their current value';
const EXPONENTIAL = 'Exponential histograms arrive with all their values';
const NEGATIVE_GAUGES = 'Gauges below zero arrive as they are, or are counted as dropped';
const NEGATIVE_HISTOGRAMS = 'Histograms with values below zero arrive as they are, or are counted as dropped';
const TEMPORALITY = 'It chooses the temporality that it states, for every type of instrument';
const TOTALS = 'A running total of somebody else is never added up';
const TAGS = 'Tags arrive as they were recorded, or none does';
const HOSTILE = 'Nothing in a name, a tag key or a tag value can add a series, a tag or a value';
const EQUAL = 'Two points that are equal on the wire add up';
const PAYLOADS = 'No payload is larger than the limit, and nothing in it is torn';
const LIMIT = 'A payload is filled up to its limit, and not a byte further';
const EVENTS = 'Events arrive as they were said, or there is no method for them';
const HOSTILE_EVENTS = 'Nothing in an event can add an event, a series or a tag';
const NO_EVENTS = 'What is no event disturbs nothing and is said';
const LONG_EVENTS =
  'What is too long in an event is cut between two characters and said, or all of it is dropped and said';
const LATE_EVENTS = 'What is said before the shutdown arrives, and what is said after it does not';
const TOO_LONG = 'What fits into no payload is counted, and everything else arrives';
const STATS = 'At every moment received is exported, pending and dropped together';
const FLUSH = 'forceFlush ends after everything that was handed in has left';
const SHUTDOWN = 'shutdown sends what was handed in, and can be called twice';
const OUTAGE = 'What a backend refuses is dropped and said, or kept, as the exporter states';
const TWICE = 'What may have arrived is never counted twice';
const PROVIDER =
  'A MeterProvider that is shut down while its backend is dead ends, and shuts the exporter down';
const SECRETS = 'No secret is said or kept in an error, whatever happens';

/** Which case catches which fault, and with which message. */
const CAUGHT: Readonly<
  Record<keyof typeof saboteurs, readonly [name: string, says: RegExp, facts?: Partial<ConformanceFacts>]>
> = {
  Throws: [ONCE, /export threw Error: broken/],
  NeverCallsBack: [ONCE, /waited \d+ ms for the answer to an export of 1 points/, IMPATIENT],
  CallsBackTwice: [ONCE, /how often an export was answered/],
  SendsEmptyBatches: ['An empty batch is answered with SUCCESS, and nothing is sent', /alive/],
  MutatesItsInput: [
    'What it is handed stays as it is, also when it is deep-frozen',
    /changed what it was handed/,
  ],
  SwapsTemporality: [TEMPORALITY, /COUNTER/],
  SendsTotalsAsIncreases: [COUNTERS, /orders was increased by: \d+ arrived instead of 23/],
  TrustsForeignTotals: [TOTALS, /the running totals 5, 7, 12 became 24/],
  SendsUpDownsAsIncreases: [CURRENT, /the value of active: undefined/],
  CountsAHistogramAsOne: [EXPONENTIAL, /how many values arrived/],
  KnowsNoExponentialHistograms: [EXPONENTIAL, /no histogram arrived/],
  ClampsGaugesAtZero: [NEGATIVE_GAUGES, /-5/],
  ClampsHistogramsAtZero: [NEGATIVE_HISTOGRAMS, /the lowest of them: 0 arrived instead of -30/],
  LosesTheWholeExport: [
    'Data that no SDK makes costs nothing that stands beside it, and is counted',
    /orders was increased by: 0 arrived instead of 1/,
  ],
  SendsNaN: [
    'NaN and infinite values never arrive, and are counted as dropped',
    /values that are no numbers/,
  ],
  PrintsSixDecimals: [
    'Very large, very small and negative zero values arrive as they are',
    /the value of small: 0 arrived instead of 1e-7/,
  ],
  CutsFractionsOff: ['Fractions add up', /2 arrived instead of 3/],
  DropsTags: [TAGS, /with the tags plan=pro and region=eu/],
  CachesTagsByIdentity: [
    'A tag that is changed in an attributes object that is used again arrives changed',
    /with the tag plan=free/,
  ],
  EncodesNothing: [HOSTILE, /can't read what it received/],
  LetsATagInjectTags: [HOSTILE, /one tag became/],
  MergesNothing: [EQUAL, /2 arrived instead of 4/, REPLACING],
  TearsALine: [PAYLOADS, /can't read what it received/],
  CountsCharactersForBytes: [PAYLOADS, /a payload has \d+ bytes, the limit is 4000/],
  AllowsAByteTooMuch: [LIMIT, /a payload has 4001 bytes, the limit is 4000/],
  TearsWhenThereIsMuch: ['Many payloads at once arrive whole', /can't read what it received/],
  LosesWhatIsTooLong: [TOO_LONG, /1 points did not arrive, stats\(\) says 0/],
  ForgetsToCountWhatItRefuses: [STATS, /received = exported \+ pending \+ dropped/],
  DropsWhileItIsBusy: [
    'Exports that overlap are each answered once, and what is answered with SUCCESS arrives',
    /5 of 5 increases were answered with SUCCESS, and 1 arrived/,
  ],
  ForgetsAFlush: [FLUSH, /waited \d+ ms for what was flushed/, { ...IMPATIENT, stats: false }],
  FlushesTooEarly: [FLUSH, /answers to the export when forceFlush ended/],
  LosesWhatIsUnderWay: [SHUTDOWN, /waited \d+ ms for what was handed in before the shutdown/, IMPATIENT],
  FailsASecondShutdown: [SHUTDOWN, /it is shut down already/],
  ExportsAfterTheShutdown: [
    'After the shutdown an export is FAILED, and nothing is sent',
    /the answer to an export/,
  ],
  HidesOutages: [OUTAGE, /were answered with SUCCESS/],
  CountsWhatIsRefusedAsExported: [
    OUTAGE,
    /waited \d+ ms for what the backend refused at first and was not dropped/,
    { ...IMPATIENT, outage: 'kept or dropped' },
  ],
  GivesUpForGood: [
    'It delivers again by itself when the backend is back',
    /what was recorded after the outage/,
    IMPATIENT,
  ],
  WaitsForever: [
    'A backend that hangs holds up no export, flush or shutdown beyond the deadline',
    /waited \d+ ms for the answer to an export/,
    IMPATIENT,
  ],
  SendsAgain: [TWICE, /2 increases became 3/, KEPT],
  RejectsAFlush: [PROVIDER, /can not flush/],
  LeaksASecretIntoDiag: [SECRETS, /POST with .*\(the secret\)/],
  LeaksASecretIntoAnError: [SECRETS, /'api-key': '\(the secret\)'/],
  KeepsTheProcessAlive: [
    'A program with the exporter ends by itself',
    /waited \d+ ms for the end of a program/,
    IMPATIENT,
  ],
  LetsTheProcessEndEarly: ['A program whose last statement is the shutdown has sent everything', /exit code/],
  SendsNoEvents: [EVENTS, /waited \d+ ms for the last event/, IMPATIENT],
  LetsAnEventInjectTags: [HOSTILE_EVENTS, /one tag became/],
  CutsAnEventSilently: [LONG_EVENTS, /nothing was logged about an event that is too long/],
  CutsACharacterOfAnEvent: [LONG_EVENTS, /no beginning of the one that was handed in/],
  ThrowsAtWhatIsNoEvent: [NO_EVENTS, /Cannot destructure/],
  SendsEventsAfterTheShutdown: [LATE_EVENTS, /an event that was handed in after the shutdown/],
};

function caseNamed(name: string) {
  const found = conformanceCases.find((one) => one.name === name);
  if (!found) throw new Error(`there is no case ${name}`);
  return found;
}

describe('a saboteur', () => {
  const module = new URL('saboteurs.ts', import.meta.url).href;
  it.each(Object.entries(saboteurs))('that %s is caught', async (name, Exporter) => {
    const [caseName, says, facts] = CAUGHT[name as keyof typeof saboteurs];
    const variety: Variety = { module, name, Exporter };
    const subject = referenceSubject(facts, {}, variety);
    await expect(caseNamed(caseName).run(subject)).rejects.toThrow(says);
  });
});

describe('an exporter that lies about itself', () => {
  it.each<[Partial<ConformanceFacts>, string, RegExp, Partial<ConformanceFacts>?]>([
    [{ discards: true }, COUNTERS, /from an exporter that discards/],
    [{ tags: false }, TAGS, /a series with tags, of an exporter whose facts state that it has none/],
    [{ tags: true }, TAGS, /with the tags plan=pro and region=eu/, { tags: false }],
    [{ temporality: 'cumulative' }, TEMPORALITY, /COUNTER/],
    [{ temporality: 'delta' }, TEMPORALITY, /COUNTER/, { temporality: 'cumulative' }],
    [{ negativeGauges: false }, NEGATIVE_GAUGES, /whose facts state that they do not arrive/],
    [{ negativeDistributions: false }, NEGATIVE_HISTOGRAMS, /whose facts state that it does not arrive/],
    [{ histograms: 'samples' }, EXPONENTIAL, /no histogram arrived as samples/],
    [{ histograms: 'aggregates' }, EXPONENTIAL, /no histogram arrived as aggregates/],
    [{ histograms: 'none' }, EXPONENTIAL, /what arrived of a histogram/],
    [{ maxPayloadBytes: 1000 }, PAYLOADS, /a payload has \d+ bytes, the limit is 1000/],
    [{ idempotent: true }, TWICE, /its payloads may arrive twice, and they have no time/],
    [{ outage: 'kept' }, OUTAGE, /waited \d+ ms for what the backend refused at first/, IMPATIENT],
    [{ outage: 'dropped' }, OUTAGE, /1 points did not arrive, stats\(\) says 0/, KEPT],
    [{ outage: 'unnoticed' }, OUTAGE, /noticed whose facts state that it does not/],
    [{ stats: false }, STATS, /whether there is a method stats/],
    [{ stats: true }, STATS, /whether there is a method stats/, { stats: false }],
    [{ events: false }, EVENTS, /whether there is a method event/],
    [{ events: true }, EVENTS, /whether there is a method event/, { events: false }],
    [
      { deadlineMillis: 20 },
      'A backend that hangs holds up no export, flush or shutdown beyond the deadline',
      /waited 60 ms/,
    ],
  ])('%o fails', async (stated, caseName, says, truth = {}) => {
    const subject = referenceSubject(truth, stated);
    await expect(caseNamed(caseName).run(subject)).rejects.toThrow(says);
  });
});

it('is caught by every case, but for one that is another one with other buckets', () => {
  const caught = new Set(Object.values(CAUGHT).map(([name]) => name));
  expect(conformanceCases.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([
    'Histograms with explicit buckets arrive with all their values',
  ]);
});
