export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startMetrics } = await import('@tallykit/node');
  try {
    await startMetrics({ exportIntervalMillis: 250, shutdownOn: ['SIGTERM'] });
  } catch (error) {
    console.error(error.message);
  }
}
