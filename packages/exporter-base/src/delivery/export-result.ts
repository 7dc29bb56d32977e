import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { log } from '../support/log.ts';
import { reasonOf } from '../support/reason-of.ts';
import { visible } from '../support/visible.ts';

/** What a reader's callback gets. */
export type ExportResult = Parameters<Parameters<PushMetricExporter['export']>[1]>[0];

/** The values of `ExportResultCode`, which lives in a package that no user of ours needs otherwise. */
export const SUCCESS = 0;
const FAILED = 1;

export function failed(component: string, reason: string): ExportResult {
  return { code: FAILED, error: new Error(visible(`${component}: ${reason}`)) };
}

/** Calls back with the result, once; a callback that throws breaks nothing. */
export async function callBack(
  component: string,
  job: Promise<ExportResult>,
  resultCallback: (result: ExportResult) => void,
): Promise<void> {
  const result = await job;
  try {
    resultCallback(result);
  } catch (error) {
    log('error', `${component}: the callback of an export threw: ${reasonOf(error)}`);
  }
}
