// oxlint-disable-next-line import/no-unassigned-import -- it starts metrics
import '@tallykit/node/register';
