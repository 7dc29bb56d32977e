import { parseDatadogPayload } from '@tallykit/testkit';
import { describe, expect, it } from 'vitest';
import { formatEvent } from '../src/event.ts';
import type { DatadogEvent } from '../src/index.ts';

const NOW = 1_700_000_000_500;
const SETTINGS = {
  hostname: undefined,
  machineName: 'web-1',
  weakTags: {},
  bareTags: [],
  tags: { env: 'prod', team: 'growth' },
};

const read = (event: DatadogEvent, settings: Parameters<typeof formatEvent>[1] = SETTINGS) =>
  parseDatadogPayload('/api/v1/events', Buffer.from(formatEvent(event, settings, NOW).text))!.events[0];

describe('an event', () => {
  it('is JSON with what it says, and with tags and host of the exporter', () => {
    expect(formatEvent({ title: 'Deploy', text: 'v42' }, SETTINGS, NOW)).toEqual({
      text: '{"title":"Deploy","text":"v42","date_happened":1700000000,"host":"web-1","tags":["env:prod","team:growth"]}',
      cut: undefined,
    });
    const event: Required<DatadogEvent> = {
      title: 'Deploy',
      text: 'v42 is live\nat last',
      tags: { team: 'Core', count: 3 },
      alertType: 'success',
      priority: 'low',
      aggregationKey: 'deploy',
      sourceTypeName: 'nodejs',
      hostname: 'db-1',
      timestamp: 1_699_999_000_000,
    };
    expect(read(event)).toEqual({
      title: 'Deploy',
      text: 'v42 is live\nat last',
      tags: ['count:3', 'env:prod', 'team:core'],
      alertType: 'success',
      priority: 'low',
      aggregationKey: 'deploy',
      sourceTypeName: 'nodejs',
      host: 'db-1',
      dateHappened: 1_699_999_000,
    });
  });

  it("has the tags of the exporter's environment, with a value and without", () => {
    const settings = { ...SETTINGS, weakTags: { team: 'weak', region: 'eu' }, bareTags: ['urgent'] };
    expect(read({ title: 'Deploy', text: '' }, settings)?.tags).toEqual([
      'env:prod',
      'region:eu',
      'team:growth',
      'urgent',
    ]);
  });

  it('has no host when the exporter is to leave it out', () => {
    expect(read({ title: 'Deploy', text: '' }, { ...SETTINGS, hostname: '' })?.host).toBeUndefined();
  });

  it('is cut to what Datadog takes, and no character in two', () => {
    const event = read({
      title: 'Deploy\ud800',
      text: '🚲'.repeat(3000),
      aggregationKey: `k${'🚲'.repeat(100)}`,
    });
    expect(event?.title).toBe('Deploy\ufffd');
    expect(event?.text).toBe('🚲'.repeat(2000));
    expect(event?.aggregationKey).toBe(`k${'🚲'.repeat(49)}`);
    expect(read({ title: 'Deploy', text: `a${'🚲'.repeat(3000)}` })?.text).toBe(`a${'🚲'.repeat(1999)}`);
    expect(read({ title: `${'x'.repeat(499)}🚲`, text: '' })?.title).toBe('x'.repeat(499));
  });

  it.each<[number, number, string | undefined]>([
    [500, 4000, undefined],
    [500, 4001, 'its text was cut after 4000 characters'],
    [501, 4000, 'its title was cut after 500 characters'],
    [501, 9000, 'its title was cut after 500 characters, and its text was cut after 4000 characters'],
  ])('with %i characters of title and %i of text: %s', (title, text, cut) => {
    const event = { title: 'x'.repeat(title), text: 'x'.repeat(text) };
    expect(formatEvent(event, SETTINGS, NOW).cut).toBe(cut);
  });

  it.each([
    [{ title: '', text: '' }, /title/],
    [{ title: ' \n', text: '' }, /title/],
    [{ title: 5, text: '' }, /title/],
    [{ title: 'old', text: '', timestamp: NOW - 19 * 3_600_000 }, /18 hours/],
    [{ title: 'odd', text: '', timestamp: Number.NaN }, /timestamp/],
    [undefined, /./],
  ])('%j is refused', (event, reason) => {
    expect(() => formatEvent(event as DatadogEvent, SETTINGS, NOW)).toThrow(reason);
  });
});
