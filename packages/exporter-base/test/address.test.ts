import { describe, expect, it } from 'vitest';
import { parseAddress } from '../src/sockets.ts';

describe('an address in a URL', () => {
  it.each([
    ['agent', 'agent', 1],
    ['agent:8126', 'agent', 8126],
    ['agent.default.svc.cluster.local.:8126', 'agent.default.svc.cluster.local.', 8126],
    ['10.0.0.1:8126', '10.0.0.1', 8126],
    ['[::1]', '::1', 1],
    ['[fe80::1%eth0]:65535', 'fe80::1%eth0', 65_535],
    ['zürich_1', 'zürich_1', 1],
  ])('%s is understood', (text, host, port) => {
    expect(parseAddress(text, 1)).toEqual({ host, port });
  });

  it.each(
    [
      [
        '',
        ' ',
        'a b',
        'a\n',
        'a\0',
        'a/b',
        'me@a',
        'a?b',
        'a#b',
        'a..b',
        '.a',
        '::1',
        '::1:8125',
        '[a]',
        '[]',
      ],
      ['[::1', '::1]', '[::1]8125', 'a:', 'a:0', 'a:65536', 'a:1e3', 'a: 1', 'a:1:2', '[::1]:x', '[[::1]]'],
    ].flat(),
  )('%j is none', (text) => {
    expect(parseAddress(text, 1)).toBeUndefined();
  });
});
