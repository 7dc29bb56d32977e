import { describe, expect, it } from 'vitest';
import {
  datadogTags,
  firstBytes,
  firstCharacters,
  firstCodePoints,
  readDatadogTags,
  safeName,
} from '../src/datadog.ts';
import { EnvironmentOptions } from '../src/index.ts';

describe('names', () => {
  it.each([
    ['http.server/duration', 'http.server_duration'],
    ['http-requests', 'http_requests'],
    ['a b\tc\nd\re', 'a_b_c_d_e'],
    ['a:b|c@d#e,f;g=h[i]', 'a_b_c_d_e_f_g_h_i_'],
    ['größe😀', 'gr__e_'],
    ['half\ud800pair', 'half_pair'],
    ['Case.Stays', 'Case.Stays'],
    // Not a service check, nor an event.
    ['_scale', 'm__scale'],
    ['_e{5,0}:title|', 'm__e_5_0__title_'],
    ['5xx', 'm_5xx'],
    ['🚲', 'm__'],
    ['', 'm_'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it('have at most 200 characters', () => {
    expect(safeName('x'.repeat(300))).toBe('x'.repeat(200));
    expect(safeName(`_${'x'.repeat(300)}`)).toBe(`m__${'x'.repeat(197)}`);
    expect(safeName(`x${'🚲'.repeat(300)}`)).toBe(`x${'_'.repeat(199)}`);
  });
});

function pairsOf(...tags: string[]): [string, string][] {
  return tags.map((tag) => tag.split(':') as [string, string]);
}

describe('the beginning of a text', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abc', 2, 'ab'],
    ['abc', 0, ''],
    ['a🚲b', 3, 'a🚲'],
    ['a🚲b', 2, 'a'],
    ['a🚲', 1, 'a'],
    // Halves that stand alone are characters of their own.
    ['a\ud83d\ud83d', 2, 'a\ud83d'],
    ['a\udeb2b', 2, 'a\udeb2'],
    ['', 2, ''],
  ])('%j has %i UTF-16 units at most: %j', (text, length, beginning) => {
    expect(firstCharacters(text, length)).toBe(beginning);
  });

  it.each([
    ['abc', 3, 'abc'],
    ['abc', 2, 'ab'],
    ['🚲🚲🚲', 2, '🚲🚲'],
    ['a🚲b', 2, 'a🚲'],
    ['🚲', 0, ''],
  ])('%j has %i code points at most: %j', (text, codePoints, beginning) => {
    expect(firstCodePoints(text, codePoints)).toBe(beginning);
  });

  it.each([
    ['abc', 3, 'abc'],
    ['abc', 2, 'ab'],
    ['abc', 0, ''],
    ['aé', 3, 'aé'],
    ['aé', 2, 'a'],
    ['a€b', 4, 'a€'],
    ['a€b', 3, 'a'],
    ['a🚲b', 5, 'a🚲'],
    ['a🚲b', 4, 'a'],
    ['🚲🚲', 7, '🚲'],
    ['🚲', 3, ''],
    ['', 2, ''],
  ])('%j has %i bytes at most: %j', (text, bytes, beginning) => {
    expect(firstBytes(text, bytes)).toBe(beginning);
  });
});

describe('the environment', () => {
  const read = (variables: Record<string, string>) => readDatadogTags(new EnvironmentOptions('X', variables));

  it.each<[string, [string, string][], string[]]>([
    ['team:a,urgent', [['team', 'a']], ['urgent']],
    [
      'region:eu west,team:a',
      [
        ['region', 'eu west'],
        ['team', 'a'],
      ],
      [],
    ],
    [
      'team:a team:b\turgent\n',
      [
        ['team', 'a'],
        ['team', 'b'],
      ],
      ['urgent'],
    ],
    [
      ' a : b ,, c:d:e ,urgent,urgent, ',
      [
        ['a', 'b'],
        ['c', 'd:e'],
      ],
      ['urgent'],
    ],
    ['url:http://x/y,empty:,:lost', [['url', 'http://x/y']], ['empty']],
    ['urgent', [], ['urgent']],
    [' \n', [], []],
    ['', [], []],
  ])('says tags: DD_TAGS=%j', (text, pairs, bare) => {
    expect(read({ DD_TAGS: text })).toMatchObject({ pairs, bare });
  });

  it.each<[Record<string, string>, [string, string][], string[]]>([
    [{ DATADOG_TAGS: 'team:a,urgent, b:c ' }, pairsOf('team:a', 'b:c'), ['urgent']],
    // Datadog's library for Python knows commas only.
    [{ DATADOG_TAGS: 'region:eu west' }, pairsOf('region:eu west'), []],
    [
      { DATADOG_TAGS: 'team:a,team:b,env:x,old', DD_TAGS: 'env:y env:z new' },
      pairsOf('team:a', 'team:b', 'env:y', 'env:z'),
      ['old', 'new'],
    ],
  ])('says tags, also as datadogpy reads them: %j', (variables, pairs, bare) => {
    expect(read(variables)).toMatchObject({ pairs, bare });
  });

  it('says who is speaking', () => {
    const variables = { DD_ENV: 'prod\n', DD_SERVICE: ' shop', DD_VERSION: ' ', DD_ENTITY_ID: 'pod\r\n' };
    expect(read(variables)).toMatchObject({ unified: { env: 'prod', service: 'shop' }, entityId: 'pod' });
    expect(read({})).toEqual({ pairs: [], bare: [], unified: {}, entityId: undefined });
  });
});

describe('a resource', () => {
  it("has Datadog's own names for some attributes", () => {
    const resource = {
      'service.name': 'shop',
      'service.version': '',
      'deployment.environment': 'old',
      'deployment.environment.name': 'prod',
      'k8s.pod.name': 'pod-1',
    };
    expect(datadogTags(resource)).toEqual({ service: 'shop', env: 'prod' });
    expect(datadogTags(resource, { 'k8s.pod.name': 'pod_name', 'host.name': 'host' })).toEqual({
      pod_name: 'pod-1',
    });
    expect(datadogTags({ 'service.name': 'unknown_service:node' })).toEqual({});
  });
});
