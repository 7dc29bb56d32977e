import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { conformanceCase, formatCase, type ConformanceCase } from './conformance-case.ts';
import type { ConformanceEvent } from './conformance-subject.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import type { Trial } from './trial.ts';

/** Events arrive from exporters that know them. Other exporters have no method `event`. */
export const eventCases: readonly ConformanceCase[] = [
  formatCase('Events arrive as they were said, or there is no method for them', async (trial) => {
    const isThere = typeof trial.exporter.event === 'function';
    assert.equal(isThere, trial.facts.events ?? false, 'whether there is a method event()');
    const tags = { team: 'growth' };
    const handedIn = [
      event({ title: 'Deploy', text: 'v42 is live', tags }),
      event({ title: 'Straße | 🚲', text: 'first line\nsecond | line: é\n', tags, alertType: 'error' }),
      event({ title: 'Without a text', text: '' }),
    ];
    for (const one of handedIn) trial.exporter.event?.(one);
    const events = await eventsUpTo(trial, 'the last event');
    if (trial.facts.discards || !isThere) return assert.deepEqual(events, [], 'events that arrived');
    assert.deepEqual(
      events.map(({ title, text }) => ({ title, text })),
      handedIn.map(({ title, text }) => ({ title, text })),
      'events that arrived',
    );
    if (!trial.facts.tags) return;
    assert.equal(events[0]?.tags['team'], 'growth', 'the tag team of an event');
  }),

  formatCase('Nothing in an event can add an event, a series or a tag', async (trial) => {
    const handedIn = HOSTILE_TEXTS.flatMap((text) => [text, `a${text}b`]).map((text) =>
      event({
        title: `title${text}`,
        text,
        tags: { [text]: text },
        aggregationKey: text,
        sourceTypeName: text,
        hostname: text,
      }),
    );
    for (const one of handedIn) trial.exporter.event?.(one);
    const events = await eventsUpTo(trial, 'the last event');
    if (trial.facts.discards || !trial.facts.events) return;
    assert.equal(events.length, handedIn.length, 'events that arrived');
    for (const { title, tags } of events) {
      assert.match(title, /^title/, 'an event that nobody handed in');
      assert.ok(Object.keys(tags).length <= 1, `one tag became ${inspect(tags)}`);
    }
    const { series } = await trial.arrivals();
    const others = series.filter(({ name }) => !name.includes('conformanceend'));
    assert.deepEqual(others, [], 'series that arrived of events');
  }),

  formatCase(
    'What is too long in an event is cut between two characters and said, or all of it is dropped and said',
    async (trial) => {
      const bicycles = '🚲'.repeat(250_000);
      trial.exporter.event?.(event({ title: 'Huge', text: `${bicycles}\n${bicycles}` }));
      const [huge, ...others] = await eventsUpTo(trial, 'the last event');
      if (trial.facts.discards || !trial.facts.events) return;
      assert.deepEqual(others, [], 'further events that arrived');
      if (huge?.text === `${bicycles}\n${bicycles}`) return;
      assert.ok(trial.logged.warnings.length > 0, 'nothing was logged about an event that is too long');
      if (huge === undefined) return;
      assert.match(
        huge.text,
        /^(🚲)+$/u,
        'the text that arrived is no beginning of the one that was handed in',
      );
    },
  ),

  conformanceCase('What is no event disturbs nothing and is said', async (trial) => {
    const wrong = [
      undefined,
      null,
      5,
      {},
      { title: '' },
      { title: 5, text: {} },
      {
        get title() {
          throw new Error('no');
        },
      },
    ];
    for (const one of wrong) trial.exporter.event?.(one as never);
    const events = await eventsUpTo(trial, 'the last event');
    if (trial.facts.discards || !trial.facts.events) return;
    assert.deepEqual(
      events.map(({ title }) => title),
      [],
      'what arrived',
    );
    assert.ok(trial.logged.warnings.length > 0, 'nothing was logged about what is no event');
  }),

  conformanceCase(
    'What is said before the shutdown arrives, and what is said after it does not',
    async (trial) => {
      for (let index = 0; index < 50; index += 1) trial.exporter.event?.(event({ title: `before ${index}` }));
      await trial.shutDown();
      if (trial.facts.events && !trial.facts.discards)
        await trial.until(() => trial.events.length >= 50, 'what was handed in before the shutdown');
      trial.exporter.event?.(event({ title: 'after' }));
      await trial.forceFlush();
      await trial.arrivalsSoFar();
      const late = trial.events.filter(({ title }) => title === 'after');
      assert.deepEqual(late, [], 'an event that was handed in after the shutdown');
    },
  ),
];

function event(fields: Partial<ConformanceEvent>): ConformanceEvent {
  return {
    title: 'Event',
    text: 'text',
    tags: {},
    alertType: undefined,
    priority: undefined,
    aggregationKey: undefined,
    sourceTypeName: undefined,
    hostname: undefined,
    timestamp: Date.now(),
    ...fields,
  };
}

/** Hands in a last event with that title, and returns the events that arrived before it. */
async function eventsUpTo(trial: Trial, title: string) {
  trial.exporter.event?.(event({ title }));
  await trial.forceFlush();
  if (trial.facts.events && !trial.facts.discards) {
    await trial.until(() => trial.events.some((one) => one.title === title), title);
  }
  await trial.arrivalsSoFar();
  return trial.events.filter((one) => one.title !== title);
}
