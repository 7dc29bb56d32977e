import { metrics } from '@tallykit/metrics';

export const dynamic = 'force-dynamic';

export function GET() {
  metrics.incr('next.pages', 1, { tags: { plan: 'pro' } });
  return Response.json({ orders: 3 });
}
