import { createNoopMeter, type Meter, type MeterProvider } from '@opentelemetry/api';
import type { Backend } from './backend.ts';

const CREATE = [
  'createCounter',
  'createUpDownCounter',
  'createHistogram',
  'createGauge',
  'createObservableCounter',
  'createObservableUpDownCounter',
  'createObservableGauge',
] as const satisfies readonly (keyof Meter)[];

/**
 * Tells backends that wait for the first recording when somebody makes the first instrument of a MeterProvider, which has no
 * event for that. Until then, methods of the MeterProvider and of its meters are replaced. What was made before doesn't count.
 */
export function beginAtFirstInstrument(provider: MeterProvider, backends: readonly Backend[]): void {
  const waiting = backends.filter(({ begin }) => begin !== undefined);
  if (waiting.length === 0) return;
  const replaced: (() => void)[] = [];
  const begin = (): void => {
    for (const restore of replaced.splice(0)) restore();
    for (const backend of waiting) backend.begin?.();
  };
  const watch = (meter: Meter): void => {
    // After a shutdown it is the one that everybody shares.
    if (meter === createNoopMeter() || Object.hasOwn(meter, CREATE[0])) return;
    for (const name of CREATE) replaced.push(callBefore(meter, name, begin));
  };
  const getMeter = provider.getMeter.bind(provider);
  replaced.push(
    replaceMethod(provider, 'getMeter', (...parameters: Parameters<typeof getMeter>) => {
      const meter = getMeter(...parameters);
      watch(meter);
      return meter;
    }),
  );
}

function callBefore(meter: Meter, name: (typeof CREATE)[number], listener: () => void): () => void {
  const create = meter[name].bind(meter) as (...parameters: unknown[]) => unknown;
  return replaceMethod(meter, name, (...parameters: unknown[]) => {
    listener();
    return create(...parameters);
  });
}

/** @returns restores the method, which is the class's */
function replaceMethod(owner: object, name: string, value: unknown): () => void {
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => void Reflect.deleteProperty(owner, name);
}
