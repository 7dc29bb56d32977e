import { log, systemClock, untraced } from '@tallykit/exporter-base';
import { keyRefused } from './http-transport.ts';
import { COMPONENT, type DatadogHttpSettings } from './options.ts';
import { sendRequest } from './request.ts';

/** What `DatadogHttpMetricExporter.validate` found out. */
export interface DatadogValidation {
  /** Whether the API key is one that may send metrics there. */
  readonly valid: boolean;
  /** Why it is not, or why that could not be found out. */
  readonly reason?: string;
}

/** Asks Datadog whether it takes the API key, and says if not. Never rejects. */
export async function validate(settings: DatadogHttpSettings): Promise<DatadogValidation> {
  const { keyHolder, timeoutMillis } = settings;
  const deadline = new AbortController();
  const cancel = systemClock.schedule(timeoutMillis, () => deadline.abort());
  const answer = await untraced(() =>
    sendRequest(settings, { method: 'GET', path: '/api/v1/validate', signal: deadline.signal }),
  );
  cancel();
  if (answer.type === 'answered' && answer.status === 200) return { valid: true };
  const said = answer.type === 'answered' ? `the answer was ${answer.status}` : answer.reason;
  const isRefused = answer.type === 'answered' && (answer.status === 401 || answer.status === 403);
  const reason = isRefused
    ? keyRefused(keyHolder, said)
    : `it could not be found out whether ${keyHolder} takes the API key: ${said}`;
  log('warn', `${COMPONENT}: ${reason}`);
  return { valid: false, reason };
}
