import { metrics } from '@tallykit/metrics';

export const dynamic = 'force-dynamic';

export default function Page() {
  metrics.incr('next.pages', 1, { tags: { plan: 'pro' } });
  return <p>shop</p>;
}
