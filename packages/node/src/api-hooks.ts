import type { EventSink, OperationListener } from '@tallykit/metrics';
import type { Backend } from './backend.ts';

/** What the recording API hands events to: the backends that have events, each by its routes. */
export function sinksOf(backends: readonly Backend[]): EventSink[] {
  const isDiscarding = ({ reader, operations }: Backend) => reader === undefined && operations === undefined;
  const withSink = backends.filter(({ sink }) => sink !== undefined);
  // The backend that discards takes events only where there is no other backend: beside one without events, an event that
  // nobody sends is an error.
  const chosen = backends.every(isDiscarding) ? withSink : withSink.filter((one) => !isDiscarding(one));
  const takes = (backend: Backend, title: string) => backend.takes?.(title, 'other') ?? true;
  const sinks = chosen.map((backend): EventSink => ({
    event(event) {
      if (takes(backend, event.title)) backend.sink?.event(event);
    },
  }));
  if (chosen.length === 0 || chosen.length === backends.length) return sinks;
  return [
    ...sinks,
    {
      event({ title }) {
        if (chosen.some((backend) => takes(backend, title))) return;
        throw new Error(`the event '${title}' is routed to a backend that has no events`);
      },
    },
  ];
}

/** What gets every operation as it happens, if a backend wants operations. */
export function listenerOf(backends: readonly Backend[]): OperationListener | undefined {
  const listening = backends.filter(({ operations }) => operations !== undefined);
  if (listening.length === 0) return undefined;
  return (operation) => {
    const { kind, name } = operation;
    const routedKind = kind === 'timing' || kind === 'distribution' ? 'distribution' : 'other';
    for (const { operations, takes } of listening) {
      if (takes?.(name, routedKind) ?? true) operations?.(operation);
    }
  };
}
