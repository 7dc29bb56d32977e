import type { ReadBackend } from '@tallykit/node';
import { problem, type Finding, type SentResult } from './findings.ts';
import { proxyFindings } from './proxy.ts';

/** What is known of a payload that was sent without an error, by the way it was sent. */
export function explainSuccess({ transport, destination }: ReadBackend): Pick<SentResult, 'state' | 'text'> {
  switch (transport) {
    case 'http':
      return { state: 'delivered', text: 'delivered: the receiver has confirmed it' };
    case 'local':
      return { state: 'delivered', text: `written to ${destination}` };
    case 'scraped':
      return { state: 'waiting', text: `handed out to whoever asks at ${destination}` };
    case 'udp':
      return {
        state: 'unconfirmed',
        text: 'handed to the kernel, unconfirmed: nobody refused it, and nobody confirms over UDP that it was read',
      };
    default:
      return {
        state: 'unconfirmed',
        text: 'handed over, unconfirmed: somebody has opened that socket, and nobody confirms that it was read',
      };
  }
}

/**
 * Why a payload was not delivered, and what to do.
 *
 * @param reasons what the exporter says
 */
export function explainFailure(
  backend: ReadBackend,
  reasons: readonly string[],
): Pick<SentResult, 'state' | 'text' | 'findings'> {
  const reason = reasons.join('; ') || 'not everything was sent in time';
  const cause = causeOf(backend, reason);
  const findings = [
    problem(cause, remedyFor(backend, reason)),
    ...keyFindings(backend, reason),
    ...proxyFindings(backend),
  ];
  return { state: 'failed', text: 'not delivered, see below', findings };
}

function causeOf({ destination, transport }: ReadBackend, reason: string): string {
  const host = /(?:ENOTFOUND|EAI_AGAIN) (\S+)/.exec(reason)?.[1];
  if (host !== undefined) return `the host ${host} is not known (${reason})`;
  if (reason.includes('ECONNREFUSED')) return `nobody listens there: ${destination} (${reason})`;
  if (reason.includes('ENOENT')) return `there is no such socket: ${destination} (${reason})`;
  if (reason.includes('EACCES')) return `this process may not write to ${destination} (${reason})`;
  if (reason.includes('API key was refused'))
    return KEY_REFUSED + reason.replace(/^the API key was refused|; check .*/gs, '');
  return `${transport === 'http' ? 'refused or not delivered' : 'not delivered'}: ${reason}`;
}

function remedyFor({ remedy }: ReadBackend, reason: string): string {
  const own = /; (check .*)$/s.exec(reason)?.[1];
  return own === undefined ? remedy : `C${own.slice(1)}.`;
}

/** How the cause begins where Datadog refuses the key. */
export const KEY_REFUSED = 'refused: the API key was refused';

/** Datadog's keys have fixed lengths (documentation, "API and Application Keys"). */
const API_KEY_LENGTH = 32;
const APPLICATION_KEY_LENGTH = 40;

function keyFindings({ settings }: ReadBackend, reason: string): Finding[] {
  if (!reason.includes('API key was refused')) return [];
  const key = settings.find(({ name }) => name === 'apiKey');
  const length = Number(/secret of (\d+)/.exec(String(key?.value))?.[1]);
  if (Number.isNaN(length) || length === API_KEY_LENGTH) return [];
  const guess = length === APPLICATION_KEY_LENGTH ? ', and an application key has that length' : '';
  const cause = `the key of ${key!.source} has ${length} characters; an API key of Datadog has ${API_KEY_LENGTH}${guess}`;
  return [problem(cause, 'Copy it from Organization Settings, API Keys.')];
}
