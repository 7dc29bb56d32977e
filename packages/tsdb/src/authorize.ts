import type { IncomingMessage } from 'node:http';
import type { GivenOptions } from '@tallykit/exporter-base';

/** Says whether a request is answered. Only `true` says so. */
export type Authorize = (request: IncomingMessage) => boolean | Promise<boolean>;

/** @throws when the option is something else than a function */
export function readAuthorize(given: GivenOptions<'authorize'>): Authorize | undefined {
  return given.parse(
    'authorize',
    'a function that takes a request and returns whether it is answered',
    (value) => (typeof value === 'function' ? (value as Authorize) : undefined),
  );
}
