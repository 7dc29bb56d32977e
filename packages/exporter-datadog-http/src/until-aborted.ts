/** The result, or `undefined` as soon as the signal is aborted. */
export function untilAborted<Result>(
  working: Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(undefined);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    working.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
