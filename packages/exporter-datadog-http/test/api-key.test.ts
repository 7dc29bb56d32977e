import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ApiKey, type ApiKeyFunction } from '../src/api-key.ts';

const OLD = '0123456789abcdef0123456789abcdef';
const NEW = 'fedcba9876543210fedcba9876543210';
const { signal } = new AbortController();

/** A function whose answers the test gives. */
function asked() {
  const waiting: ((key: string) => void)[] = [];
  const ask = () => new Promise<string>((resolve) => void waiting.push(resolve));
  return { key: new ApiKey(ask), waiting };
}

describe('a key that is a text', () => {
  it('is the same also when it is refused', async () => {
    const key = new ApiKey(OLD);
    expect(await key.get(signal)).toEqual({ key: OLD });
    expect(await key.get(signal, OLD)).toEqual({ key: OLD });
    expect(key.isAsked).toBe(false);
    expect(key.secrets).toEqual([OLD]);
  });
});

describe('a key that is asked for', () => {
  it('is asked for when the first request needs it, once, and is kept', async () => {
    let asks = 0;
    const key = new ApiKey(() => {
      asks += 1;
      return ` ${OLD}\n`;
    });
    expect(asks).toBe(0);
    expect([await key.get(signal), await key.get(signal)]).toEqual([{ key: OLD }, { key: OLD }]);
    expect(asks).toBe(1);
  });

  it('is asked for once by requests at the same time', async () => {
    const { key, waiting } = asked();
    const both = [key.get(signal), key.get(signal)];
    expect(waiting).toHaveLength(1);
    waiting[0]!(OLD);
    expect(await Promise.all(both)).toEqual([{ key: OLD }, { key: OLD }]);
    // Both are refused. A third request waits for the new key, too.
    const again = [key.get(signal, OLD), key.get(signal, OLD), key.get(signal)];
    expect(waiting).toHaveLength(2);
    waiting[1]!(NEW);
    expect(await Promise.all(again)).toEqual([{ key: NEW }, { key: NEW }, { key: NEW }]);
    // One that is refused late gets the key that another one has asked for.
    expect(await key.get(signal, OLD)).toEqual({ key: NEW });
    expect(waiting).toHaveLength(2);
    expect(key.secrets).toEqual([NEW, OLD]);
  });

  it('may be the same again, and is asked for again when it is refused again', async () => {
    const { key, waiting } = asked();
    for (const refused of [undefined, OLD, OLD]) {
      const answer = key.get(signal, refused);
      waiting.at(-1)!(OLD);
      expect(await answer).toEqual({ key: OLD });
    }
    expect(waiting).toHaveLength(3);
    expect(key.secrets).toEqual([OLD]);
  });

  it('is waited for until the time is up, and then asked for anew', async () => {
    const { key, waiting } = asked();
    const deadline = new AbortController();
    const late = key.get(deadline.signal);
    deadline.abort();
    expect(await late).toEqual({ reason: 'the function in the option `apiKey` gave no key in time' });
    const second = key.get(signal);
    expect(waiting).toHaveLength(2);
    // What comes too late is not taken: it may be older than what comes now.
    waiting[0]!(OLD);
    waiting[1]!(NEW);
    expect(await second).toEqual({ key: NEW });
    expect(await key.get(signal)).toEqual({ key: NEW });
    expect(await key.get(deadline.signal)).toEqual({ key: NEW });
    // Where nobody has time, nobody waits.
    expect(await key.get(deadline.signal, NEW)).toHaveProperty('reason');
  });

  it.each<[string, unknown, string]>([
    ['an empty text', () => ' \n', 'must give a key, not a string of 2 characters'],
    ['nothing', () => undefined, 'must give a key, not undefined'],
    ['null', () => Promise.resolve(null), 'must give a key, not null'],
    ['a number', () => 4711, 'must give a key, not a number of 4 digits'],
    ['an object', () => ({ key: OLD }), 'must give a key, not an object'],
    [
      'a line end inside',
      () => `${OLD}\r\nX-Other: 1`,
      "must give a key, not a text with characters that can't be sent in a header",
    ],
    [
      'letters that are no ASCII',
      () => `${OLD}é`,
      "must give a key, not a text with characters that can't be sent in a header",
    ],
    [
      'an error at once',
      () => {
        throw new TypeError(`no such secret: ${OLD}`);
      },
      'failed with TypeError',
    ],
    [
      'an error later',
      () => Promise.reject(Object.assign(new Error(`connect to ${OLD}`), { code: 'ECONNREFUSED' })),
      'failed with ECONNREFUSED',
    ],
    ['a text that is thrown', () => Promise.reject(OLD), 'failed'],
    ['nothing that is thrown', () => Promise.reject(undefined), 'failed'],
    ['an error that is named after the key', () => Promise.reject({ code: OLD, name: OLD }), 'failed'],
    [
      'an error that nobody can read',
      () =>
        Promise.reject({
          get code() {
            throw new Error(OLD);
          },
        }),
      'failed',
    ],
  ])('is not there when the function gives %s', async (_, ask, reason) => {
    const key = new ApiKey(ask as ApiKeyFunction);
    expect(await key.get(signal)).toEqual({ reason: `the function in the option \`apiKey\` ${reason}` });
    expect(key.secrets).toEqual([]);
  });

  it('comes when the function works again', async () => {
    const answers = [() => Promise.reject(new Error('not yet')), () => OLD];
    const key = new ApiKey(() => answers.shift()!());
    expect(await key.get(signal)).toHaveProperty('reason');
    expect(await key.get(signal)).toEqual({ key: OLD });
  });

  it('does not show', async () => {
    for (const key of [new ApiKey(OLD), new ApiKey(() => OLD)]) {
      await key.get(signal);
      const shown = [inspect(key, { depth: 9, showHidden: true, getters: false }), JSON.stringify(key)];
      expect(shown.join()).not.toContain(OLD);
    }
  });
});
