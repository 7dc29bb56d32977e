import { describe, expect, it } from 'vitest';
import { createMetrics, TagRuleError } from '../src/index.ts';
import type { TagRules } from '../src/index.ts';
import { setUp, values } from './collect.ts';

/** The rules of Sentry's metrics middleware. */
const rules: TagRules = {
  deny: ['event', 'project', 'group'],
  denySuffixes: ['_id'],
  except: ['use_case_id', 'group_id'],
  exemptMetrics: ['process_message'],
};
const tags = { foo: 1, foo_id: 2, project: 3, event: 4 };

describe('tag rules', () => {
  it('leave denied tags out, and count them', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, prefix: 'p.', tagRules: rules });
    metrics.incr('x', 1, { tags });
    metrics.incr('x', 1, { tags: { use_case_id: 1, group_id: 2 } });
    metrics.incr('process_message', 1, { tags });
    metrics.withTags({ project: 7, tenant: 'acme' }, () => metrics.incr('x'));
    expect(values(await reader.points())).toEqual({
      'p.x{foo=1}': 1,
      'p.x{group_id=2,use_case_id=1}': 1,
      'p.process_message{event=4,foo=1,foo_id=2,project=3}': 1,
      'p.x{tenant=acme}': 1,
    });
    expect(metrics.stats().droppedTags).toBe(4);
  });

  it('throw where that is asked for', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, tagRules: { ...rules, onViolation: 'throw' } });
    const message = "discarded illegal metric tags: ['event', 'foo_id', 'project'] for metric 'x'";
    for (let call = 0; call < 2; call += 1) {
      expect(() => metrics.incr('x', 1, { tags })).toThrow(
        new TagRuleError('x', ['event', 'foo_id', 'project']),
      );
      expect(() => metrics.timing('t', 1, { tags })).toThrow(message.replace("'x'", "'t'"));
    }
    metrics.incr('y', 1, { tags: { foo: 1 } });
    expect(values(await reader.points())).toEqual({ 'y{foo=1}': 1 });
  });

  it('take a function, reach events, and leave instance and own tags alone', async () => {
    const events: { tags: unknown }[] = [];
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({
      meterProvider,
      tags: { own: 1 },
      events: { event: (event) => events.push(event) },
      tagRules: { deny: (name) => name !== 'ok' },
    });
    metrics.incr('x', 1, { tags: { ok: 1, other: 2 }, instance: 'web-1' });
    metrics.event('title', 'text', { tags: { other: 2 } });
    expect(values(await reader.points())).toEqual({ 'x{instance=web-1,ok=1,own=1}': 1 });
    expect(events[0]?.tags).toEqual({ own: '1' });
  });
});
