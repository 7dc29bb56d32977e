export const address: string;
