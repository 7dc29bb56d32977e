import { log, systemClock, untraced } from '@tallykit/exporter-base';
import { keyRefused } from './http-transport.ts';
import { COMPONENT, type DatadogHttpSettings } from './options.ts';
import { isKeyRefused, sendRequest } from './request.ts';

/** The result of `DatadogHttpMetricExporter.validate`. */
export interface DatadogValidation {
  /** Whether Datadog accepts the API key. */
  readonly valid: boolean;
  /** Why not, or why nobody could be asked; without the key. Missing when `valid` is true. */
  readonly reason?: string;
}

/** Asks Datadog whether it accepts the API key, and logs it if not. Never rejects. */
export async function validate(settings: DatadogHttpSettings): Promise<DatadogValidation> {
  const { keyHolder, timeoutMillis } = settings;
  const deadline = new AbortController();
  const cancel = systemClock.schedule(timeoutMillis, () => deadline.abort());
  const answer = await untraced(() =>
    sendRequest(settings, { method: 'GET', path: '/api/v1/validate', signal: deadline.signal }),
  );
  cancel();
  if (answer.type === 'answered' && answer.status === 200) return { valid: true };
  const answered = answer.type === 'answered' ? `the answer was ${answer.status}` : answer.reason;
  const reason = isKeyRefused(answer)
    ? keyRefused(settings, answered)
    : `it could not be found out whether ${keyHolder} takes the API key: ${answered}`;
  log('warn', `${COMPONENT}: ${reason}`);
  return { valid: false, reason };
}
