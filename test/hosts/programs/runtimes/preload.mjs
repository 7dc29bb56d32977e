import '@tallykit/node/register';
