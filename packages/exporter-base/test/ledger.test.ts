import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../src/index.ts';
import { listenToDiag } from './diag-messages.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

describe('the ledger', () => {
  it('has nothing pending where no point is, whatever was rounded on the way', () => {
    const ledger = new Ledger('Test');
    for (const amount of [0.1, 0.2]) ledger.receive(1, amount);
    ledger.export(1, 0.1);
    ledger.drop('refused', 1, 0.2, 'a point', 'no');
    expect(0.1 + 0.2 - 0.1 - 0.2).not.toBe(0);
    expect(ledger.account().pending).toEqual({ points: 0, amount: 0 });
  });

  it('shows what others wrote with everything in it visible', () => {
    const ledger = new Ledger('Test');
    ledger.receive(1, 0);
    ledger.drop('refused', 1, 0, 'a\nTest: forged', '\u001b[31m\u202ewrong');
    const visible = String.raw`\x1b[31m\u202ewrong`;
    expect(said.warn).toEqual([
      String.raw`Test: dropped a\nTest: forged (refused): ${visible}. Logged once; stats() counts further ones.`,
    ]);
    expect(ledger.report().errors).toEqual([new Error(`Test: ${visible}`)]);
  });
});
