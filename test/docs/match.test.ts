import { describe, expect, it } from 'vitest';
import { leadToReceivers } from './addresses.ts';
import { readBlocks } from './blocks.ts';
import { installProblems } from './installs.ts';
import { inStatedOrder, matches } from './match.ts';
import { programsOf } from './programs.ts';

const PAGE = 'packages/exporter-statsd/README.md';

/** A page of lines. */
function pageOf(...lines: readonly string[]) {
  return readBlocks(lines.join('\n'), PAGE);
}

describe('a statement', () => {
  it('is the whole text, with gaps', () => {
    expect(matches('a.b (1)', 'a.b (1)')).toBe(true);
    expect(matches('a.b', 'a-b')).toBe(false);
    expect(matches('a', 'ab')).toBe(false);
    expect(matches('a…c', 'a\nb c')).toBe(true);
    expect(matches('a…c', 'a')).toBe(false);
  });

  it('is about lines in any order, each once', () => {
    expect(inStatedOrder(['a', 'b'], ['b', 'a'])).toEqual(['a', 'b']);
    expect(inStatedOrder(['a', 'b'], ['b', 'b'])).toEqual(['b', 'b']);
    expect(inStatedOrder(['a'], ['a', 'c'])).toEqual(['a', 'c']);
    expect(inStatedOrder(['x:…', 'x:1'], ['x:1', 'x:2'])).toEqual(['x:…', 'x:1']);
    expect(inStatedOrder(['x:…'], ['x:1', 'x:2'])).toEqual(['x:…', 'x:2']);
  });
});

describe('a page', () => {
  it('has programs on their lines, with what continues them and what they state', () => {
    const [program, ...more] = programsOf(
      pageOf(
        '<!-- given: db, sql -->',
        '',
        '```ts',
        'one();',
        '```',
        '',
        '<!-- continues -->',
        '',
        '```ts',
        'two();',
        '```',
        '',
        '<!-- printed -->',
        '',
        '```text',
        '2',
        '```',
      ),
    );
    expect(more).toEqual([]);
    expect(program).toMatchObject({
      place: `${PAGE}:4`,
      given: ['db', 'sql'],
      text: '\n\n\none();\n\n\n\n\n\ntwo();\n',
      statements: [{ kind: 'printed', text: '2' }],
    });
  });

  it.each([
    ['a marker without a block', ['<!-- run -->', '', 'Text.'], 'no block follows <!-- run -->'],
    ['a marker of another kind of block', ['<!-- run -->', '```ts', '```'], 'takes no <!-- run -->'],
    ['an output without a program', ['<!-- printed -->', '```text', '2', '```'], 'no program before it'],
    [
      'an output of what is not run',
      ['<!-- compiled only: needs an account -->', '```ts', '```', '<!-- printed -->', '```text', '```'],
      'can state nothing',
    ],
    ['a program that nobody can stop', ['<!-- runs until stopped -->', '```ts', '```'], 'has to state'],
    [
      'an error without its message',
      ['<!-- throws -->', '```ts', '```', '```json', '1', '```'],
      'has to follow',
    ],
  ])('may not have %s', (_, lines, problem) => {
    expect(() => programsOf(pageOf(...lines))).toThrow(problem);
  });

  it('leads to the receivers', () => {
    const to = { port: 4711, sockets: '/tmp/sockets' };
    expect(leadToReceivers(`{ host: 'statsd.internal', port: 8125 }`, to)).toBe(
      `{ host: '127.0.0.1', port: 4711 }`,
    );
    expect(leadToReceivers('unix:///var/run/datadog/dsd.socket', to)).toBe('unix:///tmp/sockets/dsd.socket');
    expect(leadToReceivers(`listen({ port: 9400 })`, to)).toBe(`listen({ port: 0 })`);
  });
});

it.each([
  ['npm install @tallykit/exporter-statsd @opentelemetry/api @opentelemetry/sdk-metrics', []],
  ['pnpm add @tallykit/exporter-statsd @opentelemetry/api@~1.9 @opentelemetry/sdk-metrics@2 # all', []],
  ['npm install hot-shots', []],
  ['yarn add hot-shot', ['hot-shot is no peer of @tallykit/exporter-statsd']],
  [
    'bun add @tallykit/exporter-statsd @opentelemetry/api',
    ['@tallykit/exporter-statsd needs @opentelemetry/sdk-metrics'],
  ],
  [
    'npm install @tallykit/exporter-statsd @opentelemetry/api @opentelemetry/sdk-metrics@1',
    ['@opentelemetry/sdk-metrics@1 is not ^2.0.0 || ^3.0.0'],
  ],
  [
    'npm install @tallykit/exporter-noop @opentelemetry/api @opentelemetry/sdk-metrics',
    ["it doesn't install @tallykit/exporter-statsd"],
  ],
])('%s', (line, problems) => {
  const [block] = pageOf('```sh', 'npm --version', line, '```');
  expect(installProblems(block!)).toEqual(
    problems.map((problem) => `${line.replace(/ #.*/, '')}: ${problem}`),
  );
});
