import { beforeEach, describe, expect, it } from 'vitest';
import { ItemPacker } from '../src/delivery/item-packer.ts';
import type { Failure, Item } from '../src/series/item.ts';
import { YIELD } from '../src/support/yielder.ts';
import type { Refusal, Route } from '../src/index.ts';
import { FakeServer } from './fake-server.ts';

interface Pending extends Item {
  readonly made: string | readonly string[] | Refusal | Error;
  readonly route: Route;
}

const SHORT: Route = { transport: new FakeServer(), maxPayloadBytes: 10 };
const LONG: Route = { transport: new FakeServer(), maxPayloadBytes: 100_000 };

function pending(made: Pending['made'], route = SHORT): Pending {
  return { made, route, openTexts: 0, isPartlySent: false, failure: undefined };
}

let settled: Pending[];
beforeEach(() => {
  settled = [];
});

function packerOf(stop?: Failure): ItemPacker<Pending> {
  return new ItemPacker<Pending>(
    {
      format: ({ made }) => {
        if (made instanceof Error) throw made;
        return made;
      },
      routeOf: ({ route }) => route,
    },
    settled,
    stop,
  );
}

/** What a packer makes of items that come in these groups: the texts of payloads, and where the event loop may have its turn. */
function packed(packer: ItemPacker<Pending>, ...groups: readonly (readonly Pending[] | typeof YIELD)[]) {
  return Array.from(packer.pack(groups), (made) => (made === YIELD ? 'yield' : made.text));
}

describe('ItemPacker', () => {
  it('packs the texts of items with others of the same route, and hands over what is left at the end', () => {
    const items = [pending('aaaa'), pending('x', LONG), pending(['bbbb', 'cccc']), pending('y', LONG)];
    const packer = packerOf();
    expect(packed(packer, items.slice(0, 1), items.slice(1))).toEqual(['aaaa\nbbbb', 'cccc', 'x\ny']);
    expect(items.map(({ openTexts }) => openTexts)).toEqual([1, 1, 2, 1]);
    expect(items.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined, undefined]);
    expect([packer.packed, settled]).toEqual([4, []]);
  });

  it('settles items that have no text', () => {
    const nothing = pending([]);
    expect(packed(packerOf(), [nothing, pending('a')])).toEqual(['a']);
    expect(settled).toEqual([nothing]);
    expect(nothing).toMatchObject({ openTexts: 0, failure: undefined });
  });

  it('gives refused items, and those whose text can not be made, their reason', () => {
    const refusal: Refusal = { refused: 'notRepresentable', reason: 'it is below zero' };
    const refused = pending(refusal);
    const broken = pending(new Error('no tags'));
    const packer = packerOf();
    expect(packed(packer, [refused, broken, pending('a')])).toEqual(['a']);
    expect(settled).toEqual([refused, broken]);
    expect(refused.failure).toBe(refusal);
    expect(broken.failure).toEqual({
      refused: 'error',
      reason: 'it could not be formatted: no tags',
    });
    expect(packer.packed).toBe(3);
  });

  it('refuses a text that no payload has room for, and packs the others of its item', () => {
    const item = pending(['a', 'é'.repeat(6), 'b', 'c'.repeat(11)]);
    const tooLong = pending('d'.repeat(11));
    expect(packed(packerOf(), [item, tooLong])).toEqual(['a\nb']);
    expect(item).toMatchObject({ openTexts: 2, failure: { refused: 'oversize' } });
    expect(item.failure).toHaveProperty(
      'reason',
      'one of its lines has 12 bytes, and a payload may have 10 (option `maxPayloadBytes`); shorten its name and tags',
    );
    expect(tooLong).toMatchObject({ openTexts: 0, failure: { refused: 'oversize' } });
    expect(settled).toEqual([tooLong]);
  });

  it('makes nothing of items that come when it is stopped, and leaves earlier failures', () => {
    const late: Failure = { type: 'not-accepted', reason: 'there was no time left' };
    const earlier: Failure = { type: 'unknown', reason: 'no answer' };
    const first = pending('a');
    const second = pending('b');
    const third = pending('c');
    third.failure = earlier;
    const packer = packerOf();
    const pulled = packer.pack([[first], YIELD, [second, third]]);
    expect(pulled.next().value).toBe(YIELD);
    packer.stop = late;
    expect([...pulled].map((made) => (made === YIELD ? 'yield' : made.text))).toEqual(['a']);
    expect(settled).toEqual([second, third]);
    expect([first.failure, second.failure, third.failure]).toEqual([undefined, late, earlier]);
    expect([first.openTexts, second.openTexts, third.openTexts]).toEqual([1, 0, 0]);
    expect(packer.packed).toBe(3);
    expect(packed(packerOf(late), [pending('d')])).toEqual([]);
  });

  it('lets the event loop have its turn after so much text, or so many items', () => {
    // Each item counts as 128 characters more.
    const items = (length: number, count: number) =>
      Array.from({ length: count }, () => pending('x'.repeat(length), LONG));
    const yields = (...groups: Parameters<typeof packed>[1][]) =>
      packed(packerOf(), ...groups).filter((made) => made === 'yield').length;
    expect(yields(items(128, 31))).toBe(0);
    expect(yields(items(128, 32))).toBe(1);
    expect(yields(items(128, 63))).toBe(1);
    expect(yields(items(128, 64))).toBe(2);
    expect(yields(items(8064, 1))).toBe(1);
    expect(yields(items(8063, 1))).toBe(0);
    expect(yields(items(0, 64))).toBe(1);
    // Of those that came before it.
    expect(yields(YIELD, items(1, 1), YIELD)).toBe(2);
  });
});
